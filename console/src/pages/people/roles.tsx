import type { Schemas } from '../../lib/api';
import css from './People.module.css';

export type Role = Schemas['Role'];
/** What each role lets do, in the order of reach. */
export const ROLES: readonly (readonly [role: Role, may: string])[] = [
  ['viewer', 'see everything but secrets'],
  ['invoker', 'send requests to services'],
  ['engineer', 'log runs, add data and models, release; includes viewer and invoker'],
  ['approver', 'decide at gates; persons only; includes viewer'],
  ['auditor', 'read and verify the whole ledger; includes viewer'],
  ['keeper', 'set and remove secrets; includes viewer'],
  ['admin', 'everything, people and keys too'],
];

export function RoleChoice(props: { legend: string; chosen: readonly Role[]; offered?: (role: Role) => boolean; onChange: (roles: Role[]) => void }) {
  return (
    <fieldset class={css['roles']}>
      <legend>{props.legend}</legend>
      <div>
        {ROLES.filter(([role]) => !props.offered || props.offered(role)).map(([role, may]) => (
          <label key={role}>
            <input
              type="checkbox"
              checked={props.chosen.includes(role)}
              onChange={(e) => props.onChange(e.currentTarget.checked ? [...props.chosen, role] : props.chosen.filter((r) => r !== role))}
            />
            <span>
              <strong>{role}</strong> <span class="quiet">{may}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Whether holding these roles is holding that one too. */
export function holds(roles: readonly Role[], role: Role): boolean {
  if (roles.includes(role) || roles.includes('admin')) return true;
  if (role === 'viewer') return roles.some((r) => r === 'engineer' || r === 'approver' || r === 'auditor' || r === 'keeper');
  return role === 'invoker' && roles.includes('engineer');
}

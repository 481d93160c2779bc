/** What promoting to an environment means, and doing it. */
import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { may } from '../../lib/session';
import { inMotion } from '../../lib/states';
import { confirm } from '../../ui/Confirm';

export type Environment = Schemas['ServiceEnvironment'];

/** Why nothing can be promoted to here now; undefined where it can. */
export function whyNot(to: Environment): string | undefined {
  if (!may('engineer')) return 'it needs the role engineer';
  if (!to.promotable) return 'nothing is stable in the environment before';
  if (to.release && inMotion(to.release.phase)) return `release ${to.release.number} is in motion here`;
  return undefined;
}

/** Whether what is stable before is also stable here. */
export function same(to: Environment): boolean {
  return to.promotable != null && to.promotable.digest === to.digest;
}

/** Asks, then does it. */
export function promote(to: Environment): void {
  const from = to.promotable;
  if (!from) return;
  const people = to.gates.filter((gate) => gate.startsWith('approval')).length;
  confirm({
    title: `Promote ${from.candidate} to ${to.environment}?`,
    will: (
      <>
        A release in {to.environment} begins with exactly what is stable in {from.environment} (release {from.number}, digest{' '}
        <code>{from.digest.slice(0, 19)}…</code>), under {to.environment}’s own configuration, secrets and scale.
        {to.gates.length > 0 &&
          ` Of its ${to.gates.length === 1 ? 'gate' : to.gates.length + ' gates'}, those that already passed on the same data are cited with their ledger entries and the others are run.`}
        {people > 0 && ' A person has to approve it here.'}
      </>
    ),
    willNot: (
      <>
        {from.environment} stays as it is. {to.stable ? `${to.stable} keeps its traffic until the release has passed its gates; then traffic moves as the rollout says.` : 'Nothing answers here until the release has passed its gates.'}
      </>
    ),
    action: 'Promote',
    reason: 'welcome',
    command: (note) =>
      `pilot promote ${shell(to.service)} --from ${from.environment} --to ${to.environment}${note ? ` --note ${shell(note)}` : ''}`,
    run: (note) =>
      api.post('/api/v1/services/{name}/promotions', {
        path: { name: to.service },
        body: {
          from: from.environment,
          to: to.environment ?? '',
          digest: from.digest,
          supersede: false,
          ...(note && { note }),
        },
      }),
  });
}

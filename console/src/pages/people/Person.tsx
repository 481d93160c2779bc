import { useState } from 'preact/hooks';
import { api } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { may, session } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { History } from '../ledger/History';
import { Labels } from '../model/Labels';
import { CHANGES, keys, principals, type Principal } from './access';
import { Keys } from './Keys';
import { RoleChoice, type Role } from './roles';
import css from './People.module.css';

export default function Person({ params }: PageProps) {
  const id = params['id']!;
  const people = useLoad('principals', principals, { changes: CHANGES });
  const all = useLoad('keys', keys, { changes: CHANGES });
  const noun = <a href={href('/people')}>People & keys</a>;
  return (
    <Loading of={people} rows={6}>
      {(list) => {
        const person = list.find((p) => p.id === id);
        if (!person) {
          return (
            <Page noun={noun} title="Nobody">
              <Empty title={`There is no principal ${id}.`}>Names and ids stand in the list of people.</Empty>
            </Page>
          );
        }
        const mine = may('admin') || session.value?.principal === id;
        return (
          <Page
            noun={noun}
            title={person.name}
            state={<State state={person.active ? 'active' : 'inactive'} word={person.removedAt ? 'removed' : person.active ? 'active' : 'deactivated'} />}
            actions={
              !person.removedAt && (
                <>
                  <Rest person={person} />
                  <Remove person={person} />
                </>
              )
            }
            facts={
              <Facts
                items={[
                  ['Kind', person.kind === 'service' ? 'service account' : person.kind],
                  ['Roles', <Labels of={person.roles} />],
                  ['Since', <Time at={person.createdAt} />],
                  ['Id', <Id id={person.id} what="principal's id" />],
                ]}
              />
            }
          >
            <Roles key={person.roles.join()} person={person} />
            {mine ? (
              <Loading of={all}>{(k) => <Keys title="Keys" keys={k.filter((key) => key.principal === id)} people={list} owner={person} />}</Loading>
            ) : (
              <Section title="Keys">
                <p class="quiet">Keys are seen by their owner and by admins.</p>
              </Section>
            )}
            <History subject={`principal/${id}`} noun="principal" changes={['principal.']} />
          </Page>
        );
      }}
    </Loading>
  );
}

const patch = (id: string, body: object) =>
  `curl -X PATCH -H "x-api-key: $PILOTHOUSE_API_KEY" $PILOTHOUSE_URL/api/v1/principals/${id} -d ${shell(JSON.stringify(body))}`;

/** Lets somebody rest, or brings them back. */
function Rest({ person }: { person: Principal }) {
  const why = !may('admin') ? 'it needs the role admin' : session.value?.principal === person.id && person.active ? 'another admin does that to you' : undefined;
  const active = !person.active;
  return (
    <Button
      kind={active ? 'plain' : 'danger'}
      disabled={why !== undefined}
      why={why}
      onClick={() =>
        confirm({
          title: active ? `Activate ${person.name}?` : `Deactivate ${person.name}?`,
          will: active ? 'Keys that have not ended work again, with the roles as they stand.' : 'Keys and sessions stop working at once; no new key can be made.',
          willNot: active ? 'Revoked and expired keys stay ended.' : 'Nothing is deleted: name, roles and history stay, and it can be taken back.',
          action: active ? 'Activate' : 'Deactivate',
          danger: !active,
          ...(!active && { name: person.name }),
          command: () => `pilot people ${active ? 'reactivate' : 'deactivate'} ${shell(person.name)}`,
          run: () => api.patch('/api/v1/principals/{id}', { path: { id: person.id }, body: { active } }),
        })
      }
    >
      {active ? 'Activate' : 'Deactivate'}
    </Button>
  );
}

/** Removes somebody for good. */
function Remove({ person }: { person: Principal }) {
  const why = !may('admin') ? 'it needs the role admin' : undefined;
  return (
    <Button
      kind="danger"
      disabled={why !== undefined}
      why={why}
      onClick={() =>
        confirm({
          title: `Remove ${person.name}?`,
          will: 'Keys and sessions end at once, the name is forgotten, and the ledger erases the details of what was done by or about this principal.',
          willNot: 'It cannot be taken back; deactivating can. What happened to what, when and by which id stays, and every proof stays true.',
          action: 'Remove',
          danger: true,
          name: person.name,
          command: () => `pilot people remove ${shell(person.name)} --confirm ${shell(person.name)}`,
          run: () => api.delete('/api/v1/principals/{id}', { path: { id: person.id } }),
        })
      }
    >
      Remove
    </Button>
  );
}

function Roles({ person }: { person: Principal }) {
  const [roles, setRoles] = useState<Role[]>(person.roles);
  const changed = [...roles].sort().join() !== [...person.roles].sort().join();
  if (!may('admin') || person.removedAt) return null;
  return (
    <Section title="Roles">
      <RoleChoice legend="Its keys grant what they were made with, as far as it stands here" chosen={roles} offered={(r) => person.kind === 'person' || r !== 'approver'} onChange={setRoles} />
      <div class={`tools ${css['row']}`}>
        <Button
          kind={changed ? 'primary' : 'plain'}
          disabled={!changed}
          why={changed ? undefined : 'nothing is changed'}
          onClick={() =>
            confirm({
              title: `Change the roles of ${person.name}?`,
              will: `Roles become ${roles.join(', ') || 'none'}; that holds for all keys at once.`,
              willNot: 'No key gets a role that it was not made with.',
              action: 'Change the roles',
              command: () => patch(person.id, { roles }),
              run: () => api.patch('/api/v1/principals/{id}', { path: { id: person.id }, body: { roles } }),
            })
          }
        >
          Change the roles
        </Button>
        {changed && <Button onClick={() => setRoles(person.roles)}>Leave them</Button>}
      </div>
    </Section>
  );
}

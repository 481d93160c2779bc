import { useState } from 'preact/hooks';
import { api, Refusal, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { now } from '../../lib/live';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { may, session } from '../../lib/session';
import { Button } from '../../ui/Button';
import { Command } from '../../ui/Copy';
import { Facts } from '../../ui/Facts';
import { Field, Select } from '../../ui/Field';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading, Trouble } from '../../ui/Trouble';
import { Labels } from '../model/Labels';
import { CHANGES, keys, principals, works, type Key, type Principal } from './access';
import { Invitations } from './Invitations';
import { Keys } from './Keys';
import { RoleChoice, type Role } from './roles';
import css from './People.module.css';

type Unit = Schemas['Unit'];
const KINDS = [
  ['person', 'person'],
  ['service', 'service account'],
  ['agent', 'agent'],
] as const;

export default function People() {
  const people = useLoad('principals', principals, { changes: CHANGES });
  const all = useLoad('keys', keys, { changes: CHANGES });
  const me = session.value;
  return (
    <Page
      title="People & keys"
      facts={
        <Facts
          items={[
            ['You are', me?.name],
            ['Kind', me?.kind],
            ['This session may', me && <Labels of={me.roles} />],
            ['Organisation', me?.tenant],
            ['Your id', me && <Id id={me.principal} what="principal's id" />],
            ['Session ends', me?.expiresAt && <Time at={me.expiresAt} />],
          ]}
        />
      }
    >
      <Loading of={people}>{(list) => <Principals people={list} keys={all.data} />}</Loading>
      <Loading of={all}>{(list) => <Keys title={may('admin') ? 'Keys of everybody' : 'Your keys'} keys={list} people={people.data ?? []} />}</Loading>
      {may('admin') && <Invitations />}
      <Units />
    </Page>
  );
}

function Principals({ people, keys: all }: { people: readonly Principal[]; keys: readonly Key[] | undefined }) {
  const [adding, setAdding] = useState(false);
  const wanted = (query.value.get('name') ?? '').toLowerCase();
  const shown = people.filter((p) => p.name.toLowerCase().includes(wanted));
  const admin = may('admin');
  const count = (p: Principal) => (all ?? []).filter((k) => k.principal === p.id && works(k, now.value)).length;
  const columns: readonly Column<Principal>[] = [
    { key: 'name', header: 'Name', cell: (p) => p.name, sort: (p) => p.name },
    { key: 'kind', header: 'Kind', cell: (p) => (p.kind === 'service' ? 'service account' : p.kind), sort: (p) => p.kind },
    { key: 'state', header: 'State', cell: (p) => <State state={p.active ? 'active' : 'inactive'} word={p.removedAt ? 'removed' : p.active ? 'active' : 'deactivated'} />, sort: (p) => Number(p.active) },
    { key: 'roles', header: 'Roles', wide: true, cell: (p) => <Labels of={p.roles} /> },
    ...(admin ? [{ key: 'keys', header: 'Keys that work', numeric: true, cell: (p: Principal) => count(p), sort: count }] : []),
    { key: 'since', header: 'Since', numeric: true, cell: (p) => <Time at={p.createdAt} />, sort: (p) => Date.parse(p.createdAt) },
  ];
  return (
    <Section
      title="People, service accounts and agents"
      count={people.length}
      aside={
        <>
          {people.length > 8 && <Field label="Name" value={query.value.get('name') ?? ''} onInput={(name) => setQuery({ name })} />}
          {!adding && (
            <Button disabled={!admin} why={admin ? undefined : 'it needs the role admin'} onClick={() => setAdding(true)}>
              Add somebody
            </Button>
          )}
        </>
      }
    >
      {adding && <NewPrincipal done={() => setAdding(false)} />}
      <Table caption="People, service accounts and agents" columns={columns} rows={shown} id={(p) => p.id} to={(p) => `/people/${p.id}`} />
    </Section>
  );
}

function NewPrincipal({ done }: { done: () => void }) {
  const [kind, setKind] = useState<Principal['kind']>('person');
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<Role[]>(['viewer']);
  const form = useForm(done, () => api.post('/api/v1/principals', { body: { kind, name: name.trim(), roles: given } }));
  const offered = (role: Role) => may(role) && (kind === 'person' || role !== 'approver');
  const given = roles.filter(offered);
  const why = name.trim() ? undefined : 'it needs a name';
  return (
    <form class={css['form']} aria-label="Add somebody" onSubmit={form.submit(why)}>
      <h3>Add somebody</h3>
      <div class={css['row']}>
        <Field label="Name" value={name} onInput={setName} />
        <Select label="Kind" value={kind} options={KINDS} onChange={(k) => setKind(k as Principal['kind'])} />
      </div>
      <RoleChoice legend="Roles" chosen={given} offered={offered} onChange={setRoles} />
      {form.error && <Trouble error={form.error} />}
      <Command label="The same:" text={`pilot people add ${shell(name.trim() || 'NAME')}${kind === 'person' ? '' : ` --kind ${kind}`}${given.map((r) => ` --role ${r}`).join('')}`} />
      <div class={css['row']}>
        <Button submit kind="primary" disabled={why !== undefined} why={why} busy={form.busy}>
          Add
        </Button>
        <Button onClick={done}>Cancel</Button>
      </div>
    </form>
  );
}

/** What every small form does: send once, show the refusal, be done. */
function useForm(done: () => void, send: () => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const submit = (why: string | undefined) => (event: Event) => {
    event.preventDefault();
    if (why || busy) return;
    setBusy(true);
    setError(undefined);
    send().then(done, (e: unknown) => {
      setError(e instanceof Refusal ? e : new Refusal(0, 'It was not done', String(e), '', ''));
      setBusy(false);
    });
  };
  return { busy, error, submit };
}

const BELOW: Record<string, readonly Unit['kind'][]> = {
  organisation: ['department', 'team', 'project'],
  department: ['team', 'project'],
  team: ['project'],
  project: [],
};

function Units() {
  const units = useLoad('units', (signal) => api.get('/api/v1/units', { signal }), { changes: CHANGES });
  const [adding, setAdding] = useState(false);
  const admin = may('admin');
  return (
    <Section
      title="Organisation"
      count={units.data?.items.length}
      aside={
        !adding && (
          <Button disabled={!admin} why={admin ? undefined : 'it needs the role admin'} onClick={() => setAdding(true)}>
            Add a unit
          </Button>
        )
      }
    >
      <Loading of={units}>
        {({ items }) => (
          <>
            {adding && <NewUnit units={items} done={() => { setAdding(false); units.again(); }} />}
            <div class={css['tree']}>
              <Branch units={items} parent={null} />
            </div>
          </>
        )}
      </Loading>
    </Section>
  );
}

function Branch({ units, parent }: { units: readonly Unit[]; parent: string | null }) {
  const known = new Set(units.map((u) => u.id));
  const mine = units.filter((u) => (parent === null ? !u.parent || !known.has(u.parent) : u.parent === parent));
  if (mine.length === 0) return null;
  return (
    <ul>
      {mine.map((u) => (
        <li key={u.id}>
          <div>
            <strong>{u.name}</strong> <span class="quiet">{u.kind}</span>
            <span class="quiet">
              since <Time at={u.createdAt} />
            </span>
          </div>
          <Branch units={units} parent={u.id} />
        </li>
      ))}
    </ul>
  );
}

function NewUnit({ units, done }: { units: readonly Unit[]; done: () => void }) {
  const able = units.filter((u) => (BELOW[u.kind] ?? []).length > 0);
  const [parent, setParent] = useState(able[0]?.id ?? '');
  const over = able.find((u) => u.id === parent);
  const kinds = BELOW[over?.kind ?? 'organisation'] ?? [];
  const [chosen, setKind] = useState<Unit['kind']>('department');
  const kind = kinds.includes(chosen) ? chosen : kinds[0]!;
  const [name, setName] = useState('');
  const form = useForm(done, () => api.post('/api/v1/units', { body: { kind: kind as Schemas['NewUnit']['kind'], name: name.trim(), ...(parent && { parent }) } }));
  const why = name.trim() ? undefined : 'it needs a name';
  return (
    <form class={css['form']} aria-label="Add a unit" onSubmit={form.submit(why)}>
      <h3>Add a unit</h3>
      <div class={css['row']}>
        <Field label="Name" value={name} onInput={setName} />
        <Select label="Below" value={parent} options={able.map((u) => [u.id, `${u.name} (${u.kind})`] as const)} onChange={setParent} />
        <Select label="Kind" value={kind} options={kinds.map((k) => [k, k] as const)} onChange={(k) => setKind(k as Unit['kind'])} />
      </div>
      {form.error && <Trouble error={form.error} />}
      <Command label="The same:" text={`curl -H "x-api-key: $PILOTHOUSE_API_KEY" $PILOTHOUSE_URL/api/v1/units -d ${shell(JSON.stringify({ kind, name: name.trim() || 'NAME', parent }))}`} />
      <div class={css['row']}>
        <Button submit kind="primary" disabled={why !== undefined} why={why} busy={form.busy}>
          Add
        </Button>
        <Button onClick={done}>Cancel</Button>
      </div>
    </form>
  );
}


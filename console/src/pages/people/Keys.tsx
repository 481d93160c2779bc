import { useState } from 'preact/hooks';
import { api, Refusal, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { now } from '../../lib/live';
import { href, query, setQuery } from '../../lib/place';
import { may, session } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Command, CopyButton } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Field, Select } from '../../ui/Field';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Trouble } from '../../ui/Trouble';
import { Labels } from '../model/Labels';
import { stateOf, works, type Key, type Principal } from './access';
import { holds, RoleChoice, type Role } from './roles';
import css from './People.module.css';

const LIVES = [
  ['30d', '30 days'],
  ['1d', '1 day'],
  ['90d', '90 days'],
  ['365d', '1 year'],
  ['never', 'never'],
] as const;

const TONES = { active: 'well', 'expires soon': 'attention', expired: 'idle', revoked: 'idle' } as const;

/** Keys of one or of all, the way to make one, and the way to end one. */
export function Keys(props: { title: string; keys: readonly Key[]; people: readonly Principal[]; owner?: Principal | undefined }) {
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Schemas['MadeKey']>();
  const names = new Map(props.people.map((p) => [p.id, p.name]));
  const ended = query.value.get('ended') === 'shown';
  const shown = props.keys.filter((k) => ended || works(k, now.value));
  const hidden = props.keys.length - shown.length;
  const columns: readonly Column<Key>[] = [
    { key: 'name', header: 'Key', cell: (k) => k.name, sort: (k) => k.name },
    ...(props.owner
      ? []
      : [
          {
            key: 'owner',
            header: 'Of',
            cell: (k: Key) => <a href={href(`/people/${k.principal}`)}>{names.get(k.principal) ?? k.principal}</a>,
            sort: (k: Key) => names.get(k.principal) ?? '',
          },
        ]),
    { key: 'state', header: 'State', cell: (k) => <State state={stateOf(k, now.value)} tone={TONES[stateOf(k, now.value)]} /> },
    { key: 'roles', header: 'Roles', cell: (k) => <Labels of={k.roles} /> },
    { key: 'expires', header: 'Expires', numeric: true, cell: (k) => (k.expiresAt ? <Time at={k.expiresAt} /> : 'never'), sort: (k) => (k.expiresAt ? Date.parse(k.expiresAt) : Infinity) },
    { key: 'used', header: 'Last used', numeric: true, cell: (k) => (k.lastUsedAt ? <Time at={k.lastUsedAt} /> : <span class="quiet">never</span>), sort: (k) => Date.parse(k.lastUsedAt ?? '') || 0 },
    { key: 'made', header: 'Made', numeric: true, cell: (k) => <Time at={k.createdAt} />, sort: (k) => Date.parse(k.createdAt) },
    { key: 'id', header: 'Id', cell: (k) => <code>{k.id}</code> },
    {
      key: 'end',
      header: 'End it',
      cell: (k) =>
        works(k, now.value) && (
          <Button kind="danger" onClick={() => revoke(k, names.get(k.principal) ?? k.principal)}>
            Revoke
          </Button>
        ),
    },
  ];
  return (
    <Section
      title={props.title}
      count={shown.length}
      aside={
        <>
          {(hidden > 0 || ended) && (
            <Button pressed={ended} onClick={() => setQuery({ ended: ended ? '' : 'shown' })}>
              {ended ? 'Ended ones too' : `${hidden} ended`}
            </Button>
          )}
          {!making && <Button onClick={() => setMaking(true)}>Make a key</Button>}
        </>
      }
    >
      {made && <Secret made={made} done={() => setMade(undefined)} />}
      {making && (
        <NewKey
          people={props.owner ? [props.owner] : props.people}
          done={(key) => {
            setMaking(false);
            if (key) setMade(key);
          }}
        />
      )}
      {shown.length === 0 ? (
        <Empty title="No key that works." commands={[`pilot keys create laptop --role engineer --expires 30d`]}>
          A key is what programs and people log in with. It stands for one principal and holds some of its roles:
        </Empty>
      ) : (
        <Table caption={props.title} columns={columns} rows={shown} id={(k) => k.id} order="keys" />
      )}
    </Section>
  );
}

function revoke(key: Key, owner: string) {
  const own = key.id === session.value?.keyId;
  confirm({
    title: `Revoke the key ${key.name}?`,
    will: (
      <>
        The key of {owner} stops working at once, here and within a second on other replicas.
        {own && <strong> It is the key of this session: you will be logged out.</strong>}
      </>
    ),
    willNot: 'It cannot be taken back. Other keys, and what this one did, stay as they are.',
    action: 'Revoke',
    danger: true,
    name: key.name,
    command: () => `pilot keys revoke ${key.id}`,
    run: () => api.delete('/api/v1/keys/{id}', { path: { id: key.id } }),
  });
}

function NewKey(props: { people: readonly Principal[]; done: (key?: Schemas['MadeKey']) => void }) {
  const me = session.value?.principal ?? '';
  const able = props.people.filter((p) => p.active && (p.id === me || may('admin')));
  const [name, setName] = useState('');
  const [owner, setOwner] = useState(able.find((p) => p.id === me)?.id ?? able[0]?.id ?? me);
  const [roles, setRoles] = useState<Role[]>([]);
  const [life, setLife] = useState('30d');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const held = able.find((p) => p.id === owner)?.roles ?? [];
  const offered = (role: Role) => holds(held, role) && may(role);
  const given = roles.filter(offered);
  const why = !name.trim() ? 'it needs a name' : given.length === 0 ? 'it needs a role' : undefined;
  const make = async () => {
    if (why || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const body = { name: name.trim(), roles: given, ...(owner && owner !== me && { principal: owner }), ...(life && { expiresIn: life }) };
      props.done(await api.post('/api/v1/keys', { body }));
    } catch (e) {
      setError(e instanceof Refusal ? e : new Refusal(0, 'No key was made', String(e), '', ''));
      setBusy(false);
    }
  };
  const ownerName = able.find((p) => p.id === owner)?.name ?? '';
  return (
    <form
      class={css['form']}
      aria-label="Make a key"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <h3>Make a key</h3>
      <div class={css['row']}>
        <Field label="What it is for" value={name} onInput={setName} placeholder="laptop" />
        {able.length > 1 && <Select label="Of" value={owner} options={able.map((p) => [p.id, `${p.name} (${p.kind})`] as const)} onChange={setOwner} />}
        <Select label="Expires in" value={life} options={LIVES} onChange={setLife} />
      </div>
      <RoleChoice legend={`Roles, of those that ${ownerName || 'the owner'} and you hold`} chosen={given} offered={offered} onChange={setRoles} />
      {error && <Trouble error={error} />}
      <Command
        label="The same:"
        text={`pilot keys create ${shell(name.trim() || 'NAME')}${owner && owner !== me ? ` --principal ${shell(ownerName)}` : ''}${given.map((r) => ` --role ${r}`).join('')}${life ? ` --expires ${life}` : ''}`}
      />
      <div class={css['row']}>
        <Button submit kind="primary" disabled={why !== undefined} why={why} busy={busy}>
          Make the key
        </Button>
        <Button onClick={() => props.done()}>Cancel</Button>
      </div>
    </form>
  );
}

function Secret({ made, done }: { made: Schemas['MadeKey']; done: () => void }) {
  return (
    <div class={css['secret']} role="status">
      <strong>The key {made.name} is made. It is shown this once.</strong>
      <p>
        <code>{made.key}</code> <CopyButton text={made.key} label="Copy the key" />
      </p>
      <p class="quiet">Put it where only its owner reads: a password store, or PILOTHOUSE_API_KEY in a CI's secrets.</p>
      <div>
        <Button onClick={done}>I have kept it</Button>
      </div>
    </div>
  );
}

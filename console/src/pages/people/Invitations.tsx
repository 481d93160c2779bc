import { useState } from 'preact/hooks';
import { api, Refusal, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { apiBase } from '../../lib/place';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Command, CopyButton } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Field, Select } from '../../ui/Field';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading, Trouble } from '../../ui/Trouble';
import { Labels } from '../model/Labels';
import { RoleChoice, type Role } from './roles';
import css from './People.module.css';

type Invitation = Schemas['Invitation'];

const LIVES = [
  ['1d', '1 day'],
  ['3d', '3 days'],
  ['14d', '14 days'],
] as const;
const TONES = { pending: 'attention', accepted: 'well', revoked: 'idle', expired: 'idle' } as const;

const COLUMNS: readonly Column<Invitation>[] = [
  { key: 'name', header: 'Name', cell: (i) => i.name ?? <span class="quiet">is there now</span> },
  { key: 'state', header: 'State', cell: (i) => <State state={i.state} tone={TONES[i.state]} /> },
  { key: 'roles', header: 'Roles', cell: (i) => <Labels of={i.roles} /> },
  { key: 'expires', header: 'Expires', numeric: true, cell: (i) => <Time at={i.expiresAt} />, sort: (i) => Date.parse(i.expiresAt) },
  {
    key: 'back',
    header: 'Take it back',
    cell: (i) =>
      i.state === 'pending' && (
        <Button kind="danger" onClick={() => takeBack(i)}>
          Take back
        </Button>
      ),
  },
];

function takeBack(invitation: Invitation) {
  confirm({
    title: `Take the invitation of ${invitation.name ?? 'a person'} back?`,
    will: 'Its link stops working at once.',
    willNot: 'Nobody who is there already loses anything.',
    action: 'Take back',
    danger: true,
    command: () => `pilot people invitations --revoke ${invitation.id}`,
    run: () => api.delete('/api/v1/invitations/{id}', { path: { id: invitation.id } }),
  });
}

/** Who was invited, and the way to invite somebody by a link that works once. */
export function Invitations() {
  const list = useLoad('invitations', (signal) => api.get('/api/v1/invitations', { query: { limit: 1000 }, signal }), { changes: ['invitation.'] });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Schemas['MadeInvitation']>();
  return (
    <Section title="Invitations" aside={!making && <Button onClick={() => setMaking(true)}>Invite a person</Button>}>
      {made && <Link made={made} done={() => setMade(undefined)} />}
      {making && (
        <NewInvitation
          done={(invitation) => {
            setMaking(false);
            if (invitation) setMade(invitation);
          }}
        />
      )}
      <Loading of={list}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody is invited." commands={['pilot people invite NAME --role engineer']}>
              An invitation is a link that works once; whoever opens it gets a key that nobody else has seen:
            </Empty>
          ) : (
            <Table caption="Invitations" columns={COLUMNS} rows={items} id={(i) => i.id} order="invitations" />
          )
        }
      </Loading>
    </Section>
  );
}

function NewInvitation({ done }: { done: (made?: Schemas['MadeInvitation']) => void }) {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<Role[]>(['viewer']);
  const [life, setLife] = useState('3d');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const why = !name.trim() ? 'it needs a name' : roles.length === 0 ? 'it needs a role' : undefined;
  const send = async () => {
    if (why || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      done(await api.post('/api/v1/invitations', { body: { name: name.trim(), roles, expiresIn: life } }));
    } catch (e) {
      setError(e instanceof Refusal ? e : new Refusal(0, 'Nobody was invited', String(e), '', ''));
      setBusy(false);
    }
  };
  return (
    <form
      class={css['form']}
      aria-label="Invite a person"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h3>Invite a person</h3>
      <div class={css['row']}>
        <Field label="Name" value={name} onInput={setName} />
        <Select label="The link works for" value={life} options={LIVES} onChange={setLife} />
      </div>
      <RoleChoice legend="Roles" chosen={roles} offered={may} onChange={setRoles} />
      {error && <Trouble error={error} />}
      <Command label="The same:" text={`pilot people invite ${shell(name.trim() || 'NAME')}${roles.map((r) => ` --role ${r}`).join('')} --expires ${life}`} />
      <div class={css['row']}>
        <Button submit kind="primary" disabled={why !== undefined} why={why} busy={busy}>
          Make the link
        </Button>
        <Button onClick={() => done()}>Cancel</Button>
      </div>
    </form>
  );
}

function Link({ made, done }: { made: Schemas['MadeInvitation']; done: () => void }) {
  const link = location.origin + apiBase + made.path;
  return (
    <div class={css['secret']} role="status">
      <strong>{made.name} is invited. The link is shown this once.</strong>
      <p>
        <code>{link}</code> <CopyButton text={link} label="Copy the link" />
      </p>
      <p class="quiet">
        Send it to {made.name} alone: it works once, until <Time at={made.expiresAt} />.
      </p>
      <div>
        <Button onClick={done}>I have sent it</Button>
      </div>
    </div>
  );
}

import { useState } from 'preact/hooks';
import { api, Refusal, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Page, Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading, Trouble } from '../../ui/Trouble';
import css from './Secrets.module.css';

type Secret = Schemas['Secret'];

/** Names of secrets; values go in and never come out. */
export default function Secrets() {
  const list = useLoad('secrets', (signal) => api.get('/api/v1/secrets', { signal }), { changes: ['secret.'] });
  const [setting, setSetting] = useState(false);
  const why = may('keeper') ? undefined : 'it needs the role keeper';
  return (
    <Page
      title="Secrets"
      actions={
        <Button kind="primary" disabled={why !== undefined} why={why} onClick={() => setSetting(true)}>
          Set a secret
        </Button>
      }
    >
      {setting && <SetSecret done={() => (setSetting(false), list.again())} />}
      <Loading of={list}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="There are no secrets." commands={['pilot secrets set api-token < token.txt']}>
              A secret is given to a service's processes as an environment variable: name it under 'container.secrets' in the service's
              file. Its value is encrypted, and nobody can read it here.
            </Empty>
          ) : (
            <Section title="Names" count={items.length}>
              <Table caption="Secrets" columns={columns(why)} rows={items} id={(s) => `${s.environment ?? ''}/${s.name}`} />
            </Section>
          )
        }
      </Loading>
    </Page>
  );
}

const scope = (secret: Secret) => secret.environment ?? 'all that have none of their own';

function columns(why: string | undefined): readonly Column<Secret>[] {
  return [
    { key: 'name', header: 'Name', cell: (s) => s.name, sort: (s) => s.name },
    { key: 'environment', header: 'Environment', wide: true, cell: scope, sort: scope },
    { key: 'version', header: 'Version', numeric: true, cell: (s) => s.version, sort: (s) => s.version },
    { key: 'by', header: 'Set by', cell: (s) => s.setBy, sort: (s) => s.setBy },
    { key: 'when', header: 'When', numeric: true, cell: (s) => <Time at={s.setAt} />, sort: (s) => Date.parse(s.setAt) },
    {
      key: 'remove',
      header: 'Remove',
      cell: (s) => (
        <Button disabled={why !== undefined} why={why} onClick={() => remove(s)}>
          Remove<span class="sr"> {s.name}</span>
        </Button>
      ),
    },
  ];
}

const flag = (environment: string | null | undefined) => (environment ? ` --env ${shell(environment)}` : '');

function remove(secret: Secret) {
  confirm({
    title: `Remove ${secret.name}?`,
    will: 'Its value is deleted. A service that names it cannot start a new process until it is set again.',
    willNot: 'Processes that were given it keep it until they end.',
    action: 'Remove',
    danger: true,
    name: secret.name,
    command: () => `pilot secrets remove ${shell(secret.name)}${flag(secret.environment)}`,
    run: () =>
      api.delete('/api/v1/secrets/{name}', {
        path: { name: secret.name },
        ...(secret.environment && { query: { environment: secret.environment } }),
      }),
  });
}

function SetSecret({ done }: { done: () => void }) {
  const [name, setName] = useState('');
  const [environment, setEnvironment] = useState('');
  const [value, setValue] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const why = !name.trim() ? 'it needs a name' : !value ? 'it needs a value' : undefined;
  const submit = async () => {
    if (why || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await api.put('/api/v1/secrets/{name}', {
        path: { name: name.trim() },
        query: environment.trim() ? { environment: environment.trim() } : {},
        body: { value },
      });
      done();
    } catch (e) {
      setError(e instanceof Refusal ? e : new Refusal(0, 'It was not set', String(e), '', ''));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class={css['form']}
      aria-label="Set a secret"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div class={css['fields']}>
        <Field label="Name" value={name} onInput={setName} placeholder="api-token" />
        <Field label="Environment" value={environment} onInput={setEnvironment} placeholder="all" />
        <label class={css['value']}>
          <span>Value</span>
          <input type="password" autocomplete="off" value={value} onInput={(e) => setValue(e.currentTarget.value)} />
        </label>
      </div>
      <p class="quiet">
        It takes the place of the value before. Processes that are given it are replaced one after the other, without a lost request. The
        ledger keeps who and when, not the value.
      </p>
      {error && <Trouble error={error} />}
      <Command label="The same:" text={`pilot secrets set ${shell(name.trim() || 'NAME')}${flag(environment.trim())}`} />
      <div class={css['fields']}>
        <Button submit kind="primary" disabled={why !== undefined} why={why} busy={busy}>
          Set
        </Button>
        <Button onClick={done}>Cancel</Button>
      </div>
    </form>
  );
}

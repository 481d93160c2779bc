import { api, type Schemas } from '../../lib/api';
import { count, percent } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href, query, setQuery } from '../../lib/place';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Empty } from '../../ui/Empty';
import { Money } from '../../ui/Money';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import { answers, CHANGES, isRolling, pageOf, prompt, stateOf, type Rollout } from '../rollouts/rollouts';
import { AliasForm } from './AliasForm';
import { Parts } from './Parts';
import { ProviderForm } from './ProviderForm';
import { lately, nameOf, pricesOf, rate, targetsOf, type Alias, type Provider } from './targets';
import css from './Gateway.module.css';

/** Providers of language models, and the aliases by which clients ask for them. */
export default function Gateway() {
  const providers = useLoad('providers', (signal) => api.get('/api/v1/providers', { signal }), { changes: ['gateway.'] });
  const aliases = useLoad('aliases', (signal) => api.get('/api/v1/aliases', { signal }), { changes: ['gateway.'] });
  const rollouts = useLoad('rollouts', (signal) => api.get('/api/v1/rollouts', { signal }), { changes: CHANGES, every: 10_000 });
  const secrets = useLoad('secrets', (signal) => api.get('/api/v1/secrets', { signal }), { changes: ['secret.'] });
  const why = may('engineer') ? undefined : 'it needs the role engineer';
  const form = query.value.get('edit') ?? '';
  const [kind, name] = [form.slice(0, form.indexOf('/')), form.slice(form.indexOf('/') + 1)];
  const edit = (what: string) => setQuery({ edit: what }, { push: true });
  const close = () => (setQuery({ edit: '' }), providers.again(), aliases.again());
  const known = providers.data?.items ?? [];
  return (
    <Page
      title="Gateway"
      actions={
        <>
          <Button disabled={why !== undefined} why={why} onClick={() => edit('provider/')}>
            Declare a provider
          </Button>
          <Button
            kind="primary"
            disabled={why !== undefined || known.length === 0}
            why={why ?? (known.length === 0 ? 'it needs a provider' : undefined)}
            onClick={() => edit('alias/')}
          >
            Declare an alias
          </Button>
        </>
      }
      facts={
        <>
          <Parts />
          <p class="quiet">
            Clients of OpenAI and Anthropic call this server as they call theirs, with a key of the role invoker. What they name as the model is an
            alias; it says which providers' models answer. <a href={href('/playground')}>Try one in the playground.</a>
          </p>
        </>
      }
    >
      <Loading of={providers}>
        {({ items }) => (
          <>
            {kind === 'provider' && (name === '' || items.some((p) => p.name === name)) && (
              <ProviderForm key={name} provider={items.find((p) => p.name === name)} done={close} />
            )}
            {kind === 'alias' && aliases.data && items.length > 0 && (name === '' || aliases.data.items.some((a) => a.alias === name)) && (
              <AliasForm key={name} alias={aliases.data.items.find((a) => a.alias === name)} providers={items} done={close} />
            )}
            <Section title="Aliases" count={aliases.data?.items.length}>
              <Loading of={aliases}>
                {(list) =>
                  list.items.length === 0 ? (
                    <Empty title="There are no aliases." commands={items.length === 0 ? [] : ['pilot aliases set chat openai/gpt-5-mini']}>
                      {items.length === 0
                        ? 'An alias names models of providers, so that a provider comes first.'
                        : 'Declare the name that clients ask for, and who answers:'}
                    </Empty>
                  ) : (
                    <Aliases aliases={list.items} providers={items} rollouts={rollouts.data?.items ?? []} why={why} edit={edit} />
                  )
                }
              </Loading>
            </Section>
            <Section title="Providers" count={items.length}>
              {items.length === 0 ? (
                <Empty title="There are no providers." commands={['pilot secrets set openai-key < key.txt', 'pilot providers set openai --kind openai --secret openai-key']}>
                  A provider runs language models: OpenAI, Anthropic, or whoever speaks OpenAI's protocol, such as vLLM, Ollama or llama.cpp. Keep its
                  key as a <a href={href('/secrets')}>secret</a>, then declare it:
                </Empty>
              ) : (
                <Table caption="Providers" columns={providerColumns(why, edit, secrets.data?.items.map((s) => s.name))} rows={items} id={(p) => p.name ?? ''} order="providers" />
              )}
            </Section>
          </>
        )}
      </Loading>
    </Page>
  );
}

const PROTOCOLS: Record<Provider['kind'], string> = { openai: 'OpenAI', azure: 'OpenAI at Azure', anthropic: 'Anthropic', compatible: "OpenAI's" };

function providerColumns(why: string | undefined, edit: (what: string) => void, secrets: readonly string[] | undefined): readonly Column<Provider>[] {
  return [
    { key: 'name', header: 'Provider', cell: (p) => p.name, sort: (p) => p.name ?? '' },
    { key: 'kind', header: 'Protocol', cell: (p) => PROTOCOLS[p.kind], sort: (p) => p.kind },
    { key: 'url', header: 'Address', cell: (p) => <code>{p.url}</code> },
    { key: 'secret', header: 'Key', cell: (p) => <Secret name={p.secret ?? ''} known={secrets} /> },
    { key: 'region', header: 'Region', cell: (p) => p.region || <span class="quiet">not told</span>, sort: (p) => p.region ?? '' },
    { key: 'prices', header: 'Prices of', cell: (p) => p.prices },
    { key: 'first', header: 'First byte within', unit: 's', numeric: true, cell: (p) => p.firstByteSeconds },
    { key: 'all', header: 'Whole answer within', unit: 's', numeric: true, cell: (p) => p.deadlineSeconds },
    {
      key: 'do',
      header: 'Do',
      cell: (p) => (
        <span class={css['buttons']}>
          <Button disabled={why !== undefined} why={why} onClick={() => edit(`provider/${p.name}`)}>
            Change<span class="sr"> {p.name}</span>
          </Button>
          <Button disabled={why !== undefined} why={why} onClick={() => removeProvider(p.name ?? '')}>
            Remove<span class="sr"> {p.name}</span>
          </Button>
        </span>
      ),
    },
  ];
}

function Secret({ name, known }: { name: string; known: readonly string[] | undefined }) {
  if (!name) return <span class="quiet">none</span>;
  return (
    <>
      <a href={href('/secrets')}>{name}</a> {known && !known.includes(name) && <State state="missing" tone="failing" word="not set" />}
    </>
  );
}

function removeProvider(name: string): void {
  confirm({
    title: `Remove the provider ${name}?`,
    will: 'Its declaration goes. That is refused as long as an alias asks it.',
    willNot: 'Its secret, its prices and the records of its calls stay.',
    action: 'Remove',
    danger: true,
    name,
    command: () => `pilot providers remove ${name}`,
    run: () => api.delete('/api/v1/providers/{name}', { path: { name } }),
  });
}

function removeAlias(alias: string): void {
  confirm({
    title: `Remove the alias ${alias}?`,
    will: 'Clients that ask for it are told that there is no such model.',
    willNot: 'Requests that it answers now go on. Providers stay.',
    action: 'Remove',
    danger: true,
    name: alias,
    command: () => `pilot aliases remove ${alias}`,
    run: () => api.delete('/api/v1/aliases/{alias}', { path: { alias } }),
  });
}

function Aliases(props: { aliases: readonly Alias[]; providers: readonly Provider[]; rollouts: readonly Rollout[]; why: string | undefined; edit: (what: string) => void }) {
  const targets = targetsOf(props.aliases);
  const key = targets.map(nameOf).join(' ');
  const prices = useLoad(`prices ${key}`, (signal) => pricesOf(targets, props.providers, signal), { changes: ['prices.', 'gateway.'] });
  const health = useLoad('targets lately', lately, { every: 5000 });
  const unpriced = prices.data ? targets.filter((t) => !prices.data!.has(nameOf(t))).map(nameOf) : [];
  return (
    <>
      {unpriced.length > 0 && (
        <Empty title={`Without a price: ${unpriced.join(', ')}.`} commands={['pilot prices import contract.yaml --format overlay']}>
          A budget of money refuses their calls, since it cannot bound them; a price of 0 is a price. Import what they cost:
        </Empty>
      )}
      <ul class={css['list']}>
        {props.aliases.map((a) => (
          <li key={a.alias} class={css['card']}>
            <div class={css['head']}>
              <h3>{a.alias}</h3>
              {(a.residency?.length ?? 0) > 0 && <span class="quiet">only in {a.residency!.join(', ')}</span>}
              {a.cache && <span class="quiet">answers kept for {a.cache.ttl}</span>}
              {a.prompt && <span class="quiet">prompt {prompt(a)}</span>}
              {props.rollouts
                .filter((r) => r.alias === a.alias && isRolling(r))
                .map((r) => (
                  <span key={r.id}>
                    <State state={stateOf(r)} />{' '}
                    <a href={href(pageOf(r.alias))}>
                      {answers(r.candidate)} at {r.percent} %
                    </a>
                  </span>
                ))}
              <span class={css['buttons']}>
                <a href={href(`/playground?alias=${encodeURIComponent(a.alias ?? '')}`)}>
                  Try it<span class="sr">: {a.alias}</span>
                </a>
                <Button disabled={props.why !== undefined} why={props.why} onClick={() => props.edit(`alias/${a.alias}`)}>
                  Change<span class="sr"> {a.alias}</span>
                </Button>
                <Button disabled={props.why !== undefined} why={props.why} onClick={() => removeAlias(a.alias ?? '')}>
                  Remove<span class="sr"> {a.alias}</span>
                </Button>
              </span>
            </div>
            <Table caption={`Who answers for ${a.alias}`} columns={COLUMNS(prices.data, health.data)} rows={rowsOf(a)} id={(r) => r.id} order={`alias-${a.alias}`} />
          </li>
        ))}
      </ul>
    </>
  );
}

type Row = { id: string; part: string; provider: string; model: string };

function rowsOf(alias: Alias): Row[] {
  const all = alias.targets.reduce((sum, t) => sum + (t.weight ?? 1), 0);
  return [
    ...alias.targets.map((t, i) => ({ ...t, id: `t${i}`, part: `${percent((t.weight ?? 1) / all)} %` })),
    ...(alias.fallbacks ?? []).map((t, i) => ({ ...t, id: `f${i}`, part: `fallback ${i + 1}` })),
  ];
}

const COLUMNS = (prices: ReadonlyMap<string, Schemas['Price']> | undefined, health: ReadonlyMap<string, Schemas['UsageSums']> | undefined): readonly Column<Row>[] => [
  { key: 'target', header: 'Model', cell: (r) => nameOf(r) },
  { key: 'part', header: 'Share', cell: (r) => r.part },
  { key: 'health', header: 'Last 15 min', cell: (r) => <Health sums={health?.get(nameOf(r))} /> },
  { key: 'calls', header: 'Calls', numeric: true, cell: (r) => count(health?.get(nameOf(r))?.calls ?? 0) },
  { key: 'cost', header: 'Cost', numeric: true, cell: (r) => <Money usd={health?.get(nameOf(r))?.costUsd ?? '0'} /> },
  { key: 'in', header: 'Input', unit: 'a million', numeric: true, cell: (r) => <Price price={prices?.get(nameOf(r))} known={prices !== undefined} tokens="input" /> },
  { key: 'out', header: 'Output', unit: 'a million', numeric: true, cell: (r) => <Price price={prices?.get(nameOf(r))} known={prices !== undefined} tokens="output" /> },
  { key: 'source', header: 'Price from', cell: (r) => prices?.get(nameOf(r))?.source ?? '' },
];

function Health({ sums }: { sums: Schemas['UsageSums'] | undefined }) {
  if (!sums || sums.calls === 0) return <span class="quiet">not asked</span>;
  const failed = sums.errors / sums.calls;
  const tone = failed === 0 ? 'well' : failed < 0.5 ? 'attention' : 'failing';
  return <State state={tone} tone={tone} word={failed === 0 ? 'well' : `${percent(failed)} % failed`} />;
}

function Price({ price, known, tokens }: { price: Schemas['Price'] | undefined; known: boolean; tokens: string }) {
  if (!known) return <span class="quiet">…</span>;
  if (!price) return <State state="unpriced" tone="attention" />;
  return <span class="num">{rate(price, tokens) ?? '–'}</span>;
}

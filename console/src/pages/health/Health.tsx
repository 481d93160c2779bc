import { api } from '../../lib/api';
import { count, figure, percent, span } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href } from '../../lib/place';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { Parts } from '../gateway/Parts';
import { lately, nameOf, type Provider } from '../gateway/targets';
import { Courses, type Drawn } from '../spend/Courses';
import { BREAKER, summary, type Probed, type Standing } from './health';
import { Pulse } from './Pulse';

/** Whether providers answer: what probes tell, how the breaker of each model stands, and how calls went. */
export default function Health() {
  const providers = useLoad('providers', (signal) => api.get('/api/v1/providers', { signal }), { changes: ['gateway.'] });
  const health = useLoad('health', (signal) => api.get('/api/v1/gateway/health', { signal }), { changes: ['gateway.'], every: 2000 });
  const known = providers.data?.items ?? [];
  return (
    <Page
      title="Health of providers"
      facts={
        <>
          <Parts />
          <p class="quiet">
            As the server that answers this page sees it. A model that fails five times on end rests for ten seconds; one whose provider answers
            no probes is passed over until it does, unless nobody else is left.
          </p>
        </>
      }
    >
      <Loading of={health}>
        {({ providers: probed, targets }) => (
          <>
            <Section title="Providers" count={known.length}>
              {known.length === 0 ? (
                <Empty title="There are no providers.">
                  Declare one on the page <a href={href('/gateway')}>Aliases</a>.
                </Empty>
              ) : (
                <Table caption="Providers and their probes" columns={PROVIDERS} rows={known.map((provider) => ({ provider, probed: probed.find((p) => p.provider === provider.name) }))} id={(r) => r.provider.name ?? ''} order="providers" />
              )}
              {known.length > 0 && known.every((p) => !p.probe) && (
                <Empty title="No provider is probed." commands={[PROBE]}>
                  A probe asks a provider now and then by GET, which costs nothing, so that clients do not have to find out that it is away. Say
                  which path in the provider's document, then apply it:
                </Empty>
              )}
            </Section>
            {targets.length > 0 && <Targets targets={targets} />}
            {known.length > 0 && <Courses title="Calls over time" by="provider" values={known.map((p) => p.name ?? '')} drawn={DRAWN} />}
            <Command text="pilot providers health" label="The same:" />
          </>
        )}
      </Loading>
    </Page>
  );
}

const DRAWN: readonly Drawn[] = [
  { title: 'Calls that failed', unit: '%', of: (p) => (p && p.calls > 0 ? (100 * p.errors) / p.calls : null), format: figure },
  { title: 'What 95 in 100 answers took at most', unit: 'ms', of: (p) => (p?.latencyMicros ? p.latencyMicros.p95 / 1000 : null), format: figure },
];

const PROBE = 'pilot apply -f pilothouse.yaml';

type Row = { provider: Provider; probed: Probed | undefined };

const PROVIDERS: readonly Column<Row>[] = [
  { key: 'name', header: 'Provider', cell: (r) => r.provider.name, sort: (r) => r.provider.name ?? '' },
  { key: 'state', header: 'Now', cell: (r) => <Now row={r} /> },
  { key: 'since', header: 'Since', cell: (r) => (r.probed ? <Time at={r.probed.since} /> : '') },
  { key: 'pulse', header: 'Its last probes', cell: (r) => r.probed && <Pulse probes={r.probed.probes.slice(-60)} label={`${r.provider.name}: ${summary(r.probed.probes).words}`} /> },
  { key: 'failed', header: 'Failed', unit: '%', numeric: true, cell: (r) => (r.probed ? percent(summary(r.probed.probes).failed / r.probed.probes.length) : '') },
  { key: 'p50', header: 'p50', unit: 'ms', numeric: true, cell: (r) => r.probed && figure(summary(r.probed.probes).p50) },
  { key: 'p95', header: 'p95', unit: 'ms', numeric: true, cell: (r) => r.probed && figure(summary(r.probed.probes).p95) },
  { key: 'probe', header: 'Probed by', cell: (r) => (r.provider.probe ? <code>GET {r.provider.probe.path}</code> : '') },
  { key: 'why', header: 'What went wrong', wide: true, cell: (r) => r.probed?.why },
];

function Now({ row: { provider, probed } }: { row: Row }) {
  if (probed) return probed.up ? <State state="up" tone="well" word="answers" /> : <State state="down" tone="failing" word="does not answer" />;
  return <span class="quiet">{provider.probe ? 'not asked yet' : 'not probed'}</span>;
}

/** Each model with its breaker, and how its calls went lately. */
function Targets({ targets }: { targets: readonly Standing[] }) {
  const calls = useLoad('health of targets', lately, { every: 10_000 });
  const of = (t: Standing) => calls.data?.get(nameOf(t));
  const columns: readonly Column<Standing>[] = [
    { key: 'model', header: 'Model', cell: nameOf, sort: nameOf },
    {
      key: 'breaker',
      header: 'Breaker',
      cell: (t) => {
        const [word, tone] = BREAKER[t.breaker];
        return <State state={t.breaker} tone={tone} word={t.restMillis > 0 ? `${word} for ${span(t.restMillis)}` : word} />;
      },
      sort: (t) => t.breaker,
    },
    { key: 'failures', header: 'Failed on end', numeric: true, cell: (t) => count(t.failures), sort: (t) => t.failures },
    { key: 'calls', header: 'Calls', unit: '15 min', numeric: true, cell: (t) => count(of(t)?.calls ?? 0), sort: (t) => of(t)?.calls ?? 0 },
    { key: 'errors', header: 'Failed', unit: '%', numeric: true, cell: (t) => (of(t) ? percent(of(t)!.errors / of(t)!.calls) : '–') },
    { key: 'p50', header: 'p50', unit: 'ms', numeric: true, cell: (t) => millis(of(t)?.latencyMicros?.p50) },
    { key: 'p95', header: 'p95', unit: 'ms', numeric: true, cell: (t) => millis(of(t)?.latencyMicros?.p95) },
  ];
  return (
    <Section title="Models that aliases ask" count={targets.length}>
      <Table caption="Circuit breakers of models" columns={columns} rows={targets} id={nameOf} order="targets" />
    </Section>
  );
}

const millis = (micros: number | undefined) => figure(micros === undefined ? undefined : micros / 1000);

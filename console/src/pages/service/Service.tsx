import { useMemo } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { count, figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href, query, setQuery } from '../../lib/place';
import { may } from '../../lib/session';
import { inMotion } from '../../lib/states';
import { useService, type Status } from '../../lib/watch';
import type { PageProps } from '../../routes';
import { Button } from '../../ui/Button';
import { Chart } from '../../ui/Chart';
import { Command, CopyButton } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Select } from '../../ui/Field';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { ENTRY_COLUMNS } from '../ledger/Ledger';
import { Actions } from './Actions';
import { Rollout } from './Rollout';

type Release = Schemas['Release'];
const RANGES = [
  ['30', 'Last 30 min'],
  ['60', 'Last hour'],
  ['360', 'Last 6 h'],
  ['1440', 'Last day'],
] as const;

export default function Service({ params }: PageProps) {
  const name = params['name']!;
  const service = useService(name);
  return (
    <Loading of={service} rows={8}>
      {(status) => (
        <Page
          noun={<a href={href('/services')}>Services</a>}
          title={status.name}
          state={<State state={status.state} />}
          actions={
            <Actions
              situation={{ name, stable: status.stable, previous: status.previous as string | null, release: status.release ?? null }}
            />
          }
          facts={
            <Facts
              items={[
                ['In production', status.stable ?? 'nothing yet'],
                ['Since', status.promotedAt && <Time at={status.promotedAt} />],
                ['Before it', status.previous],
                [
                  'Endpoint',
                  <span>
                    <code>{status.endpoint}</code>
                    <CopyButton text={status.endpoint} label="Copy the endpoint" />
                  </span>,
                ],
                ['Updates', service.connection === 'reconnecting' ? 'reconnecting …' : undefined],
              ]}
            />
          }
        >
          <Current status={status} />
          <Traffic status={status} />
          <Releases name={name} />
          {isContainer(status) && <Logs name={name} />}
          <History name={name} />
        </Page>
      )}
    </Loading>
  );
}

function isContainer(status: Status): boolean {
  return 'container' in (status.spec as Record<string, unknown>);
}

function Current({ status }: { status: Status }) {
  const release = status.release;
  if (!release) {
    return (
      <Empty title="This service has had no release." commands={[`pilot release ${status.name}`]}>
        It is declared and answers nothing yet. A release takes a model through the gates to traffic:
      </Empty>
    );
  }
  return (
    <Section
      title={`${inMotion(release.phase) ? 'Release' : 'Last release'} ${release.number}: ${release.candidate}`}
      aside={
        <>
          <State state={release.state} />
          <a href={href(`/services/${status.name}/releases/${release.id}`)}>Its own page</a>
        </>
      }
    >
      <Rollout release={release} />
      <Command text={`pilot status ${status.name}${inMotion(release.phase) ? ' -w' : ''}`} label="The same:" />
    </Section>
  );
}

/** A version with the part it plays now. */
function part(status: Status, version: string): string {
  const release = status.release;
  if (version === status.stableVersion) return `${version} in production`;
  if (release && version === release.version && inMotion(release.phase)) return `${version} ${release.phase}`;
  return version;
}

function Traffic({ status }: { status: Status }) {
  const name = status.name;
  const minutes = query.value.get('minutes') ?? '60';
  const traffic = useLoad(
    `traffic ${name} ${minutes}`,
    (signal) => api.get('/api/v1/services/{name}/traffic', { path: { name }, query: { minutes: Number(minutes) }, signal }),
    { every: 10_000 },
  );
  const releases = useLoad(`releases ${name}`, (signal) => api.get('/api/v1/services/{name}/releases', { path: { name }, signal }));
  const data = useMemo(() => {
    const t = traffic.data;
    if (!t) return undefined;
    const from = Date.parse(t.from) / 1000;
    // The present minute is not over; it would look like a fall.
    const n = t.minutes - 1;
    const x = Array.from({ length: n }, (_, i) => from + i * 60);
    return {
      x,
      requests: t.versions.map((v) => ({ label: part(status, v.version), values: v.requests.slice(0, n) })),
      errors: t.versions.map((v) => ({
        label: part(status, v.version),
        values: v.requests.slice(0, n).map((r, i) => (r === 0 ? null : (100 * v.errors[i]!) / r)),
      })),
    };
  }, [traffic.data, status.stableVersion, status.release?.phase]);
  const marks = useMemo(
    () => (releases.data?.items ?? []).map((r) => ({ at: Date.parse(r.createdAt) / 1000, label: `#${r.number}` })).reverse(),
    [releases.data],
  );
  return (
    <Section
      title="Traffic"
      aside={<Select label="Range" value={minutes} options={RANGES} onChange={(value) => setQuery({ minutes: value })} />}
    >
      <Loading of={traffic}>
        {(t) =>
          t.versions.length === 0 || !data ? (
            <Empty title="No request in this time." commands={[`pilot infer ${name} --json '{"inputs": […]}'`]}>
              Requests are counted by version and minute. Send one:
            </Empty>
          ) : (
            <>
              <Table caption="Versions that answered" columns={[{ key: 'version', header: 'Version', cell: (v) => part(status, v.version) }, ...VERSIONS]} rows={t.versions} id={(v) => v.version} order="versions" />
              <div class="pair">
                <Chart title="Requests per minute" x={data.x} series={data.requests} marks={marks} min={0} sync="traffic" />
                <Chart title="Errors, %" x={data.x} series={data.errors} marks={marks} min={0} sync="traffic" />
              </div>
            </>
          )
        }
      </Loading>
    </Section>
  );
}

type Version = Schemas['ServiceTraffic']['versions'][number];
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const VERSIONS: readonly Column<Version>[] = [
  { key: 'requests', header: 'Requests', numeric: true, cell: (v) => count(total(v.requests)) },
  { key: 'errors', header: 'Errors', unit: '%', numeric: true, cell: (v) => figure((100 * total(v.errors)) / Math.max(1, total(v.requests))) },
  { key: 'slow', header: 'Slow', unit: '%', numeric: true, cell: (v) => figure((100 * total(v.slow)) / Math.max(1, total(v.requests))) },
  { key: 'p50', header: 'p50', unit: 'ms', numeric: true, cell: (v) => figure(v.latency?.p50) },
  { key: 'p95', header: 'p95', unit: 'ms', numeric: true, cell: (v) => figure(v.latency?.p95) },
  { key: 'p99', header: 'p99', unit: 'ms', numeric: true, cell: (v) => figure(v.latency?.p99) },
];

const RELEASES: readonly Column<Release>[] = [
  { key: 'number', header: 'Release', cell: (r) => `#${r.number} ${r.candidate}` },
  { key: 'state', header: 'State', cell: (r) => <State state={r.state} /> },
  { key: 'what', header: 'What happened', wide: true, cell: (r) => r.sentence },
  { key: 'who', header: 'Who', cell: (r) => r.requestedBy },
  { key: 'when', header: 'When', numeric: true, cell: (r) => <Time at={r.createdAt} /> },
];

function Releases({ name }: { name: string }) {
  const releases = useLoad(`releases ${name}`, (signal) => api.get('/api/v1/services/{name}/releases', { path: { name }, signal }), {
    changes: ['release.', 'rollout.', 'gate.'],
  });
  return (
    <Section title="Releases" count={releases.data?.items.length}>
      <Loading of={releases}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No releases yet." commands={[`pilot release ${name}`]} />
          ) : (
            <Table
              caption="Releases, the newest first"
              columns={RELEASES}
              rows={items}
              id={(r) => r.id}
              to={(r) => `/services/${name}/releases/${r.id}`}
              order="releases"
            />
          )
        }
      </Loading>
    </Section>
  );
}

function Logs({ name }: { name: string }) {
  const lines = query.value.get('lines') ?? '200';
  const logs = useLoad(
    `logs ${name} ${lines}`,
    (signal) => api.get('/api/v1/services/{name}/logs', { path: { name }, query: { lines: Number(lines) }, signal }),
    { every: 3000 },
  );
  return (
    <Section
      title="Output of its processes"
      aside={
        <>
          <Select
            label="Lines"
            value={lines}
            options={[
              ['200', '200'],
              ['1000', '1,000'],
              ['5000', '5,000'],
            ]}
            onChange={(value) => setQuery({ lines: value })}
          />
          <Button onClick={logs.again}>Now</Button>
        </>
      }
    >
      <Loading of={logs}>
        {({ items }) => (
          <pre class="lines" tabIndex={0} role="region" aria-label="Output">
            {items.join('\n')}
          </pre>
        )}
      </Loading>
      <Command text={`pilot logs ${name}`} label="The same:" />
    </Section>
  );
}

function History({ name }: { name: string }) {
  const subject = `service/${name}`;
  const entries = useLoad(
    `history ${name}`,
    (signal) => api.get('/api/v1/ledger/entries', { query: { subject, limit: 10 }, signal }),
    { changes: ['service.', 'release.', 'rollout.', 'gate.'] },
  );
  if (!may('viewer')) return null;
  return (
    <Section title="History" aside={<a href={href(`/ledger?subject=${encodeURIComponent(subject)}`)}>All of it on the ledger</a>}>
      <Loading of={entries}>
        {({ items }) => (
          <Table
            caption="Ledger entries of this service, the newest first"
            columns={ENTRY_COLUMNS.filter((column) => column.key !== 'subject')}
            rows={items}
            id={(e) => e.id}
            to={(e) => `/ledger/${e.id}`}
            order="history"
          />
        )}
      </Loading>
    </Section>
  );
}

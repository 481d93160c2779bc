import { useMemo } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { count, figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { inMotion } from '../../lib/states';
import type { Status } from '../../lib/watch';
import { Chart, type Series } from '../../ui/Chart';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';

const RANGES = [
  ['30', 'Last 30 min'],
  ['60', 'Last hour'],
  ['360', 'Last 6 h'],
  ['1440', 'Last day'],
] as const;

/** Pixels of each chart's height. */
const LOW = 180;

/** A version with the part it plays now. */
function part(status: Status, version: string): string {
  const release = status.release;
  if (version === status.stableVersion) return `${version} in production`;
  if (release && version === release.version && inMotion(release.phase)) return `${version} ${release.phase}`;
  return version;
}

/** What a service answered by version and minute, with its releases as vertical rules. */
export function Traffic({ status }: { status: Status }) {
  const name = status.name;
  const minutes = query.value.get('minutes') ?? '60';
  const asked = { path: { name }, query: { minutes: Number(minutes) } };
  const traffic = useLoad(`traffic ${name} ${minutes}`, (signal) => api.get('/api/v1/services/{name}/traffic', { ...asked, signal }), { every: 10_000 });
  const latency = useLoad(`latency ${name} ${minutes}`, (signal) => api.get('/api/v1/services/{name}/latency', { ...asked, signal }), { every: 30_000 });
  const releases = useLoad(`releases ${name}`, (signal) => api.get('/api/v1/services/{name}/releases', { path: { name }, signal }), {
    changes: ['release.', 'rollout.'],
  });
  const data = useMemo(() => {
    const t = traffic.data;
    if (!t) return undefined;
    const from = Date.parse(t.from) / 1000;
    // The present minute is not over; it would look like a fall.
    const n = t.minutes - 1;
    const x = Array.from({ length: n }, (_, i) => from + i * 60);
    const share = (v: Schemas['ServiceTraffic']['versions'][number], events: readonly number[], of: readonly number[]): Series => ({
      label: part(status, v.version),
      values: of.slice(0, n).map((all, i) => (all === 0 ? null : (100 * events[i]!) / all)),
    });
    const took = (version: string): Series => {
      const points = latency.data?.versions.find((v) => v.version === version)?.points ?? [];
      const byMinute = new Map(points.map((p) => [Date.parse(p.at) / 1000, p.p95]));
      return { label: part(status, version), values: x.map((at) => byMinute.get(at) ?? null) };
    };
    return {
      x,
      // Before its first request a version was not there; that is a gap and no zero.
      requests: t.versions.map((v) => {
        const first = v.requests.findIndex((r) => r > 0);
        return { label: part(status, v.version), values: v.requests.slice(0, n).map((r, i) => (first < 0 || i < first ? null : r)) };
      }),
      errors: t.versions.map((v) => share(v, v.errors, v.requests)),
      wrong: t.versions.some((v) => total(v.labelled) > 0) ? t.versions.map((v) => share(v, v.wrong, v.labelled)) : undefined,
      latency: t.versions.map((v) => took(v.version)),
    };
  }, [traffic.data, latency.data, status.stableVersion, status.release?.phase]);
  const marks = useMemo(
    () =>
      (releases.data?.items ?? [])
        .flatMap((r) => [
          { at: Date.parse(r.createdAt) / 1000, label: `#${r.number}` },
          ...(r.endedAt && r.phase !== 'promoted' ? [{ at: Date.parse(r.endedAt) / 1000, label: `#${r.number} ${r.phase.replace('-', ' ')}` }] : []),
        ])
        .sort((a, b) => a.at - b.at),
    [releases.data],
  );
  return (
    <Section
      title="Traffic"
      aside={<Select label="Range" value={minutes} options={RANGES} onChange={(value) => setQuery({ minutes: value })} />}
    >
      <Loading of={traffic} charts={[LOW, LOW, LOW]}>
        {(t) =>
          t.versions.length === 0 || !data ? (
            <Empty title="No request in this time." commands={[`pilot infer ${name} --input '{"inputs": […]}'`]}>
              Requests are counted by version and minute. Send one:
            </Empty>
          ) : (
            <>
              <Table
                caption="Versions that answered"
                columns={[{ key: 'version', header: 'Version', cell: (v) => part(status, v.version) }, ...VERSIONS]}
                rows={t.versions}
                id={(v) => v.version}
                order="versions"
              />
              <div class="pair">
                <Chart title="Requests per minute" x={data.x} series={data.requests} marks={marks} min={0} sync="traffic" height={LOW} />
                <Chart title="Errors, %" x={data.x} series={data.errors} marks={marks} min={0} sync="traffic" height={LOW} />
                {data.wrong && <Chart title="Wrong answers, %" x={data.x} series={data.wrong} marks={marks} min={0} sync="traffic" height={LOW} />}
                <Chart title="Latency of sampled answers, p95, ms" x={data.x} series={data.latency} marks={marks} min={0} sync="traffic" height={LOW} />
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

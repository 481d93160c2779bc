import type { Schemas } from '../../lib/api';
import { figure } from '../../lib/format';
import { Spark } from '../../ui/Spark';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { inMotion } from '../../lib/states';

type Service = Schemas['Service'];
type Traffic = Schemas['TrafficList'];
type Row = Service & { traffic: Traffic['items'][number] | undefined; perMinute: number | null; errorShare: number | null };

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

const columns: readonly Column<Row>[] = [
  { key: 'name', header: 'Service', cell: (s) => s.name, sort: (s) => s.name },
  {
    key: 'state',
    header: 'State',
    cell: (s) => <State state={s.state} />,
    sort: (s) => s.state,
  },
  { key: 'version', header: 'Version', cell: (s) => s.stable ?? <span class="quiet">none yet</span>, sort: (s) => s.stable ?? '' },
  {
    key: 'traffic',
    header: 'Traffic',
    unit: 'req/min',
    numeric: true,
    cell: (s) => figure(s.perMinute),
    sort: (s) => s.perMinute ?? -1,
  },
  {
    key: 'course',
    header: 'Last 30 min',
    cell: (s) =>
      s.traffic && sum(s.traffic.requests) > 0 ? (
        <Spark values={s.traffic.requests.slice(0, -1)} label={`Requests per minute, now ${figure(s.perMinute)}`} />
      ) : (
        <span class="quiet">no traffic</span>
      ),
  },
  {
    key: 'errors',
    header: 'Errors',
    unit: '%',
    numeric: true,
    cell: (s) => figure(s.errorShare === null ? null : s.errorShare * 100),
    sort: (s) => s.errorShare ?? -1,
  },
  {
    key: 'p50',
    header: 'p50',
    unit: 'ms',
    numeric: true,
    cell: (s) => figure(s.traffic?.latency?.p50),
    sort: (s) => s.traffic?.latency?.p50 ?? -1,
  },
  {
    key: 'p99',
    header: 'p99',
    unit: 'ms',
    numeric: true,
    cell: (s) => figure(s.traffic?.latency?.p99),
    sort: (s) => s.traffic?.latency?.p99 ?? -1,
  },
  {
    key: 'changed',
    header: 'Changed',
    numeric: true,
    cell: (s) => <Time at={s.release?.updatedAt ?? s.updatedAt} />,
    sort: (s) => Date.parse(s.release?.updatedAt ?? s.updatedAt ?? ''),
  },
];

/** One row each: state, version, traffic, errors, latency. */
export function ServiceTable(props: { services: readonly Service[]; traffic: Traffic | undefined }) {
  const byName = new Map(props.traffic?.items.map((item) => [item.service, item]));
  const rows = props.services.map((service): Row => {
    const traffic = byName.get(service.name);
    // The present minute is not over, so the ones before it speak: the last five for the rate.
    const recent = traffic?.requests.slice(-6, -1) ?? [];
    const requests = traffic ? sum(traffic.requests) : 0;
    return {
      ...service,
      traffic,
      perMinute: !props.traffic ? null : recent.length > 0 ? sum(recent) / recent.length : 0,
      errorShare: traffic && requests > 0 ? sum(traffic.errors) / requests : null,
    };
  });
  return (
    <Table
      caption="Services"
      columns={columns}
      rows={rows}
      id={(s) => s.name}
      to={(s) => `/services/${encodeURIComponent(s.name)}`}
    />
  );
}

/** Whether a service has a release on its way. */
export function moving(service: Service): boolean {
  return service.release != null && inMotion(service.release.phase);
}

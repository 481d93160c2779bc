import { api } from '../../lib/api';
import { count } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { amount, percentOf, plotted } from '../../lib/money';
import { href, query, setQuery } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Meter } from '../../ui/Meter';
import { Money } from '../../ui/Money';
import { Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import type { Sums } from './amounts';
import { rangeHere, timesOf } from './ranges';

const BY = [
  ['agent', 'Agents', 'Agent'],
  ['model', 'Models', 'Model'],
  ['alias', 'Aliases', 'Alias'],
  ['key', 'Keys', 'Key'],
  ['tag', 'Tags', 'Tag'],
  ['user', 'Users', 'User'],
] as const;
type By = (typeof BY)[number][0];

const ORDERS = [
  ['cost', 'cost'],
  ['calls', 'calls'],
  ['tokens', 'tokens'],
] as const;

/** Who spends most; `among` are conditions such as a budget's name. */
export function Top({ among = {}, times }: { among?: { budget?: string }; times?: { from: string; to: string } }) {
  const range = rangeHere();
  const by: By = BY.find(([key]) => key === query.value.get('by'))?.[0] ?? 'agent';
  const order = ORDERS.find(([key]) => key === query.value.get('most'))?.[0] ?? 'cost';
  const loaded = useLoad(
    `top ${by} ${order} ${among.budget ?? ''} ${times?.from ?? range.key}`,
    (signal) => api.get('/api/v1/usage/summary', { query: { ...(times ?? timesOf(range)), ...among, by, order, limit: 20 }, signal }),
    { every: 5000 },
  );
  const keys = useLoad('names of keys', (signal) => api.get('/api/v1/keys', { query: { limit: 1000 }, signal }), { changes: ['key.'] });
  const names = new Map((keys.data?.items ?? []).map((k) => [k.id, k.name]));
  return (
    <Section
      title="Who spends most"
      aside={<Select label="By" value={order} options={ORDERS} onChange={(to) => setQuery({ most: to === 'cost' ? '' : to })} />}
    >
      <div class="tools">
        <div role="group" aria-label="Grouped by" class="choices" style={{ flexWrap: 'wrap' }}>
          {BY.map(([key, label]) => (
            <Button key={key} pressed={by === key} onClick={() => setQuery({ by: key === 'agent' ? '' : key })}>
              {label}
            </Button>
          ))}
        </div>
      </div>
      <Loading of={loaded}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Empty title="No calls yet." />
          ) : (
            <Table caption={`${BY.find(([key]) => key === by)![1]} that spend most`} columns={columns(by, names, total)} rows={items} id={(s) => s[by] ?? ''} order="top" />
          )
        }
      </Loading>
    </Section>
  );
}

const UNKNOWN: Record<By, string> = {
  agent: 'no agent',
  model: 'none, it was refused',
  alias: 'none',
  key: 'unknown',
  tag: 'no tag',
  user: 'no user',
};

function columns(by: By, names: ReadonlyMap<string, string>, total: Sums): readonly Column<Sums>[] {
  const all = amount(total.costUsd);
  const share = (s: Sums) => percentOf(amount(s.costUsd), all) ?? 0;
  const name = (s: Sums) => {
    const value = s[by] ?? '';
    if (!value) return <span class="quiet">{UNKNOWN[by]}</span>;
    if (by === 'agent') return <a href={href(`/agents/${encodeURIComponent(value)}`)}>{value}</a>;
    return by === 'key' ? (names.get(value) ?? <code>{value}</code>) : value;
  };
  return [
    { key: 'name', header: BY.find(([key]) => key === by)![2], cell: name, sort: (s) => s[by] ?? '' },
    { key: 'cost', header: 'Cost', numeric: true, cell: (s) => <Money usd={s.costUsd} />, sort: (s) => plotted(amount(s.costUsd)) },
    { key: 'share', header: 'Share', unit: '%', numeric: true, cell: (s) => share(s) },
    { key: 'bar', header: 'Of all cost', cell: (s) => <Meter label={`${share(s)} % of all cost`} used={share(s)} tone="well" /> },
    { key: 'calls', header: 'Calls', numeric: true, cell: (s) => count(s.calls), sort: (s) => s.calls },
    { key: 'in', header: 'Input', unit: 'tokens', numeric: true, cell: (s) => count(s.inputTokens), sort: (s) => s.inputTokens },
    { key: 'out', header: 'Output', unit: 'tokens', numeric: true, cell: (s) => count(s.outputTokens), sort: (s) => s.outputTokens },
    { key: 'failed', header: 'Failed', numeric: true, cell: (s) => count(s.errors), sort: (s) => s.errors },
    { key: 'refused', header: 'Refused', numeric: true, cell: (s) => count(s.refused), sort: (s) => s.refused },
    { key: 'degraded', header: 'Degraded', numeric: true, cell: (s) => count(s.degraded), sort: (s) => s.degraded },
  ];
}

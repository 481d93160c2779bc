import { figure } from '../../lib/format';
import { now } from '../../lib/live';
import { Meter } from '../../ui/Meter';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { place, read, write, type Budget } from './amounts';
import { heldPercent, limit, spentPercent, verdict } from './budgets';

/** The state of a budget in word and colour. */
export function BudgetState({ budget }: { budget: Budget }) {
  const tone = budget.state === 'exhausted' ? 'failing' : budget.state === 'attention' || budget.degrading ? 'attention' : 'well';
  const word = budget.state === 'exhausted' ? 'nothing left' : budget.degrading ? 'degrading' : budget.state === 'attention' ? 'too fast' : 'within limit';
  return <State state={budget.state} tone={tone} word={word} />;
}

/** How much is spent and held, as a bar. */
export function Used({ budget }: { budget: Budget }) {
  const spent = spentPercent(budget);
  return (
    <Meter
      label={`${spent} % spent, ${heldPercent(budget)} % held`}
      used={spent}
      held={heldPercent(budget)}
      tone={budget.state}
      marks={budget.thresholds.filter((t) => t < 100)}
    />
  );
}

const sorted = (of: (b: Budget) => string) => (b: Budget) => place(b.unit, read(b.unit, of(b)));

const COLUMNS: readonly Column<Budget>[] = [
  { key: 'name', header: 'Budget', cell: (b) => b.name, sort: (b) => b.name },
  { key: 'state', header: 'State', cell: (b) => <BudgetState budget={b} />, sort: (b) => b.state },
  { key: 'used', header: 'Used', unit: '%', numeric: true, cell: (b) => figure(spentPercent(b)), sort: spentPercent },
  { key: 'bar', header: 'Spent and held', cell: (b) => <Used budget={b} /> },
  { key: 'spent', header: 'Spent', numeric: true, cell: (b) => write(b.unit, read(b.unit, b.settled)), sort: sorted((b) => b.settled) },
  { key: 'held', header: 'Held', numeric: true, cell: (b) => write(b.unit, read(b.unit, b.held)) },
  { key: 'left', header: 'Left', numeric: true, cell: (b) => write(b.unit, read(b.unit, b.remaining)), sort: sorted((b) => b.remaining) },
  { key: 'limit', header: 'Limit', numeric: true, cell: (b) => write(b.unit, limit(b)), sort: sorted((b) => b.limit) },
  { key: 'forecast', header: 'Forecast', numeric: true, cell: (b) => (b.windowEnd ? write(b.unit, read(b.unit, b.forecast)) : <span class="quiet">–</span>) },
  { key: 'scope', header: 'Counts', cell: (b) => <code>{b.scope}</code>, sort: (b) => b.scope },
  { key: 'end', header: 'Window ends', numeric: true, cell: (b) => (b.windowEnd ? <Time at={b.windowEnd} /> : 'never') },
];

const WORST = { exhausted: 0, attention: 1, well: 2 } as const;

/** All budgets, those that need somebody first. */
export function BudgetTable({ budgets }: { budgets: readonly Budget[] }) {
  const rows = [...budgets].sort((a, b) => WORST[a.state] - WORST[b.state] || spentPercent(b) - spentPercent(a));
  const worst = rows[0];
  return (
    <>
      {worst && worst.state !== 'well' && (
        <p>
          <strong>{worst.name}</strong>: {verdict(worst, now.value)}
        </p>
      )}
      <Table caption="Budgets, those that need somebody first" columns={COLUMNS} rows={rows} id={(b) => b.name} to={(b) => `/spend/${encodeURIComponent(b.name)}`} order="budgets" />
    </>
  );
}

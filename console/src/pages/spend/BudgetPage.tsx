import { useMemo } from 'preact/hooks';
import { api } from '../../lib/api';
import { exact } from '../../lib/format';
import { now } from '../../lib/live';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { go, href, query, setQuery } from '../../lib/place';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { Chart } from '../../ui/Chart';
import { confirm } from '../../ui/Confirm';
import { Facts } from '../../ui/Facts';
import { Page, Section } from '../../ui/Page';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { History } from '../ledger/History';
import { counted, place, read, write, written, type Budget } from './amounts';
import { BudgetForm } from './BudgetForm';
import { BudgetState, Used } from './BudgetTable';
import { limit, limitWords, runsOut, spentPercent, verdict } from './budgets';
import { Overrides } from './Overrides';
import { course } from './ranges';
import { Refusals } from './Refusals';
import { Top } from './Top';

function remove(budget: Budget): void {
  confirm({
    title: `Remove the budget ${budget.name}?`,
    will: `Calls of ${budget.scope} are no longer bounded by ${limitWords(budget)}.`,
    willNot: 'Calls under way end as they would have. What was spent stays in the usage records.',
    action: 'Remove',
    danger: true,
    name: budget.name,
    command: () => `pilot budget remove ${budget.name} --confirm ${budget.name}`,
    run: async () => {
      await api.delete('/api/v1/budgets/{name}', { path: { name: budget.name } });
      go('/spend');
    },
  });
}

/** One budget in its window: where it stands, what becomes of it, who spends it. */
export default function BudgetPage({ params }: PageProps) {
  const name = params['name']!;
  const loaded = useLoad(`budget ${name}`, (signal) => api.get('/api/v1/budgets/{name}', { path: { name }, signal }), { every: 2000, changes: ['budget'] });
  const why = may('admin') ? undefined : 'it needs the role admin';
  const changing = query.value.get('change') === 'yes';
  return (
    <Loading of={loaded}>
      {(b) => {
        const times = { from: b.windowStart, to: b.windowEnd ?? new Date(Math.ceil(now.value / 60_000) * 60_000).toISOString() };
        return (
          <Page
            title={b.name}
            noun={<a href={href('/spend')}>Spend</a>}
            state={<BudgetState budget={b} />}
            actions={
              <>
                <Button disabled={why !== undefined} why={why} onClick={() => setQuery({ change: 'yes' }, { push: true })}>
                  Change
                </Button>
                <Button kind="danger" disabled={why !== undefined} why={why} onClick={() => remove(b)}>
                  Remove
                </Button>
              </>
            }
            facts={
              <>
                <p>{verdict(b, now.value)}</p>
                <Used budget={b} />
                <Facts
                  items={[
                    ['Spent', `${write(b.unit, read(b.unit, b.settled))} (${spentPercent(b)} %)`],
                    ['Held by calls under way', write(b.unit, read(b.unit, b.held))],
                    ['Left', write(b.unit, read(b.unit, b.remaining))],
                    ['Limit', limitWords(b)],
                    ['of it raised', read(b.unit, b.raised) > 0n && write(b.unit, read(b.unit, b.raised))],
                    ['Burn', `${write(b.unit, read(b.unit, b.burnPerHour))} an hour`],
                    ['Forecast', b.windowEnd && write(b.unit, read(b.unit, b.forecast))],
                    ['Counts', <code>{b.scope}</code>],
                    ['Window ends', b.windowEnd ? <Time at={b.windowEnd} /> : 'never'],
                  ]}
                />
              </>
            }
          >
            {changing && <BudgetForm key={b.name} budget={b} done={() => (setQuery({ change: '' }), loaded.again())} />}
            <BurnDown budget={b} />
            <Top among={{ budget: b.id }} times={times} />
            <Refusals budgets={[b]} budget={b.id} times={times} />
            <Overrides budget={b} />
            <Declared budget={b} />
            <History subject={`budget/${b.name}`} noun="budget" changes={['budget']} />
          </Page>
        );
      }}
    </Loading>
  );
}

/** Pixels of the chart's height. */
const BURN_DOWN = 260;
const PARTS = { hour: 60, day: 96, week: 168, month: 124, total: 120 } as const;

function BurnDown({ budget: b }: { budget: Budget }) {
  const loaded = useLoad(
    `burn ${b.id} ${b.windowStart}`,
    (signal) =>
      api.get('/api/v1/usage/course', {
        query: { from: b.windowStart, to: b.windowEnd ?? new Date().toISOString(), budget: b.id, parts: PARTS[b.window as keyof typeof PARTS] },
        signal,
      }),
    { every: 5000 },
  );
  const settled = read(b.unit, b.settled);
  const most = limit(b);
  const data = useMemo(() => {
    if (!loaded.data) return undefined;
    const { x: times, parts } = course(loaded.data);
    const used = parts.map((p) => (p ? counted(b.unit, p) : 0n));
    // The budget's own sum is the truth; what was left at the beginning of each part follows from it backwards.
    let left = most - settled;
    const lefts: bigint[] = [];
    for (let i = used.length - 1; i >= 0; i--) lefts[i] = left += used[i]!;
    const x = [...times, Date.now() / 1000];
    const line: (number | null)[] = [...lefts, most - settled].map((n) => place(b.unit, n));
    const forecast: (number | null | undefined)[] = times.map(() => null);
    forecast.push(place(b.unit, most - settled));
    const even: (number | null | undefined)[] = x.map((_, i) => (i === 0 ? place(b.unit, most) : undefined));
    if (b.windowEnd) {
      const end = Date.parse(b.windowEnd) / 1000;
      const out = runsOut(b, Date.now());
      if (out !== undefined) {
        x.push(out / 1000);
        line.push(null);
        forecast.push(0);
        even.push(undefined);
      }
      x.push(end);
      line.push(null);
      forecast.push(out !== undefined ? null : place(b.unit, most - read(b.unit, b.forecast)));
      even.push(0);
    }
    return {
      x,
      series: [
        { label: 'Left', values: line },
        ...(b.windowEnd
          ? [
              { label: 'Forecast', values: forecast, colour: 2, dash: true },
              { label: 'Even pace', values: even, colour: 6, dash: true },
            ]
          : []),
      ],
      marks: runsOut(b, Date.now()) === undefined ? [] : [{ at: runsOut(b, Date.now())! / 1000, label: 'runs out' }],
    };
  }, [loaded.data, b.settled, b.limit, b.raised, b.forecast]);
  const lines = useMemo(
    () => [
      ...b.thresholds.filter((t) => t < 100).map((t) => ({ at: place(b.unit, most - (most * BigInt(t)) / 100n), label: `${t} % spent`, colour: 'attention' as const })),
      { at: 0, label: 'nothing left', colour: 'failing' as const },
    ],
    [b.thresholds.join(), b.limit, b.raised],
  );
  return (
    <Section title="Burn-down" aside={b.windowEnd && `Window from ${exact(Date.parse(b.windowStart))}`}>
      <Loading of={loaded} charts={[BURN_DOWN]}>
        {() =>
          data && (
            <div class="pair">
              <Chart title={b.unit === 'usd' ? 'Left, USD' : `Left, ${b.unit.replace('-', ' ')}`} x={data.x} series={data.series} format={written(b.unit)} min={0} lines={lines} marks={data.marks} height={BURN_DOWN} />
            </div>
          )
        }
      </Loading>
    </Section>
  );
}

function Declared({ budget: b }: { budget: Budget }) {
  const told = b.notify.map((n) => (n.email ? n.email.join(', ') : n.slackSecret ? `Slack (secret ${n.slackSecret})` : n.slack ? `Slack (${n.slack})` : `Webhook (${n.webhook})`));
  return (
    <Section title="As declared">
      <Facts
        items={[
          ['Limit', limitWords({ ...b, raised: '0' })],
          ['Time zone', b.zone === 'Z' ? 'UTC' : b.zone],
          ['Tells at', b.thresholds.map((t) => `${t} %`).join(', ')],
          ['Tells', told.length > 0 ? told.join('; ') : 'nobody'],
          ['Cheaper models', b.ladder.length > 0 ? b.ladder.map((r) => `${r.model} from a forecast of ${r.from} %, at ${r.price} % of the price`).join('; ') : 'none: calls are refused once nothing is left'],
        ]}
      />
    </Section>
  );
}

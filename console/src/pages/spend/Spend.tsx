import { useMemo } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { count, figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { amount, axis, plotted } from '../../lib/money';
import { apiBase, query, setQuery } from '../../lib/place';
import { may, session } from '../../lib/session';
import { Button } from '../../ui/Button';
import { Chart, HEIGHT } from '../../ui/Chart';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Select } from '../../ui/Field';
import { Money } from '../../ui/Money';
import { Page, Section } from '../../ui/Page';
import { Loading } from '../../ui/Trouble';
import { BudgetForm } from './BudgetForm';
import { BudgetTable } from './BudgetTable';
import { Features } from './Features';
import { Refusals } from './Refusals';
import { Top } from './Top';
import { course, partWords, RANGES, rangeHere, timesOf } from './ranges';

/** What language models cost, who spends it, and what budgets say to it. */
export default function Spend() {
  const range = rangeHere();
  const declaring = query.value.get('declare') === 'budget';
  const why = may('admin') ? undefined : 'it needs the role admin';
  const budgets = useLoad('budgets', (signal) => api.get('/api/v1/budgets', { query: { limit: 1000 }, signal }), { every: 2000, changes: ['budget'] });
  const total = useLoad(`spend ${range.key}`, (signal) => api.get('/api/v1/usage/summary', { query: timesOf(range), signal }), { every: 5000 });
  const sums = total.data?.total;
  return (
    <Page
      title="Spend"
      actions={
        <>
          <Select label="Time" value={range.key} options={RANGES} onChange={(to) => setQuery({ range: to })} />
          <Button kind="primary" disabled={why !== undefined} why={why} onClick={() => setQuery({ declare: 'budget' }, { push: true })}>
            Declare a budget
          </Button>
        </>
      }
      facts={sums && <Totals sums={sums} />}
    >
      {declaring && <BudgetForm done={() => (setQuery({ declare: '' }), budgets.again())} />}
      <Section title="Budgets" count={budgets.data?.items.length}>
        <Loading of={budgets}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="There are no budgets." commands={declaring ? [] : [example()]}>
                Calls cost what they cost. A budget bounds what an organisation, agent, key or tag may spend in a window: a call that does not
                fit is refused before it is sent, or goes to a cheaper model. Declare one above, or:
              </Empty>
            ) : (
              <BudgetTable budgets={items} />
            )
          }
        </Loading>
      </Section>
      <Loading of={total}>
        {(all) =>
          all.total.calls === 0 ? (
            <Section title="Calls">
              <Empty title={`No model was called in the ${range.label.toLowerCase()}.`} commands={[CALL]}>
                Clients of OpenAI and Anthropic call models through this server. Declare a provider and an alias on the page Gateway, then:
              </Empty>
            </Section>
          ) : (
            <>
              <Course />
              <Top />
              <Features />
              <Refusals total={all.total} budgets={budgets.data?.items ?? []} />
            </>
          )
        }
      </Loading>
    </Page>
  );
}

/** A budget for all that this organisation spends. */
const example = () => `pilot budget set everything --scope organisation:${session.value?.tenant ?? ''} --limit 1500.00`;
const CALL = `curl "$PILOTHOUSE_URL/v1/chat/completions" -H "Authorization: Bearer $PILOTHOUSE_API_KEY" -H 'content-type: application/json' -d '{"model":"chat","messages":[{"role":"user","content":"Hello"}]}'`;

function Totals({ sums }: { sums: Schemas['UsageSums'] }) {
  return (
    <Facts
      items={[
        ['Cost', <Money usd={sums.costUsd} />],
        ['Calls', count(sums.calls)],
        ['Refused', count(sums.refused)],
        ['Degraded', count(sums.degraded)],
        ['Failed', count(sums.errors)],
        ['Input tokens', count(sums.inputTokens)],
        ['Output tokens', count(sums.outputTokens)],
        ['Charged their ceiling', sums.bounded > 0 && count(sums.bounded)],
        ['Without a price', sums.unpriced > 0 && count(sums.unpriced)],
      ]}
    />
  );
}

function Course() {
  const range = rangeHere();
  const loaded = useLoad(`course ${range.key}`, (signal) => api.get('/api/v1/usage/course', { query: { ...timesOf(range), parts: range.parts }, signal }), {
    every: 5000,
  });
  const data = useMemo(() => {
    if (!loaded.data) return undefined;
    const { x, parts } = course(loaded.data);
    return {
      x,
      cost: [{ label: 'Cost', values: parts.map((p) => plotted(amount(p?.costUsd))) }],
      calls: [
        { label: 'Answered', values: parts.map((p) => p?.ok ?? 0) },
        { label: 'Refused', values: parts.map((p) => p?.refused ?? 0) },
        { label: 'Degraded', values: parts.map((p) => p?.degraded ?? 0), colour: 5 },
      ],
    };
  }, [loaded.data]);
  const csv = `${apiBase}/api/v1/usage.csv?from=${timesOf(range).from}`;
  return (
    <Section
      title="Over time"
      aside={
        <a href={csv} download="usage.csv">
          Every call as CSV
        </a>
      }
    >
      <Loading of={loaded} charts={[HEIGHT, HEIGHT]}>
        {() =>
          data && (
            <div class="pair">
              <Chart title={`Cost in ${partWords(range)}, USD`} x={data.x} series={data.cost} format={axis} min={0} sync="spend" />
              <Chart title={`Calls in ${partWords(range)}`} x={data.x} series={data.calls} format={figure} min={0} sync="spend" />
            </div>
          )
        }
      </Loading>
    </Section>
  );
}

import { api } from '../../lib/api';
import { count, percent } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { amount, plotted } from '../../lib/money';
import { Empty } from '../../ui/Empty';
import { Money } from '../../ui/Money';
import { Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import type { Sums } from './amounts';
import { rangeHere, timesOf } from './ranges';

const COLUMNS: readonly Column<Sums>[] = [
  { key: 'tag', header: 'Feature', cell: (s) => s.tag, sort: (s) => s.tag ?? '' },
  { key: 'cost', header: 'Cost', numeric: true, cell: (s) => <Money usd={s.costUsd} />, sort: (s) => plotted(amount(s.costUsd)) },
  { key: 'outcomes', header: 'Outcomes told', numeric: true, cell: (s) => count(s.outcomes), sort: (s) => s.outcomes },
  { key: 'success', header: 'Successes', unit: '%', numeric: true, cell: (s) => (s.outcomes === 0 ? '–' : percent(s.successes / s.outcomes)), sort: (s) => s.successes / s.outcomes || 0 },
  { key: 'each', header: 'Cost of a success', numeric: true, cell: (s) => <Money usd={s.costPerSuccessUsd} />, sort: (s) => plotted(amount(s.costPerSuccessUsd ?? '0')) },
  { key: 'value', header: 'Value', numeric: true, cell: (s) => (s.outcomes === 0 ? '–' : <Money usd={s.valueUsd} />), sort: (s) => plotted(amount(s.valueUsd)) },
  {
    key: 'margin',
    header: 'Margin',
    numeric: true,
    cell: (s) => (s.outcomes === 0 ? '–' : <Margin usd={s.marginUsd} />),
    sort: (s) => plotted(amount(s.marginUsd)),
  },
];

function Margin({ usd }: { usd: string }) {
  const loss = amount(usd) < 0n;
  return (
    <span style={loss ? { color: 'var(--failing)' } : {}}>
      <Money usd={usd} />
      {loss && <span class="sr"> loss</span>}
    </span>
  );
}

/** What features cost for each success, and what they earn beyond it. */
export function Features() {
  const range = rangeHere();
  const loaded = useLoad(`features ${range.key}`, (signal) => api.get('/api/v1/usage/summary', { query: { ...timesOf(range), by: 'tag', limit: 100 }, signal }), {
    every: 5000,
  });
  return (
    <Section title="Unit cost by feature">
      <Loading of={loaded}>
        {({ items }) => {
          const tagged = items.filter((s) => s.tag);
          const told = tagged.some((s) => s.outcomes > 0);
          return (
            <>
              {tagged.length > 0 && <Table caption="Cost and margin by feature" columns={COLUMNS} rows={tagged} id={(s) => s.tag ?? ''} order="features" />}
              {tagged.length === 0 && (
                <Empty title="No call says what it is for." commands={[TAG]}>
                  Clients name the feature of a call in a header, and this table then tells what each costs:
                </Empty>
              )}
              {tagged.length > 0 && !told && (
                <Empty title="Nobody told what came of these calls." commands={[TELL]}>
                  Tell whether a request was a success and what it is worth, by the id that its answer carried in <code>x-request-id</code>;
                  the table then tells the cost of a success and the margin:
                </Empty>
              )}
            </>
          );
        }}
      </Loading>
    </Section>
  );
}

const TAG = `curl "$PILOTHOUSE_URL/v1/chat/completions" -H "Authorization: Bearer $PILOTHOUSE_API_KEY" -H 'x-pilothouse-tags: search' -H 'content-type: application/json' -d '{"model":"chat","messages":[{"role":"user","content":"Hello"}]}'`;
const TELL = `curl -X POST -H "x-api-key: $PILOTHOUSE_API_KEY" "$PILOTHOUSE_URL/api/v1/outcomes" -H 'content-type: application/json' -d '{"requestId":"REQUEST_ID","success":true,"valueUsd":"0.25"}'`;

import { api } from '../../lib/api';
import { count, words } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href } from '../../lib/place';
import { Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import type { Budget, Sums } from './amounts';
import { rangeHere, timesOf } from './ranges';

/** What each reason asks for, by the error's code. */
const TO_DO: Record<string, string> = {
  'budget-exhausted': 'Raise the budget for a while, or give it a ladder of cheaper models.',
  'agent-paused': 'Look at what the agent did, then resume it.',
  'model-unpriced': 'Import a price for the model; a price of 0 is a price.',
  'unknown-alias': 'The client asks for a name that is not declared; declare it on the page Gateway.',
  'wrong-language': "The client speaks another protocol than the alias's provider.",
};

const REFUSED: readonly Column<Sums>[] = [
  { key: 'why', header: 'Reason', cell: (s) => words(s.error || 'not told'), sort: (s) => s.error ?? '' },
  { key: 'alias', header: 'Alias', cell: (s) => s.alias || <span class="quiet">none</span>, sort: (s) => s.alias ?? '' },
  { key: 'calls', header: 'Calls', numeric: true, cell: (s) => count(s.calls), sort: (s) => s.calls },
  { key: 'do', header: 'What to do', wide: true, cell: (s) => TO_DO[s.error ?? ''] ?? '' },
];

const DEGRADED = (names: ReadonlyMap<string, string>): readonly Column<Sums>[] => [
  { key: 'alias', header: 'Asked for', cell: (s) => s.alias, sort: (s) => s.alias ?? '' },
  { key: 'model', header: 'Answered by', cell: (s) => s.model, sort: (s) => s.model ?? '' },
  { key: 'calls', header: 'Calls', numeric: true, cell: (s) => count(s.degraded), sort: (s) => s.degraded },
  { key: 'why', header: 'For the budget', cell: (s) => <Budgeted name={names.get(s.budget ?? '')} />, sort: (s) => names.get(s.budget ?? '') ?? '' },
];

function Budgeted({ name }: { name: string | undefined }) {
  return name ? <a href={href(`/spend/${encodeURIComponent(name)}`)}>{name}</a> : <span class="quiet">one that is gone</span>;
}

/** Calls that were not sent, and calls that went to a cheaper model, with the reasons. */
export function Refusals(props: { budgets: readonly Budget[]; total?: Sums; budget?: string; times?: { from: string; to: string } }) {
  const { total, budget, times } = props;
  const names = new Map(props.budgets.map((b) => [b.id, b.name]));
  // A call that several budgets count went to a cheaper model for one that has any.
  const without = new Set(props.budgets.filter((b) => b.ladder.length === 0).map((b) => b.id));
  const range = rangeHere();
  const asked = { ...(times ?? timesOf(range)), ...(budget && { budget }), limit: 1000 };
  const key = `${budget ?? ''} ${times?.from ?? range.key}`;
  const refused = useLoad(
    `refused ${key}`,
    (signal) => api.get('/api/v1/usage/summary', { query: { ...asked, outcome: 'refused', by: 'error,alias', order: 'calls' }, signal }),
    { every: 5000 },
  );
  const degraded = useLoad(`degraded ${key}`, (signal) => api.get('/api/v1/usage/summary', { query: { ...asked, by: 'alias,model,budget', order: 'calls' }, signal }), {
    every: 5000,
  });
  return (
    <>
      <Section title="Refused" count={total?.refused ?? refused.data?.total.calls}>
        <Loading of={refused}>
          {({ items }) =>
            items.length === 0 ? (
              <p class="quiet">No call was refused.</p>
            ) : (
              <Table caption="Refused calls by reason" columns={REFUSED} rows={items} id={(s) => `${s.error ?? ''} ${s.alias ?? ''}`} order="refused" />
            )
          }
        </Loading>
      </Section>
      <Section title="Degraded" count={total?.degraded ?? degraded.data?.total.degraded}>
        <Loading of={degraded}>
          {({ items }) => {
            const rows = items.filter((s) => s.degraded > 0 && s.budget && !without.has(s.budget) && (budget ?? s.budget) === s.budget);
            return rows.length === 0 ? (
              <p class="quiet">Every call was answered by the model that it asked for.</p>
            ) : (
              <Table caption="Calls that went to a cheaper model" columns={DEGRADED(names)} rows={rows} id={(s) => `${s.alias ?? ''} ${s.model ?? ''} ${s.budget ?? ''}`} order="degraded" />
            );
          }}
        </Loading>
      </Section>
    </>
  );
}

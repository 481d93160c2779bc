import { useMemo } from 'preact/hooks';
import type { Schemas } from '../../lib/api';
import { count, eValue, percent, points, sup } from '../../lib/format';
import { rising } from '../../lib/times';
import { Chart } from '../../ui/Chart';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Interval } from './Interval';
import css from './Rollout.module.css';

type Comparison = Schemas['Comparison'];
type Look = Schemas['Look'];
type Outcome = keyof Schemas['Outcomes'];

const VERDICTS: Record<string, readonly [word: string, state: string]> = {
  harmful: ['harm shown', 'failed'],
  harmless: ['no harm', 'passed'],
  undecided: ['not decided', 'waiting'],
  open: ['not decided', 'waiting'],
};

/** Whether anything of a candidate was counted. */
export function compared(comparisons: readonly Comparison[]): boolean {
  return comparisons.some((c) => c.candidateTrials > 0);
}

function rate(events: number, trials: number) {
  return trials === 0 ? (
    <span class="quiet">no data</span>
  ) : (
    <>
      {percent(events / trials)} <span class={css['of']}>{`${count(events)} of ${count(trials)}`}</span>
    </>
  );
}

/** What is compared, by outcome: rates of both sides, their difference with its interval, and both e-values. */
export function Comparing({ comparisons, candidate }: { comparisons: readonly Comparison[]; candidate: 'Canary' | 'Candidate' }) {
  const reach = Math.max(0.001, ...comparisons.filter(both).flatMap((c) => [Math.abs(c.low), Math.abs(c.high)]));
  const columns: readonly Column<Comparison>[] = [
    { key: 'outcome', header: 'Outcome', cell: (c) => c.outcome.charAt(0).toUpperCase() + c.outcome.slice(1) },
    {
      key: 'verdict',
      header: 'Verdict',
      cell: (c) => {
        if (c.candidateTrials === 0) return <State state="declared" word="no data" />;
        const [word, state] = VERDICTS[c.verdict] ?? [c.verdict, 'waiting'];
        return <State state={state} word={word} tone={state === 'waiting' ? 'idle' : state === 'passed' ? 'well' : 'failing'} />;
      },
    },
    { key: 'stable', header: 'Stable', unit: '%', numeric: true, cell: (c) => rate(c.stableEvents, c.stableTrials) },
    { key: 'canary', header: candidate, unit: '%', numeric: true, cell: (c) => rate(c.candidateEvents, c.candidateTrials) },
    { key: 'difference', header: 'Difference', unit: 'pp', numeric: true, cell: (c) => (both(c) ? points(c.difference) : '–') },
    {
      key: 'interval',
      header: 'Interval',
      unit: 'pp',
      cell: (c) =>
        both(c) ? (
          <Interval low={c.low} high={c.high} at={c.difference} reach={reach} label={`${points(c.low)} to ${points(c.high)}`} />
        ) : (
          '–'
        ),
    },
    {
      key: 'harm',
      header: 'Harm',
      unit: `e, limit ${comparisons[0]?.limit ?? ''}`,
      numeric: true,
      cell: (c) => eValue(c.logE),
    },
    {
      key: 'well',
      header: 'No harm',
      unit: `e, needed ${comparisons[0]?.needed ?? ''}`,
      numeric: true,
      cell: (c) => eValue(c.logENoHarm),
    },
  ];
  return <Table caption={`Stable against ${candidate.toLowerCase()}`} columns={columns} rows={comparisons} id={(c) => c.outcome} order="outcomes" />;
}

function both(c: Comparison): boolean {
  return c.candidateTrials > 0 && c.stableTrials > 0;
}

/** An e-value on the axis: 10 to a power. */
function power(v: number): string {
  if (v < FLOOR) return '< 10' + sup(FLOOR);
  if (Math.abs(v - Math.round(v)) > 1e-9) return eValue(v * Math.LN10);
  const n = Math.round(v);
  return n === 0 ? '1' : n === 1 ? '10' : n === 2 ? '100' : n === -1 ? '0.1' : '10' + sup(n);
}

const FLOOR = -4;
const OUTCOMES: readonly Outcome[] = ['errors', 'slow', 'wrong', 'dear'];
const LABELS: Record<Outcome, string> = { errors: 'Errors', slow: 'Slow answers', wrong: 'Wrong answers', dear: 'Dear answers' };

/** The course of the two e-processes with the lines at which they decide. */
export function Course({ looks, comparisons, steps }: { looks: readonly Look[]; comparisons: readonly Comparison[]; steps: readonly number[] }) {
  const labelled = comparisons.some((c) => c.outcome === 'wrong answers' && c.candidateTrials > 0);
  const data = useMemo(() => {
    const x = rising(looks.map((l) => Date.parse(l.at) / 1000));
    const shown = OUTCOMES.filter((o) => (o === 'wrong' ? labelled : looks.some((l) => l.logE[o] !== undefined)));
    const at = (l: Look, of: 'logE' | 'logENoHarm', o: Outcome) => {
      const log = l[of][o];
      return log === undefined ? null : log / Math.LN10;
    };
    const series = (of: 'logE' | 'logENoHarm') =>
      shown.map((o) => ({
        label: LABELS[o],
        values: looks.map((l) => at(l, of, o)),
        colour: OUTCOMES.indexOf(o) + 1,
      }));
    const marks: { at: number; label: string }[] = [];
    looks.forEach((l, i) => {
      if (i === 0 || looks[i - 1]!.step !== l.step) {
        marks.push({ at: x[i]!, label: l.step < 0 ? 'shadow' : `${steps[l.step] ?? '?'} %` });
      }
    });
    const limit = (comparisons[0]?.logLimit ?? 0) / Math.LN10;
    const needed = (comparisons[0]?.logNeeded ?? 0) / Math.LN10;
    const all = looks.flatMap((l) => shown.map((o) => at(l, 'logE', o) ?? 0));
    // Far below or above the lines nothing is decided any more, so the scale stays near them.
    const low = Math.max(FLOOR, Math.min(-1, ...all));
    return {
      x,
      marks,
      low,
      harmTop: Math.max(limit + 0.5, Math.min(limit + 4, Math.max(...all) + 0.5)),
      wellTop: needed + 3,
      harm: series('logE'),
      well: series('logENoHarm'),
      harmLines: [{ at: limit, label: `rolls back at ${comparisons[0]?.limit ?? ''}`, colour: 'failing' as const }],
      wellLines: [{ at: needed, label: `may be promoted from ${comparisons[0]?.needed ?? ''}`, colour: 'well' as const }],
    };
  }, [looks, comparisons, labelled, steps]);
  if (looks.length === 0) return null;
  return (
    <div class={css['charts']}>
      <Chart
        title="Evidence of harm (e-value)"
        x={data.x}
        series={data.harm}
        lines={data.harmLines}
        min={data.low}
        max={data.harmTop}
        marks={data.marks}
        format={power}
        powers
        sync="release"
      />
      <Chart
        title="Evidence of no harm (e-value)"
        x={data.x}
        series={data.well}
        lines={data.wellLines}
        min={-1}
        max={data.wellTop}
        marks={data.marks}
        format={power}
        powers
        sync="release"
      />
    </div>
  );
}

import { api, type Schemas } from '../../lib/api';
import { count, percent } from '../../lib/format';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { nameOf } from '../gateway/targets';
import { History } from '../ledger/History';
import { Comparing, compared, Course } from '../service/Evidence';
import { reached, Track } from '../service/Track';
import { answers, CHANGES, isRolling, offers, prompt, stateOf, steer, type Rollout } from './rollouts';
import css from '../service/Rollout.module.css';

type Detail = Schemas['RolloutDetail'];
type Step = Detail['counts'][number];

/** One rollout of an alias: where it stands and why, what was counted, the course of the evidence. */
export default function RolloutPage({ params }: PageProps) {
  const alias = params['alias']!;
  const rollout = useLoad(`rollout ${alias}`, (signal) => api.get('/api/v1/rollouts/{alias}', { path: { alias }, signal }), { changes: CHANGES, every: 2000 });
  return (
    <Loading of={rollout} rows={8}>
      {(r) => (
        <Page
          noun={
            <>
              <a href={href('/gateway')}>Gateway</a> / <a href={href('/gateway/rollouts')}>Rollouts</a>
            </>
          }
          title={r.alias}
          state={<State state={stateOf(r)} />}
          actions={offers(r).map((offer) => (
            <Button key={offer.action} kind={offer.kind} disabled={offer.why !== undefined} why={offer.why} onClick={() => steer(r, offer.action, rollout.again)}>
              {offer.word}
            </Button>
          ))}
          facts={
            <Facts
              items={[
                ['Candidate has', `${r.percent} % of the calls`],
                ['Candidate', answers(r.candidate)],
                [isRolling(r) ? 'Answers the rest' : 'Answers', r.declared ? answers(r.declared) : 'nobody, the alias was removed'],
                [isRolling(r) ? 'At this step since' : 'Ended', <Time at={r.since} />],
                ['Rollout', `#${r.number}, from version ${r.base}`],
              ]}
            />
          }
        >
          <p class={css['verdict']}>{r.sentence}</p>
          <Track label="The way of the candidate" stops={stopsOf(r)} />
          <Section title="Stable against candidate">
            {compared(r.comparison) ? (
              <>
                <Comparing comparisons={r.comparison} candidate="Candidate" />
                <Course looks={r.looks} comparisons={r.comparison} steps={r.steps} />
              </>
            ) : (
              <Empty title="The candidate has answered nothing yet.">Calls of the alias are counted on the side that answered them; the evidence is drawn here as they come.</Empty>
            )}
          </Section>
          {r.counts.length > 0 && (
            <Section title="What was counted">
              <Table caption="Calls by step" columns={steps(r)} rows={r.counts} id={(s) => String(s.step)} order="steps" />
            </Section>
          )}
          <Section title="What changes">
            <Table caption="The candidate beside what answers now" columns={CHANGED} rows={changes(r)} id={(c) => c.what} order="changes" />
          </Section>
          <Command text={`pilot rollouts show ${r.alias}`} label="The same:" />
          <History subject={`route/${r.alias}`} noun="alias" changes={CHANGES} />
        </Page>
      )}
    </Loading>
  );
}

/** Shares of the calls, each with the candidate's calls there; where it ended, the last that saw any. */
function stopsOf(r: Rollout) {
  const calls = new Map(r.counts.map((s) => [s.step, s.candidate.requests]));
  const places = r.steps.map((share, i) => ({ key: `step ${i}`, label: `${share} %`, under: calls.has(i) ? `${count(calls.get(i)!)} calls` : '' }));
  if (r.phase === 'promoted') return reached(places, places.length - 1, 'done');
  if (isRolling(r)) return reached(places, r.step ?? 0, r.paused ? 'paused' : 'here');
  return reached(places, r.counts.filter((s) => s.candidate.requests > 0).at(-1)?.step ?? 0, 'failed');
}

/** Both sides of one count, the candidate's first. */
function sides(header: string, key: string, of: (c: Schemas['Count']) => number, all: (c: Schemas['Count']) => number): Column<Step> {
  const side = (c: Schemas['Count']) => (all(c) === 0 ? '–' : percent(of(c) / all(c)));
  return {
    key,
    header,
    unit: '%, candidate / stable',
    numeric: true,
    cell: (s) => (
      <>
        {side(s.candidate)} <span class="quiet">/ {side(s.stable)}</span>
      </>
    ),
  };
}

/** What was counted of each step; what is dear only where it counts. */
function steps(r: Rollout): readonly Column<Step>[] {
  return [
    { key: 'step', header: 'Step', cell: (s) => `${s.percent}\u00a0%` },
    { key: 'candidate', header: 'Calls', unit: 'candidate', numeric: true, cell: (s) => count(s.candidate.requests) },
    { key: 'stable', header: 'Calls', unit: 'stable', numeric: true, cell: (s) => count(s.stable.requests) },
    sides('Failed', 'errors', (c) => c.errors, (c) => c.requests),
    sides('Slow', 'slow', (c) => c.slow, (c) => c.requests),
    ...(r.comparison.some((c) => c.outcome === 'dear answers') ? [sides('Dear', 'dear', (c) => c.dear ?? 0, (c) => c.requests)] : []),
    sides('No success', 'wrong', (c) => c.wrong, (c) => c.labelled),
  ];
}

type Changed = { what: string; stable: string; candidate: string };

function changes(r: Rollout): Changed[] {
  const row = (what: string, of: (route: Schemas['Alias']) => string | undefined) => ({
    what,
    stable: (r.declared && of(r.declared)) || 'none',
    candidate: of(r.candidate) || 'none',
  });
  return [
    row('Answers', answers),
    row('Where they fail', (route) => (route.fallbacks ?? []).map(nameOf).join(', then ')),
    row('Prompt', prompt),
  ];
}

const CHANGED: readonly Column<Changed>[] = [
  { key: 'what', header: 'What', cell: (c) => c.what },
  { key: 'stable', header: 'Now', cell: (c) => c.stable },
  { key: 'candidate', header: 'Candidate', cell: (c) => (c.candidate === c.stable ? <span class="quiet">the same</span> : c.candidate) },
];

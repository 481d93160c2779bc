import { useMemo } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { count, figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { amount, axis, plotted } from '../../lib/money';
import type { PageProps } from '../../lib/page';
import { href, setQuery } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Chart, HEIGHT } from '../../ui/Chart';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Select } from '../../ui/Field';
import { Id } from '../../ui/Id';
import { Money } from '../../ui/Money';
import { Page, Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { course, RANGES, rangeHere, timesOf } from '../spend/ranges';
import { AgentState } from './Agents';
import { aMinute, pause, resume, timesUsual, whyNot, type Agent, type Pause } from './agents';
import css from './Agents.module.css';

/** One agent: why it was paused, what it did before, what it spends and usually spends. */
export default function AgentPage({ params }: PageProps) {
  const name = params['name']!;
  const loaded = useLoad(`agent ${name}`, (signal) => api.get('/api/v1/agents/{name}', { path: { name }, signal }), { every: 2000, changes: ['agent.'] });
  const why = whyNot();
  return (
    <Loading of={loaded}>
      {(agent) => (
        <Page
          title={agent.name}
          noun={<a href={href('/agents')}>Agents</a>}
          state={<AgentState agent={agent} />}
          actions={
            !agent.latch && (
              <Button kind="danger" disabled={why !== undefined} why={why} onClick={() => pause(name, loaded.again)}>
                Pause
              </Button>
            )
          }
          facts={
            <Facts
              items={[
                ['Burn, a minute', aMinute(agent.burnNanoUsdPerMinute)],
                ['Usual at this time, a minute', agent.state === 'learning' ? 'still learning' : aMinute(agent.predictedNanoUsdPerMinute)],
                ['Times usual', timesUsual(agent) !== undefined && figure(timesUsual(agent))],
                ['Watched', `${count(agent.watchedHours)} h`],
              ]}
            />
          }
        >
          {agent.latch && <Stopped agent={agent} latch={agent.latch} why={why} done={loaded.again} />}
          {agent.latch && (agent.trace?.length ?? 0) > 0 && <Trace agent={agent} />}
          <Burn name={name} latches={agent.latches ?? []} />
          <Usual agent={agent} />
          <Calls name={name} />
          <Pauses latches={agent.latches ?? []} />
        </Page>
      )}
    </Loading>
  );
}

function Stopped({ agent, latch, why, done }: { agent: Agent; latch: Pause; why: string | undefined; done: () => void }) {
  const trace = agent.trace ?? [];
  const sum = (of: (c: Schemas['AgentCall']) => string) => [...new Set(trace.map(of).filter(Boolean))];
  return (
    <Section title="Why it is paused">
      <div class={css['card']}>
        <p>{latch.why}</p>
        <Facts
          items={[
            ['Since', <Time at={latch.since} />],
            ['Paused by', latch.pausedBy === 'breaker' ? 'the circuit breaker' : latch.pausedBy],
            ['It spent, a minute', aMinute(latch.burnNanoUsdPerMinute)],
            ['Usual, a minute', aMinute(latch.predictedNanoUsdPerMinute)],
            ['It might have spent, a minute', aMinute(latch.levelNanoUsdPerMinute)],
            ['Its last calls', trace.length > 0 && `${counted(trace.length, 'call')} in ${counted(Math.max(1, sum((c) => c.session).length), 'session')}, by ${sum((c) => c.model).join(', ')}`],
          ]}
        />
        <div class={css['buttons']}>
          <Button kind="primary" disabled={why !== undefined} why={why} onClick={() => resume(agent.name, latch, false, done)}>
            Resume
          </Button>
          <Button disabled={why !== undefined} why={why} onClick={() => resume(agent.name, latch, true, done)}>
            Resume, and take this spend as usual
          </Button>
          {why && <span class="quiet">Not by you: {why}.</span>}
        </div>
      </div>
    </Section>
  );
}

const counted = (n: number, what: string) => `${count(n)} ${what}${n === 1 ? '' : 's'}`;

const TRACE: readonly Column<Schemas['AgentCall']>[] = [
  { key: 'at', header: 'When', cell: (c) => <Time at={c.at} />, sort: (c) => Date.parse(c.at) },
  { key: 'model', header: 'Model', cell: (c) => c.model, sort: (c) => c.model },
  { key: 'cost', header: 'Cost', numeric: true, cell: (c) => <Money usd={BigInt(c.nanoUsd)} />, sort: (c) => Number(c.nanoUsd) },
  { key: 'in', header: 'Input', unit: 'tokens', numeric: true, cell: (c) => count(c.inputTokens), sort: (c) => c.inputTokens },
  { key: 'out', header: 'Output', unit: 'tokens', numeric: true, cell: (c) => count(c.outputTokens), sort: (c) => c.outputTokens },
  { key: 'session', header: 'Session', cell: (c) => c.session || <span class="quiet">none</span>, sort: (c) => c.session },
  { key: 'tag', header: 'Tag', cell: (c) => c.tag || <span class="quiet">none</span>, sort: (c) => c.tag },
  { key: 'request', header: 'Request', cell: (c) => <Id id={c.requestId} what="request id" /> },
];

function Trace({ agent }: { agent: Agent }) {
  const trace = [...(agent.trace ?? [])].reverse();
  const cost = trace.reduce((sum, c) => sum + BigInt(c.nanoUsd), 0n);
  return (
    <Section
      title="What it did before the pause"
      count={trace.length}
      aside={
        <span>
          together <Money usd={cost} />
        </span>
      }
    >
      <Table caption="Its last calls before the pause, the newest first" columns={TRACE} rows={trace} id={(c) => `${c.requestId} ${c.at}`} order="trace" />
    </Section>
  );
}

function Burn({ name, latches }: { name: string; latches: readonly Pause[] }) {
  const range = rangeHere();
  const loaded = useLoad(
    `agent's course ${name} ${range.key}`,
    (signal) => api.get('/api/v1/usage/course', { query: { ...timesOf(range), parts: range.parts, agent: name }, signal }),
    { every: 5000 },
  );
  const minutes = BigInt(range.part / 60_000);
  const data = useMemo(() => {
    if (!loaded.data) return undefined;
    const { x, parts } = course(loaded.data);
    return {
      x,
      burn: [{ label: 'Burn', values: parts.map((p) => plotted(amount(p?.costUsd) / minutes)) }],
      calls: [
        { label: 'Answered', values: parts.map((p) => p?.ok ?? 0) },
        { label: 'Refused', values: parts.map((p) => p?.refused ?? 0) },
      ],
    };
  }, [loaded.data]);
  const marks = useMemo(
    () =>
      latches
        .flatMap((l) => [{ at: Date.parse(l.since) / 1000, label: 'paused' }, ...(l.resumed ? [{ at: Date.parse(l.resumed.at) / 1000, label: 'resumed' }] : [])])
        .sort((a, b) => a.at - b.at),
    [latches.length, latches[0]?.resumed?.at],
  );
  return (
    <Section title="What it spends" aside={<Select label="Time" value={range.key} options={RANGES} onChange={(to) => setQuery({ range: to })} />}>
      <Loading of={loaded} charts={[HEIGHT, HEIGHT]}>
        {() =>
          data && (
            <div class="pair">
              <Chart title="Burn, USD a minute" x={data.x} series={data.burn} format={axis} min={0} marks={marks} sync="agent" />
              <Chart title="Calls" x={data.x} series={data.calls} format={figure} min={0} marks={marks} sync="agent" />
            </div>
          )
        }
      </Loading>
    </Section>
  );
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function Usual({ agent }: { agent: Agent }) {
  const curve = agent.curve ?? [];
  const key = curve.join();
  const series = useMemo(() => [{ label: 'Usual', values: curve.map((n) => plotted(BigInt(n))), colour: 3 }], [key]);
  const x = useMemo(() => curve.map((_, hour) => hour), [curve.length]);
  const marks = useMemo(() => DAYS.map((label, day) => ({ at: day * 24, label })), []);
  if (!curve.some((n) => n !== '0')) return null;
  return (
    <Section title="What it usually spends">
      <Chart title="Baseline by hour of the week, USD a minute" x={x} xKind="number" xLabel="hour of the week" series={series} format={axis} min={0} marks={marks} height={180} />
    </Section>
  );
}

const CALLS: readonly Column<Schemas['UsageRow']>[] = [
  { key: 'at', header: 'When', cell: (r) => <Time at={r.at} /> },
  { key: 'outcome', header: 'Outcome', cell: (r) => (r.error ? `${r.outcome}: ${r.error}` : r.outcome) },
  { key: 'alias', header: 'Asked for', cell: (r) => r.alias },
  { key: 'model', header: 'Answered by', cell: (r) => (r.model ? `${r.provider}/${r.model}` : <span class="quiet">nobody</span>) },
  { key: 'cost', header: 'Cost', numeric: true, cell: (r) => <Money usd={r.costUsd} /> },
  { key: 'took', header: 'Took', unit: 'ms', numeric: true, cell: (r) => figure(r.latencyMicros / 1000) },
  { key: 'session', header: 'Session', cell: (r) => r.session || <span class="quiet">none</span> },
  { key: 'tags', header: 'Tags', cell: (r) => r.tags.join(', ') || <span class="quiet">none</span> },
  { key: 'request', header: 'Request', cell: (r) => <Id id={r.requestId} what="request id" /> },
];

function Calls({ name }: { name: string }) {
  const range = rangeHere();
  const loaded = useLoad(`agent's calls ${name} ${range.key}`, (signal) => api.get('/api/v1/usage', { query: { ...timesOf(range), agent: name, limit: 50 }, signal }), {
    every: 5000,
  });
  return (
    <Section title="Last calls">
      <Loading of={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={`It called no model in the ${range.label.toLowerCase()}.`} />
          ) : (
            <Table caption="Its last calls, the newest first" columns={CALLS} rows={items} id={(r) => `${r.requestId} ${r.attempt}`} order="calls" />
          )
        }
      </Loading>
    </Section>
  );
}

const PAUSES: readonly Column<Pause>[] = [
  { key: 'since', header: 'Since', cell: (p) => <Time at={p.since} /> },
  { key: 'by', header: 'By', cell: (p) => (p.pausedBy === 'breaker' ? 'the circuit breaker' : p.pausedBy) },
  { key: 'why', header: 'Why', wide: true, cell: (p) => p.why },
  { key: 'ended', header: 'Resumed', numeric: true, cell: (p) => (p.resumed ? <Time at={p.resumed.at} /> : 'not yet') },
  { key: 'ender', header: 'By whom', cell: (p) => (p.resumed ? `${p.resumed.by}: ${p.resumed.why}` : '') },
];

function Pauses({ latches }: { latches: readonly Pause[] }) {
  return (
    <Section title="Its pauses" count={latches.length}>
      {latches.length === 0 ? <p class="quiet">It was never paused.</p> : <Table caption="Pauses, the latest first" columns={PAUSES} rows={latches} id={(p) => String(p.number)} order="pauses" />}
    </Section>
  );
}

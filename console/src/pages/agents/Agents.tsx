import { api } from '../../lib/api';
import { figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { aMinute, byNeed, timesUsual, whyNot, pause, type Agent } from './agents';
import css from './Agents.module.css';

const TONES = { paused: 'paused', watched: 'well', learning: 'motion' } as const;

/** The state of an agent in word and colour. */
export function AgentState({ agent }: { agent: Agent }) {
  return <State state={agent.state} tone={TONES[agent.state]} word={agent.state === 'paused' ? 'safety pause' : agent.state} />;
}

function columns(done: () => void): readonly Column<Agent>[] {
  const why = whyNot();
  return [
    { key: 'name', header: 'Agent', cell: (a) => a.name, sort: (a) => a.name },
    { key: 'state', header: 'State', cell: (a) => <AgentState agent={a} />, sort: (a) => a.state },
    { key: 'burn', header: 'Burn', unit: 'a minute', numeric: true, cell: (a) => aMinute(a.burnNanoUsdPerMinute), sort: (a) => Number(a.burnNanoUsdPerMinute) },
    { key: 'usual', header: 'Usual now', unit: 'a minute', numeric: true, cell: (a) => (a.state === 'learning' ? <span class="quiet">learning</span> : aMinute(a.predictedNanoUsdPerMinute)), sort: (a) => Number(a.predictedNanoUsdPerMinute) },
    { key: 'times', header: 'Times usual', numeric: true, cell: (a) => figure(timesUsual(a)), sort: (a) => timesUsual(a) ?? 0 },
    { key: 'watched', header: 'Watched', unit: 'h', numeric: true, cell: (a) => a.watchedHours, sort: (a) => a.watchedHours },
    {
      key: 'do',
      header: 'Do',
      cell: (a) =>
        a.latch ? (
          <a href={href(`/agents/${encodeURIComponent(a.name)}`)}>
            Look and resume<span class="sr"> {a.name}</span>
          </a>
        ) : (
          <Button disabled={why !== undefined} why={why} onClick={() => pause(a.name, done)}>
            Pause<span class="sr"> {a.name}</span>
          </Button>
        ),
    },
  ];
}

/** Agents that call language models: what they spend, what they usually spend, and those that were stopped. */
export default function Agents() {
  const list = useLoad('agents', (signal) => api.get('/api/v1/agents', { query: { limit: 1000 }, signal }), { every: 2000, changes: ['agent.'] });
  return (
    <Page title="Agents">
      <Loading of={list}>
        {({ items }) => {
          const agents = byNeed(items);
          const paused = agents.filter((a) => a.latch);
          return items.length === 0 ? (
            <Empty
              title="No agent has called a model."
              commands={[
                `curl "$PILOTHOUSE_URL/v1/chat/completions" -H "Authorization: Bearer $PILOTHOUSE_API_KEY" -H 'x-pilothouse-agent: crawler' -H 'content-type: application/json' -d '{"model":"chat","messages":[{"role":"user","content":"Hello"}]}'`,
                'pilot people add crawler --kind agent --role invoker',
              ]}
            >
              An agent is known by a header of its calls, or by a key of its own. What it usually spends is learnt by hour of the week; one that
              spends far more is paused on every server until a person resumes it.
            </Empty>
          ) : (
            <>
              {paused.length > 0 && (
                <Section title="Stopped" count={paused.length}>
                  <ul class={css['list']}>
                    {paused.map((a) => (
                      <li key={a.name} class={css['card']}>
                        <div class={css['head']}>
                          <a href={href(`/agents/${encodeURIComponent(a.name)}`)}>{a.name}</a>
                          <AgentState agent={a} />
                          <span class="quiet">
                            <Time at={a.latch!.since} />
                          </span>
                        </div>
                        <p>{a.latch!.why}</p>
                      </li>
                    ))}
                  </ul>
                </Section>
              )}
              <Section title="All agents" count={items.length}>
                <Table caption="Agents, paused ones first" columns={columns(list.again)} rows={agents} id={(a) => a.name} to={(a) => `/agents/${encodeURIComponent(a.name)}`} />
              </Section>
            </>
          );
        }}
      </Loading>
    </Page>
  );
}

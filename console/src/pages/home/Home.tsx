import type { ComponentChildren } from 'preact';
import { api, type Schemas } from '../../lib/api';
import { count, figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href } from '../../lib/place';
import { may } from '../../lib/session';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Time } from '../../ui/Time';
import { Loading, Trouble } from '../../ui/Trouble';
import { NoServices } from '../services/Services';
import { moving, ServiceTable } from '../services/ServiceTable';
import { about } from '../approvals/about';
import { answers, CHANGES, isRolling, pageOf, stateOf, type Rollout } from '../rollouts/rollouts';
import { limitWords } from '../spend/budgets';
import css from './Home.module.css';

type Service = Schemas['Service'];
const DAY = 24 * 3600 * 1000;

/** Releases that ended badly within a day and that nothing followed. */
function needsLook(service: Service): boolean {
  const release = service.release;
  if (!release || !['rolled-back', 'rejected', 'aborted'].includes(release.phase)) return false;
  return isRecent(release.endedAt ?? release.updatedAt);
}

function isRecent(at: string): boolean {
  return Date.now() - Date.parse(at) < DAY;
}

/** How everything is, in one sentence. */
function summary(services: readonly Service[], traffic: Schemas['TrafficList'] | undefined): string {
  const there = services.filter((s) => s.stable).length;
  const said = `${there} of ${services.length} ${services.length === 1 ? 'service is' : 'services are'} in production`;
  // The present minute is not over.
  const recent = (of: 'requests' | 'errors') => (traffic?.items ?? []).reduce((n, item) => n + item[of].slice(-6, -1).reduce((a, b) => a + b, 0), 0);
  const requests = recent('requests');
  if (!traffic) return said + '.';
  if (requests === 0) return `${said}; none was asked anything in the last minutes.`;
  return `${said}; together they answered ${count(Math.round(requests / 5))} requests a minute lately, ${figure((100 * recent('errors')) / requests)} % of them with an error.`;
}

/** What needs you, what is in motion, what is running and is it well. */
export default function Home() {
  const services = useLoad('services', (signal) => api.get('/api/v1/services', { signal }), {
    changes: ['service.', 'release.', 'rollout.', 'gate.'],
    every: 10_000,
  });
  const traffic = useLoad('traffic', (signal) => api.get('/api/v1/traffic', { signal }), { every: 15_000 });
  const approvals = useLoad('approvals', (signal) => api.get('/api/v1/approvals', { query: { pending: true }, signal }), {
    changes: ['approval.'],
  });
  const agents = useLoad('paused agents', (signal) => api.get('/api/v1/agents', { query: { limit: 1000 }, signal }), { changes: ['agent.'], every: 10_000 });
  const budgets = useLoad('budgets', (signal) => api.get('/api/v1/budgets', { query: { limit: 1000 }, signal }), { changes: ['budget'], every: 10_000 });
  const rollouts = useLoad('rollouts', (signal) => api.get('/api/v1/rollouts', { signal }), { changes: CHANGES, every: 10_000 });
  const aliases = rollouts.data?.items ?? [];
  const spent = (budgets.data?.items ?? []).filter((b) => b.state === 'exhausted');
  const stopped = (agents.data?.items ?? []).flatMap(({ name, latch }) => (latch ? [{ name, latch }] : []));
  return (
    <Page title="Home" facts={services.data && services.data.items.length > 0 && <p class="quiet">{summary(services.data.items, traffic.data)}</p>}>
      <Loading of={services} rows={8}>
        {({ items }) => {
          const waiting = approvals.data?.items ?? [];
          const money = stopped.length + spent.length;
          if (items.length === 0 && waiting.length + money + aliases.length === 0) return <NoServices />;
          const unseen = approvals.error && approvals.data === undefined ? approvals.error : undefined;
          const paused = items.filter((s) => s.release?.paused && moving(s));
          const ended = items.filter(needsLook);
          const stuck = aliases.filter((r) => (isRolling(r) ? r.paused : r.phase === 'rolled-back' && isRecent(r.since)));
          const needed = waiting.length + money + paused.length + ended.length + stuck.length;
          // What waits for a person stands above.
          const rolling = aliases.filter((r) => isRolling(r) && !r.paused);
          const inMotion = items.filter((s) => moving(s) && !s.release?.paused && s.release?.phase !== 'awaiting-approval');
          return (
            <>
              <Section title="Needs you" count={needed}>
                {unseen && <Trouble error={unseen} again={approvals.again} />}
                {needed === 0 ? (
                  !unseen && <p class="quiet">Nothing waits for you.</p>
                ) : (
                  <ul class={css['list']}>
                    {waiting.map((approval) => (
                      <Item
                        key={approval.id}
                        to={`/approvals?id=${approval.id}`}
                        name={about(approval, items).name}
                        state={<State state="waiting" word={may(approval.role) ? 'approve or reject' : `waits for ${approval.role}`} />}
                        sentence={`${about(approval, items).what}: ${approval.reason}`}
                        at={approval.requestedAt}
                      />
                    ))}
                    {stopped.map(({ name, latch }) => (
                      <Item
                        key={`agent ${name}`}
                        to={`/agents/${encodeURIComponent(name)}`}
                        name={name}
                        state={<State state="paused" word="safety pause" />}
                        sentence={latch.why}
                        at={latch.since}
                      />
                    ))}
                    {spent.map((b) => (
                      <Item
                        key={`budget ${b.name}`}
                        to={`/spend/${encodeURIComponent(b.name)}`}
                        name={b.name}
                        state={<State state={b.state} tone="failing" word="nothing left" />}
                        sentence={`Its calls are refused: all of ${limitWords(b)} is spent or held.`}
                        at={b.windowStart}
                      />
                    ))}
                    {paused.map((s) => (
                      <Item
                        key={s.name}
                        to={`/services/${s.name}`}
                        name={s.name}
                        state={<State state="paused" />}
                        sentence={s.release!.sentence}
                        at={s.release!.updatedAt}
                      />
                    ))}
                    {ended.map((s) => (
                      <Item
                        key={s.name}
                        to={`/services/${s.name}`}
                        name={s.name}
                        state={<State state={s.release!.phase} />}
                        sentence={`${s.release!.candidate}: ${s.release!.sentence}`}
                        at={s.release!.endedAt ?? s.release!.updatedAt}
                      />
                    ))}
                    {stuck.map((r) => (
                      <AliasItem key={`alias ${r.alias}`} rollout={r} />
                    ))}
                  </ul>
                )}
              </Section>
              <Section title="In motion" count={inMotion.length + rolling.length}>
                {inMotion.length + rolling.length === 0 ? (
                  <p class="quiet">No release is on its way.</p>
                ) : (
                  <ul class={css['list']}>
                    {rolling.map((r) => (
                      <AliasItem key={`alias ${r.alias}`} rollout={r} />
                    ))}
                    {inMotion.map((s) => (
                      <Item
                        key={s.name}
                        to={`/services/${s.name}`}
                        name={s.name}
                        state={<State state={s.release!.state} />}
                        sentence={
                          s.release!.sentence.startsWith('At ')
                            ? `${s.release!.candidate} ${s.release!.sentence.replace(/^At/, 'at')}`
                            : `${s.release!.candidate}${s.release!.weight > 0 ? ` at ${figure(s.release!.weight)} %` : ''}: ${s.release!.sentence}`
                        }
                        at={s.release!.updatedAt}
                      />
                    ))}
                  </ul>
                )}
              </Section>
              <Section title="Services" count={items.length}>
                {items.length === 0 ? <NoServices /> : <ServiceTable services={items} traffic={traffic.data} />}
              </Section>
            </>
          );
        }}
      </Loading>
    </Page>
  );
}

function AliasItem({ rollout: r }: { rollout: Rollout }) {
  return (
    <Item
      to={pageOf(r.alias)}
      name={r.alias}
      state={<State state={stateOf(r)} />}
      sentence={r.sentence.startsWith('At ') ? `${answers(r.candidate)} ${r.sentence.replace(/^At/, 'at')}` : `${answers(r.candidate)}: ${r.sentence}`}
      at={r.since}
    />
  );
}

function Item(props: { to: string; name: string; state: ComponentChildren; sentence: ComponentChildren; at: string }) {
  return (
    <li class={css['item']}>
      <a href={href(props.to)}>{props.name}</a>
      {props.state}
      <span class={css['sentence']}>{props.sentence}</span>
      <span class={css['at']}>
        <Time at={props.at} />
      </span>
    </li>
  );
}

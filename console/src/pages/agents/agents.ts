/** Agents as their pages and the home page show them. */
import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { dollars } from '../../lib/money';
import { may } from '../../lib/session';
import { confirm } from '../../ui/Confirm';

export type Agent = Schemas['Agent'];
export type Pause = Schemas['SafetyPause'];

/** Money a minute, for people. */
export function aMinute(nanoUsd: string | undefined): string {
  return dollars(BigInt(nanoUsd ?? '0'));
}

/** Why this caller decides nothing about agents; undefined where it may. */
export function whyNot(): string | undefined {
  return may('approver') ? undefined : 'it needs the role approver';
}

/** All agents, those that are paused first, then those that burn most. */
export function byNeed(agents: readonly Agent[]): Agent[] {
  const burn = (a: Agent) => BigInt(a.burnNanoUsdPerMinute);
  return [...agents].sort((a, b) => Number(b.state === 'paused') - Number(a.state === 'paused') || (burn(b) > burn(a) ? 1 : burn(b) < burn(a) ? -1 : 0));
}

/** How many times what it usually spends an agent spends now, such as 4.5; undefined where nothing is known of it. */
export function timesUsual(agent: Agent): number | undefined {
  const usual = BigInt(agent.predictedNanoUsdPerMinute);
  return usual === 0n ? undefined : Number((BigInt(agent.burnNanoUsdPerMinute) * 10n) / usual) / 10;
}

/** Asks before an agent is paused. */
export function pause(name: string, done: () => void): void {
  confirm({
    title: `Pause ${name}?`,
    will: 'No call of this agent is sent to a provider any more, on every server within two seconds. Its clients are refused with a message that says so.',
    willNot: 'Calls under way end as they would have. It stays paused until a person resumes it.',
    action: 'Pause',
    danger: true,
    reason: 'needed',
    command: (reason) => `pilot agents pause ${shell(name)} --reason ${shell(reason || 'REASON')}`,
    run: async (reason) => {
      await api.post('/api/v1/agents/{name}/pause', { path: { name }, body: { reason } });
      done();
    },
  });
}

/** Asks before an agent is resumed; `accept` makes what it spent usual. */
export function resume(name: string, latch: Pause, accept: boolean, done: () => void): void {
  confirm({
    title: accept ? `Resume ${name}, and take this spend as usual?` : `Resume ${name}?`,
    will: accept
      ? `Its calls are sent again. It is next paused only above what it spent before this pause, ${aMinute(latch.burnNanoUsdPerMinute)} a minute.`
      : `Its calls are sent again. If it spends like this again, ${aMinute(latch.burnNanoUsdPerMinute)} a minute, it is paused again.`,
    willNot: 'Calls that were refused meanwhile are not made up for. Your name and the reason stand on the ledger.',
    action: 'Resume',
    reason: 'needed',
    command: (reason) => `pilot agents resume ${shell(name)} --reason ${shell(reason || 'REASON')}${accept ? ' --accept' : ''} --confirm ${latch.number}`,
    run: async (reason) => {
      await api.post('/api/v1/agents/{name}/resume', { path: { name }, body: { latch: latch.number, reason, accept } });
      done();
    },
  });
}

/** Rollouts of aliases: how they are named, and what a person can do to them. */
import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { may } from '../../lib/session';
import { confirm } from '../../ui/Confirm';
import { nameOf } from '../gateway/targets';

export type Rollout = Schemas['Rollout'];
export type Action = 'pause' | 'resume' | 'promote' | 'abort';

/** Where the page of an alias' rollout is. */
export const pageOf = (alias: string) => `/gateway/rollouts/${encodeURIComponent(alias)}`;

/** Kinds of ledger entries after which a rollout may stand elsewhere. */
export const CHANGES = ['route.', 'gateway.'] as const;

/** Its state in one word: where it is, or that it is kept there. */
export const stateOf = (r: Rollout) => (r.paused ? 'paused' : r.phase);

/** Whether its candidate still has to show itself. */
export const isRolling = (r: Rollout) => r.phase === 'canary';

/** Who answers, with shares where there are several. */
export function answers(route: Schemas['Alias']): string {
  const all = route.targets.reduce((sum, t) => sum + (t.weight ?? 1), 0);
  return route.targets.map((t) => nameOf(t) + (route.targets.length > 1 ? ` ${Math.round((100 * (t.weight ?? 1)) / all)} %` : '')).join(', ');
}

/** The prompt before the client's own words, by name and version. */
export const prompt = (route: Schemas['Alias']) => route.prompt && `${route.prompt.name}, version ${route.prompt.version ?? '1'}`;

export type Offer = { action: Action; word: string; kind: 'primary' | 'plain' | 'danger'; why: string | undefined };

/** What can be done to it now; with `why` where this caller may not. */
export function offers(r: Rollout): Offer[] {
  if (!isRolling(r)) return [];
  const engineer = may('engineer') ? undefined : 'it needs the role engineer';
  const approver = engineer ?? (may('approver') ? undefined : 'it puts your word in the place of evidence and needs the role approver');
  return [
    r.paused ? { action: 'resume', word: 'Resume', kind: 'primary', why: engineer } : { action: 'pause', word: 'Pause', kind: 'primary', why: engineer },
    { action: 'promote', word: 'Promote', kind: 'plain', why: approver },
    { action: 'abort', word: 'Abort', kind: 'danger', why: engineer },
  ];
}

/** Asks, then does it. */
export function steer(r: Rollout, action: Action, done: () => void): void {
  const candidate = answers(r.candidate);
  const rest = r.declared ? answers(r.declared) : 'nobody';
  const texts: Record<Action, { title: string; will: string; willNot?: string; action: string; reason: 'needed' | 'welcome'; danger?: boolean; name?: boolean }> = {
    pause: {
      title: `Pause the rollout of ${r.alias}?`,
      will: `The candidate keeps its ${r.percent} % of the calls until somebody resumes it.`,
      willNot: 'Calls go on being counted, and harm that is shown still takes it back.',
      action: 'Pause',
      reason: 'welcome',
    },
    resume: {
      title: `Resume the rollout of ${r.alias}?`,
      will: 'It goes on from where it was paused, with all that was counted.',
      action: 'Resume',
      reason: 'welcome',
    },
    promote: {
      title: `Let ${candidate} answer all calls of ${r.alias}?`,
      will: 'The candidate becomes who answers the alias at once, on your word in the place of evidence.',
      willNot: `Calls under way end where they are. ${rest} stays declared as a provider's model, for a way back.`,
      action: 'Promote',
      reason: 'needed',
      name: true,
    },
    abort: {
      title: `Abort the rollout of ${r.alias}?`,
      will: `All calls go to ${rest} at once, and the rollout ends.`,
      willNot: 'Calls under way end where they are. The same candidate can be rolled out again.',
      action: 'Abort',
      reason: 'welcome',
      danger: true,
    },
  };
  const { name, ...text } = texts[action];
  const command = `pilot rollouts ${action} ${shell(r.alias)}`;
  confirm({
    ...text,
    ...(name && { name: r.alias }),
    command: (reason) => command + (reason ? ` --reason ${shell(reason)}` : text.reason === 'needed' ? " --reason '…'" : ''),
    run: async (reason) => {
      await api.post('/api/v1/rollouts/{alias}', { path: { alias: r.alias }, body: { action, ...(reason && { reason }) } });
      done();
    },
  });
}

/** What a person can do to a rollout, and what it means. */
import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { may } from '../../lib/session';
import { inMotion } from '../../lib/states';
import { confirm } from '../../ui/Confirm';

type Action = Schemas['Steering']['action'];
type Release = Schemas['Release'];
export type Offer = { action: Action; word: string; danger?: boolean; primary?: boolean; why: string | undefined };
export type Situation = { name: string; stable: string | null | undefined; previous: string | null | undefined; release: Release | null | undefined };

/** The actions that make sense now; with `why` where this caller may not. */
export function offers(s: Situation): Offer[] {
  const engineer = may('engineer') ? undefined : 'it needs the role engineer';
  const approver = engineer ?? (may('approver') ? undefined : 'it puts your word in the place of evidence and needs the role approver');
  const release = s.release;
  if (release && inMotion(release.phase)) {
    if (release.phase === 'rolling-back' || release.phase === 'promoting') return [];
    const list: Offer[] = [
      release.paused
        ? { action: 'resume', word: 'Resume', primary: true, why: engineer }
        : { action: 'pause', word: 'Pause', primary: true, why: engineer },
    ];
    if (release.phase === 'shadow' || release.phase === 'canary') {
      list.push({ action: 'skip', word: 'Skip step', why: approver }, { action: 'promote', word: 'Promote', why: approver });
      list.push({ action: 'rollback', word: 'Roll back', danger: true, why: engineer });
    }
    list.push({ action: 'abort', word: 'Abort', danger: true, why: engineer });
    return list;
  }
  const list: Offer[] = [];
  if (release && ['rolled-back', 'rejected', 'aborted'].includes(release.phase)) {
    list.push({ action: 'retry', word: 'Try again', why: engineer });
  }
  if (s.stable && s.previous) list.push({ action: 'rollback', word: 'Roll back', danger: true, why: engineer });
  return list;
}

/** Asks, then does it. */
export function steer(s: Situation, action: Action): void {
  const release = s.release;
  const candidate = release?.candidate ?? 'the candidate';
  const stable = s.stable ?? 'nothing';
  const moving = release != null && inMotion(release.phase);
  const texts: Record<Action, { title: string; will: string; willNot?: string; action: string; reason: 'needed' | 'welcome'; name?: boolean; danger?: boolean }> = {
    pause: {
      title: `Pause the release of ${candidate}?`,
      will: `It stays where it is, at ${release?.weight ?? 0} % of the traffic, until somebody resumes it.`,
      willNot: 'No traffic moves, and nothing is promoted. Harm that is shown still rolls it back.',
      action: 'Pause',
      reason: 'welcome',
    },
    resume: {
      title: `Resume the release of ${candidate}?`,
      will: 'It goes on from where it was paused.',
      action: 'Resume',
      reason: 'welcome',
    },
    skip: {
      title: 'Skip this step?',
      will: 'The release goes on to the next step without the evidence that this one waits for.',
      willNot: 'Gates are not skipped, and the test goes on with what was counted.',
      action: 'Skip step',
      reason: 'needed',
    },
    promote: {
      title: `Promote ${candidate} now?`,
      will: `${candidate} gets all traffic at once, on your word in the place of evidence.`,
      willNot: `${stable} stays loaded for a way back.`,
      action: 'Promote',
      reason: 'needed',
      name: true,
    },
    rollback: moving
      ? {
          title: `Roll ${candidate} back?`,
          will: `All traffic goes to ${stable} at once and the release ends as rolled back.`,
          willNot: 'No request is lost, and the candidate stays registered.',
          action: 'Roll back',
          reason: 'welcome',
          danger: true,
        }
      : {
          title: `Take ${s.name} back to ${s.previous ?? 'the version before'}?`,
          will: `All traffic goes from ${stable} to ${s.previous ?? 'the version before'} at once.`,
          willNot: 'No request is lost. The version that leaves stays registered.',
          action: 'Roll back',
          reason: 'welcome',
          name: true,
          danger: true,
        },
    abort: {
      title: `Abort the release of ${candidate}?`,
      will: 'The release ends here and what traffic it had goes back.',
      willNot: `What is in production (${stable}) stays as it is.`,
      action: 'Abort',
      reason: 'welcome',
      danger: true,
    },
    retry: {
      title: `Release ${candidate} again?`,
      will: 'A new release of the same digest begins at the first gate.',
      willNot: 'Evidence of the earlier release is not counted again.',
      action: 'Try again',
      reason: 'welcome',
    },
  };
  const text = texts[action];
  const verb = action === 'rollback' || action === 'promote' ? `pilot ${action} ${shell(s.name)}` : `pilot rollout ${action} ${shell(s.name)}`;
  confirm({
    title: text.title,
    will: text.will,
    ...(text.willNot && { willNot: text.willNot }),
    action: text.action,
    ...(text.danger && { danger: true }),
    ...(text.name && { name: s.name }),
    reason: text.reason,
    command: (reason) => verb + (reason ? ` --reason ${shell(reason)}` : text.reason === 'needed' ? " --reason '…'" : ''),
    run: (reason) =>
      api.post('/api/v1/services/{name}/rollout', { path: { name: s.name }, body: { action, ...(reason && { reason }) } }),
  });
}

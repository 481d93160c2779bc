/** Words for states and the five tones they are shown in. */
export type Tone = 'well' | 'attention' | 'failing' | 'motion' | 'paused' | 'idle';

const TONES: Record<string, Tone> = {
  serving: 'well',
  promoted: 'well',
  passed: 'well',
  approved: 'well',
  active: 'well',
  finished: 'well',
  ready: 'well',
  verified: 'well',
  'awaiting-approval': 'attention',
  waiting: 'attention',
  pending: 'attention',
  suspect: 'attention',
  expired: 'attention',
  'rolled-back': 'failing',
  'rolling-back': 'failing',
  rejected: 'failing',
  failed: 'failing',
  revoked: 'failing',
  quarantined: 'failing',
  aborted: 'attention',
  gating: 'motion',
  loading: 'motion',
  shadow: 'motion',
  canary: 'motion',
  promoting: 'motion',
  running: 'motion',
  scheduled: 'motion',
  paused: 'paused',
  inactive: 'paused',
  killed: 'attention',
  declared: 'idle',
};

/** The tone of a state as the API names it. */
export function toneOf(state: string): Tone {
  return TONES[state.toLowerCase()] ?? 'idle';
}

const MOVING = new Set(['gating', 'awaiting-approval', 'loading', 'shadow', 'canary', 'promoting', 'rolling-back']);
/** Whether a release's phase is not its end. */
export function inMotion(phase: string): boolean {
  return MOVING.has(phase);
}

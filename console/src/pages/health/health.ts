/** How providers and their models stand, in words. */
import type { Schemas } from '../../lib/api';
import { figure } from '../../lib/format';
import type { Tone } from '../../lib/states';

type Health = Schemas['GatewayHealth'];
export type Probed = Health['providers'][number];
export type Probe = Probed['probes'][number];
export type Standing = Health['targets'][number];

export const BREAKER: Record<Standing['breaker'], readonly [word: string, tone: Tone]> = {
  closed: ['asked', 'well'],
  open: ['rests', 'failing'],
  'half-open': ['next call tries it', 'attention'],
  down: ['passed over', 'failing'],
};

/** The value at a part of the sorted ones; undefined of none. */
function quantile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

/** What the last probes came to: how many failed, and what the others took. */
export function summary(probes: readonly Probe[]): { failed: number; p50: number | undefined; p95: number | undefined; words: string } {
  const took = probes.filter((p) => p.up).map((p) => p.millis).sort((a, b) => a - b);
  const failed = probes.length - took.length;
  const p50 = quantile(took, 0.5);
  const p95 = quantile(took, 0.95);
  const failures = failed === 0 ? 'none failed' : `${failed} failed`;
  return { failed, p50, p95, words: `The last ${probes.length} probes: ${failures}${p50 === undefined ? '' : `; half took at most ${figure(p50)} ms`}.` };
}

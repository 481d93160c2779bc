/** Times as charts need them. */

/**
 * Times of points that are in order though their clock was not: none is before the one that it follows, so that a line never turns
 * back where the clock did.
 */
export function rising(times: readonly number[]): number[] {
  let latest = -Infinity;
  return times.map((at) => (latest = Math.max(latest, at)));
}

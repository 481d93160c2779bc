/** Histories of metrics as lines of a chart. */
import type { Series } from '../ui/Chart';
import { number, type Point } from './mlflow';

export type Over = 'step' | 'time';

/** One chart's lines: runs over their common steps, or over the seconds since each run's first point. */
export function curves(
  points: readonly Point[],
  runs: readonly { id: string; label: string; colour?: number; dash?: boolean }[],
  over: Over,
): { x: number[]; series: Series[] } {
  const byRun = new Map<string, Map<number, number>>();
  const began = new Map<string, number>();
  for (const p of points) {
    const id = p.run_id ?? runs[0]!.id;
    began.set(id, Math.min(began.get(id) ?? Infinity, p.timestamp));
  }
  const all = new Set<number>();
  for (const p of points) {
    const id = p.run_id ?? runs[0]!.id;
    const at = over === 'step' ? p.step : (p.timestamp - began.get(id)!) / 1000;
    all.add(at);
    let line = byRun.get(id);
    if (!line) byRun.set(id, (line = new Map()));
    line.set(at, number(p.value));
  }
  const x = [...all].sort((a, b) => a - b);
  const series = runs.map(({ id, label, colour, dash }): Series => {
    const line = byRun.get(id);
    return {
      label,
      ...(colour && { colour }),
      ...(dash && { dash }),
      values: x.map((at) => {
        const v = line?.get(at);
        return v === undefined || Number.isFinite(v) ? v : null;
      }),
    };
  });
  return { x, series };
}

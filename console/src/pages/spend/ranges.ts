/** Times of which pages on money tell. */
import { query } from '../../lib/place';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Range = { key: string; label: string; part: number; parts: number };
/** The newest part is not over, so that one more is asked for. */
const ALL: readonly Range[] = [
  { key: '1h', label: 'Last hour', part: MINUTE, parts: 61 },
  { key: '24h', label: 'Last 24 h', part: 15 * MINUTE, parts: 97 },
  { key: '7d', label: 'Last 7 days', part: 2 * HOUR, parts: 85 },
  { key: '30d', label: 'Last 30 days', part: 6 * HOUR, parts: 121 },
];
export const RANGES = ALL.map((range) => [range.key, range.label] as const);
const USUAL = ALL[1]!;

/** The range in the address. */
export function rangeHere(): Range {
  return ALL.find((range) => range.key === query.value.get('range')) ?? USUAL;
}

/** From when to when, at whole parts. */
export function timesOf(range: Range): { from: string; to: string } {
  const to = (Math.floor(Date.now() / range.part) + 1) * range.part;
  return { from: new Date(to - range.part * range.parts).toISOString(), to: new Date(to).toISOString() };
}

/** How long a part is, in words. */
export function partWords(range: Range): string {
  return range.part < HOUR ? `${range.part / MINUTE} min` : `${range.part / HOUR} h`;
}

/** Values of parts in the order of time; parts in which nothing happened have none. */
export function course<T>(answer: { from: string; to: string; partMicros: number; items: readonly (T & { at: string })[] }): { x: number[]; parts: (T | undefined)[] } {
  const part = answer.partMicros / 1000;
  const from = Date.parse(answer.from);
  const until = Math.min(Date.parse(answer.to), Date.now());
  const known = new Map(answer.items.map((item) => [Math.round((Date.parse(item.at) - from) / part), item]));
  const x: number[] = [];
  const parts: (T | undefined)[] = [];
  for (let i = 0; from + i * part < until; i++) {
    x.push((from + i * part) / 1000);
    parts.push(known.get(i));
  }
  return { x, parts };
}

/** What to make of a budget, in words. */
import { relative } from '../../lib/format';
import { percentOf } from '../../lib/money';
import { read, write, type Budget } from './amounts';

const WINDOWS: Record<string, string> = { hour: 'an hour', day: 'a day', week: 'a week', month: 'a month', total: 'in total' };

/** Such as: $1,500 a month. */
export function limitWords(b: Budget): string {
  return `${write(b.unit, limit(b))} ${WINDOWS[b.window] ?? b.window}`;
}

/** The limit of the present window, overrides included. */
export function limit(b: Budget): bigint {
  return read(b.unit, b.limit) + read(b.unit, b.raised);
}

export function spentPercent(b: Budget): number {
  return percentOf(read(b.unit, b.settled), limit(b)) ?? 100;
}

export function heldPercent(b: Budget): number {
  return percentOf(read(b.unit, b.held), limit(b)) ?? 0;
}

/** What becomes of it if calls go on as they have, and why some go to a cheaper model. */
export function verdict(b: Budget, now: number): string {
  const end = b.windowEnd ? relative(Date.parse(b.windowEnd), now) : '';
  const forecast = read(b.unit, b.forecast);
  const most = limit(b);
  const degrading = b.degrading
    ? ` ${b.degrading.keptPercent} % of the calls keep the model that they ask for, the others go to ${b.degrading.model}: without that, ${write(b.unit, read(b.unit, b.degrading.undegraded))} would be spent.`
    : '';
  if (b.state === 'exhausted') {
    return `Nothing is left: calls are refused until ${end ? `the window ends ${end}` : 'the limit is raised'}.${degrading}`;
  }
  if (!end) return `${write(b.unit, read(b.unit, b.remaining))} of ${write(b.unit, most)} are left; this budget's window does not end.${degrading}`;
  if (b.state === 'attention') {
    return `At this pace ${write(b.unit, forecast)} would be spent by the window's end ${end}, ${write(b.unit, forecast - most)} more than the limit.${degrading}`;
  }
  return `At this pace ${write(b.unit, forecast)} of ${write(b.unit, most)} will be spent by the window's end ${end}.${degrading}`;
}

/** When nothing will be left at this pace, before the window ends; in milliseconds. */
export function runsOut(b: Budget, now: number): number | undefined {
  if (!b.windowEnd || b.state === 'exhausted') return undefined;
  const left = limit(b) - read(b.unit, b.settled);
  const burn = read(b.unit, b.burnPerHour);
  if (burn <= 0n || left <= 0n) return undefined;
  const millis = Number((left * 3_600_000n) / burn);
  return now + millis < Date.parse(b.windowEnd) ? now + millis : undefined;
}

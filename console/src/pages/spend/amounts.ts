/** Amounts of budgets in their unit: nano-USD, or tokens or requests, each a whole number. */
import type { Schemas } from '../../lib/api';
import { amount, axis, dollars, nano, plotted, usd, whyNoAmount } from '../../lib/money';

export type Budget = Schemas['BudgetStanding'];
export type Sums = Schemas['UsageSums'];

export const UNITS = [
  ['usd', 'US dollars'],
  ['tokens', 'tokens'],
  ['input-tokens', 'input tokens'],
  ['output-tokens', 'output tokens'],
  ['requests', 'requests'],
] as const;

const MOST = 10n ** 18n;

/** Reads what the API says of an amount. */
export function read(unit: string, text: string | undefined): bigint {
  return unit === 'usd' ? amount(text) : BigInt(text ?? '0');
}

/** For people, with what it is. */
export function write(unit: string, n: bigint): string {
  return unit === 'usd' ? dollars(n) : `${n.toLocaleString('en')} ${unit.replace('-', ' ')}`;
}

/** As the API takes it. */
export function exactly(unit: string, n: bigint): string {
  return unit === 'usd' ? usd(n) : n.toString();
}

/** Where it lies in a chart. */
export function place(unit: string, n: bigint): number {
  return unit === 'usd' ? plotted(n) : Number(n);
}

/** What is written at a place of a chart's axis. */
export function written(unit: string): (value: number) => string {
  return unit === 'usd' ? axis : (value) => Math.round(value).toLocaleString('en');
}

/** What a budget of that unit counts of calls. */
export function counted(unit: string, sums: Sums): bigint {
  switch (unit) {
    case 'usd':
      return amount(sums.costUsd);
    case 'input-tokens':
      return BigInt(sums.inputTokens);
    case 'output-tokens':
      return BigInt(sums.outputTokens);
    case 'tokens':
      return BigInt(sums.inputTokens) + BigInt(sums.outputTokens);
    default:
      return BigInt(sums.calls - sums.refused);
  }
}

/** What is wrong with a limit that somebody types; undefined where nothing is. */
export function whyNot(unit: string, text: string): string | undefined {
  if (unit === 'usd') return whyNoAmount(text);
  if (!text.trim()) return 'it needs an amount';
  return /^\d{1,18}$/.test(text.trim()) && BigInt(text.trim()) <= MOST ? undefined : 'the amount is a whole number';
}

/** As somebody typed it, where that is an amount. */
export function typed(unit: string, text: string): bigint | undefined {
  if (whyNot(unit, text) !== undefined) return undefined;
  return unit === 'usd' ? nano(text) : BigInt(text.trim());
}

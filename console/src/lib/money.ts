/**
 * Amounts of US dollars, exact: whole nano-USD in a bigint, or the decimal text that the API sends. Only places in a chart are
 * floating-point numbers.
 */

const NANO = 1_000_000_000n;
const DECIMALS = 9;
/** The most that the server takes. */
const MOST = 1_000_000_000n * NANO;

/** Reads an exact decimal such as 12.5; undefined where it is none or has more than nine decimals. */
export function nano(usd: string): bigint | undefined {
  const parts = /^(-?)(\d{1,10})(?:\.(\d{1,9}))?$/.exec(usd.trim());
  if (!parts) return undefined;
  const whole = BigInt(parts[2]!) * NANO + BigInt((parts[3] ?? '').padEnd(DECIMALS, '0'));
  return parts[1] ? -whole : whole;
}

/** An amount of the API, which is never malformed. */
export function amount(usd: string | undefined): bigint {
  return nano(usd ?? '') ?? 0n;
}

/** The exact decimal without needless zeros. */
export function usd(nanoUsd: bigint): string {
  const digits = abs(nanoUsd).toString().padStart(DECIMALS + 1, '0');
  const decimals = digits.slice(-DECIMALS).replace(/0+$/, '');
  return (nanoUsd < 0n ? '-' : '') + digits.slice(0, -DECIMALS) + (decimals && '.' + decimals);
}

/** For people: cents from a dollar on, else three significant figures, rounded half up. 1,234.57 and 0.0000168. */
export function dollars(nanoUsd: bigint): string {
  const size = abs(nanoUsd);
  const digits = size.toString().length;
  const unit = size >= NANO ? NANO / 100n : 10n ** BigInt(Math.max(0, digits - 3));
  const rounded = ((size + unit / 2n) / unit) * unit;
  const [whole = '0', decimals = ''] = usd(rounded).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return (nanoUsd < 0n ? '−' : '') + '$' + grouped + (decimals && '.' + decimals.padEnd(2, '0'));
}

/** Part of a whole in percent, rounded down to tenths; undefined of nothing. */
export function percentOf(part: bigint, whole: bigint): number | undefined {
  return whole === 0n ? undefined : Number((part * 1000n) / whole) / 10;
}

/** Where it lies in a chart. */
export function plotted(nanoUsd: bigint): number {
  return Number(nanoUsd) / 1e9;
}

/** What is written at a place of a chart's axis. */
export function axis(value: number): string {
  return dollars(BigInt(Math.round(value * 1e9)));
}

/** What is wrong with an amount that somebody types; undefined where nothing is. */
export function whyNoAmount(text: string): string | undefined {
  if (!text.trim()) return 'it needs an amount';
  const read = nano(text);
  if (read === undefined) return 'write dollars as a decimal with at most nine decimals, such as 1500.00';
  return read < 0n || read > MOST ? 'the amount is from 0 to a billion dollars' : undefined;
}

function abs(n: bigint): bigint {
  return n < 0n ? -n : n;
}

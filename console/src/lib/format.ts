/** Numbers, times and names as the console writes them. */
const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A count: 4,212. */
export function count(n: number): string {
  return whole.format(n);
}

/** Three significant figures. */
export function figure(n: number | null | undefined): string {
  if (n === null || n === undefined || Number.isNaN(n)) return '–';
  if (!Number.isFinite(n)) return n > 0 ? '∞' : '−∞';
  if (n !== 0 && (Math.abs(n) < 1e-4 || Math.abs(n) >= 1e7)) return n.toExponential(2).replace('e+', 'e');
  return three.format(n).replace('-', '−');
}

/** A share from 0 to 1 as a percentage without its sign: 0.031 is 3.1. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : figure(share * 100);
}

/** A difference of shares in percentage points, with its sign. */
export function points(difference: number): string {
  const text = figure(Math.abs(difference) * 100);
  return text === '0' ? '0' : (difference < 0 ? '−' : '+') + text;
}

/** The e-value of a natural logarithm. */
export function eValue(log: number | null | undefined): string {
  if (log === null || log === undefined) return '–';
  if (log > 13.8) return '10' + sup(Math.floor(log / Math.LN10));
  if (log < -6.9) return '< 0.001';
  return figure(Math.exp(log));
}

export function sup(n: number): string {
  return String(n).replace(/[-0-9]/g, (c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)]!));
}

/** Bytes in binary units. */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  let rest = n;
  while (rest >= 1024 && i < units.length - 1) {
    rest /= 1024;
    i++;
  }
  return `${figure(rest)} ${units[i]}`;
}

/** How long ago or ahead, in one unit. */
export function relative(at: number, now: number): string {
  const s = Math.round(Math.abs(now - at) / 1000);
  const words =
    s < 5 ? '' : s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  if (!words) return 'now';
  return at <= now ? `${words} ago` : `in ${words}`;
}

/** A length of time in milliseconds. */
export function span(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const parts = s < 3600 ? [`${Math.floor(s / 60)} min`, s % 60, 's'] : [`${Math.floor(s / 3600)} h`, Math.floor((s % 3600) / 60), 'min'];
  return parts[1] === 0 ? String(parts[0]) : parts.join(' ');
}

/** The exact time in this place's zone, with the zone. */
export function exact(at: number): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
}

/** The short form of an id or digest. */
export function brief(id: string): string {
  const bare = id.replace(/^sha256:/, '');
  return /^[0-9a-f]{13,}$/.test(bare) ? bare.slice(0, 8) : bare;
}

/** `release.started` as words: Release started. */
export function words(kind: string): string {
  const text = kind.replace(/[._-]/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An argument as a shell takes it. */
export function shell(argument: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(argument) ? argument : `'${argument.replace(/'/g, `'\\''`)}'`;
}

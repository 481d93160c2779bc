import { figure } from '../../lib/format';

/** A number with three figures, a time as its day, a text by its beginning; the whole of it on hover. */
export function Value({ of }: { of: number | string | null | undefined }) {
  if (of === undefined || of === null) return <>–</>;
  if (typeof of === 'number') return <span title={String(of)}>{figure(of)}</span>;
  const brief = /^\d{4}-\d\d-\d\d[ T]/.test(of) ? of.slice(0, 10) : of.length > 14 ? of.slice(0, 13) + '…' : of;
  return <span title={of}>{brief}</span>;
}

import type { Schemas } from '../../lib/api';

/** The sentence in an entry's payload, where it has one. */
export function said(entry: Schemas['LedgerEntry']): string {
  if (entry.erased) return 'Erased; its hash stays.';
  const payload = (entry.payload ?? {}) as Record<string, unknown>;
  for (const field of ['sentence', 'reason', 'comment', 'note', 'title', 'name']) {
    const value = payload[field];
    if (typeof value === 'string' && value) return value;
  }
  return '';
}

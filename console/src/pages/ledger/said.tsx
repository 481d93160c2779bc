import type { Schemas } from '../../lib/api';
import { nameOf } from '../../lib/people';

/** The sentence in an entry's payload, where it has one, with names in the place of ids. */
export function said(entry: Schemas['LedgerEntry']): string {
  if (entry.erased) return 'Erased; its hash stays.';
  const payload = (entry.payload ?? {}) as Record<string, unknown>;
  for (const field of ['sentence', 'reason', 'comment', 'note', 'title', 'name']) {
    const value = payload[field];
    if (typeof value === 'string' && value) return value.replace(/\b[0-9a-f]{32}\b/g, nameOf);
  }
  if (typeof payload['percent'] === 'number') return `${String(payload['candidate'])} at ${payload['percent']} % of the traffic`;
  if (typeof payload['state'] === 'string' && payload['candidate']) return `${String(payload['candidate'])}: ${payload['state']}`;
  if (entry.kind === 'service.applied') return String(payload['action'] ?? '');
  return '';
}

/** People and keys as the pages of this folder load them. */
import { api, type Schemas } from '../../lib/api';

export type Principal = Schemas['Principal'];
export type Key = Schemas['Key'];

async function all<T>(ask: (cursor: string | undefined) => Promise<{ items: T[]; next?: string | null }>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor);
  return items;
}

export function principals(signal: AbortSignal): Promise<Principal[]> {
  return all((cursor) => api.get('/api/v1/principals', { query: { limit: 1000, ...(cursor && { cursor }) }, signal }));
}

/** Your own keys; an admin gets everybody's. */
export function keys(signal: AbortSignal): Promise<Key[]> {
  return all((cursor) => api.get('/api/v1/keys', { query: { limit: 1000, ...(cursor && { cursor }) }, signal }));
}

export const CHANGES = ['principal.', 'key.', 'unit.', 'organisation.', 'session.'];

export type KeyState = 'active' | 'expires soon' | 'expired' | 'revoked';
const SOON = 7 * 86_400_000;
export function stateOf(key: Key, now: number): KeyState {
  if (key.revokedAt) return 'revoked';
  if (!key.expiresAt) return 'active';
  const left = Date.parse(key.expiresAt) - now;
  return left <= 0 ? 'expired' : left < SOON ? 'expires soon' : 'active';
}
export function works(key: Key, now: number): boolean {
  const state = stateOf(key, now);
  return state === 'active' || state === 'expires soon';
}

/** Names of principals by id, for where the API tells ids only. */
import { signal } from '@preact/signals';
import { api } from './api';

const names = signal<ReadonlyMap<string, string>>(new Map());
let asked = false;

/** The name of a principal, or its id as long as that is not known. */
export function nameOf(id: string | null | undefined): string {
  if (!id) return '–';
  if (!asked) {
    asked = true;
    // Who may not list people sees ids.
    api.get('/api/v1/principals', { query: { limit: 1000 } }).then(
      ({ items }) => (names.value = new Map(items.map((p) => [p.id, p.name]))),
      () => {},
    );
  }
  return names.value.get(id) ?? (/^[0-9a-f]{32}$/.test(id) ? '…' + id.slice(-6) : id);
}

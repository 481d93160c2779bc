/** Where we are: the address is the whole state of a page. */
import { computed, signal } from '@preact/signals';

// The server writes <base> as the folder of the console, seen from wherever the page was asked for.
const base = new URL('.', document.baseURI);
export const consoleBase = base.pathname;
/** What the API's paths are appended to; empty unless a proxy serves us below a path. */
export const apiBase = consoleBase.replace(/\/console\/$/, '').replace(/\/$/, '');

const address = signal(new URL(location.href));
function read(): void {
  address.value = new URL(location.href);
}
addEventListener('popstate', read);

/** The path within the console, such as `/services/fraud`. */
export const path = computed(() => {
  const at = address.value.pathname;
  const inside = at.startsWith(consoleBase) ? at.slice(consoleBase.length) : '';
  return '/' + inside.replace(/\/+$/, '');
});
export const query = computed(() => new URLSearchParams(address.value.search));

/** The address of a page, for links. */
export function href(to: string): string {
  return consoleBase + to.replace(/^\//, '');
}

/** Goes to a page, as a link does. */
export function go(to: string, options: { replace?: boolean } = {}): void {
  const url = href(to);
  if (options.replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  const before = path.value;
  read();
  if (path.value !== before && !options.replace) scrollTo(0, 0);
}

/** Changes parameters of the address and stays on the page; undefined or empty takes one away. */
export function setQuery(changes: Record<string, string | undefined>, options: { push?: boolean } = {}): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  const url = location.pathname + (text ? '?' + text : '');
  if (options.push) history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  read();
}

/** Lets plain clicks on our own links stay in the page; all others are the browser's. */
export function followLinks(root: HTMLElement): void {
  root.addEventListener('click', (event) => {
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.download) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || !to.pathname.startsWith(consoleBase)) return;
    event.preventDefault();
    go(to.pathname.slice(consoleBase.length) + to.search);
  });
}

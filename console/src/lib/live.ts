/** What changes on the server, heard as it happens. */
import { effect, signal, untracked } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { apiBase } from './place';
import { may, session, stillThere } from './session';

export type Connection = 'connecting' | 'live' | 'reconnecting';
/** Whether the page hears of changes; shown in the frame. */
export const connection = signal<Connection>('connecting');
/** The time, for relative times; moves every five seconds while the page is visible. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 5000);

export type Change = { kind: string; subject: string; at: string };
type Listener = (changes: readonly Change[]) => void;
const listeners = new Set<Listener>();

/** Opens a stream that comes back by itself, with pauses that grow to ten seconds; returns what ends it. */
export function stream(
  path: string,
  events: Record<string, (data: unknown) => void>,
  onState: (state: Connection) => void,
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let ended = false;
  const open = () => {
    if (ended) return;
    source = new EventSource(apiBase + path, { withCredentials: true });
    source.onopen = () => {
      failures = 0;
      onState('live');
    };
    for (const [name, take] of Object.entries(events)) {
      source.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data)));
    }
    source.onerror = () => {
      source?.close();
      if (ended) return;
      onState('reconnecting');
      // The browser does not tell why it was refused; where the session is over, trying again is no use.
      if (failures > 0) void stillThere();
      timer = setTimeout(open, Math.min(10_000, 500 * 2 ** failures++) * (0.75 + Math.random() / 2));
    };
  };
  const wake = () => {
    if (!document.hidden && source?.readyState === EventSource.CLOSED && !ended) {
      clearTimeout(timer);
      open();
    }
  };
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
    removeEventListener('online', wake);
    document.removeEventListener('visibilitychange', wake);
  };
}

const RECONNECTED: Change = { kind: '*', subject: '*', at: '' };

/** Listens for as long as somebody is logged in. */
export function listen(): void {
  effect(() => {
    if (!session.value || (!may('viewer') && !may('auditor'))) return undefined;
    return untracked(() => {
      let waiting: Change[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tell = (change: Change) => {
        waiting.push(change);
        timer ??= setTimeout(() => {
          const all = waiting;
          waiting = [];
          timer = undefined;
          for (const listener of [...listeners]) listener(all);
        }, 150);
      };
      const end = stream('/api/v1/events', { change: (data) => tell(data as Change) }, (state) => {
        // What happened while we did not hear is not known: everything shown is asked for again.
        if (state === 'live' && connection.value === 'reconnecting') tell(RECONNECTED);
        connection.value = state;
      });
      return () => {
        clearTimeout(timer);
        end();
      };
    });
  });
}

/** Runs the action when something happens whose kind begins with one of these, or whatever happens where none is named. */
export function useChanges(kinds: readonly string[] | undefined, action: () => void): void {
  const latest = useRef({ kinds, action });
  latest.current = { kinds, action };
  useEffect(() => {
    const listener: Listener = (changes) => {
      const { kinds: wanted, action: run } = latest.current;
      if (!wanted || changes.some((c) => c === RECONNECTED || wanted.some((kind) => c.kind.startsWith(kind)))) run();
    };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
}

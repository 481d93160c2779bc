/** What changes on the server, heard as it happens. */
import { effect, signal, untracked } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { apiBase } from './place';
import { may, session, stillThere } from './session';
import { Streams, type Connection, type Listen, type Told } from './streams';
import type { Asked } from './streams.worker';

export type { Connection } from './streams';
/** Whether the page hears of changes; shown in the frame. */
export const connection = signal<Connection>('connecting');
/** The time, for relative times; moves every five seconds while the page is visible. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 5000);

/** A tab that nobody sees gives its streams back after this time; it goes on where it was once it is seen. */
const UNSEEN = 60_000;
const HERE_EVERY = 20_000;

/** Streams of this page alone, for browsers without shared workers. */
function own(): Listen {
  const streams = new Streams();
  addEventListener('online', () => streams.wake());
  return streams.listen;
}

/** Streams that all tabs of this browser share. */
function shared(): Listen {
  const worker = new SharedWorker(new URL('./streams.worker.ts', import.meta.url), { type: 'module', name: 'pilothouse-streams' });
  const ask = (asked: Asked) => worker.port.postMessage(asked);
  const open = new Map<number, { url: string; after: string; listener: (told: Told) => void }>();
  let numbers = 0;
  let instead: Listen | undefined;
  worker.port.onmessage = (message: MessageEvent<{ number: number; told: Told }>) =>
    open.get(message.data.number)?.listener(message.data.told);
  worker.port.start();
  const ends = new Map<number, () => void>();
  // The worker's file may be gone after an upgrade of the server; the page then listens by itself.
  worker.onerror = () => {
    const streams = (instead ??= own());
    open.forEach(({ url, after, listener }, number) => ends.set(number, streams(url, after, listener)));
  };
  setInterval(() => ask({ ask: 'here' }), HERE_EVERY);
  return (url, after, listener) => {
    if (instead) return instead(url, after, listener);
    const number = numbers++;
    open.set(number, { url, after, listener });
    ask({ ask: 'listen', number, url: new URL(url, location.href).href, after });
    return () => {
      open.delete(number);
      ends.get(number)?.();
      ask({ ask: 'leave', number });
    };
  };
}

const listenAt: Listen = typeof SharedWorker === 'function' ? shared() : own();

/** Listens to a stream, which comes back by itself, as long as somebody may see this page; returns what ends it. */
export function stream(
  path: string,
  events: Record<string, (data: unknown) => void>,
  onState: (state: Connection) => void,
): () => void {
  let last = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end: (() => void) | undefined;
  const hear = (told: Told) => {
    if (told.what === 'state') {
      onState(told.state);
      // The browser does not tell why it was refused; where the session is over, trying again is no use.
      if (told.state === 'reconnecting' && told.failures > 1) void stillThere();
      return;
    }
    if (told.id) last = told.id;
    events[told.type]?.(JSON.parse(told.data));
  };
  const begin = () => (end ??= listenAt(apiBase + path, last, hear));
  const rest = () => {
    end?.();
    end = undefined;
  };
  const seen = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(rest, UNSEEN);
    else begin();
  };
  const leave = () => rest();
  document.addEventListener('visibilitychange', seen);
  addEventListener('pagehide', leave);
  addEventListener('pageshow', seen);
  begin();
  return () => {
    clearTimeout(timer);
    rest();
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('pagehide', leave);
    removeEventListener('pageshow', seen);
  };
}

export type Change = { number: number; kind: string; subject: string; at: string };
/** Told where it is not known what happened: everything shown is asked for again. */
const ANYTHING: Change = { number: -1, kind: '*', subject: '*', at: '' };
type Hearer = (changes: readonly Change[]) => void;
const hearers = new Set<Hearer>();
/** Loads that began before this are not sure to have seen what happened before the stream was there. */
export const listening = signal(false);

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
          for (const hearer of [...hearers]) hearer(all);
        }, 150);
      };
      const end = stream(
        '/api/v1/events',
        {
          change: (data) => tell(data as Change),
          missed: () => tell(ANYTHING),
          ready: () => (listening.value = true),
        },
        (state) => {
          // What the ledger does not tell, such as traffic, is asked for again too once the server is back.
          if (state === 'live' && connection.value === 'reconnecting') tell(ANYTHING);
          connection.value = state;
        },
      );
      return () => {
        clearTimeout(timer);
        listening.value = false;
        end();
      };
    });
  });
}

/**
 * Runs the action when something happens whose kind begins with one of these; the action is told what, none of it where it
 * is not known what happened.
 */
export function useChanges(kinds: readonly string[], action: (changes: readonly Change[]) => void): void {
  const latest = useRef({ kinds, action });
  latest.current = { kinds, action };
  useEffect(() => {
    const hearer: Hearer = (changes) => {
      const { kinds: wanted, action: run } = latest.current;
      if (changes.includes(ANYTHING)) return run([]);
      const mine = changes.filter((c) => wanted.some((kind) => c.kind.startsWith(kind)));
      if (mine.length > 0) run(mine);
    };
    hearers.add(hearer);
    return () => void hearers.delete(hearer);
  }, []);
}

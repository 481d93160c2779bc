/** Loads what a page shows, keeps it while it is asked for again, and asks again when it changed. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Refusal } from './api';
import { listening, useChanges } from './live';

export type Loaded<T> = {
  /** What was loaded last; stays while it is loaded again. */
  data: T | undefined;
  error: Refusal | undefined;
  /** True once the first load takes longer than 200 ms: time for a skeleton. */
  slow: boolean;
  again: () => void;
};

/**
 * @param key what is loaded, such as the name in the address; another key begins anew
 * @param ask loads it
 * @param when `changes`: kinds of ledger entries after which it is loaded again; `every`: milliseconds
 */
export function useLoad<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  when: { changes?: readonly string[]; every?: number } = {},
): Loaded<T> {
  type Held = { key: string; data?: T; error?: Refusal; slow?: boolean };
  const [held, setHeld] = useState<Held>({ key });
  const latest = useRef(ask);
  latest.current = ask;
  const running = useRef<AbortController | undefined>(undefined);
  const queued = useRef(false);
  const load = useCallback(() => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    queued.current = false;
    const over = () => {
      running.current = undefined;
      if (queued.current) load();
    };
    latest.current(control.signal).then(
      (data) => {
        if (control.signal.aborted) return;
        setHeld({ key, data });
        over();
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        over();
        const refusal =
          error instanceof Refusal ? error : new Refusal(0, 'This page failed', String(error), '', 'page-failed');
        setHeld((before) => (before.key === key && before.data !== undefined ? { ...before, error: refusal } : { key, error: refusal }));
      },
    );
  }, [key]);
  // Where much changes, what is being loaded is not broken off, so that it arrives; it is loaded once more after that.
  const soon = useCallback(() => {
    if (running.current) queued.current = true;
    else load();
  }, [load]);
  useEffect(() => {
    setHeld((before) => (before.key === key ? before : { key }));
    load();
    const timer = setTimeout(
      () => setHeld((before) => (before.data === undefined && !before.error ? { ...before, slow: true } : before)),
      200,
    );
    return () => {
      clearTimeout(timer);
      running.current?.abort();
    };
  }, [key, load]);
  useEffect(() => {
    if (!when.every) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden && !running.current) load();
    }, when.every);
    return () => clearInterval(timer);
  }, [load, when.every]);
  useChanges(when.changes ?? [], soon);
  // What happened between the first load and the beginning of the stream would be told by neither.
  const early = useRef(!listening.peek());
  useEffect(() => {
    if (!early.current || !listening.value) return;
    early.current = false;
    if (when.changes) soon();
  }, [listening.value]);
  const mine = held.key === key ? held : { key };
  return { data: mine.data, error: mine.error, slow: mine.slow ?? false, again: load };
}

/**
 * Streams of server-sent events: one connection for each address, whoever listens. A browser opens at most six connections to
 * a server of HTTP/1.1, so tabs share these through a worker; see `streams.worker.ts`.
 */
export type Connection = 'connecting' | 'live' | 'reconnecting';
/** What a listener is told: how the connection is, or an event. */
export type Told =
  | { what: 'state'; state: Connection; failures: number }
  | { what: 'event'; type: string; data: string; id: string };
export type Listener = (told: Told) => void;
/** Listens at an address, from after the event of that id; returns what ends it. */
export type Listen = (url: string, after: string, listener: Listener) => () => void;

/** The types of events that our server sends. */
const TYPES = ['ready', 'missed', 'change', 'status'] as const;
const LONGEST_PAUSE = 10_000;

export class Streams {
  private readonly open = new Map<string, Stream>();

  listen: Listen = (url, after, listener) => {
    let stream = this.open.get(url);
    if (!stream) {
      stream = new Stream(url, after);
      this.open.set(url, stream);
    }
    const joined = stream;
    joined.join(after, listener);
    return () => {
      if (joined.leave(listener) && this.open.get(url) === joined) this.open.delete(url);
    };
  };

  /** Tries at once what waits for its next try. */
  wake(): void {
    for (const stream of this.open.values()) stream.wake();
  }
}

/** One connection; comes back by itself where it left off, with pauses that grow to ten seconds. */
class Stream {
  private readonly listeners = new Set<Listener>();
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private state: Connection = 'connecting';
  private failures = 0;
  private shown: Told | undefined;

  constructor(
    private readonly url: string,
    private last: string,
  ) {
    this.connect();
  }

  join(after: string, listener: Listener): void {
    this.listeners.add(listener);
    listener({ what: 'state', state: this.state, failures: this.failures });
    if (this.shown) listener(this.shown);
    // Who comes from an earlier place than the others has missed what lies between.
    if (after && this.last && Number(after) < Number(this.last)) listener({ what: 'event', type: 'missed', data: '{}', id: this.last });
  }

  /** Whether nobody listens any more; the connection is closed then. */
  leave(listener: Listener): boolean {
    this.listeners.delete(listener);
    if (this.listeners.size > 0) return false;
    clearTimeout(this.timer);
    this.source?.close();
    return true;
  }

  wake(): void {
    if (this.source?.readyState !== EventSource.CLOSED || this.listeners.size === 0) return;
    clearTimeout(this.timer);
    this.connect();
  }

  private tell(told: Told): void {
    for (const listener of [...this.listeners]) listener(told);
  }

  private to(state: Connection): void {
    this.state = state;
    this.tell({ what: 'state', state, failures: this.failures });
  }

  private connect(): void {
    const after = this.last && `${this.url.includes('?') ? '&' : '?'}after=${encodeURIComponent(this.last)}`;
    const source = new EventSource(this.url + after, { withCredentials: true });
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.to('live');
    };
    for (const type of TYPES) {
      source.addEventListener(type, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>;
        if (lastEventId) this.last = lastEventId;
        const told: Told = { what: 'event', type, data, id: lastEventId };
        if (type === 'status') this.shown = told;
        this.tell(told);
      });
    }
    source.onerror = () => {
      source.close();
      if (this.listeners.size === 0) return;
      const pause = Math.min(LONGEST_PAUSE, 500 * 2 ** this.failures++) * (0.75 + Math.random() / 2);
      this.to('reconnecting');
      this.timer = setTimeout(() => this.connect(), pause);
    };
  }
}

/** Holds the streams of all tabs of this browser, so that many tabs need no more connections than one. */
import { Streams } from './streams';

/** What a tab asks of the worker; a tab that is silent for long has died without a word. */
export type Asked = { ask: 'listen'; number: number; url: string; after: string } | { ask: 'leave'; number: number } | { ask: 'here' };

const SILENT = 150_000;
const streams = new Streams();

type Tab = { port: MessagePort; ends: Map<number, () => void>; heard: number };
const tabs = new Set<Tab>();

function forget(tab: Tab): void {
  tab.ends.forEach((end) => end());
  tab.ends.clear();
}

function obey(tab: Tab, asked: Asked): void {
  tab.heard = Date.now();
  if (asked.ask === 'listen') {
    const { number } = asked;
    tab.ends.set(
      number,
      streams.listen(asked.url, asked.after, (told) => tab.port.postMessage({ number, told })),
    );
  } else if (asked.ask === 'leave') {
    tab.ends.get(asked.number)?.();
    tab.ends.delete(asked.number);
  }
}

addEventListener('connect', (event) => {
  const port = (event as MessageEvent).ports[0]!;
  const tab: Tab = { port, ends: new Map(), heard: Date.now() };
  tabs.add(tab);
  port.onmessage = (message: MessageEvent<Asked>) => obey(tab, message.data);
  port.start();
});
addEventListener('online', () => streams.wake());
setInterval(() => {
  for (const tab of tabs) {
    if (Date.now() - tab.heard < SILENT) continue;
    forget(tab);
    tabs.delete(tab);
  }
}, SILENT / 5);

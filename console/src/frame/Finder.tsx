import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../lib/api';
import { experiments, searchRuns } from '../lib/mlflow';
import { go } from '../lib/place';
import { may } from '../lib/session';
import { HOME, VERBS } from '../routes';
import { Icon } from '../ui/Icon';
import css from './Finder.module.css';

/** Whether search and go-to is open. */
export const finder = signal(false);

export type Found = { noun: string; name: string; to: string };
type Source = () => Promise<readonly Found[]>;

/** Who offers things to find, beside the pages; a page's folder adds its own in `routes.ts`' manner: one line here. */
const SOURCES: Source[] = [
  async () =>
    (await api.get('/api/v1/services')).items.map((s) => ({
      noun: 'Service',
      name: s.name,
      to: `/services/${encodeURIComponent(s.name)}`,
    })),
  async () =>
    (await api.get('/api/v1/models', { query: { limit: 1000 } })).items.map((m) => ({
      noun: 'Model',
      name: m.name,
      to: `/models/${encodeURIComponent(m.name)}`,
    })),
  async () =>
    (await api.get('/api/v1/datasets')).items.map((d) => ({
      noun: 'Dataset',
      name: d.name,
      to: `/datasets/${encodeURIComponent(d.name)}`,
    })),
  async () =>
    (await api.get('/api/v1/budgets', { query: { limit: 1000 } })).items.map((b) => ({
      noun: 'Budget',
      name: b.name,
      to: `/spend/${encodeURIComponent(b.name)}`,
    })),
  async () =>
    (await api.get('/api/v1/agents', { query: { limit: 1000 } })).items.map((a) => ({
      noun: 'Agent',
      name: a.name,
      to: `/agents/${encodeURIComponent(a.name)}`,
    })),
  async () =>
    (await api.get('/api/v1/rollouts')).items.map((r) => ({
      noun: 'Rollout',
      name: r.alias,
      to: `/gateway/rollouts/${encodeURIComponent(r.alias)}`,
    })),
  async () =>
    (await experiments()).map((e) => ({ noun: 'Experiment', name: e.name, to: `/runs?experiment=${e.experiment_id}` })),
];

/** Runs are too many to be had whole: the server looks for the name. */
async function runs(name: string, signal: AbortSignal): Promise<readonly Found[]> {
  const quoted = name.replace(/['%_\\]/g, '');
  if (!quoted) return [];
  const all = (await experiments(signal)).map((e) => e.experiment_id);
  if (all.length === 0) return [];
  const page = await searchRuns({ experiments: all, filter: `attributes.run_name ILIKE '%${quoted}%'`, most: 8 }, signal);
  return (page.runs ?? []).map((r) => ({ noun: 'Run', name: r.info.run_name, to: `/runs/${r.info.run_id}` }));
}

/** What an id that was pasted may be. */
function byId(text: string): readonly Found[] {
  if (!/^[0-9a-f]{32}$/.test(text)) return [];
  return [
    { noun: 'Run', name: `Run ${text.slice(0, 8)}`, to: `/runs/${text}` },
    { noun: 'Ledger entry', name: `Entry ${text.slice(0, 8)}`, to: `/ledger/${text}` },
  ];
}

const PAGES = [HOME, ...VERBS.flatMap((verb) => verb.nouns)];

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function Finder() {
  useEffect(() => {
    let afterG = 0;
    const key = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('dialog[open]')) return;
      if (event.key === '/') {
        event.preventDefault();
        finder.value = true;
      } else if (event.key === 'g') {
        afterG = event.timeStamp;
      } else if (event.timeStamp - afterG < 1200) {
        const page = PAGES.find((noun) => noun.key === event.key);
        afterG = 0;
        if (page) {
          event.preventDefault();
          go(page.to);
        }
      }
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
  return finder.value ? <Open /> : null;
}

function Open() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [all, setAll] = useState<readonly Found[]>([]);
  const [named, setNamed] = useState<readonly Found[]>([]);
  const [at, setAt] = useState(0);
  // Before the next key: what is typed right after the slash belongs here.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    for (const source of SOURCES) {
      source().then(
        (found) => setAll((before) => [...before, ...found]),
        () => {}, // what cannot be read by this key is not offered
      );
    }
  }, []);
  useEffect(() => {
    setNamed(byId(text.trim()));
    if (text.trim().length < 2) return undefined;
    const control = new AbortController();
    const timer = setTimeout(
      () => runs(text.trim(), control.signal).then((found) => setNamed([...byId(text.trim()), ...found]), () => {}),
      150,
    );
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [text]);
  const shown = useMemo(() => {
    const pages = PAGES.filter((noun) => !noun.role || may(noun.role)).map((noun) => ({ noun: 'Page', name: noun.label, to: noun.to }));
    const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = [...pages, ...all].filter((found) => wanted.every((word) => `${found.noun} ${found.name}`.toLowerCase().includes(word)));
    return [...fitting, ...named].sort((a, b) => rank(a, wanted) - rank(b, wanted) || place(a) - place(b)).slice(0, 12);
  }, [text, all, named]);
  const close = () => dialog.current?.close();
  const take = (found: Found | undefined) => {
    if (!found) return;
    close();
    go(found.to);
  };
  const active = Math.min(at, Math.max(0, shown.length - 1));
  return (
    <dialog
      ref={dialog}
      class={css['dialog']}
      aria-label="Search or go to"
      onClose={() => (finder.value = false)}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class={css['field']}>
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={shown.length > 0 ? `found-${active}` : undefined}
          aria-label="Search or go to"
          autofocus
          autocomplete="off"
          spellcheck={false}
          placeholder="A service, model, run, dataset, budget, agent, page or id"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              event.preventDefault();
              const step = event.key === 'ArrowDown' ? 1 : -1;
              setAt((active + step + shown.length) % Math.max(1, shown.length));
            } else if (event.key === 'Enter') {
              event.preventDefault();
              take(shown[active]);
            }
          }}
        />
      </div>
      <ul id="found" role="listbox" aria-label="Found" class={css['list']}>
        {shown.map((found, i) => (
          <li
            key={found.noun + found.to}
            id={`found-${i}`}
            role="option"
            aria-selected={i === active}
            onClick={() => take(found)}
            onMouseMove={() => setAt(i)}
          >
            <span>{found.name}</span>
            <span class={css['noun']}>{found.noun}</span>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class={css['none']}>Nothing is called that.</p>}
      <p class={css['keys']}>
        <kbd>↑</kbd> <kbd>↓</kbd> to choose, <kbd>Enter</kbd> to go, <kbd>Esc</kbd> to close; <kbd>g</kbd> and a letter goes to a page.
      </p>
    </dialog>
  );
}

/** Among equals pages come first, then services, since they are what people look for. */
function place(found: Found): number {
  return found.noun === 'Page' ? 0 : found.noun === 'Service' ? 1 : 2;
}

function rank(found: Found, wanted: readonly string[]): number {
  const name = found.name.toLowerCase();
  return wanted[0] && name.startsWith(wanted[0]) ? 0 : wanted[0] && name.includes(wanted[0]) ? 1 : 2;
}

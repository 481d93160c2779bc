import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { connection } from '../lib/live';
import { href, path } from '../lib/place';
import { logOut, may, session } from '../lib/session';
import { setTheme, theme, type Theme } from '../lib/theme';
import { HOME, VERBS, type Noun } from '../routes';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { finder } from './Finder';
import css from './Frame.module.css';

const THEMES: readonly { theme: Theme; icon: 'auto' | 'sun' | 'moon'; label: string }[] = [
  { theme: 'auto', icon: 'auto', label: 'Light or dark as the machine' },
  { theme: 'light', icon: 'sun', label: 'Light' },
  { theme: 'dark', icon: 'moon', label: 'Dark' },
];

export function Frame(props: { children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    setOpen(false);
    // Those who do not see the page hear its title; the first page is announced by the browser itself.
    if (!first.current) main.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    first.current = false;
  }, [path.value]);
  useEffect(() => {
    if (!open) return undefined;
    const key = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [open]);
  const next = THEMES[(THEMES.findIndex((t) => t.theme === theme.value) + 1) % THEMES.length]!;
  const current = THEMES.find((t) => t.theme === theme.value)!;
  return (
    <div class={css['frame']}>
      <a
        class={css['skip']}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <header class={css['top']}>
        <button
          type="button"
          class={css['menu']}
          aria-expanded={open}
          aria-controls="nav"
          aria-label={open ? 'Close the menu' : 'Open the menu'}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'close' : 'menu'} size={18} />
        </button>
        <a class={css['brand']} href={href('/')}>
          <Wheel /> Pilothouse
        </a>
        <button type="button" class={css['find']} onClick={() => (finder.value = true)} aria-keyshortcuts="/">
          <Icon name="search" />
          <span>Search or go to</span>
          <kbd>/</kbd>
        </button>
        <span class={css['status']} role="status">
          {connection.value === 'reconnecting' && (
            <span class={css['reconnecting']}>
              <Icon name="moving" size={12} /> Reconnecting
            </span>
          )}
        </span>
      </header>
      <nav id="nav" class={`${css['nav']} ${open ? css['open'] : ''}`} aria-label="Pilothouse">
        <ul>
          <Entry noun={HOME} />
        </ul>
        {VERBS.map((verb) => {
          const nouns = verb.nouns.filter((noun) => !noun.role || may(noun.role));
          return (
            nouns.length > 0 && (
              <div key={verb.label} class={css['verb']}>
                <h2 id={'verb-' + verb.label}>{verb.label}</h2>
                <ul aria-labelledby={'verb-' + verb.label}>
                  {nouns.map((noun) => (
                    <Entry key={noun.to} noun={noun} />
                  ))}
                </ul>
              </div>
            )
          );
        })}
        <div class={css['who']}>
          <div class={css['person']}>
            <strong>{session.value?.name}</strong>
            <span>{session.value?.roles.join(', ')}</span>
          </div>
          <Button
            kind="bare"
            icon={current.icon}
            label={`Colours: ${current.label}. Change to: ${next.label}`}
            onClick={() => setTheme(next.theme)}
          />
          <Button kind="bare" icon="out" label="Log out" onClick={() => void logOut()} />
        </div>
      </nav>
      {open && <div class={css['shade']} onClick={() => setOpen(false)} />}
      <main id="main" ref={main} class={css['main']} tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}

function Entry({ noun }: { noun: Noun }) {
  const here = noun.to === '/' ? path.value === '/' : path.value === noun.to || path.value.startsWith(noun.to + '/');
  return (
    <li>
      <a href={href(noun.to)} aria-current={here ? 'page' : undefined} aria-keyshortcuts={`g ${noun.key}`}>
        {noun.label}
        <kbd aria-hidden="true">g {noun.key}</kbd>
      </a>
    </li>
  );
}

export function Wheel(props: { size?: number }) {
  return (
    <svg aria-hidden="true" width={props.size ?? 18} height={props.size ?? 18} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round">
      <circle cx="8" cy="8" r="4.25" />
      <circle cx="8" cy="8" r="1" fill="currentColor" stroke="none" />
      <path d="M8 1v14M1 8h14M3.05 3.05l9.9 9.9M12.95 3.05l-9.9 9.9" />
    </svg>
  );
}

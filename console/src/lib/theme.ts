/** Light or dark, as the machine says unless chosen; the choice is the only thing kept in this browser. */
import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'pilothouse-theme';

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto';
  }
}

export const theme = signal<Theme>(stored());
const machine = matchMedia('(prefers-color-scheme: dark)');
/** What is shown now; charts draw themselves anew when it changes. */
export const dark = signal(machine.matches);

function apply(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
  dark.value = theme.value === 'auto' ? machine.matches : theme.value === 'dark';
}
machine.addEventListener('change', apply);
apply();

export function setTheme(next: Theme): void {
  theme.value = next;
  try {
    if (next === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // without storage the choice lasts as long as the page
  }
  apply();
}

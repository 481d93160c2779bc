import { count } from '../lib/format';
import type { Tone } from '../lib/states';
import css from './Bar.module.css';

export type BarPart = { label: string; value: number; tone: Tone };

/** How a whole falls into parts, drawn to scale; nothing is drawn of nothing. Read out with its numbers. */
export function Bar({ parts, of }: { parts: readonly BarPart[]; of: string }) {
  const all = parts.reduce((sum, part) => sum + part.value, 0);
  const label = all === 0 ? `no ${of}` : parts.map((part) => `${count(part.value)} ${part.label}`).join(', ');
  return (
    <span class={css['bar']} role="img" aria-label={label} title={label}>
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span key={part.label} class={css[part.tone]} style={{ flex: `${part.value} 0 0` }} />
        ))}
    </span>
  );
}

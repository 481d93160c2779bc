import { useState } from 'preact/hooks';
import { Icon } from './Icon';
import css from './Copy.module.css';

async function put(text: string): Promise<void> {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  // Plain http on another machine has no clipboard; the old way still works there.
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** A small button that copies a text and says so. */
export function CopyButton(props: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      class={css['button']}
      aria-label={done ? 'Copied' : props.label}
      title={done ? 'Copied' : props.label}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        void put(props.text).then(() => {
          setDone(true);
          setTimeout(() => setDone(false), 1500);
        });
      }}
    >
      <Icon name={done ? 'check' : 'copy'} size={13} />
      <span class="sr" role="status">
        {done ? 'Copied' : ''}
      </span>
    </button>
  );
}

/** A command that does the same in a terminal, to copy. */
export function Command(props: { text: string; label?: string }) {
  return (
    <div class={css['command']}>
      {props.label && <span class={css['label']}>{props.label}</span>}
      <code tabIndex={0} role="group" aria-label="Command">
        {props.text}
      </code>
      <CopyButton text={props.text} label="Copy the command" />
    </div>
  );
}

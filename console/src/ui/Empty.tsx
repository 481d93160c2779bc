import type { ComponentChildren } from 'preact';
import { Command } from './Copy';
import css from './Empty.module.css';

/** What would be here, and the commands that put it there. */
export function Empty(props: { title: string; children?: ComponentChildren; commands?: readonly string[] }) {
  return (
    <div class={css['empty']}>
      <p class={css['title']}>{props.title}</p>
      {props.children && <p class="quiet">{props.children}</p>}
      {props.commands?.map((text) => <Command key={text} text={text} />)}
    </div>
  );
}

import type { ComponentChildren } from 'preact';
import css from './Facts.module.css';

/** The strip of facts below a title; a fact without a value is left out. */
export function Facts(props: { items: readonly (readonly [label: string, value: ComponentChildren])[] }) {
  return (
    <dl class={css['facts']}>
      {props.items
        .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import css from './Page.module.css';

/** The anatomy of a page: title row with state and actions, facts, then what the page shows. */
export function Page(props: {
  title: string;
  /** What the title names, such as Service; stands above it with a way back. */
  noun?: ComponentChildren;
  state?: ComponentChildren;
  actions?: ComponentChildren;
  facts?: ComponentChildren;
  children?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = props.title === 'Home' ? 'Pilothouse' : `${props.title} · Pilothouse`;
  }, [props.title]);
  return (
    <>
      <header class={css['head']}>
        {props.noun && <p class={css['noun']}>{props.noun}</p>}
        <div class={css['row']}>
          <h1 tabIndex={-1}>{props.title}</h1>
          {props.state}
          {props.actions && <div class={css['actions']}>{props.actions}</div>}
        </div>
        {props.facts}
      </header>
      {props.children}
    </>
  );
}

/** A part of a page under its own heading. */
export function Section(props: {
  title: string;
  count?: number | undefined;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const id = 'section-' + props.title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return (
    <section class={css['section']} aria-labelledby={id}>
      <div class={css['sectionHead']}>
        <h2 id={id}>
          {props.title}
          {props.count !== undefined && <span class={css['count']}>{props.count}</span>}
        </h2>
        {props.aside && <div class={css['aside']}>{props.aside}</div>}
      </div>
      {props.children}
    </section>
  );
}

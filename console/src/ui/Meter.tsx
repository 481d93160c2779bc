import css from './Meter.module.css';

/** How much of a whole is used, and what is spoken for, in percent, with marks. */
export function Meter(props: { label: string; used: number; held?: number; tone: 'well' | 'attention' | 'exhausted'; marks?: readonly number[] }) {
  const used = Math.min(100, props.used);
  const held = Math.min(100 - used, props.held ?? 0);
  return (
    <span class={css['meter']} role="img" aria-label={props.label}>
      {held > 0 && <span class={`${css['part']} ${css['held']} ${css[props.tone]}`} style={{ left: 0, width: `${used + held}%` }} />}
      <span class={`${css['part']} ${css[props.tone]}`} style={{ left: 0, width: `${used}%` }} />
      {props.marks?.map((at) => (
        <span key={at} class={css['mark']} style={{ left: `${at}%` }} />
      ))}
    </span>
  );
}

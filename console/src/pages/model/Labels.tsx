import css from './Labels.module.css';

/** Aliases, tags or roles as small labels; a dash where there are none. */
export function Labels({ of }: { of: readonly string[] }) {
  if (of.length === 0) return <span class="quiet">–</span>;
  return (
    <ul class={css['labels']}>
      {of.map((label) => (
        <li key={label}>{label}</li>
      ))}
    </ul>
  );
}

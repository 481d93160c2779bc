import { useId } from 'preact/hooks';
import css from './Field.module.css';

/** A line of text with its label inside the frame of a toolbar. */
export function Field(props: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  /** What is offered while typing. */
  offered?: readonly string[];
}) {
  const list = useId();
  return (
    <label class={css['field']}>
      <span>{props.label}</span>
      <input
        type="text"
        value={props.value}
        placeholder={props.placeholder}
        spellcheck={false}
        autocomplete="off"
        list={props.offered && list}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {props.offered && (
        <datalist id={list}>
          {props.offered.map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
      )}
    </label>
  );
}

/** A choice of one among few. */
export function Select(props: {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}) {
  return (
    <label class={css['field']}>
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

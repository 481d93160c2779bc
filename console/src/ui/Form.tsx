import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Refusal } from '../lib/api';
import { Button } from './Button';
import { Command } from './Copy';
import { Trouble } from './Trouble';
import css from './Form.module.css';

/** A form of a page: its fields, what is wrong, the same as a command, and the two buttons. */
export function Form(props: {
  title: string;
  children: ComponentChildren;
  /** What keeps it from being sent. */
  why?: string | undefined;
  action: string;
  command: string;
  /** Sends it; the form stays open while it runs and shows a refusal. */
  run: () => Promise<unknown>;
  cancel: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const send = async () => {
    if (props.why !== undefined || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await props.run();
    } catch (e) {
      setError(e instanceof Refusal ? e : new Refusal(0, 'It was not done', String(e), '', ''));
      setBusy(false);
    }
  };
  return (
    <form
      class={css['form']}
      aria-label={props.title}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h2>{props.title}</h2>
      {props.children}
      {error && <Trouble error={error} />}
      <Command label="The same:" text={props.command} />
      <FormRow>
        <Button submit kind="primary" disabled={props.why !== undefined} why={props.why} busy={busy}>
          {props.action}
        </Button>
        <Button onClick={props.cancel}>Cancel</Button>
        {props.why && <span class="quiet">{props.why[0]!.toUpperCase() + props.why.slice(1)}.</span>}
      </FormRow>
    </form>
  );
}

/** Fields beside one another, below one another where there is no room. */
export function FormRow(props: { children: ComponentChildren }) {
  return <div class={css['row']}>{props.children}</div>;
}

/** A list within a form, such as targets; its rows can be added and taken away. */
export function FormList(props: { legend: string; add?: { label: string; onClick: () => void } | undefined; children: ComponentChildren }) {
  return (
    <fieldset class={css['list']}>
      <legend>{props.legend}</legend>
      {props.children}
      {props.add && (
        <div>
          <Button onClick={props.add.onClick}>{props.add.label}</Button>
        </div>
      )}
    </fieldset>
  );
}

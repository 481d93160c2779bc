import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Refusal } from '../lib/api';
import { Button } from './Button';
import { Command } from './Copy';
import { Trouble } from './Trouble';
import css from './Confirm.module.css';

export type Question = {
  title: string;
  /** What will happen, and what will not. */
  will: ComponentChildren;
  willNot?: ComponentChildren;
  /** The word on the button. */
  action: string;
  danger?: boolean;
  /** The name that must be typed, where the action cannot be taken back. */
  name?: string;
  /** Whether a reason is asked for; it stands on the ledger. */
  reason?: 'needed' | 'welcome';
  /** The same as a command. */
  command: (reason: string) => string;
  /** Does it; the dialog stays open while it runs and shows a refusal. */
  run: (reason: string) => Promise<unknown>;
};

const open = signal<Question | undefined>(undefined);

/** Asks before doing. */
export function confirm(question: Question): void {
  open.value = question;
}

/** Stands once in the frame. */
export function ConfirmHost() {
  const question = open.value;
  return question ? <Ask key={question.title} question={question} /> : null;
}

function Ask({ question }: { question: Question }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => {
    dialog.current?.close();
  };
  const missing =
    question.name !== undefined && name !== question.name
      ? `type ${question.name} first`
      : question.reason === 'needed' && !reason.trim()
        ? 'it needs a reason'
        : undefined;
  const submit = async () => {
    if (missing || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await question.run(reason.trim());
      close();
    } catch (e) {
      setError(e instanceof Refusal ? e : new Refusal(0, 'It was not done', String(e), '', ''));
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog
      ref={dialog}
      class={css['dialog']}
      aria-labelledby="confirm-title"
      onClose={() => (open.value = undefined)}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <form
        class={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h2 id="confirm-title">{question.title}</h2>
        <p>{question.will}</p>
        {question.willNot && <p class="quiet">{question.willNot}</p>}
        {question.reason && (
          <label>
            <span>
              Reason <span class="quiet">{question.reason === 'needed' ? '(stands on the ledger)' : '(optional, stands on the ledger)'}</span>
            </span>
            <textarea rows={2} maxLength={4000} value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
          </label>
        )}
        {question.name !== undefined && (
          <label>
            <span>
              Type <strong>{question.name}</strong> to go on
            </span>
            <input type="text" autocomplete="off" spellcheck={false} value={name} onInput={(e) => setName(e.currentTarget.value)} />
          </label>
        )}
        {error && <Trouble error={error} />}
        <Command label="The same:" text={question.command(reason.trim())} />
        <div class={css['buttons']}>
          <Button onClick={close}>Cancel</Button>
          <Button
            submit
            kind={question.danger ? 'danger' : 'primary'}
            disabled={missing !== undefined}
            why={missing}
            busy={busy}
          >
            {busy ? 'Working …' : question.action}
          </Button>
        </div>
      </form>
    </dialog>
  );
}

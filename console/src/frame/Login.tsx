import { useEffect, useState } from 'preact/hooks';
import { Refusal } from '../lib/api';
import { ended, logIn } from '../lib/session';
import { Button } from '../ui/Button';
import { Command } from '../ui/Copy';
import { Trouble } from '../ui/Trouble';
import { Wheel } from './Frame';
import css from './Login.module.css';

/** Trades a key for a session. The key stays in this form's memory until it is sent, and nowhere after. */
export function Login() {
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  useEffect(() => {
    document.title = 'Log in · Pilothouse';
  }, []);
  const submit = async () => {
    if (busy || !key.trim()) return;
    setBusy(true);
    setError(undefined);
    try {
      await logIn(key.trim());
    } catch (e) {
      setError(e instanceof Refusal ? e : new Refusal(0, 'Not logged in', String(e), '', ''));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class={css['page']}>
      <form
        class={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1>
          <Wheel size={28} /> Pilothouse
        </h1>
        {ended.value && <p role="status">Your session ended. Log in again to go on where you were.</p>}
        <label>
          <span>Key</span>
          <input
            type="password"
            name="key"
            autocomplete="off"
            spellcheck={false}
            placeholder="ph_…"
            autofocus
            value={key}
            aria-describedby="key-help"
            onInput={(e) => setKey(e.currentTarget.value)}
          />
        </label>
        <p id="key-help" class="quiet">
          It is traded for a session of this browser and not kept.
        </p>
        {error && <Trouble error={error} />}
        <Button kind="primary" submit busy={busy} disabled={!key.trim()} why={key.trim() ? undefined : 'paste your key first'}>
          {busy ? 'Logging in …' : 'Log in'}
        </Button>
      </form>
      <div class={css['help']}>
        <p class="quiet">No key? The first start of the server prints one; later ones are made so:</p>
        <Command text="pilot keys create console" />
      </div>
    </main>
  );
}

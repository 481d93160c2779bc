import { useEffect, useState } from 'preact/hooks';
import { api, Refusal, type Schemas } from '../lib/api';
import { go } from '../lib/place';
import { logIn } from '../lib/session';
import { Button } from '../ui/Button';
import { Command, CopyButton } from '../ui/Copy';
import { Trouble } from '../ui/Trouble';
import { Wheel } from './Frame';
import css from './Login.module.css';

/**
 * Turns an invitation into a key. The link carries its secret behind the `#`, which no server and no log sees; it is used when
 * the person says so, since whatever opens links by itself would use it up.
 */
export function Invitation() {
  const [token] = useState(() => location.hash.slice(1));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const [made, setMade] = useState<Schemas['MadeKey']>();
  useEffect(() => {
    document.title = 'Invitation · Pilothouse';
  }, []);
  const attempt = async (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (e) {
      setError(e instanceof Refusal ? e : new Refusal(0, 'It was not done', String(e), '', ''));
    } finally {
      setBusy(false);
    }
  };
  const accept = () =>
    attempt(async () => {
      setMade(await api.post('/api/v1/invitations/accept', { body: { token } }));
      history.replaceState(null, '', location.pathname);
    });
  const enter = (key: string) =>
    attempt(async () => {
      await logIn(key);
      go('/', { replace: true });
    });
  return (
    <main class={css['page']}>
      <form
        class={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void (made ? enter(made.key) : accept());
        }}
      >
        <h1>
          <Wheel size={28} /> Pilothouse
        </h1>
        {made ? (
          <>
            <p role="status">You are in. This is your key; it is shown this once. Keep it in a password store.</p>
            <p class={css['secret']}>
              <code>{made.key}</code> <CopyButton text={made.key} label="Copy the key" />
            </p>
          </>
        ) : (
          <p>{token ? 'You are invited. Accepting makes a key that only you see; the link then stops working.' : 'The link is not whole: the part behind # is missing. Copy all of it.'}</p>
        )}
        {error && <Trouble error={error} />}
        <Button kind="primary" submit busy={busy} disabled={!made && !token} why={made || token ? undefined : 'the link is not whole'}>
          {made ? 'I have kept it: log in' : 'Accept the invitation'}
        </Button>
      </form>
      {token && !made && (
        <div class={css['help']}>
          <p class="quiet">In a terminal, the same:</p>
          <Command text={`pilot people accept '${location.href}'`} />
        </div>
      )}
    </main>
  );
}

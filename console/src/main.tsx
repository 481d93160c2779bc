import './tokens.css';
import { render } from 'preact';
import { App } from './frame/App';
import { Refusal } from './lib/api';
import { listen } from './lib/live';
import { followLinks, go, path, query } from './lib/place';
import { findSession } from './lib/session';
import { match } from './routes';
import { Trouble } from './ui/Trouble';

const root = document.getElementById('app')!;
followLinks(root);
// The address of the server itself shows the console too; from here on it is named as such.
if (path.value === '/' && !location.pathname.endsWith('/console/')) {
  go('/' + (query.value.size > 0 ? '?' + query.value.toString() : ''), { replace: true });
}

// The page's own script comes while the session is asked for; a failure shows itself when the page is drawn.
match(path.value)?.route.load().catch(() => {});

function start(): void {
  findSession().then(
    () => {
      listen();
      render(<App />, root);
    },
    (e: unknown) => {
      const error = e instanceof Refusal ? e : new Refusal(0, 'The console did not start', String(e), '', '');
      render(<Trouble error={error} again={start} />, root);
    },
  );
}
start();

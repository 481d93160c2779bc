import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Refusal } from '../lib/api';
import type { PageProps } from '../lib/page';
import { href, path } from '../lib/place';
import { session } from '../lib/session';
import { match, type Route } from '../routes';
import { ConfirmHost } from '../ui/Confirm';
import { Empty } from '../ui/Empty';
import { Page } from '../ui/Page';
import { State } from '../ui/State';
import { Time } from '../ui/Time';
import { Skeleton, Trouble } from '../ui/Trouble';
import { Finder } from './Finder';
import { Frame } from './Frame';
import { Invitation } from './Invitation';
import { Login } from './Login';

export function App() {
  if (path.value === '/invitation') return <Invitation />;
  if (!session.value) return <Login />;
  return (
    <>
      <Frame>
        {session.value.keyExpiresAt && (
          <p role="status">
            <State state="expires soon" tone="attention" /> The key of this session ends <Time at={session.value.keyExpiresAt} />. <a href={href('/people')}>Make a new one</a> in time.
          </p>
        )}
        <Shown />
      </Frame>
      <Finder />
      <ConfirmHost />
    </>
  );
}

const loaded = new Map<Route, ComponentType<PageProps>>();

function Shown() {
  const found = match(path.value);
  const [, redraw] = useState(0);
  const [error, setError] = useState<{ route: Route; error: Refusal }>();
  const route = found?.route;
  useEffect(() => {
    if (!route || loaded.has(route)) return;
    route.load().then(
      (page) => {
        loaded.set(route, page.default);
        redraw((n) => n + 1);
      },
      () => {
        const detail = 'A part of the console could not be loaded. The server may have been upgraded: load the page again.';
        setError({ route, error: new Refusal(0, 'This page did not load', detail, '', '') });
      },
    );
  }, [route]);
  if (!found) {
    return (
      <Page title="There is no such page">
        <Empty title={`Nothing is at ${path.value}.`}>Press / to search for a service or a page.</Empty>
      </Page>
    );
  }
  if (error && error.route === route) return <Trouble error={error.error} again={() => location.reload()} />;
  const Shown = loaded.get(found.route);
  return (
    <Fence key={path.value}>{Shown ? <Shown params={found.params} /> : <Waiting />}</Fence>
  );
}

function Waiting() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return slow ? <Skeleton rows={6} /> : null;
}

/** Keeps a page that fails from taking the frame with it. */
class Fence extends Component<{ children: ComponentChildren }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  override componentDidCatch(error: unknown): void {
    this.setState({ error });
  }
  render() {
    if (this.state.error === undefined) return this.props.children;
    const text = this.state.error instanceof Error ? this.state.error.message : String(this.state.error);
    return (
      <Trouble
        error={new Refusal(0, 'This page failed', `It is a fault of the console: ${text}`, '', '')}
        again={() => this.setState({ error: undefined })}
      />
    );
  }
}

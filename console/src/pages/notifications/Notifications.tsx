import { api, type Schemas } from '../../lib/api';
import { count, words } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { may } from '../../lib/session';
import type { Tone } from '../../lib/states';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Empty } from '../../ui/Empty';
import { Page } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';

type Delivery = Schemas['Delivery'];

const SHOW = [
  ['', 'All'],
  ['pending', 'On their way'],
  ['dead', 'Given up'],
  ['delivered', 'Delivered'],
] as const;
const WORDS: Record<string, string> = { pending: 'on its way', dead: 'given up' };
const TONES: Record<string, Tone> = { delivered: 'well', pending: 'motion', dead: 'failing' };

function again(delivery: Delivery): void {
  confirm({
    title: 'Send this notification again?',
    will: `It goes to ${delivery.url} at once, with the same id, so that its receiver can tell that it knows it.`,
    willNot: 'What it tells of does not happen again.',
    action: 'Send again',
    command: () => `curl -X POST -H "x-api-key: $PILOTHOUSE_API_KEY" "$PILOTHOUSE_URL/api/v1/webhooks/deliveries/${delivery.id}/retry"`,
    run: () => api.post('/api/v1/webhooks/deliveries/{id}/retry', { path: { id: delivery.id } }),
  });
}

const COLUMNS: readonly Column<Delivery>[] = [
  { key: 'type', header: 'What', cell: (d) => words(d.type) },
  { key: 'state', header: 'State', cell: (d) => <State state={d.state} tone={TONES[d.state] ?? 'idle'} word={WORDS[d.state] ?? d.state} /> },
  { key: 'url', header: 'To', cell: (d) => <code title={d.url}>{d.url.replace(/^https?:\/\//, '').slice(0, 48)}</code> },
  { key: 'attempts', header: 'Tries', numeric: true, cell: (d) => count(d.attempts) },
  { key: 'outcome', header: 'What came of the last', wide: true, cell: (d) => d.outcome || <span class="quiet">nothing yet</span> },
  { key: 'next', header: 'Next try', numeric: true, cell: (d) => (d.nextAt ? <Time at={d.nextAt} /> : <span class="quiet">none</span>) },
  { key: 'at', header: 'When', numeric: true, cell: (d) => <Time at={d.createdAt} /> },
  {
    key: 'again',
    header: 'Do',
    cell: (d) =>
      d.state === 'dead' && (
        <Button disabled={!may('engineer')} why={may('engineer') ? undefined : 'it needs the role engineer'} onClick={() => again(d)}>
          Send again
        </Button>
      ),
  },
];

/** What was told to others, and what could not be. */
export default function Notifications() {
  const show = query.value.get('show') ?? '';
  const deliveries = useLoad(
    `deliveries ${show}`,
    (signal) => api.get('/api/v1/webhooks/deliveries', { query: { limit: 1000, ...(show && { state: show }) }, signal }),
    { every: 5000 },
  );
  return (
    <Page title="Notifications" facts={<p class="quiet">Each is signed and tried again, with growing pauses, until its receiver has it.</p>}>
      <div class="tools">
        <div role="group" aria-label="Show" class="choices">
          {SHOW.map(([key, label]) => (
            <Button key={key} pressed={show === key} onClick={() => setQuery({ show: key })}>
              {label}
            </Button>
          ))}
        </div>
      </div>
      <Loading of={deliveries}>
        {({ items }) =>
          items.length > 0 ? (
            <Table caption="Notifications, the newest first" columns={items.some((d) => d.state === 'dead') ? COLUMNS : COLUMNS.filter((c) => c.key !== 'again')} rows={items} id={(d) => d.id} />
          ) : show ? (
            <Empty title={show === 'dead' ? 'None was given up.' : 'None is like that.'} />
          ) : (
            <Empty title="Nobody was told of anything yet." commands={['pilot apply -f pilothouse.yaml']}>
              A service tells of its releases where its file says so, <code>notify:</code> with <code>webhook: https://…</code> below it:
            </Empty>
          )
        }
      </Loading>
    </Page>
  );
}

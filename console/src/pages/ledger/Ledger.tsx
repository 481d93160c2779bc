import { useEffect, useState } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { brief, count, words } from '../../lib/format';
import { useChanges } from '../../lib/live';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Page } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { said } from './said';

type Entry = Schemas['LedgerEntry'];

export const ENTRY_COLUMNS: readonly Column<Entry>[] = [
  { key: 'number', header: 'Entry', cell: (e) => <span class="num">{e.number ?? 'new'}</span> },
  { key: 'kind', header: 'What', cell: (e) => words(e.kind) },
  { key: 'subject', header: 'About', cell: (e) => <Subject of={e.subject} /> },
  { key: 'why', header: 'Why', wide: true, cell: (e) => said(e) },
  { key: 'who', header: 'Who', cell: (e) => e.actor.name ?? e.actor.kind },
  { key: 'when', header: 'When', numeric: true, cell: (e) => <Time at={e.at} /> },
];

/** A subject, its long ids shortened. */
function Subject(props: { of: string }) {
  const [kind, ...rest] = props.of.split('/');
  return <code title={props.of}>{[kind, ...rest.map(brief)].join('/')}</code>;
}

export default function Ledger() {
  const kind = query.value.get('kind') ?? '';
  const subject = query.value.get('subject') ?? '';
  const [older, setOlder] = useState<{ of: string; items: Entry[]; next: string | null | undefined }>();
  const key = `${kind} ${subject}`;
  const newest = useLoad(
    `ledger ${key}`,
    (signal) => api.get('/api/v1/ledger/entries', { query: { ...(kind && { kind }), ...(subject && { subject }), limit: 100 }, signal }),
  );
  // New entries are announced and not slid in, so that nothing moves under the pointer.
  const [fresh, setFresh] = useState(0);
  useChanges([''], (changes) => {
    const mine = changes.filter((c) => (!kind || c.kind === kind) && (!subject || c.subject === subject));
    if (mine.length > 0 || changes.length === 0) setFresh((n) => n + Math.max(1, mine.length));
  });
  useEffect(() => {
    setOlder(undefined);
    setFresh(0);
  }, [key]);
  return (
    <Page
      title="Ledger"
      actions={<Command text="pilot audit verify" label="Check all of it:" />}
      facts={<p class="quiet">Every decision, in order, in one tree whose head is signed. Open an entry to check its proof.</p>}
    >
      <div class="tools">
        <Field label="Kind" value={kind} placeholder="release.started" onInput={(value) => setQuery({ kind: value })} />
        <Field label="About" value={subject} placeholder="service/fraud" onInput={(value) => setQuery({ subject: value })} />
        {(kind || subject) && <Button onClick={() => setQuery({ kind: undefined, subject: undefined })}>All entries</Button>}
        <span role="status">
          {fresh > 0 && (
            <Button
              icon="up"
              onClick={() => {
                setFresh(0);
                newest.again();
              }}
            >
              Show {fresh === 1 ? 'the new entry' : `${count(fresh)} new entries`}
            </Button>
          )}
        </span>
      </div>
      <Loading of={newest} rows={10}>
        {(page) => {
          const first = page.items;
          const extra = older?.items.filter((e) => !first.some((f) => f.id === e.id)) ?? [];
          const next = older ? older.next : page.next;
          if (first.length === 0) {
            return (
              <Empty title={kind || subject ? 'No entry is like that.' : 'Nothing has happened yet.'}>
                {kind || subject ? 'Kind and subject are matched whole, such as release.promoted and service/fraud.' : undefined}
              </Empty>
            );
          }
          return (
            <>
              <Table
                caption="Ledger entries, the newest first"
                columns={ENTRY_COLUMNS}
                rows={[...first, ...extra]}
                id={(e) => e.id}
                to={(e) => `/ledger/${e.id}`}
              />
              {next && (
                <div class="tools">
                  <Button
                    onClick={() =>
                      void api
                        .get('/api/v1/ledger/entries', { query: { ...(kind && { kind }), ...(subject && { subject }), limit: 200, cursor: next } })
                        .then((more) => setOlder({ of: key, items: [...extra, ...more.items], next: more.next }))
                    }
                  >
                    Show older entries
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Loading>
    </Page>
  );
}

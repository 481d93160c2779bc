import { api, type Schemas } from '../../lib/api';
import { count, shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Id } from '../../ui/Id';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';

type Suspect = Schemas['SuspectModel'];

const COLUMNS: readonly Column<Suspect>[] = [
  { key: 'label', header: 'Model', cell: (m) => m.label },
  { key: 'state', header: 'State', cell: (m) => <State state={m.state} /> },
  { key: 'crashes', header: 'Crashes', numeric: true, cell: (m) => count(m.crashes) },
  { key: 'interruptions', header: 'Other ends', numeric: true, cell: (m) => count(m.interruptions) },
  { key: 'last', header: 'Last', numeric: true, cell: (m) => <Time at={m.lastAt} /> },
  { key: 'graph', header: 'Digest', cell: (m) => <Id id={m.graph} what="digest" /> },
];

function Release({ model, done }: { model: Suspect; done: () => void }) {
  const ask = () =>
    confirm({
      title: `Let ${model.label} be loaded again?`,
      will: 'Its services load it at once. Your name and the reason stand on the ledger.',
      willNot: 'Nothing about the model changes: if it is what ended the server, it will again.',
      action: 'Release',
      danger: true,
      reason: 'needed',
      command: (reason) => `pilot model quarantine release ${model.graph} --reason ${shell(reason)}`,
      run: async (reason) => {
        await api.post('/api/v1/quarantine/{graph}/release', { path: { graph: model.graph }, body: { reason } });
        done();
      },
    });
  return (
    <Button onClick={ask} disabled={!may('engineer')} why={may('engineer') ? undefined : 'it needs the role engineer'}>
      Release
    </Button>
  );
}

/** Models that were being loaded when the server ended; nothing where there are none. */
export function Quarantine() {
  const suspects = useLoad('quarantine', (signal) => api.get('/api/v1/quarantine', { signal }), { changes: ['model.'] });
  const items = suspects.data?.items ?? [];
  if (items.length === 0) return null;
  const release: Column<Suspect> = {
    key: 'release',
    header: 'Release',
    cell: (m) => m.state === 'quarantined' && <Release model={m} done={suspects.again} />,
  };
  return (
    <Section title="Kept from being loaded" count={items.length}>
      <p class="quiet">The server ended while it loaded these. After two crashes a model waits here until a person releases it; others are served as before.</p>
      <Table caption="Models in quarantine or under suspicion" columns={[...COLUMNS, release]} rows={items} id={(m) => m.graph} />
    </Section>
  );
}

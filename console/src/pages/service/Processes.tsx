import type { Schemas } from '../../lib/api';
import { count } from '../../lib/format';
import type { Tone } from '../../lib/states';
import type { Status } from '../../lib/watch';
import { Empty } from '../../ui/Empty';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';

type Process = NonNullable<Schemas['ServiceStatus']['processes']>[number];

const TONES: Record<Process['state'], Tone> = {
  starting: 'motion',
  ready: 'well',
  'backing-off': 'attention',
  'crash-looping': 'failing',
  stopped: 'paused',
};
const COLUMNS: readonly Column<Process>[] = [
  { key: 'release', header: 'For', cell: (p) => p.release },
  { key: 'state', header: 'State', cell: (p) => <State state={p.state} tone={TONES[p.state]} /> },
  { key: 'ready', header: 'Ready', numeric: true, cell: (p) => `${count(p.ready)} of ${count(p.replicas)}` },
  { key: 'restarts', header: 'Restarts', numeric: true, cell: (p) => count(p.restarts) },
  { key: 'error', header: 'Why the last one ended', wide: true, cell: (p) => p.lastError ?? <span class="quiet">none has ended</span> },
];

/** The supervised processes of a service that has a command. */
export function Processes({ status }: { status: Status }) {
  const processes = status.processes ?? [];
  return (
    <Section title="Processes" count={processes.length}>
      {processes.length === 0 ? (
        <Empty title="No process runs.">They are started with the first release and kept running.</Empty>
      ) : (
        <Table caption="Processes" columns={COLUMNS} rows={processes} id={(p) => p.release} order="processes" />
      )}
    </Section>
  );
}

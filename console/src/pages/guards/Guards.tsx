import { api, type Schemas } from '../../lib/api';
import { count, figure, shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { may } from '../../lib/session';
import { Bar } from '../../ui/Bar';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Page, Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import { Parts } from '../gateway/Parts';

type Guard = Schemas['Guard'];
type Side = 'input' | 'output';
type Row = { guard: Guard; side: Side; measured: Schemas['GuardMeasured'] };

/** Guards of language models: what each looks for, what it came to, and what looking costs. */
export default function Guards() {
  const guards = useLoad('guards', (signal) => api.get('/api/v1/guards', { signal }), { changes: ['guard'], every: 2000 });
  const why = may('engineer') ? undefined : 'it needs the role engineer';
  return (
    <Page
      title="Guards"
      facts={
        <>
          <Parts />
          <p class="quiet">
            A guard looks at requests and answers for secrets, personal data, injected instructions and whatever it is told, and tells, replaces
            or blocks it. Counts and times are of the server that answers this page, since it started.
          </p>
        </>
      }
    >
      <Loading of={guards}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="There are no guards." commands={['pilot guards set personal-data -f guard.yaml']}>
              Requests and answers pass as they are. Write what to look for, such as <code>{'input: {personalData: redact, secrets: block}'}</code>, and declare it:
            </Empty>
          ) : (
            <>
              <Section title="What they came to">
                <Table caption="Verdicts of guards" columns={VERDICTS} rows={rowsOf(items)} id={(r) => `${r.guard.name} ${r.side}`} order="verdicts" />
              </Section>
              <Section title="As declared" count={items.length}>
                <Table caption="Guards as declared" columns={declared(why, guards.again)} rows={items} id={(g) => g.name ?? ''} order="guards" />
              </Section>
              <Command text="pilot guards list" label="The same:" />
            </>
          )
        }
      </Loading>
    </Page>
  );
}

const SIDES: Record<Side, string> = { input: 'requests', output: 'answers' };

/** A row for each way that a guard looks at, or looked at. */
function rowsOf(guards: readonly Guard[]): Row[] {
  return guards.flatMap((guard) =>
    (['input', 'output'] as const).flatMap((side) => {
      const measured = guard.measured?.[side] ?? {};
      const asked = guard.webhook && (guard.webhook.when === 'both' || (guard.webhook.when === 'answer') === (side === 'output'));
      return guard[side] || asked || (measured.checked ?? 0) > 0 ? [{ guard, side, measured }] : [];
    }),
  );
}

const millis = (micros: number | undefined) => figure((micros ?? 0) / 1000);

const VERDICTS: readonly Column<Row>[] = [
  { key: 'guard', header: 'Guard', cell: (r) => r.guard.name, sort: (r) => r.guard.name ?? '' },
  { key: 'side', header: 'Of', cell: (r) => SIDES[r.side] },
  {
    key: 'bar',
    header: 'Passed, told, replaced, blocked',
    cell: ({ measured: m, side }) => {
      const found = (m.flagged ?? 0) + (m.redacted ?? 0) + (m.blocked ?? 0);
      return (
        <Bar
          of={SIDES[side]}
          parts={[
            { label: 'passed', value: Math.max(0, (m.checked ?? 0) - found), tone: 'well' },
            { label: 'told', value: m.flagged ?? 0, tone: 'motion' },
            { label: 'replaced', value: m.redacted ?? 0, tone: 'attention' },
            { label: 'blocked', value: m.blocked ?? 0, tone: 'failing' },
          ]}
        />
      );
    },
  },
  { key: 'checked', header: 'Looked at', numeric: true, cell: (r) => count(r.measured.checked ?? 0), sort: (r) => r.measured.checked ?? 0 },
  { key: 'flagged', header: 'Told', numeric: true, cell: (r) => count(r.measured.flagged ?? 0), sort: (r) => r.measured.flagged ?? 0 },
  { key: 'redacted', header: 'Replaced', numeric: true, cell: (r) => count(r.measured.redacted ?? 0), sort: (r) => r.measured.redacted ?? 0 },
  { key: 'blocked', header: 'Blocked', numeric: true, cell: (r) => count(r.measured.blocked ?? 0), sort: (r) => r.measured.blocked ?? 0 },
  { key: 'p50', header: 'Half took at most', unit: 'ms', numeric: true, cell: (r) => millis(r.measured.p50Micros) },
  { key: 'p99', header: '99 in 100', unit: 'ms', numeric: true, cell: (r) => millis(r.measured.p99Micros) },
];

/** Whose calls it looks at; all where it names nobody. */
function whose(guard: Guard): string {
  const named = (['aliases', 'keys', 'agents'] as const).flatMap((kind) => (guard[kind]?.length ? [`${kind} ${guard[kind].join(', ')}`] : []));
  return named.join('; ') || 'all calls';
}

/** What it looks for on one way, with what it does about it. */
function looks(rules: Guard['input'] | Guard['output']): string {
  return Object.entries(rules ?? {})
    .filter(([, rule]) => rule !== false)
    .map(([what, rule]) => {
      const name = what.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
      const action = typeof rule === 'string' ? rule : rule && typeof rule === 'object' && 'action' in rule ? String(rule.action) : typeof rule === 'number' ? count(rule) : '';
      return action ? `${name}: ${action}` : name;
    })
    .join(', ');
}

function declared(why: string | undefined, again: () => void): readonly Column<Guard>[] {
  const quiet = (text: string) => text || <span class="quiet">nothing</span>;
  return [
    { key: 'guard', header: 'Guard', cell: (g) => g.name, sort: (g) => g.name ?? '' },
    { key: 'whose', header: 'Looks at', cell: whose },
    { key: 'input', header: 'In requests', wide: true, cell: (g) => quiet(looks(g.input)) },
    { key: 'output', header: 'In answers', wide: true, cell: (g) => quiet(looks(g.output)) },
    { key: 'webhook', header: 'Asks', cell: (g) => (g.webhook ? <code>{new URL(g.webhook.url).host}</code> : <span class="quiet">nobody</span>) },
    {
      key: 'limits',
      header: 'Limits a minute',
      cell: (g) =>
        g.limits ? (
          [g.limits.requestsPerMinute && `${count(g.limits.requestsPerMinute)} requests`, g.limits.tokensPerMinute && `${count(g.limits.tokensPerMinute)} tokens`].filter(Boolean).join(', ') +
          ` per ${g.limits.per ?? 'key'}`
        ) : (
          <span class="quiet">none</span>
        ),
    },
    {
      key: 'do',
      header: 'Do',
      cell: (g) => (
        <Button disabled={why !== undefined} why={why} onClick={() => remove(g.name ?? '', again)}>
          Remove<span class="sr"> {g.name}</span>
        </Button>
      ),
    },
  ];
}

function remove(name: string, done: () => void): void {
  confirm({
    title: `Remove the guard ${name}?`,
    will: 'Requests and answers that only it looked at pass as they are from now on.',
    willNot: 'Calls that it guards now go on guarded, and what it found stays in the records of usage.',
    action: 'Remove',
    danger: true,
    name,
    command: () => `pilot guards remove ${shell(name)}`,
    run: async () => {
      await api.delete('/api/v1/guards/{name}', { path: { name } });
      done();
    },
  });
}

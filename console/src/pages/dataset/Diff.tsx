import { api, type Schemas } from '../../lib/api';
import { count, figure, shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import { Histogram } from './Histogram';
import { Value } from './Value';
import css from './Dataset.module.css';

type Changed = Schemas['DatasetDiff']['columns'][number];
type Change = Schemas['FigureChange'];
type Profile = Schemas['ColumnProfile'];
type Row = Changed & { before?: Profile | undefined; after?: Profile | undefined; shift: number | null; rowsBefore: number; rowsAfter: number };

function Both({ of }: { of: Change | undefined }) {
  if (!of) return <span class="quiet">same</span>;
  return (
    <>
      <span class={css['from']}>
        <Value of={of.from} /> →
      </span>{' '}
      <Value of={of.to} />
    </>
  );
}

/**
 * How far the means are apart in standard deviations of the older version; for texts the largest change of a frequent
 * value's share, in points. Null where neither can be said.
 */
function shiftOf(before: Profile | undefined, after: Profile | undefined, rowsBefore: number, rowsAfter: number): number | null {
  if (!before || !after) return null;
  if (before.mean !== undefined && after.mean !== undefined) {
    return before.stddev ? Math.abs(after.mean - before.mean) / before.stddev : after.mean === before.mean ? 0 : null;
  }
  const share = (p: Profile, rows: number) => new Map(p.top.map((t) => [t.value, rows === 0 ? 0 : t.count / rows]));
  const a = share(before, rowsBefore);
  const b = share(after, rowsAfter);
  return Math.max(0, ...[...new Set([...a.keys(), ...b.keys()])].map((k) => Math.abs((b.get(k) ?? 0) - (a.get(k) ?? 0))));
}

const some = (values: readonly string[]) => values.slice(0, 3).join(', ') + (values.length > 3 ? ` and ${values.length - 3} more` : '');

const COLUMNS: readonly Column<Row>[] = [
  { key: 'name', header: 'Column', cell: (r) => r.name, sort: (r) => r.name },
  { key: 'was', header: 'Before', cell: (r) => r.before && <Histogram of={r.before} rows={r.rowsBefore} /> },
  { key: 'is', header: 'After', cell: (r) => r.after && <Histogram of={r.after} rows={r.rowsAfter} /> },
  {
    key: 'shift',
    header: 'Shift',
    numeric: true,
    sort: (r) => r.shift ?? -1,
    cell: (r) => {
      if (r.shift === null) return '–';
      const said = r.after?.mean !== undefined ? `${figure(r.shift)} sd` : `${figure(r.shift * 100)} points`;
      return r.shift >= 0.25 ? <State state="shifted" word={said} tone="attention" plain /> : said;
    },
  },
  { key: 'mean', header: 'Mean', numeric: true, cell: (r) => (r.after?.mean === undefined ? '–' : <Both of={r.mean} />) },
  { key: 'nulls', header: 'Missing', numeric: true, cell: (r) => <Both of={r.nulls} /> },
  { key: 'distinct', header: 'Distinct', numeric: true, cell: (r) => <Both of={r.distinct} /> },
  { key: 'min', header: 'Least', numeric: true, cell: (r) => <Both of={r.min} /> },
  { key: 'max', header: 'Largest', numeric: true, cell: (r) => <Both of={r.max} /> },
  {
    key: 'values',
    header: 'Frequent values',
    wide: true,
    cell: (r) => [r.newlyFrequent && `new: ${some(r.newlyFrequent)}`, r.noLongerFrequent && `gone: ${some(r.noLongerFrequent)}`].filter(Boolean).join('; '),
  },
];

/** What changed between two versions: columns, rows, and how values are distributed. */
export function Diff({ name, versions, to: shown }: { name: string; versions: readonly Schemas['DatasetVersion'][]; to: number }) {
  const to = Number(query.value.get('to') ?? shown);
  const below = versions.map((v) => v.version).filter((v) => v !== to);
  const from = Number(query.value.get('from') ?? below.find((v) => v < to) ?? below[0]);
  const loaded = useLoad(`diff ${name} ${from} ${to}`, async (signal) => {
    const version = (number: number) => api.get('/api/v1/datasets/{name}/versions/{version}', { path: { name, version: number }, signal });
    const [diff, before, after] = await Promise.all([
      api.get('/api/v1/datasets/{name}/diff', { path: { name }, query: { from, to }, signal }),
      version(from),
      version(to),
    ]);
    return { diff, before, after };
  });
  const options = versions.map((v) => [String(v.version), `version ${v.version}`] as const);
  return (
    <Section
      title="What changed"
      aside={
        <>
          <Select label="From" value={String(from)} options={options} onChange={(v) => setQuery({ from: v })} />
          <Select label="to" value={String(to)} options={options} onChange={(v) => setQuery({ to: v })} />
        </>
      }
    >
      <Loading of={loaded}>
        {({ diff, before, after }) => {
          const profiles = (v: typeof before) => new Map((v.profile?.columns ?? []).map((p) => [p.name, p]));
          const a = profiles(before);
          const b = profiles(after);
          const rows = diff.columns
            .map((c): Row => {
              const was = a.get(c.name);
              const is = b.get(c.name);
              return { ...c, before: was, after: is, shift: shiftOf(was, is, before.rows, after.rows), rowsBefore: before.rows, rowsAfter: after.rows };
            })
            .sort((x, y) => (y.shift ?? -1) - (x.shift ?? -1));
          const { added, removed, changed } = diff.schema;
          return (
            <>
              <ul class={css['changes']}>
                <li>
                  Rows: <span class="num">{count(diff.rows.from)}</span> → <strong class="num">{count(diff.rows.to)}</strong>
                  {diff.rows.added !== undefined && (
                    <span class="quiet num">
                      {count(diff.rows.added)} added, {count(diff.rows.removed ?? 0)} taken away
                    </span>
                  )}
                </li>
                {added.map((c) => (
                  <li key={c.name}>
                    <State state="added" tone="motion" word="Column added" plain /> <code>{c.name}</code> <span class="quiet">{c.type}</span>
                  </li>
                ))}
                {removed.map((c) => (
                  <li key={c.name}>
                    <State state="removed" tone="failing" word="Column gone" plain /> <code>{c.name}</code> <span class="quiet">{c.type}</span>
                  </li>
                ))}
                {changed.map((c) => (
                  <li key={c.name}>
                    <State state="changed" tone="attention" word="Another type" plain /> <code>{c.name}</code>{' '}
                    <span class="quiet">
                      {c.from} → {c.to}
                    </span>
                  </li>
                ))}
                {added.length + removed.length + changed.length === 0 && <li>The columns and their types are the same.</li>}
              </ul>
              {rows.length === 0 ? (
                <Empty title="No column's figures changed." />
              ) : (
                <Table caption={`Columns that changed from version ${from} to ${to}, the largest shift first`} columns={COLUMNS} rows={rows} id={(r) => r.name} order="changes" />
              )}
              <Command label="The same:" text={`pilot data diff ${shell(name)} ${from} ${to}`} />
            </>
          );
        }}
      </Loading>
    </Section>
  );
}

import { api, type Schemas } from '../../lib/api';
import { bytes, count, figure, shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { apiBase, href, query } from '../../lib/place';
import { Command } from '../../ui/Copy';
import { Facts } from '../../ui/Facts';
import { Icon } from '../../ui/Icon';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { Lineage } from '../lineage/Lineage';
import { Diff } from './Diff';
import { Histogram } from './Histogram';
import { Value } from './Value';
import css from './Dataset.module.css';

type Version = Schemas['DatasetVersion'];
type Profiled = Schemas['ProfiledVersion'];
type Profile = Schemas['ColumnProfile'];

export default function Dataset({ params }: PageProps) {
  const name = params['name']!;
  const dataset = useLoad(`dataset ${name}`, (signal) => api.get('/api/v1/datasets/{name}', { path: { name }, signal }), {
    changes: ['dataset.'],
  });
  return (
    <Loading of={dataset} rows={8}>
      {(newest) => {
        const wanted = Number(query.value.get('version') ?? newest.version);
        const shown = newest.versions.find((v) => v.version === wanted) ?? newest;
        return (
          <Page
            noun={<a href={href('/datasets')}>Datasets</a>}
            title={newest.versions.length > 1 || shown.version > 1 ? `${name}, version ${shown.version}` : name}
            actions={
              <a class={css['download']} href={`${apiBase}/api/v1/datasets/${encodeURIComponent(name)}/versions/${shown.version}/content`} download={shown.file}>
                <Icon name="down" /> Download {bytes(shown.bytes)}
              </a>
            }
            facts={
              <Facts
                items={[
                  ['Rows', count(shown.rows)],
                  ['Columns', count(shown.schema.length)],
                  ['File', shown.file],
                  ['Added', <Time at={shown.createdAt} />],
                  ['Digest', <Id id={shown.digest} what="digest" />],
                  ['In a service file', <code>{`${name}@${shown.version}`}</code>],
                ]}
              />
            }
          >
            <Profiles name={name} version={shown.version} />
            <Versions versions={newest.versions} shown={shown.version} />
            {newest.versions.length > 1 && <Diff name={name} versions={newest.versions} to={shown.version} />}
            <Lineage
              of={{ dataset: name, version: shown.version }}
              title="What came of it"
              empty="No run and no gate has read this version."
            />
          </Page>
        );
      }}
    </Loading>
  );
}

function percentMissing(p: Profile, rows: number) {
  return rows === 0 ? null : (100 * p.nulls) / rows;
}

function columnsOf(rows: number, expectations: Schemas['Expectations'] | undefined): readonly Column<Profile>[] {
  return [
    { key: 'name', header: 'Column', cell: (p) => p.name, sort: (p) => p.name },
    { key: 'type', header: 'Type', cell: (p) => p.type, sort: (p) => p.type },
    { key: 'course', header: 'Distribution', cell: (p) => <Histogram of={p} rows={rows} /> },
    { key: 'missing', header: 'Missing', unit: '%', numeric: true, cell: (p) => figure(percentMissing(p, rows)), sort: (p) => percentMissing(p, rows) ?? -1 },
    { key: 'distinct', header: 'Distinct', numeric: true, cell: (p) => count(p.distinct), sort: (p) => p.distinct },
    { key: 'min', header: 'Least', numeric: true, cell: (p) => <Value of={p.min} /> },
    { key: 'mean', header: 'Mean', numeric: true, cell: (p) => figure(p.mean) },
    { key: 'max', header: 'Largest', numeric: true, cell: (p) => <Value of={p.max} /> },
    {
      key: 'expected',
      header: 'Expected',
      wide: true,
      cell: (p) => {
        const e = expectations?.columns[p.name];
        return e ? expected(e) : <span class="quiet">nothing</span>;
      },
    },
  ];
}

/** An expectation in words. */
function expected(e: Schemas['Expectations']['columns'][string]): string {
  const parts: string[] = [];
  if (e.nulls !== undefined && e.nulls < 1) parts.push(e.nulls === 0 ? 'none missing' : `at most ${figure(e.nulls * 100)} % missing`);
  if (e.min !== undefined || e.max !== undefined) parts.push(`${e.min === undefined ? '' : figure(e.min)} to ${e.max === undefined ? '' : figure(e.max)}`);
  if (e.categories) parts.push(`one of ${e.categories.length > 6 ? `${e.categories.length} values` : e.categories.join(', ')}`);
  if (e.unique) parts.push('no value twice');
  return parts.length > 0 ? parts.join('; ') : `is ${e.type}`;
}

function Profiles({ name, version }: { name: string; version: number }) {
  const loaded = useLoad<Profiled>(
    `profile ${name} ${version}`,
    (signal) => api.get('/api/v1/datasets/{name}/versions/{version}', { path: { name, version }, signal }),
    { changes: ['dataset.'] },
  );
  return (
    <Section title="Profile" count={loaded.data?.profile?.columns.length} aside={<span>Expected: what every version must keep to.</span>}>
      <Loading of={loaded} rows={6}>
        {(v) => (
          <>
            <Table
              caption={`Columns of ${name}, version ${version}`}
              columns={columnsOf(v.profile?.rows ?? v.rows, v.expectations)}
              rows={v.profile?.columns ?? []}
              id={(p) => p.name}
              order="columns"
            />
            <Command label="To check a file before it is added:" text={`pilot data validate ${shell(name)} FILE`} />
          </>
        )}
      </Loading>
    </Section>
  );
}

function Versions({ versions, shown }: { versions: readonly Version[]; shown: number }) {
  const columns: readonly Column<Version>[] = [
    {
      key: 'version',
      header: 'Version',
      cell: (v) => (
        <a href={href(`/datasets/${encodeURIComponent(v.name)}?version=${v.version}`)} aria-current={v.version === shown ? 'true' : undefined}>
          Version {v.version}
          {v.version === shown && <span class="quiet"> (shown)</span>}
        </a>
      ),
    },
    { key: 'rows', header: 'Rows', numeric: true, cell: (v) => count(v.rows) },
    { key: 'columns', header: 'Columns', numeric: true, cell: (v) => count(v.schema.length) },
    { key: 'size', header: 'Size', numeric: true, cell: (v) => bytes(v.bytes) },
    { key: 'file', header: 'File', wide: true, cell: (v) => v.file },
    { key: 'digest', header: 'Digest', cell: (v) => <Id id={v.digest} what="digest" /> },
    { key: 'at', header: 'Added', numeric: true, cell: (v) => <Time at={v.createdAt} /> },
  ];
  return (
    <Section title="Versions" count={versions.length}>
      <Table caption="Versions, the newest first" columns={columns} rows={versions} id={(v) => String(v.version)} order="versions" />
      {versions.length === 1 && <Command label="To add the next:" text={`pilot data add ${shell(versions[0]!.name)} FILE`} />}
    </Section>
  );
}


import { api, type Schemas } from '../../lib/api';
import { bytes, count } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Page } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';

type Dataset = Schemas['DatasetVersion'];

const COLUMNS: readonly Column<Dataset>[] = [
  { key: 'name', header: 'Dataset', cell: (d) => d.name, sort: (d) => d.name },
  { key: 'version', header: 'Newest version', numeric: true, cell: (d) => count(d.version), sort: (d) => d.version },
  { key: 'rows', header: 'Rows', numeric: true, cell: (d) => count(d.rows), sort: (d) => d.rows },
  { key: 'columns', header: 'Columns', numeric: true, cell: (d) => count(d.schema.length), sort: (d) => d.schema.length },
  { key: 'size', header: 'Size', numeric: true, cell: (d) => bytes(d.bytes), sort: (d) => d.bytes },
  { key: 'file', header: 'File', wide: true, cell: (d) => d.file },
  { key: 'at', header: 'Added', numeric: true, cell: (d) => <Time at={d.createdAt} />, sort: (d) => Date.parse(d.createdAt) },
];

export default function Datasets() {
  const datasets = useLoad('datasets', (signal) => api.get('/api/v1/datasets', { signal }), { changes: ['dataset.'] });
  const wanted = (query.value.get('name') ?? '').toLowerCase();
  return (
    <Page title="Datasets">
      <Loading of={datasets}>
        {({ items }) => {
          if (items.length === 0) {
            return (
              <Empty title="No datasets yet." commands={['pilot data add payments train.csv']}>
                A dataset is CSV, Parquet or JSONL in versions that never change, each with its profile. What the first one holds becomes
                what later ones are checked against:
              </Empty>
            );
          }
          const shown = items.filter((d) => d.name.toLowerCase().includes(wanted));
          return (
            <>
              <div class="tools">
                <Field label="Name" value={query.value.get('name') ?? ''} onInput={(name) => setQuery({ name })} />
                <span class="quiet num">
                  {shown.length} of {items.length}
                </span>
              </div>
              {shown.length > 0 ? (
                <Table caption="Datasets" columns={COLUMNS} rows={shown} id={(d) => d.name} to={(d) => `/datasets/${encodeURIComponent(d.name)}`} />
              ) : (
                <Empty title="No dataset is called that." />
              )}
            </>
          );
        }}
      </Loading>
    </Page>
  );
}

import { api, type Schemas } from '../../lib/api';
import { count } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href, query, setQuery } from '../../lib/place';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Page } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { Quarantine } from './Quarantine';

type Model = Schemas['Model'];

const COLUMNS: readonly Column<Model>[] = [
  { key: 'name', header: 'Model', cell: (m) => m.name, sort: (m) => m.name },
  { key: 'versions', header: 'Newest version', numeric: true, cell: (m) => (m.latestVersion > 0 ? count(m.latestVersion) : 'none yet'), sort: (m) => m.latestVersion },
  {
    key: 'aliases',
    header: 'Aliases',
    cell: (m) =>
      Object.entries(m.aliases).map(([alias, version], i) => (
        <span key={alias}>
          {i > 0 && ', '}
          <a href={href(`/models/${encodeURIComponent(m.name)}/${version}`)}>
            @{alias} is {version}
          </a>
        </span>
      )),
  },
  { key: 'description', header: 'Description', wide: true, cell: (m) => m.description ?? '' },
  { key: 'updated', header: 'Changed', numeric: true, cell: (m) => <Time at={m.updatedAt} />, sort: (m) => Date.parse(m.updatedAt ?? '') },
];

export default function Models() {
  const models = useLoad(
    'models',
    async (signal) => {
      const all: Model[] = [];
      let cursor: string | undefined;
      do {
        const page = await api.get('/api/v1/models', { query: { limit: 1000, ...(cursor && { cursor }) }, signal });
        all.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor);
      return all;
    },
    { changes: ['model.'] },
  );
  const wanted = (query.value.get('name') ?? '').toLowerCase();
  return (
    <Page title="Models">
      <Quarantine />
      <Loading of={models}>
        {(all) => {
          if (all.length === 0) {
            return (
              <Empty title="No models yet." commands={['pilot model add fraud model.onnx']}>
                A model is a name with numbered versions that never change. A run registers one by MLflow, or a file becomes one:
              </Empty>
            );
          }
          const shown = all.filter((m) => m.name.toLowerCase().includes(wanted));
          return (
            <>
              <div class="tools">
                <Field label="Name" value={query.value.get('name') ?? ''} onInput={(name) => setQuery({ name })} />
                <span class="quiet num">
                  {shown.length} of {all.length}
                </span>
              </div>
              {shown.length > 0 ? (
                <Table caption="Models" columns={COLUMNS} rows={shown} id={(m) => m.name} to={(m) => `/models/${encodeURIComponent(m.name)}`} />
              ) : (
                <Empty title="No model is called that." />
              )}
            </>
          );
        }}
      </Loading>
    </Page>
  );
}

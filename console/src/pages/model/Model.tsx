import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { History } from '../ledger/History';
import { Lineage } from '../lineage/Lineage';
import { Labels } from './Labels';

type Version = Schemas['ModelVersion'];

const COLUMNS: readonly Column<Version>[] = [
  { key: 'version', header: 'Version', cell: (v) => `Version ${v.version}`, sort: (v) => v.version },
  { key: 'aliases', header: 'Aliases', cell: (v) => <Labels of={(v.aliases ?? []).map((a) => '@' + a)} /> },
  { key: 'stage', header: 'Stage', cell: (v) => (v.stage && v.stage !== 'None' ? v.stage : <span class="quiet">–</span>) },
  { key: 'tags', header: 'Tags', cell: (v) => <Labels of={Object.entries(v.tags ?? {}).map(([k, t]) => `${k}: ${t}`)} /> },
  {
    key: 'run',
    header: 'Made by',
    cell: (v) => (v.runId ? <a href={href(`/runs/${v.runId}`)}>its run</a> : <span class="quiet">a file</span>),
  },
  { key: 'description', header: 'Description', wide: true, cell: (v) => v.description ?? '' },
  { key: 'digest', header: 'Digest', cell: (v) => <Id id={v.digest} what="digest" /> },
  { key: 'at', header: 'Registered', numeric: true, cell: (v) => <Time at={v.createdAt} />, sort: (v) => Date.parse(v.createdAt ?? '') },
];

export default function Model({ params }: PageProps) {
  const name = params['name']!;
  const model = useLoad(`model ${name}`, (signal) => api.get('/api/v1/models/{name}', { path: { name }, signal }), { changes: ['model.'] });
  return (
    <Loading of={model} rows={8}>
      {(m) => (
        <Page
          noun={<a href={href('/models')}>Models</a>}
          title={m.name}
          facts={
            <Facts
              items={[
                ['Newest version', m.latestVersion > 0 ? String(m.latestVersion) : 'none yet'],
                ['Aliases', Object.keys(m.aliases).length > 0 ? <Labels of={Object.entries(m.aliases).map(([a, v]) => `@${a} is ${v}`)} /> : undefined],
                ['Tags', Object.keys(m.tags).length > 0 ? <Labels of={Object.entries(m.tags).map(([k, v]) => `${k}: ${v}`)} /> : undefined],
                ['Changed', m.updatedAt && <Time at={m.updatedAt} />],
              ]}
            />
          }
        >
          {m.description && <p>{m.description}</p>}
          <Section title="Versions" count={m.versions.length}>
            {m.versions.length === 0 ? (
              <Empty title="No version yet." commands={[`pilot model add ${shell(name)} model.onnx`]} />
            ) : (
              <>
                <Table
                  caption="Versions, the newest first"
                  columns={COLUMNS}
                  rows={m.versions}
                  id={(v) => String(v.version)}
                  to={(v) => `/models/${encodeURIComponent(name)}/${v.version}`}
                />
                <Command label="To release the newest:" text={`pilot release SERVICE --model ${shell(`${name}/${m.latestVersion}`)}`} />
              </>
            )}
          </Section>
          {m.versions.length > 0 && <Lineage of={{ model: name }} />}
          <History subject={`model/${name}`} noun="model" changes={['model.']} />
        </Page>
      )}
    </Loading>
  );
}

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Field, Select } from '../../ui/Field';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { Lineage } from '../lineage/Lineage';
import { Labels } from './Labels';

type Node = Schemas['LineageNode'];

const RELEASES: readonly Column<Node>[] = [
  { key: 'title', header: 'Release', cell: (r) => r.title },
  { key: 'state', header: 'State', cell: (r) => <State state={r.state ?? ''} /> },
  { key: 'service', header: 'Service', cell: (r) => <a href={href(`/services/${encodeURIComponent(r.name!)}`)}>{r.name}</a> },
  { key: 'at', header: 'Asked for', numeric: true, cell: (r) => <Time at={r.at} /> },
];

export default function Version({ params }: PageProps) {
  const name = params['name']!;
  const number = Number(params['version']);
  const model = useLoad(`model ${name}`, (signal) => api.get('/api/v1/models/{name}', { path: { name }, signal }), { changes: ['model.'] });
  return (
    <Loading of={model} rows={8}>
      {(m) => {
        const version = m.versions.find((v) => v.version === number);
        const noun = (
          <>
            <a href={href('/models')}>Models</a> / <a href={href(`/models/${encodeURIComponent(name)}`)}>{name}</a>
          </>
        );
        if (!version) {
          return (
            <Page noun={noun} title={`Version ${params['version']!}`}>
              <Empty title={`${name} has no version ${params['version']!}.`}>Its newest is {m.latestVersion}.</Empty>
            </Page>
          );
        }
        return (
          <Page
            noun={noun}
            title={`${name}, version ${number}`}
            state={(version.aliases ?? []).length > 0 && <Labels of={version.aliases!.map((a) => '@' + a)} />}
            actions={<Alias name={name} version={number} aliases={m.aliases} />}
            facts={
              <Facts
                items={[
                  ['Registered', version.createdAt && <Time at={version.createdAt} />],
                  ['Made by', version.runId ? <a href={href(`/runs/${version.runId}`)}>its run</a> : 'a file'],
                  ['Stage', version.stage === 'None' ? undefined : version.stage],
                  ['Digest', <Id id={version.digest} what="digest" />],
                  ['Source', <code style={{ overflowWrap: 'anywhere' }}>{version.source}</code>],
                ]}
              />
            }
          >
            {version.description && <p>{version.description}</p>}
            <Releases name={name} version={number} />
            <Lineage of={{ model: name, version: number }} />
            {Object.keys(version.tags ?? {}).length > 0 && (
              <Section title="Tags">
                <Labels of={Object.entries(version.tags!).map(([k, v]) => `${k}: ${v}`)} />
              </Section>
            )}
          </Page>
        );
      }}
    </Loading>
  );
}

function Releases({ name, version }: { name: string; version: number }) {
  const reference = shell(`${name}/${version}`);
  const graph = useLoad(
    `releases of ${name}/${version}`,
    (signal) => api.get('/api/v1/lineage', { query: { model: name, version }, signal }),
    { changes: ['release.', 'rollout.'] },
  );
  const services = useLoad('services', (signal) => api.get('/api/v1/services', { signal }), { changes: ['service.'] });
  const [chosen, setChosen] = useState('');
  const names = (services.data?.items ?? []).map((s) => s.name);
  // Most likely the service that has had this model before.
  const usual = graph.data?.nodes.find((n) => n.kind === 'release')?.name ?? services.data?.items.find((s) => s.stable?.startsWith(name + '/'))?.name ?? names[0];
  return (
    <Section title="Releases that shipped it" count={graph.data?.nodes.filter((n) => n.kind === 'release').length}>
      <Loading of={graph}>
        {({ nodes }) => {
          const releases = nodes.filter((n) => n.kind === 'release');
          return releases.length === 0 ? (
            <Empty title="No release has shipped this version.">A release takes it through the gates of a service to traffic.</Empty>
          ) : (
            <Table
              caption="Releases of this version"
              columns={RELEASES}
              rows={releases}
              id={(r) => r.id}
              to={(r) => `/services/${encodeURIComponent(r.name!)}/releases/${r.id.slice('release/'.length)}`}
              order="releases"
            />
          );
        }}
      </Loading>
      <div class="tools">
        {names.length > 1 && (
          <Select label="Service" value={chosen || (usual ?? '')} options={names.map((n) => [n, n] as const)} onChange={setChosen} />
        )}
        <Command label="To release it:" text={`pilot release ${shell(chosen || usual || 'SERVICE')} --model ${reference}`} />
      </div>
    </Section>
  );
}

/** Points an alias at this version; services that name the alias get it with their next release. */
function Alias(props: { name: string; version: number; aliases: Record<string, number> }) {
  const [open, setOpen] = useState(false);
  const [alias, setAlias] = useState('');
  const why = !may('engineer') ? 'it needs the role engineer' : undefined;
  if (!open) {
    return (
      <Button disabled={why !== undefined} why={why} onClick={() => setOpen(true)}>
        Set an alias
      </Button>
    );
  }
  const before = props.aliases[alias];
  const ask = () =>
    confirm({
      title: `Point @${alias} at version ${props.version}?`,
      will: before ? `It points at version ${before} now.` : `The alias is new.`,
      willNot: 'What is in production stays as it is; the next release that names the alias takes this version.',
      action: 'Set the alias',
      command: () => `pilot model alias ${shell(props.name)} ${shell(alias)} ${props.version}`,
      run: async () => {
        await api.put('/api/v1/models/{name}/aliases/{alias}', { path: { name: props.name, alias }, body: { version: props.version } });
        setOpen(false);
        setAlias('');
      },
    });
  return (
    <form
      class="choices"
      onSubmit={(event) => {
        event.preventDefault();
        if (alias) ask();
      }}
    >
      <Field label="Alias" value={alias} onInput={(text) => setAlias(text.trim())} placeholder="champion" />
      <Button submit kind="primary" disabled={!alias} why={alias ? undefined : 'it needs a name'}>
        Set
      </Button>
      <Button kind="bare" icon="close" label="Not now" onClick={() => setOpen(false)} />
    </form>
  );
}

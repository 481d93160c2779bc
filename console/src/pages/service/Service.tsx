import { api, type Schemas } from '../../lib/api';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { inMotion } from '../../lib/states';
import { useService, type Status } from '../../lib/watch';
import { Command, CopyButton } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { History } from '../ledger/History';
import { Actions } from './Actions';
import { Logs } from './Logs';
import { Processes } from './Processes';
import { Rollout } from './Rollout';
import { Samples } from './Samples';
import { Traffic } from './Traffic';

type Release = Schemas['Release'];

export default function Service({ params }: PageProps) {
  const name = params['name']!;
  const service = useService(name);
  return (
    <Loading of={service} rows={8}>
      {(status) => (
        <Page
          noun={<a href={href('/services')}>Services</a>}
          title={status.name}
          state={<State state={status.state} />}
          actions={
            <Actions
              situation={{ name, stable: status.stable, previous: status.previous as string | null, release: status.release ?? null }}
            />
          }
          facts={
            <Facts
              items={[
                ['In production', status.stable ?? 'nothing yet'],
                ['Since', status.promotedAt && <Time at={status.promotedAt} />],
                ['Before it', status.previous],
                [
                  'Environments',
                  status.environments.length === 0 ? undefined : (
                    <a href={href(`/services/${status.service}/environments`)}>
                      {status.environments.map((one) => one.environment).join(', ')}
                    </a>
                  ),
                ],
                ['Environment', status.environment],
                [
                  'Endpoint',
                  <span>
                    <code>{status.endpoint}</code>
                    <CopyButton text={status.endpoint} label="Copy the endpoint" />
                  </span>,
                ],
                ['Updates', service.connection === 'reconnecting' ? 'reconnecting …' : undefined],
              ]}
            />
          }
        >
          <Current status={status} />
          <Traffic status={status} />
          <Releases name={name} />
          {status.stable !== null && <Samples status={status} />}
          {isContainer(status) && <Processes status={status} />}
          {isContainer(status) && <Logs name={name} />}
          <History subject={`service/${name}`} noun="service" changes={['service.', 'release.', 'rollout.', 'gate.']} />
        </Page>
      )}
    </Loading>
  );
}

function isContainer(status: Status): boolean {
  return 'container' in (status.spec as Record<string, unknown>);
}

function Current({ status }: { status: Status }) {
  const release = status.release;
  if (!release) {
    return (
      <Empty title="This service has had no release." commands={[`pilot release ${status.name}`]}>
        It is declared and answers nothing yet. A release takes a model through the gates to traffic:
      </Empty>
    );
  }
  return (
    <Section
      title={`${inMotion(release.phase) ? 'Release' : 'Last release'} ${release.number}: ${release.candidate}`}
      aside={
        <>
          <State state={release.state} />
          <a href={href(`/services/${status.name}/releases/${release.id}`)}>Open this release</a>
        </>
      }
    >
      <Rollout release={release} />
      <Command text={`pilot status ${status.name}${inMotion(release.phase) ? ' -w' : ''}`} label="The same:" />
    </Section>
  );
}

const RELEASES: readonly Column<Release>[] = [
  { key: 'number', header: 'Release', cell: (r) => `#${r.number} ${r.candidate}` },
  { key: 'state', header: 'State', cell: (r) => <State state={r.state} /> },
  { key: 'what', header: 'What happened', wide: true, cell: (r) => r.sentence },
  { key: 'who', header: 'Who', cell: (r) => r.requestedBy },
  { key: 'when', header: 'When', numeric: true, cell: (r) => <Time at={r.createdAt} /> },
];

function Releases({ name }: { name: string }) {
  const releases = useLoad(`releases ${name}`, (signal) => api.get('/api/v1/services/{name}/releases', { path: { name }, signal }), {
    changes: ['release.', 'rollout.', 'gate.'],
  });
  return (
    <Section title="Releases" count={releases.data?.items.length}>
      <Loading of={releases}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No releases yet." commands={[`pilot release ${name}`]} />
          ) : (
            <Table
              caption="Releases, the newest first"
              columns={RELEASES}
              rows={items}
              id={(r) => r.id}
              to={(r) => `/services/${name}/releases/${r.id}`}
              order="releases"
            />
          )
        }
      </Loading>
    </Section>
  );
}

import { api } from '../../lib/api';
import { exact, span } from '../../lib/format';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { Facts } from '../../ui/Facts';
import { Id } from '../../ui/Id';
import { Page } from '../../ui/Page';
import { State } from '../../ui/State';
import { Loading } from '../../ui/Trouble';
import { Rollout } from './Rollout';

/** One release, in motion or long over. */
export default function Release({ params }: PageProps) {
  const name = params['name']!;
  const id = params['id']!;
  const release = useLoad(
    `release ${name} ${id}`,
    (signal) => api.get('/api/v1/services/{name}/releases/{id}', { path: { name, id }, signal }),
    { changes: ['release.', 'rollout.', 'gate.'] },
  );
  return (
    <Loading of={release} rows={8}>
      {(r) => (
        <Page
          noun={
            <>
              <a href={href('/services')}>Services</a> / <a href={href(`/services/${name}`)}>{name}</a>
            </>
          }
          title={`Release ${r.number}: ${r.candidate}`}
          state={<State state={r.state} />}
          facts={
            <Facts
              items={[
                ['Asked by', r.requestedBy],
                ['Began', exact(Date.parse(r.createdAt))],
                ['Took', r.endedAt ? span(Date.parse(r.endedAt) - Date.parse(r.createdAt)) : undefined],
                ['Digest', <Id id={r.digest} what="digest" />],
                ['Note', r.note],
                ['Release id', <Id id={r.id} what="release's id" />],
              ]}
            />
          }
        >
          <Rollout release={r} />
        </Page>
      )}
    </Loading>
  );
}

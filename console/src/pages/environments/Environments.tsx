import { api } from '../../lib/api';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { inMotion } from '../../lib/states';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { promote, same, whyNot, type Environment } from './promoting';
import css from './Environments.module.css';

/** A service's environments side by side, in the order in which releases pass them. */
export default function Environments({ params }: PageProps) {
  const name = params['name']!.replace(/@.*/, '');
  const list = useLoad(
    `environments ${name}`,
    (signal) => api.get('/api/v1/services/{name}/environments', { path: { name }, signal }),
    { changes: ['release.', 'rollout.', 'gate.', 'service.'] },
  );
  return (
    <Loading of={list} rows={6}>
      {({ items }) => (
        <Page
          noun={
            <>
              <a href={href('/services')}>Services</a> / <a href={href(`/services/${name}`)}>{name}</a>
            </>
          }
          title={`Environments of ${name}`}
        >
          {items.length < 2 ? (
            <Empty title="This service has one environment." commands={['pilot apply -f pilothouse.yaml']}>
              List several under 'environments' in its file, such as [staging, production], and apply it; releases are then promoted
              from one to the next.
            </Empty>
          ) : (
            <Section title="From first to last" count={items.length}>
              <ol class={css['row']}>
                {items.map((one) => (
                  <li key={one.name} class={css['card']}>
                    <Card of={one} />
                  </li>
                ))}
              </ol>
            </Section>
          )}
        </Page>
      )}
    </Loading>
  );
}

function Card({ of: one }: { of: Environment }) {
  const from = one.promotedFrom;
  const moving = one.release && inMotion(one.release.phase) ? one.release : undefined;
  return (
    <>
      <div class={css['head']}>
        <h3>
          <a href={href(`/services/${one.name}`)}>{one.environment ?? one.name}</a>
        </h3>
        <State state={one.state} />
      </div>
      {one.declared === false && <p class="quiet">The service's file names it no more. It goes on as it is.</p>}
      <Facts
        items={[
          ['Stable', one.stable ?? 'nothing yet'],
          ['Digest', one.digest && <Id id={one.digest} what="digest" />],
          ['Since', one.stable && one.promotedAt && <Time at={one.promotedAt} />],
          ['Asked by', one.by],
          [
            'Promoted from',
            from && (
              <>
                <a href={href(`/services/${from.service}/releases/${from.release}`)}>
                  {from.environment}, release {from.number}
                </a>
                {from.entry && (
                  <>
                    {' '}
                    (<a href={href(`/ledger/${from.entry}`)}>its ledger entry</a>)
                  </>
                )}
              </>
            ),
          ],
          [
            'Endpoint',
            <span>
              <code>{one.endpoint}</code>
              <CopyButton text={one.endpoint} label={`Copy the endpoint of ${one.environment ?? one.name}`} />
            </span>,
          ],
        ]}
      />
      {moving && (
        <p>
          <a href={href(`/services/${one.name}/releases/${moving.id}`)}>
            Release {moving.number}: {moving.candidate}
          </a>{' '}
          {moving.sentence}
        </p>
      )}
      {one.promotable !== undefined && one.promotable !== null && <Next to={one} />}
    </>
  );
}

/** What could come here from the environment before. */
function Next({ to }: { to: Environment }) {
  const from = to.promotable!;
  if (same(to)) return <p class="quiet">The same digest is stable in {from.environment}.</p>;
  const why = whyNot(to);
  return (
    <div class={css['next']}>
      <p>
        Stable in {from.environment}: <strong>{from.candidate}</strong>
      </p>
      <Button kind="primary" disabled={why !== undefined} why={why} onClick={() => promote(to)}>
        Promote to {to.environment}
      </Button>
    </div>
  );
}

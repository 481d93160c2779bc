import { api, type Schemas } from '../../lib/api';
import { useLoad } from '../../lib/load';
import { href, query, setQuery } from '../../lib/place';
import { nameOf } from '../../lib/people';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading, Trouble } from '../../ui/Trouble';
import { Gates } from '../service/Gates';
import { about } from './about';
import { Decision } from './Decide';
import css from './Approvals.module.css';

type Approval = Schemas['Approval'];

const DECIDED: readonly Column<Approval>[] = [
  { key: 'subject', header: 'About', cell: (a) => <code title={a.subject}>{a.subject.replace(/\/[0-9a-f]{24}/, '/…')}</code> },
  { key: 'state', header: 'Decision', cell: (a) => <State state={a.state} /> },
  { key: 'comment', header: 'Comment', wide: true, cell: (a) => a.comment ?? '' },
  { key: 'by', header: 'By', cell: (a) => nameOf(a.decidedBy) },
  { key: 'asked', header: 'Asked by', cell: (a) => nameOf(a.requestedBy) },
  { key: 'at', header: 'When', numeric: true, cell: (a) => <Time at={a.decidedAt ?? a.expiresAt} /> },
];

export default function Approvals() {
  const approvals = useLoad('approvals', (signal) => api.get('/api/v1/approvals', { query: { limit: 1000 }, signal }), {
    changes: ['approval.'],
  });
  const services = useLoad('services', (signal) => api.get('/api/v1/services', { signal }), { changes: ['release.', 'rollout.'] });
  const all = query.value.get('show') === 'all';
  return (
    <Page title="Approvals">
      <Loading of={approvals}>
        {({ items }) => {
          const waiting = items.filter((a) => a.state === 'pending');
          const decided = items.filter((a) => a.state !== 'pending').reverse();
          return (
            <>
              <Section title="Waiting" count={waiting.length}>
                {waiting.length === 0 ? (
                  <Empty title="Nothing waits for a decision." commands={items.length === 0 ? ['pilot approvals'] : []}>
                    {items.length === 0 && 'A release asks here when its service declares a gate of kind approval, and who wants more of a budget. In a terminal:'}
                  </Empty>
                ) : (
                  <ul>
                    {waiting.map((a) => (
                      <Waiting key={a.id} approval={a} services={services.data?.items ?? []} />
                    ))}
                  </ul>
                )}
              </Section>
              {decided.length > 0 && (
                <Section title="Decided" count={decided.length}>
                  <Table caption="Decided approvals" columns={DECIDED} rows={all ? decided : decided.slice(0, 20)} id={(a) => a.id} />
                  {decided.length > 20 && !all && (
                    <div class="tools">
                      <Button onClick={() => setQuery({ show: 'all' })}>Show all {decided.length}</Button>
                    </div>
                  )}
                </Section>
              )}
            </>
          );
        }}
      </Loading>
    </Page>
  );
}

function Waiting({ approval, services }: { approval: Approval; services: readonly Schemas['Service'][] }) {
  const { name, what, to, release } = about(approval, services);
  const detail = useLoad(
    `release ${name} ${release?.id ?? ''}`,
    async (signal) =>
      release ? api.get('/api/v1/services/{name}/releases/{id}', { path: { name: release.service, id: release.id }, signal }) : undefined,
    { changes: ['gate.', 'release.', 'rollout.'] },
  );
  return (
    <li class={`${css['card']} ${query.value.get('id') === approval.id ? css['chosen'] : ''}`}>
      <div class={css['head']}>
        <h3>
          {to ? <a href={href(to)}>{name}</a> : name}
          {to && <span class={css['of']}> {what}</span>}
        </h3>
        <State state="waiting" word={`waits for ${approval.role}`} />
        <div class={css['actions']}>
          <Decision approval={approval} what={to ? what : name} />
        </div>
      </div>
      <p>{approval.reason}</p>
      <Facts
        items={[
          ['Asked by', nameOf(approval.requestedBy)],
          ['Note', release?.note],
          ['Asked', <Time at={approval.requestedAt} />],
          ['Lapses', <Time at={approval.expiresAt} />],
          ['Digest', <Id id={approval.digest} what="digest" />],
        ]}
      />
      {detail.error && <Trouble error={detail.error} again={detail.again} />}
      {detail.data && detail.data.gates.length > 1 && (
        <div>
          <p class="quiet">What the gates before it found:</p>
          <Gates gates={detail.data.gates.filter((g) => g.outcome !== 'waiting')} />
        </div>
      )}
    </li>
  );
}

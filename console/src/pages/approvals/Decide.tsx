import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { may, session } from '../../lib/session';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';

type Approval = Schemas['Approval'];

/** Why this caller cannot decide; undefined where it can. */
function whyNot(approval: Approval): string | undefined {
  if (!may(approval.role)) return `it needs the role ${approval.role}`;
  const own = session.value?.name === approval.requestedBy || session.value?.principal === approval.requestedBy;
  return own ? 'you asked for it; another person decides' : undefined;
}

function ask(approval: Approval, what: string, decision: 'approve' | 'reject'): void {
  const budget = approval.subject.startsWith('budget/');
  const goesOn = budget ? 'The limit is raised at once, until the time that was asked for.' : 'The release goes on from this gate.';
  const ends = budget ? 'The limit stays as it is.' : 'The release ends here.';
  confirm({
    title: decision === 'approve' ? `Approve: ${what}?` : `Reject: ${what}?`,
    will: `${decision === 'approve' ? goesOn : ends} Your name, the digest and the comment stand on the ledger.`,
    willNot: budget
      ? 'What is spent stays spent.'
      : decision === 'approve'
        ? 'The canary still decides on the traffic.'
        : 'What is in production stays as it is.',
    action: decision === 'approve' ? 'Approve' : 'Reject',
    danger: decision === 'reject',
    reason: 'welcome',
    command: (comment) => `pilot ${decision} ${approval.id}${comment ? ` --comment ${shell(comment)}` : ''}`,
    run: (comment) =>
      api.post('/api/v1/approvals/{id}', {
        path: { id: approval.id },
        body: { decision, digest: approval.digest, ...(comment && { comment }) },
      }),
  });
}

/** The two buttons of an approval that waits; where they cannot work they say why. */
export function Decision({ approval, what }: { approval: Approval; what: string }) {
  const why = whyNot(approval);
  return (
    <>
      <Button kind="danger" disabled={why !== undefined} why={why} onClick={() => ask(approval, what, 'reject')}>
        Reject
      </Button>
      <Button kind="primary" disabled={why !== undefined} why={why} onClick={() => ask(approval, what, 'approve')}>
        Approve
      </Button>
    </>
  );
}

/** The same where only its id is known. */
export function Decide({ id }: { id: string }) {
  const loaded = useLoad(`approval ${id}`, (signal) => api.get('/api/v1/approvals/{id}', { path: { id }, signal }), { changes: ['approval.'] });
  const approval = loaded.data;
  if (!approval || approval.state !== 'pending') return null;
  return (
    <div class="tools" role="group" aria-label="Decide">
      {approval.reason && <span>{approval.reason}</span>}
      <Decision approval={approval} what={approval.reason || 'the release'} />
      {whyNot(approval) && <span class="quiet">Not by you: {whyNot(approval)}.</span>}
    </div>
  );
}

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { nameOf } from '../../lib/people';
import { href } from '../../lib/place';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Field, Select } from '../../ui/Field';
import { Form, FormRow } from '../../ui/Form';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { exactly, read, typed, whyNot, write, type Budget } from './amounts';

type Override = Schemas['BudgetOverride'];
const HOUR = 3_600_000;
const LIVES = [
  [String(HOUR), '1 hour'],
  [String(4 * HOUR), '4 hours'],
  [String(24 * HOUR), '1 day'],
  [String(7 * 24 * HOUR), '1 week'],
] as const;
const TONES = { waiting: 'attention', active: 'well', expired: 'idle', refused: 'failing' } as const;

const COLUMNS: readonly Column<Override>[] = [
  { key: 'amount', header: 'Raise', cell: (o) => write(o.unit, read(o.unit, o.amount)) },
  { key: 'state', header: 'State', cell: (o) => <State state={o.state} tone={TONES[o.state as keyof typeof TONES] ?? 'idle'} /> },
  { key: 'reason', header: 'Reason', wide: true, cell: (o) => o.reason },
  { key: 'by', header: 'Asked by', cell: (o) => nameOf(o.requestedBy) },
  { key: 'at', header: 'Asked', numeric: true, cell: (o) => <Time at={o.requestedAt} /> },
  { key: 'until', header: 'Ends', numeric: true, cell: (o) => <Time at={o.expiresAt} /> },
  {
    key: 'outcome',
    header: 'What came of it',
    cell: (o) => (o.state === 'waiting' ? <a href={href(`/approvals?id=${o.approval}`)}>waits for an approver</a> : (o.outcome ?? '')),
  },
];

/** Raises of a budget's limit: those that were asked for, and the way to ask. */
export function Overrides({ budget }: { budget: Budget }) {
  const [asking, setAsking] = useState(false);
  const path = { name: budget.name };
  const list = useLoad(`overrides ${budget.name}`, (signal) => api.get('/api/v1/budgets/{name}/overrides', { path, signal }), {
    changes: ['budget-override.', 'approval.'],
  });
  const why = may('engineer') ? undefined : 'it needs the role engineer';
  return (
    <Section
      title="Raises"
      aside={
        !asking && (
          <Button disabled={why !== undefined} why={why} onClick={() => setAsking(true)}>
            Ask for more
          </Button>
        )
      }
    >
      {asking && <Ask budget={budget} done={() => (setAsking(false), list.again())} />}
      <Loading of={list}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody asked for more.">
              An engineer asks to have the limit raised for a while, with a reason; somebody else with the role approver agrees. Both stand on the
              ledger.
            </Empty>
          ) : (
            <Table caption="Raises, the latest first" columns={COLUMNS} rows={items} id={(o) => o.id} order="raises" />
          )
        }
      </Loading>
    </Section>
  );
}

function Ask({ budget, done }: { budget: Budget; done: () => void }) {
  const [amount, setAmount] = useState('');
  const [life, setLife] = useState(String(24 * HOUR));
  const [reason, setReason] = useState('');
  const why = whyNot(budget.unit, amount) ?? (reason.trim() ? undefined : 'it needs a reason');
  const raised = typed(budget.unit, amount);
  const body = () => ({
    amount: raised === undefined ? amount.trim() : exactly(budget.unit, raised),
    expiresAt: new Date(Math.ceil((Date.now() + Number(life)) / 60_000) * 60_000).toISOString(),
    reason: reason.trim(),
  });
  return (
    <Form
      title={`Ask for more of ${budget.name}`}
      why={why}
      action="Ask for it"
      command={`pilot budget request ${budget.name} --amount ${shell(body().amount || 'AMOUNT')} --for ${Number(life) / HOUR}h --reason ${shell(reason.trim() || 'REASON')}`}
      run={async () => {
        await api.post('/api/v1/budgets/{name}/overrides', { path: { name: budget.name }, body: body() });
        done();
      }}
      cancel={done}
    >
      <FormRow>
        <Field label={budget.unit === 'usd' ? 'By how many US dollars' : `By how many ${budget.unit.replace('-', ' ')}`} value={amount} onInput={setAmount} placeholder={budget.unit === 'usd' ? '200.00' : '100000'} />
        <Select label="For" value={life} options={LIVES} onChange={setLife} />
        <Field label="Reason" value={reason} onInput={setReason} placeholder="load test of the new agent" />
      </FormRow>
      <p class="quiet">
        Nothing changes until somebody else who holds the role approver agrees. It ends by itself, with this window at the latest.
      </p>
    </Form>
  );
}

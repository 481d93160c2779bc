import { api } from '../../lib/api';
import { useLoad } from '../../lib/load';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Meter } from '../../ui/Meter';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { Parts } from '../gateway/Parts';
import { answers, CHANGES, isRolling, pageOf, stateOf, type Rollout } from './rollouts';

/** Changes of who answers an alias, on their way through traffic. */
export default function Rollouts() {
  const rollouts = useLoad('rollouts', (signal) => api.get('/api/v1/rollouts', { signal }), { changes: CHANGES, every: 5000 });
  const items = rollouts.data?.items ?? [];
  return (
    <Page
      title="Rollouts of aliases"
      facts={
        <>
          <Parts />
          <p class="quiet">
            A change of model, provider or prompt meets an alias' calls step by step: harm shown takes it back at once, harm excluded makes it
            the one that answers.
          </p>
        </>
      }
    >
      <Loading of={rollouts}>
        {() =>
          items.length === 0 ? (
            <Empty title="No alias was ever rolled out." commands={['pilot rollouts start ALIAS PROVIDER/MODEL --steps 5,25,100']}>
              A change counts at once unless it is rolled out, from a terminal or by <code>{'rollout: {steps: [5, 25, 100]}'}</code> in the
              route's document:
            </Empty>
          ) : (
            <>
              <Part title="On their way" none="No candidate is on its way." rows={items.filter(isRolling)} order="moving" />
              <Part title="Ended" none="None has ended." rows={items.filter((r) => !isRolling(r))} order="ended" />
              <Command text="pilot rollouts list" label="The same:" />
            </>
          )
        }
      </Loading>
    </Page>
  );
}

function Part(props: { title: string; none: string; rows: readonly Rollout[]; order: string }) {
  return (
    <Section title={props.title} count={props.rows.length}>
      {props.rows.length === 0 ? (
        <p class="quiet">{props.none}</p>
      ) : (
        <Table caption={`Rollouts: ${props.title.toLowerCase()}`} columns={COLUMNS} rows={props.rows} id={(r) => r.alias} to={(r) => pageOf(r.alias)} order={props.order} />
      )}
    </Section>
  );
}

const COLUMNS: readonly Column<Rollout>[] = [
  { key: 'alias', header: 'Alias', cell: (r) => r.alias, sort: (r) => r.alias },
  { key: 'state', header: 'State', cell: (r) => <State state={stateOf(r)} />, sort: stateOf },
  { key: 'share', header: 'Share', unit: '%', numeric: true, cell: (r) => r.percent, sort: (r) => r.percent },
  { key: 'bar', header: 'Of the calls', cell: (r) => <Meter label={`The candidate has ${r.percent} % of the calls`} used={r.percent} tone="well" marks={r.steps} /> },
  { key: 'candidate', header: 'Candidate', cell: (r) => answers(r.candidate) },
  { key: 'why', header: 'Why it is there', wide: true, cell: (r) => r.sentence },
  { key: 'since', header: 'Since', numeric: true, cell: (r) => <Time at={r.since} />, sort: (r) => Date.parse(r.since) },
];

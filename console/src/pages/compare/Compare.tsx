import { useMemo } from 'preact/hooks';
import { curves, type Over } from '../../lib/curves';
import { exact, figure, span } from '../../lib/format';
import { useLoad } from '../../lib/load';
import * as mlflow from '../../lib/mlflow';
import type { Run } from '../../lib/mlflow';
import { href, query, setQuery } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Chart } from '../../ui/Chart';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Loading } from '../../ui/Trouble';
import { Parallel, type Axis } from './Parallel';
import css from './Compare.module.css';

const COLOURS = 6;
/** Each colour once plain and once dashed. */
const MOST_CURVES = 2 * COLOURS;
const MOST = 100;

export default function Compare() {
  const ids = (query.value.get('runs') ?? '').split(',').filter(Boolean).slice(0, MOST);
  const loaded = useLoad(
    `compare ${ids.join()}`,
    (signal) => Promise.all(ids.map((id) => mlflow.run(id, signal))),
    { changes: ['run.'] },
  );
  const noun = <a href={href('/runs')}>Runs</a>;
  if (ids.length < 2) {
    return (
      <Page noun={noun} title="Compare runs">
        <Empty title="Fewer than two runs to compare.">
          Tick them in the <a href={href('/runs')}>list of runs</a>; the address then names them and can be shared.
        </Empty>
      </Page>
    );
  }
  return (
    <Page noun={noun} title={`Compare ${ids.length} runs`}>
      <Loading of={loaded} rows={8}>
        {(runs) => <Compared runs={runs} />}
      </Loading>
    </Page>
  );
}

const ROWS = ['params', 'metrics'] as const;

function mark(i: number) {
  return { colour: (i % COLOURS) + 1, dash: i >= COLOURS };
}

function Compared({ runs }: { runs: readonly Run[] }) {
  const axes = useMemo((): Axis[] => {
    const varied = (of: 'params' | 'metrics', value: (r: Run, k: string) => unknown) =>
      mlflow.common(runs, of).filter((k) => new Set(runs.map((r) => value(r, k)).filter((v) => v !== undefined)).size > 1);
    return [
      ...varied('params', mlflow.param).slice(0, 6).map((key): Axis => ({ kind: 'p', key })),
      ...varied('metrics', mlflow.metric).slice(0, 4).map((key): Axis => ({ kind: 'm', key })),
    ];
  }, [runs]);
  return (
    <>
      <Differences runs={runs} />
      <Curves runs={runs} />
      <Section title="Parallel coordinates">
        {axes.length < 2 ? (
          <Empty title="The runs hardly differ.">It takes at least two params or metrics that are not the same in all of them.</Empty>
        ) : (
          <Parallel runs={runs} axes={axes} colour={(run) => mark(runs.indexOf(run)).colour} />
        )}
      </Section>
    </>
  );
}

/** Params and last metrics side by side; only what differs unless all is asked for. */
function Differences({ runs }: { runs: readonly Run[] }) {
  const all = query.value.get('rows') === 'all';
  const without = (id: string) => setQuery({ runs: runs.map((r) => r.info.run_id).filter((r) => r !== id).join(',') });
  const groups = ROWS.map((of) => {
    const value = (r: Run, k: string) => (of === 'params' ? mlflow.param(r, k) : (r.data.metrics ?? []).find((m) => m.key === k)?.value);
    const keys = mlflow.keys(runs, of).map((key) => {
      const values = runs.map((r) => value(r, key));
      return { key, values, differs: new Set(values.map(String)).size > 1 };
    });
    return { of, title: of === 'params' ? 'Params' : 'Metrics, last value', keys, shown: all ? keys : keys.filter((k) => k.differs) };
  });
  const hidden = groups.reduce((n, g) => n + g.keys.length - g.shown.length, 0);
  const same = groups[0]!.keys.length - groups[0]!.keys.filter((k) => k.differs).length;
  return (
    <Section
      title="What differs"
      aside={
        <div role="group" aria-label="Rows" class="choices">
          <Button pressed={!all} onClick={() => setQuery({ rows: '' })}>
            Only what differs
          </Button>
          <Button pressed={all} onClick={() => setQuery({ rows: 'all' })}>
            All rows
          </Button>
        </div>
      }
    >
      <div class={css['frame']} tabIndex={0} role="region" aria-label="Params and metrics by run">
        <table class={css['table']}>
          <caption class="sr">Params and metrics of {runs.length} runs side by side</caption>
          <thead>
            <tr>
              <th scope="col">Run</th>
              {runs.map((r, i) => {
                const { colour, dash } = mark(i);
                return (
                  <th scope="col" key={r.info.run_id}>
                    <span class={css['run']}>
                      {i < MOST_CURVES && <i class={dash ? css['dash'] : ''} style={{ color: `var(--series-${colour})` }} />}
                      <a href={href(`/runs/${r.info.run_id}`)}>{r.info.run_name}</a>
                      {runs.length > 2 && (
                        <button type="button" class={css['away']} aria-label={`Compare without ${r.info.run_name}`} title="Without this run" onClick={() => without(r.info.run_id)}>
                          ×
                        </button>
                      )}
                    </span>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">State</th>
              {runs.map((r) => (
                <td key={r.info.run_id}>
                  <State state={mlflow.status(r)} plain />
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">Started</th>
              {runs.map((r) => (
                <td key={r.info.run_id}>{r.info.start_time ? exact(r.info.start_time).replace(/ [A-Z0-9+:]+$/, '') : '–'}</td>
              ))}
            </tr>
            <tr>
              <th scope="row">Took</th>
              {runs.map((r) => (
                <td key={r.info.run_id}>{mlflow.took(r) === undefined ? '–' : span(mlflow.took(r)!)}</td>
              ))}
            </tr>
            <tr>
              <th scope="row">Data</th>
              {runs.map((r) => (
                <td key={r.info.run_id}>{(r.inputs?.dataset_inputs ?? []).map((d) => d.dataset.source.length < 40 ? d.dataset.source : d.dataset.name).join(', ') || '–'}</td>
              ))}
            </tr>
            {groups.map((group) => [
              group.shown.length > 0 && (
                <tr key={group.of} class={css['group']}>
                  <th scope="rowgroup" colSpan={runs.length + 1}>
                    {group.title}
                  </th>
                </tr>
              ),
              ...group.shown.map((row) => (
                <tr key={group.of + row.key} class={row.differs && all ? css['differs'] : ''}>
                  <th scope="row">{row.key}</th>
                  {row.values.map((v, i) => (
                    <td key={runs[i]!.info.run_id} title={v === undefined ? undefined : String(v)}>
                      {v === undefined ? <span class="quiet">–</span> : group.of === 'metrics' ? figure(mlflow.number(v)) : v}
                    </td>
                  ))}
                </tr>
              )),
            ])}
          </tbody>
        </table>
      </div>
      {!all && hidden > 0 && (
        <p class="quiet">
          {hidden} {hidden === 1 ? 'row is' : 'rows are'} the same in all runs{same > 0 && `, ${same} of them params`}, and not shown.
        </p>
      )}
    </Section>
  );
}

function Curves({ runs }: { runs: readonly Run[] }) {
  const over = (query.value.get('over') ?? 'step') as Over;
  const few = runs.slice(0, MOST_CURVES);
  const metrics = useMemo(() => mlflow.keys(few, 'metrics'), [runs]);
  const ids = few.map((r) => r.info.run_id);
  const histories = useLoad(
    `curves ${ids.join()} ${metrics.join()}`,
    async (signal) =>
      (await Promise.all(metrics.map(async (key) => ({ key, points: await mlflow.history(ids, key, signal) })))).map((m) => ({
        ...m,
        course: new Set(m.points.map((p) => p.step)).size > 1,
      })),
    few.some((r) => mlflow.status(r) === 'running') ? { every: 3000 } : {},
  );
  return (
    <Section
      title="Metric curves"
      aside={
        <Select
          label="Over"
          value={over}
          options={[
            ['step', 'Steps'],
            ['time', 'Seconds since its first point'],
          ]}
          onChange={(value) => setQuery({ over: value === 'step' ? '' : value })}
        />
      }
    >
      {runs.length > MOST_CURVES && <p class="quiet">Curves of the first {MOST_CURVES} runs; more could not be told apart.</p>}
      <Loading of={histories}>
        {(all) => {
          const drawn = all.filter((m) => m.course);
          if (drawn.length === 0) {
            return (
              <Empty title="No metric has a course." commands={["mlflow.log_metric('loss', value, step=epoch)"]}>
                A metric that is logged at several steps becomes a curve:
              </Empty>
            );
          }
          return (
            <div class="pair">
              {drawn.map((m) => (
                <Curve key={m.key} metric={m.key} points={m.points} runs={few} over={over} />
              ))}
            </div>
          );
        }}
      </Loading>
    </Section>
  );
}

function Curve(props: { metric: string; points: readonly mlflow.Point[]; runs: readonly Run[]; over: Over }) {
  const made = useMemo(() => {
    const there = new Set(props.points.map((p) => p.run_id));
    const marked = props.runs.map((r, i) => ({ id: r.info.run_id, label: r.info.run_name, ...mark(i) }));
    return curves(props.points, marked.filter((r) => there.has(r.id)), props.over);
  }, [props.points, props.runs, props.over]);
  return (
    <Chart
      title={props.metric}
      x={made.x}
      xKind="number"
      xLabel={props.over === 'step' ? 'step' : 's'}
      series={made.series}
      sync="compare"
    />
  );
}

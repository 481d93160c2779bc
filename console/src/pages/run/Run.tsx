import { useMemo } from 'preact/hooks';
import { curves, type Over } from '../../lib/curves';
import { count, figure, relative, span } from '../../lib/format';
import { now } from '../../lib/live';
import { useLoad } from '../../lib/load';
import * as mlflow from '../../lib/mlflow';
import type { Run as MlflowRun } from '../../lib/mlflow';
import type { PageProps } from '../../lib/page';
import { href, query, setQuery } from '../../lib/place';
import { Chart } from '../../ui/Chart';
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
import { Files } from './Files';

export default function Run({ params }: PageProps) {
  const id = params['id']!;
  const loaded = useLoad(`run ${id}`, (signal) => mlflow.run(id, signal), { changes: ['run.'], every: 5000 });
  const known = useLoad('experiments', mlflow.experiments);
  return (
    <Loading of={loaded} rows={8}>
      {(run) => {
        const experiment = run.info.experiment_id;
        const name = known.data?.find((e) => e.experiment_id === experiment)?.name ?? `experiment ${experiment}`;
        const start = run.info.start_time;
        return (
          <Page
            noun={
              <>
                <a href={href('/runs')}>Runs</a> / <a href={href(`/runs?experiment=${experiment}`)}>{name}</a>
              </>
            }
            title={run.info.run_name}
            state={
              <>
                <State state={mlflow.status(run)} />
                {run.info.lifecycle_stage === 'deleted' && <State state="deleted" word="in the bin" tone="attention" />}
              </>
            }
            facts={
              <Facts
                items={[
                  ['By', mlflow.user(run)],
                  ['Started', start && <Time at={new Date(start).toISOString()} />],
                  ['Took', mlflow.took(run) === undefined ? (start ? `${relative(start, Math.max(now.value, Date.now())).replace(' ago', '')} so far` : undefined) : span(mlflow.took(run)!)],
                  ['Source', mlflow.tag(run, 'mlflow.source.name')],
                  ['Commit', mlflow.tag(run, 'mlflow.source.git.commit') && <Id id={mlflow.tag(run, 'mlflow.source.git.commit')!} what="commit" />],
                  ['Part of', parent(run)],
                  ['Run id', <Id id={run.info.run_id} what="run's id" />],
                ]}
              />
            }
          >
            <Metrics run={run} />
            <Inputs run={run} />
            <Params run={run} />
            <Lineage of={{ run: id }} title="What came of it" />
            <Files run={id} />
            <Tags run={run} />
          </Page>
        );
      }}
    </Loading>
  );
}

function parent(run: MlflowRun) {
  const id = mlflow.tag(run, 'mlflow.parentRunId');
  return id && <a href={href(`/runs/${id}`)}>its parent run</a>;
}

type Metric = { key: string; value: number; step: number; at: number };
const METRICS: readonly Column<Metric>[] = [
  { key: 'key', header: 'Metric', cell: (m) => m.key, sort: (m) => m.key },
  { key: 'value', header: 'Last value', numeric: true, cell: (m) => <span title={String(m.value)}>{figure(m.value)}</span>, sort: (m) => m.value },
  { key: 'step', header: 'At step', numeric: true, cell: (m) => count(m.step), sort: (m) => m.step },
  { key: 'at', header: 'When', numeric: true, cell: (m) => <Time at={new Date(m.at).toISOString()} />, sort: (m) => m.at },
];

const CHARTS = 24;

function Metrics({ run }: { run: MlflowRun }) {
  const over = (query.value.get('over') ?? 'step') as Over;
  const wanted = query.value.get('metric') ?? '';
  const all = useMemo(
    () =>
      (run.data.metrics ?? [])
        .map((m): Metric => ({ key: m.key, value: mlflow.number(m.value), step: Number(m.step), at: Number(m.timestamp) }))
        .sort((a, b) => a.key.localeCompare(b.key)),
    [run],
  );
  const shown = all.filter((m) => m.key.toLowerCase().includes(wanted.toLowerCase()));
  if (all.length === 0) {
    return (
      <Section title="Metrics">
        <Empty title="No metric logged yet." commands={["mlflow.log_metric('loss', value, step=epoch)"]}>
          From a program that runs inside this run:
        </Empty>
      </Section>
    );
  }
  return (
    <Section
      title="Metrics"
      count={all.length}
      aside={
        <>
          {all.length > 8 && <Field label="Name" value={wanted} onInput={(metric) => setQuery({ metric })} />}
          <Select
            label="Over"
            value={over}
            options={[
              ['step', 'Steps'],
              ['time', 'Seconds since its first point'],
            ]}
            onChange={(value) => setQuery({ over: value === 'step' ? '' : value })}
          />
        </>
      }
    >
      <Table caption="Metrics, last values" columns={METRICS} rows={shown} id={(m) => m.key} order="metrics" />
      <Courses run={run} keys={shown.slice(0, CHARTS).map((m) => m.key)} over={over} />
      {shown.length > CHARTS && <p class="quiet">Curves of the first {CHARTS}; name others to see theirs.</p>}
    </Section>
  );
}

function Courses({ run, keys, over }: { run: MlflowRun; keys: readonly string[]; over: Over }) {
  const id = run.info.run_id;
  const running = mlflow.status(run) === 'running';
  const loaded = useLoad(
    `course ${id} ${keys.join()}`,
    (signal) => Promise.all(keys.map(async (key) => ({ key, points: await mlflow.history([id], key, signal) }))),
    running ? { every: 3000 } : {},
  );
  const drawn = useMemo(
    () =>
      (loaded.data ?? [])
        .filter((m) => new Set(m.points.map((p) => p.step)).size > 1)
        .map((m) => ({ key: m.key, ...curves(m.points, [{ id, label: m.key }], over) })),
    [loaded.data, over],
  );
  return (
    <Loading of={loaded}>
      {() =>
        drawn.length > 0 && (
          <div class="pair">
            {drawn.map((m) => (
              <Chart key={m.key} title={m.key} x={m.x} xKind="number" xLabel={over === 'step' ? 'step' : 's'} series={m.series} sync={`run ${id}`} height={180} />
            ))}
          </div>
        )
      }
    </Loading>
  );
}

const PAIRS = (header: string): readonly Column<mlflow.Pair>[] => [
  { key: 'key', header, cell: (p) => p.key, sort: (p) => p.key },
  { key: 'value', header: 'Value', wide: true, cell: (p) => <span style={{ overflowWrap: 'anywhere' }}>{p.value}</span>, sort: (p) => p.value },
];

function Params({ run }: { run: MlflowRun }) {
  const all = run.data.params ?? [];
  return (
    <Section title="Params" count={all.length}>
      {all.length === 0 ? (
        <Empty title="No params logged." commands={["mlflow.log_params({'depth': 6})"]} />
      ) : (
        <Table caption="Params" columns={PAIRS('Param')} rows={all} id={(p) => p.key} order="params" />
      )}
    </Section>
  );
}

function Tags({ run }: { run: MlflowRun }) {
  const all = (run.data.tags ?? []).filter((t) => t.key !== 'mlflow.runName');
  if (all.length === 0) return null;
  return (
    <Section title="Tags" count={all.length}>
      <Table caption="Tags" columns={PAIRS('Tag')} rows={all} id={(t) => t.key} order="tags" />
    </Section>
  );
}

type Input = mlflow.DatasetInput;
/** The page of one of our own dataset versions, where the source names one. */
export function datasetLink(input: Input): string | undefined {
  if (input.dataset.source_type !== 'pilothouse') return undefined;
  const version = /^([^@]+)@(\d+)$/.exec(input.dataset.source);
  return version ? `/datasets/${encodeURIComponent(version[1]!)}?version=${version[2]!}` : `/datasets/${encodeURIComponent(input.dataset.name)}`;
}
const INPUTS: readonly Column<Input>[] = [
  {
    key: 'name',
    header: 'Dataset',
    cell: (d) => {
      const to = datasetLink(d);
      const name = d.dataset.source_type === 'pilothouse' && d.dataset.source.length < 60 ? d.dataset.source : d.dataset.name;
      return to ? <a href={href(to)}>{name}</a> : name;
    },
  },
  { key: 'context', header: 'Used for', cell: (d) => d.tags?.find((t) => t.key === 'mlflow.data.context')?.value ?? '–' },
  { key: 'digest', header: 'Digest', cell: (d) => <Id id={d.dataset.digest} what="digest" /> },
  { key: 'kind', header: 'Source', cell: (d) => d.dataset.source_type },
];

function Inputs({ run }: { run: MlflowRun }) {
  const all = run.inputs?.dataset_inputs ?? [];
  return (
    <Section title="Data it read" count={all.length}>
      {all.length === 0 ? (
        <Empty title="The run does not say which data it read." commands={["mlflow.log_input(mlflow.data.from_pandas(frame, name='payments'), context='training')"]}>
          With it, the lineage of a model goes back to the version of a dataset:
        </Empty>
      ) : (
        <Table caption="Datasets" columns={INPUTS} rows={all} id={(d) => d.dataset.name + d.dataset.digest} order="inputs" />
      )}
    </Section>
  );
}


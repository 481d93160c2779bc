import { useEffect, useMemo, useState } from 'preact/hooks';
import { count, figure, span } from '../../lib/format';
import { useLoad } from '../../lib/load';
import * as mlflow from '../../lib/mlflow';
import type { Run, RunPage } from '../../lib/mlflow';
import { apiBase, href, query, setQuery } from '../../lib/place';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Page } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import { Parallel } from '../compare/Parallel';
import css from './Runs.module.css';

const PAGE = 1000;
/** As many as the compare page takes. */
const MOST = 100;
const SHOWN_FIRST = 4;

type Kind = 'm' | 'p' | 't';
const KINDS: Record<Kind, { title: string; of: 'metrics' | 'params' | 'tags' }> = {
  m: { title: 'Metrics, last value', of: 'metrics' },
  p: { title: 'Params', of: 'params' },
  t: { title: 'Tags', of: 'tags' },
};

/** A column's key in the address: the order there is split at the dot. */
const coded = (kind: Kind, key: string) => `${kind}:${key.replace(/~/g, '~0').replace(/\./g, '~1')}`;
const decoded = (text: string) => text.replace(/~1/g, '.').replace(/~0/g, '~');
const quoted = (key: string) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : '`' + key + '`');

/** The address's order as the server understands it, so that the first page is the right one. */
function serverOrder(order: string): string[] {
  const [by = '', direction] = order.split('.');
  const way = direction === 'down' ? 'DESC' : 'ASC';
  if (by === 'started') return [`attributes.start_time ${way}`];
  if (by === 'name') return [`attributes.run_name ${way}`];
  if (by === 'state') return [`attributes.status ${way}`];
  const kind = by.slice(0, 1) as Kind;
  if (by.charAt(1) === ':' && kind in KINDS) return [`${KINDS[kind].of}.${quoted(decoded(by.slice(2)))} ${way}`];
  return [];
}

export default function Runs() {
  const found = useLoad('experiments', mlflow.experiments, { changes: ['experiment.', 'run.'] });
  return (
    <Page title="Runs">
      <Loading of={found} rows={8}>
        {(experiments) => <Search experiments={experiments} />}
      </Loading>
    </Page>
  );
}

function Search({ experiments }: { experiments: readonly mlflow.Experiment[] }) {
  const chosen = query.value.get('experiment') ?? '';
  const filter = query.value.get('filter') ?? '';
  const order = query.value.get('order') ?? '';
  const ids = chosen ? [chosen] : experiments.map((e) => e.experiment_id);
  const orderBy = serverOrder(order);
  const key = `runs ${ids.join(',')} ${filter} ${orderBy.join()}`;
  const sought = { experiments: ids, filter, order: orderBy, most: PAGE };
  const first = useLoad<RunPage>(key, (signal) => mlflow.searchRuns(sought, signal), { changes: ['run.'], every: 10_000 });
  const [more, setMore] = useState<{ key: string; runs: Run[]; next?: string | undefined; busy: boolean }>();
  const mine = more?.key === key ? more : undefined;
  const runs = useMemo(() => {
    const head = first.data?.runs ?? [];
    if (!mine) return head;
    const known = new Set(head.map((r) => r.info.run_id));
    return [...head, ...mine.runs.filter((r) => !known.has(r.info.run_id))];
  }, [first.data, mine?.runs]);
  const next = mine ? mine.next : first.data?.next_page_token;
  const showMore = async () => {
    setMore({ key, runs: mine?.runs ?? [], next, busy: true });
    const page = await mlflow.searchRuns({ ...sought, token: next }).catch(() => ({ runs: [], next_page_token: next }) as RunPage);
    setMore({ key, runs: [...(mine?.runs ?? []), ...(page.runs ?? [])], next: page.next_page_token, busy: false });
  };
  return (
    <>
      <Tools experiments={experiments} chosen={chosen} filter={filter} runs={runs} />
      <Loading of={first} rows={8}>
        {() =>
          runs.length === 0 ? (
            filter ? (
              <Empty title="No run is like that.">Take a part of the filter away, or look into all experiments.</Empty>
            ) : (
              <NoRuns here={chosen !== ''} />
            )
          ) : (
            <Listed runs={runs} experiments={experiments} mixed={!chosen} more={next ? { busy: mine?.busy ?? false, show: showMore } : undefined} />
          )
        }
      </Loading>
    </>
  );
}

function Tools(props: { experiments: readonly mlflow.Experiment[]; chosen: string; filter: string; runs: readonly Run[] }) {
  const [text, setText] = useState(props.filter);
  useEffect(() => setText(props.filter), [props.filter]);
  const unknown = props.chosen !== '' && !props.experiments.some((e) => e.experiment_id === props.chosen);
  const someMetric = mlflow.keys(props.runs.slice(0, 50), 'metrics')[0] ?? 'accuracy';
  const some = props.runs.flatMap((r) => r.data.params ?? [])[0] ?? { key: 'learning_rate', value: '0.1' };
  const examples = [
    `metrics.${quoted(someMetric)} > 0.8`,
    `params.${quoted(some.key)} = '${some.value.slice(0, 24)}'`,
    "attributes.status = 'FINISHED'",
    "attributes.run_name LIKE '%a%'",
  ];
  const use = (filter: string) => setQuery({ filter: filter.trim(), sel: '' }, { push: true });
  return (
    <div class="tools">
      <Select
        label="Experiment"
        value={props.chosen}
        options={[['', `All ${props.experiments.length}`], ...props.experiments.map((e) => [e.experiment_id, e.name] as const), ...(unknown ? [[props.chosen, `number ${props.chosen}, unknown`] as const] : [])]}
        onChange={(experiment) => setQuery({ experiment, sel: '', cols: '', order: '' }, { push: true })}
      />
      <form
        class={css['search']}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          use(text);
        }}
      >
        <input
          type="text"
          aria-label="Filter in MLflow's grammar"
          placeholder={examples[0]! + ' AND ' + examples[1]!}
          value={text}
          spellcheck={false}
          autocomplete="off"
          onInput={(e) => setText(e.currentTarget.value)}
        />
        <Button submit>Filter</Button>
        {props.filter && (
          <Button kind="bare" icon="close" label="Take the filter away" onClick={() => use('')} />
        )}
      </form>
      <details class={css['help']}>
        <summary>How to filter</summary>
        <p>
          MLflow's grammar: <code>metrics</code>, <code>params</code>, <code>tags</code>, <code>attributes</code> and{' '}
          <code>datasets</code> with = != &gt; &gt;= &lt; &lt;= LIKE ILIKE IN, joined by AND. Texts stand in quotes. For example{' '}
          {examples.map((example) => (
            <span key={example}>
              <button type="button" onClick={() => use(props.filter ? `${props.filter} AND ${example}` : example)}>
                {example}
              </button>{' '}
            </span>
          ))}
        </p>
      </details>
    </div>
  );
}

/** Columns that say most: metrics first, then the params in which the runs differ. */
function usual(runs: readonly Run[]): string[] {
  const sample = runs.slice(0, 200);
  const differs = (key: string) => new Set(sample.map((r) => mlflow.param(r, key)).filter((v) => v !== undefined)).size > 1;
  return [
    ...mlflow.common(sample, 'metrics').slice(0, SHOWN_FIRST).map((k) => coded('m', k)),
    ...mlflow.common(sample, 'params').filter(differs).slice(0, SHOWN_FIRST).map((k) => coded('p', k)),
  ];
}

function Listed(props: {
  runs: readonly Run[];
  experiments: readonly mlflow.Experiment[];
  mixed: boolean;
  more: { busy: boolean; show: () => void } | undefined;
}) {
  const { runs } = props;
  const selected = useMemo(() => new Set((query.value.get('sel') ?? '').split(',').filter(Boolean)), [query.value]);
  const view = query.value.get('view') ?? '';
  const cols = query.value.get('cols');
  const shown = useMemo(() => (cols ? cols.split(',') : usual(runs)), [cols, runs]);
  const names = useMemo(() => new Map(props.experiments.map((e) => [e.experiment_id, e.name])), [props.experiments]);
  const choose = (id: string, on: boolean) => {
    const next = new Set(selected);
    if (on) next.add(id);
    else next.delete(id);
    setQuery({ sel: [...next].join(',') });
  };
  const columns = useMemo((): Column<Run>[] => {
    const all: Column<Run>[] = [
      {
        key: 'name',
        header: 'Run',
        sort: (r) => r.info.run_name,
        cell: (r) => (
          <span class={css['name']}>
            <label class={css['check']}>
              <input
                type="checkbox"
                checked={selected.has(r.info.run_id)}
                aria-label={`Compare ${r.info.run_name}`}
                onChange={(e) => choose(r.info.run_id, e.currentTarget.checked)}
              />
            </label>
            <a href={href(`/runs/${r.info.run_id}`)}>{r.info.run_name}</a>
          </span>
        ),
      },
      { key: 'state', header: 'State', sort: (r) => r.info.status, cell: (r) => <State state={mlflow.status(r)} plain /> },
      {
        key: 'started',
        header: 'Started',
        numeric: true,
        sort: (r) => r.info.start_time ?? 0,
        cell: (r) => <Time at={r.info.start_time ? new Date(r.info.start_time).toISOString() : undefined} />,
      },
    ];
    for (const column of shown) {
      const kind = column.slice(0, 1) as Kind;
      const key = decoded(column.slice(2));
      if (kind === 'm') {
        all.push({
          key: column,
          header: key,
          numeric: true,
          sort: (r) => mlflow.metric(r, key) ?? -Infinity,
          cell: (r) => figure(mlflow.metric(r, key)),
        });
      } else {
        const value = (r: Run) => (kind === 'p' ? mlflow.param(r, key) : mlflow.tag(r, key));
        const numeric = runs.slice(0, 200).every((r) => value(r) === undefined || (value(r) !== '' && !Number.isNaN(Number(value(r)))));
        all.push({
          key: column,
          header: key,
          numeric,
          sort: (r) => (numeric ? Number(value(r) ?? -Infinity) : (value(r) ?? '')),
          cell: (r) => brief(value(r)),
        });
      }
    }
    if (props.mixed) all.push({ key: 'experiment', header: 'Experiment', cell: (r) => names.get(r.info.experiment_id) ?? r.info.experiment_id });
    all.push(
      { key: 'took', header: 'Took', numeric: true, sort: (r) => mlflow.took(r) ?? -1, cell: (r) => (mlflow.took(r) === undefined ? '–' : span(mlflow.took(r)!)) },
      { key: 'user', header: 'By', cell: (r) => mlflow.user(r), sort: (r) => mlflow.user(r) },
    );
    return all;
  }, [shown.join(), runs, selected, props.mixed, names]);
  const some = runs.filter((r) => selected.has(r.info.run_id));
  const forCompare = (list: readonly string[]) => `/runs/compare?runs=${list.slice(0, MOST).join(',')}`;
  return (
    <>
      <div class="tools">
        <div role="group" aria-label="View" class="choices">
          <Button pressed={view === ''} onClick={() => setQuery({ view: '' })}>
            Table
          </Button>
          <Button pressed={view === 'parallel'} onClick={() => setQuery({ view: 'parallel' })}>
            Parallel coordinates
          </Button>
        </div>
        <span class="quiet num">
          {count(runs.length)} {runs.length === 1 ? 'run' : 'runs'}
          {props.more && ', there are more'}
        </span>
        <Columns runs={runs} shown={shown} />
      </div>
      {view === 'parallel' ? (
        <Parallel runs={runs.slice(0, 500)} axes={shown.map((c) => ({ kind: c.slice(0, 1) as Kind, key: decoded(c.slice(2)) }))} />
      ) : (
        <Table caption="Runs" columns={columns} rows={runs} id={(r) => r.info.run_id} />
      )}
      {props.more && (
        <div class="tools">
          <Button busy={props.more.busy} onClick={props.more.show}>
            {props.more.busy ? 'Loading …' : `Show ${count(PAGE)} more`}
          </Button>
        </div>
      )}
      <div class={css['bar']} role="region" aria-label="Selection">
        {selected.size === 0 ? (
          <>
            <span class="quiet">Tick runs to compare them.</span>
            {runs.length > 1 && (
              <a href={href(forCompare(runs.map((r) => r.info.run_id)))}>
                Compare {runs.length > MOST ? `the first ${MOST}` : `all ${runs.length}`}
              </a>
            )}
          </>
        ) : (
          <>
            <strong class="num">{selected.size} ticked</strong>
            {selected.size > 1 ? (
              <a class={css['go']} href={href(forCompare([...selected]))}>
                Compare {Math.min(MOST, selected.size)} runs
              </a>
            ) : (
              <span class="quiet">Tick one more to compare.</span>
            )}
            <Button kind="bare" onClick={() => setQuery({ sel: '' })}>
              Untick all
            </Button>
            {some.length === 1 && <CopyButton text={some[0]!.info.run_id} label="Copy the run's id" />}
          </>
        )}
      </div>
    </>
  );
}

function brief(value: string | undefined) {
  if (value === undefined) return <span class="quiet">–</span>;
  return value.length > 40 ? <span title={value}>{value.slice(0, 38)}…</span> : value;
}

function Columns({ runs, shown }: { runs: readonly Run[]; shown: readonly string[] }) {
  const on = new Set(shown);
  const set = (column: string, yes: boolean) => {
    const next = yes ? [...shown, column] : shown.filter((c) => c !== column);
    setQuery({ cols: next.join(',') || undefined });
  };
  return (
    <details class={css['columns']}>
      <summary>Columns</summary>
      <div class={css['groups']}>
        {(Object.keys(KINDS) as Kind[]).map((kind) => {
          const all = mlflow.keys(runs.slice(0, PAGE), KINDS[kind].of).filter((k) => kind !== 't' || k !== 'mlflow.runName');
          if (all.length === 0) return null;
          return (
            <fieldset key={kind}>
              <legend>{KINDS[kind].title}</legend>
              {all.slice(0, 200).map((k) => (
                <label key={k}>
                  <input type="checkbox" checked={on.has(coded(kind, k))} onChange={(e) => set(coded(kind, k), e.currentTarget.checked)} />
                  {k}
                </label>
              ))}
            </fieldset>
          );
        })}
      </div>
    </details>
  );
}

function NoRuns({ here: inExperiment }: { here: boolean }) {
  const here = location.origin + apiBase;
  return (
    <Empty
      title={inExperiment ? 'No runs in this experiment.' : 'No runs yet.'}
      commands={[
        'pip install mlflow-skinny',
        `export MLFLOW_TRACKING_URI=${here} MLFLOW_TRACKING_TOKEN=$PILOTHOUSE_API_KEY`,
        `python -c "import mlflow; mlflow.start_run(); mlflow.log_params({'depth': 6}); mlflow.log_metric('accuracy', 0.91)"`,
      ]}
    >
      A run is one training: its params, metrics, files and the data it read. Any MLflow client logs it here; nothing else is needed:
    </Empty>
  );
}

/** Experiments and runs, by MLflow's own API. */
import { foreign } from './api';

const BASE = '/api/2.0/mlflow';

export type Experiment = { experiment_id: string; name: string; lifecycle_stage: string; last_update_time?: number };
export type Pair = { key: string; value: string };
/** JSON has no number for what is not finite; such values come as texts. */
export type Point = { key: string; value: number | string; timestamp: number; step: number; run_id?: string };
export type DatasetInput = {
  dataset: { name: string; digest: string; source_type: string; source: string; schema?: string; profile?: string };
  tags?: Pair[];
};
export type Run = {
  info: {
    run_id: string;
    run_name: string;
    experiment_id: string;
    user_id: string;
    status: string;
    start_time?: number;
    end_time?: number;
    artifact_uri: string;
    lifecycle_stage: string;
  };
  data: { metrics?: Point[]; params?: Pair[]; tags?: Pair[] };
  inputs?: { dataset_inputs?: DatasetInput[] };
};
export type RunPage = { runs?: Run[]; next_page_token?: string };
export type ArtifactFile = { path: string; is_dir: boolean; file_size?: number };

export async function experiments(signal?: AbortSignal): Promise<readonly Experiment[]> {
  const body = { max_results: 1000, order_by: ['last_update_time DESC'] };
  return (await foreign<{ experiments?: Experiment[] }>('post', `${BASE}/experiments/search`, body, signal)).experiments ?? [];
}

export function searchRuns(
  sought: { experiments: readonly string[]; filter?: string; order?: readonly string[]; most?: number; token?: string | undefined },
  signal?: AbortSignal,
): Promise<RunPage> {
  return foreign<RunPage>(
    'post',
    `${BASE}/runs/search`,
    {
      experiment_ids: sought.experiments,
      filter: sought.filter ?? '',
      max_results: sought.most ?? 1000,
      order_by: sought.order ?? [],
      ...(sought.token && { page_token: sought.token }),
    },
    signal,
  );
}

export async function run(id: string, signal?: AbortSignal): Promise<Run> {
  return (await foreign<{ run: Run }>('get', `${BASE}/runs/get?run_id=${encodeURIComponent(id)}`, undefined, signal)).run;
}

/** The course of one metric in some runs: at most 2,500 points of each, evenly among its steps, its last one always. */
export async function history(ids: readonly string[], key: string, signal?: AbortSignal): Promise<readonly Point[]> {
  const query = ids.map((id) => `run_ids=${encodeURIComponent(id)}`).join('&');
  const path = `${BASE}/metrics/get-history-bulk-interval?${query}&metric_key=${encodeURIComponent(key)}&max_results=2500`;
  return (await foreign<{ metrics?: Point[] }>('get', path, undefined, signal)).metrics ?? [];
}

export async function artifacts(id: string, path: string, signal?: AbortSignal): Promise<readonly ArtifactFile[]> {
  const query = `run_id=${encodeURIComponent(id)}${path && `&path=${encodeURIComponent(path)}`}`;
  return (await foreign<{ files?: ArtifactFile[] }>('get', `${BASE}/artifacts/list?${query}`, undefined, signal)).files ?? [];
}

/** Where a file of a run is downloaded; beside the API's base. */
export function artifactAddress(id: string, path: string): string {
  return `/get-artifact?run_uuid=${encodeURIComponent(id)}&path=${encodeURIComponent(path)}`;
}

/** A metric's value as a number; what is not finite too. */
export function number(value: number | string): number {
  if (typeof value === 'number') return value;
  return value === 'Infinity' ? Infinity : value === '-Infinity' ? -Infinity : NaN;
}

export function param(run: Run, key: string): string | undefined {
  return run.data.params?.find((p) => p.key === key)?.value;
}
export function metric(run: Run, key: string): number | undefined {
  const found = run.data.metrics?.find((m) => m.key === key);
  return found && number(found.value);
}
export function tag(run: Run, key: string): string | undefined {
  return run.data.tags?.find((t) => t.key === key)?.value;
}
export function keys(runs: readonly Run[], of: 'metrics' | 'params' | 'tags'): string[] {
  const all = new Set<string>();
  for (const one of runs) for (const entry of one.data[of] ?? []) all.add(entry.key);
  return [...all].sort();
}
/** Keys by how many of the runs have them. */
export function common(runs: readonly Run[], of: 'metrics' | 'params' | 'tags'): string[] {
  const having = new Map<string, number>();
  for (const one of runs) for (const entry of one.data[of] ?? []) having.set(entry.key, (having.get(entry.key) ?? 0) + 1);
  return [...having].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([key]) => key);
}
/** Who ran it: the tag of the client before the key's principal. */
export function user(one: Run): string {
  return tag(one, 'mlflow.user') ?? one.info.user_id;
}
export function status(one: Run): string {
  return one.info.status.toLowerCase();
}
export function took(one: Run): number | undefined {
  return one.info.end_time && one.info.start_time ? one.info.end_time - one.info.start_time : undefined;
}

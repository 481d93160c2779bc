/** Calls to the server, typed by its OpenAPI document; see `console/README.md`. */
import type { components, paths } from '../generated/api';
import { apiBase } from './place';

export type Schemas = components['schemas'];

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
type PathsWith<V extends Verb> = {
  [P in keyof paths]: paths[P] extends Record<V, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, V extends Verb> = paths[P] extends Record<V, infer O> ? O : never;
type Json<R> = R extends { content: { 'application/json': infer B } }
  ? B
  : R extends { content: Record<string, infer T> }
    ? T
    : undefined;
type Good<O> = O extends { responses: infer R }
  ? R extends { 200: infer A }
    ? Json<A>
    : R extends { 201: infer A }
      ? Json<A>
      : undefined
  : never;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : never;
type PathOf<O> = O extends { parameters: { path: infer P } } ? P : never;
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? Q : never;

/** What goes with a call; only what the operation knows. */
export type Sent<O> = ([PathOf<O>] extends [never] ? unknown : { path: PathOf<O> }) &
  ([Body<O>] extends [never] ? unknown : { body: Body<O> }) & { query?: QueryOf<O>; signal?: AbortSignal };

/** A refusal of the server, or that it was not reached: title, detail and request id as they are shown. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string,
    readonly code: string,
    readonly problems: readonly Schemas['ProblemPart'][] = [],
  ) {
    super(title);
  }
}

let whenSignedOut: () => void = () => {};
/** Sets what happens when the server no longer knows the session. */
export function onSignedOut(action: () => void): void {
  whenSignedOut = action;
}

async function send<T>(verb: Verb, template: string, sent: Record<string, unknown>): Promise<T> {
  const parts = (sent['path'] ?? {}) as Record<string, string | number>;
  let url = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parts[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((sent['query'] ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  }
  if (query.size > 0) url += '?' + query.toString();
  const headers: Record<string, string> = { accept: 'application/json' };
  if (verb !== 'get') headers['x-pilothouse-console'] = '1';
  const init: RequestInit = { method: verb.toUpperCase(), headers, credentials: 'same-origin' };
  if (sent['body'] !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(sent['body']);
  }
  if (sent['signal']) init.signal = sent['signal'] as AbortSignal;
  let answer: Response;
  try {
    answer = await fetch(apiBase + url, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Refusal(0, 'The server was not reached', 'Is it running, and is the network up?', '', 'not-reached');
  }
  if (answer.ok) {
    if (answer.status === 204) return undefined as T;
    const type = answer.headers.get('content-type') ?? '';
    return (type.includes('json') ? await answer.json() : await answer.text()) as T;
  }
  const id = answer.headers.get('x-request-id') ?? '';
  const problem = (await answer.json().catch(() => undefined)) as Partial<Schemas['Problem']> | undefined;
  if (answer.status === 401 && !template.endsWith('/session')) whenSignedOut();
  // MLflow's own errors have a message and no title.
  const message = (problem as { message?: string } | undefined)?.message;
  throw new Refusal(
    answer.status,
    problem?.title ?? (message ? 'That was refused' : `The server answered ${answer.status}`),
    problem?.detail ??
      message ?? 'It gave no reason. A proxy in between may have answered in its place.',
    problem?.requestId ?? id,
    problem?.code ?? '',
    problem?.problems ?? [],
  );
}

type Args<O> = Record<string, never> extends Sent<O> ? [sent?: Sent<O>] : [sent: Sent<O>];

export const api = {
  get: <P extends PathsWith<'get'>>(path: P, ...sent: Args<Operation<P, 'get'>>) =>
    send<Good<Operation<P, 'get'>>>('get', path, (sent[0] ?? {}) as Record<string, unknown>),
  post: <P extends PathsWith<'post'>>(path: P, ...sent: Args<Operation<P, 'post'>>) =>
    send<Good<Operation<P, 'post'>>>('post', path, (sent[0] ?? {}) as Record<string, unknown>),
  put: <P extends PathsWith<'put'>>(path: P, ...sent: Args<Operation<P, 'put'>>) =>
    send<Good<Operation<P, 'put'>>>('put', path, (sent[0] ?? {}) as Record<string, unknown>),
  patch: <P extends PathsWith<'patch'>>(path: P, ...sent: Args<Operation<P, 'patch'>>) =>
    send<Good<Operation<P, 'patch'>>>('patch', path, (sent[0] ?? {}) as Record<string, unknown>),
  delete: <P extends PathsWith<'delete'>>(path: P, ...sent: Args<Operation<P, 'delete'>>) =>
    send<Good<Operation<P, 'delete'>>>('delete', path, (sent[0] ?? {}) as Record<string, unknown>),
};

/** A call that the OpenAPI document does not describe, such as MLflow's; `path` begins with a slash. */
export function foreign<T>(verb: 'get' | 'post', path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>(verb, path, { body, signal });
}

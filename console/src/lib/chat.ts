/** A chat completion as it is streamed (OpenAI's protocol), and what our own last comment tells of its cost. */
import { Refusal, type Schemas } from './api';
import { apiBase } from './place';

export type Ask = {
  model: string;
  messages: readonly { role: 'system' | 'user'; content: string }[];
  max_completion_tokens?: number;
  temperature?: number;
};

/** What the gateway tells at the end of a stream. */
export type Bill = { costNanoUsd: string; priceVersion: string; model: string; degraded: boolean; budgets: readonly string[] };
export type Tokens = { prompt_tokens: number; completion_tokens: number };
export type Heard = {
  /** The answer's headers are there. */
  begun?: (requestId: string, model: string, outputLimit: string) => void;
  text: (more: string) => void;
  tokens?: (tokens: Tokens) => void;
  ended?: (reason: string) => void;
  bill?: (bill: Bill) => void;
};

/** The request's body, which a command to copy has too. */
export function bodyOf(ask: Ask): object {
  return { ...ask, stream: true, stream_options: { include_usage: true } };
}

type Failed = { error?: { message?: string; code?: string | null } };
type Chunk = Failed & { choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[]; usage?: Tokens | null };

/**
 * Asks, and tells what comes as it comes.
 *
 * @throws Refusal where it is refused, or breaks off
 * @throws DOMException where it is stopped by the signal
 */
export async function chat(ask: Ask, signal: AbortSignal, heard: Heard): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch(`${apiBase}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-pilothouse-console': '1' },
      credentials: 'same-origin',
      body: JSON.stringify(bodyOf(ask)),
      signal,
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new Refusal(0, 'The server was not reached', 'Is it running, and is the network up?', '', 'not-reached');
  }
  const id = answer.headers.get('x-request-id') ?? '';
  if (!answer.ok || !answer.body) {
    const problem = (await answer.json().catch(() => ({}))) as Failed & Partial<Schemas['Problem']>;
    const why = problem.error?.message ?? problem.detail ?? 'It gave no reason. A proxy in between may have answered in its place.';
    throw new Refusal(answer.status, 'The request was refused', why, id, problem.error?.code ?? '');
  }
  heard.begun?.(id, answer.headers.get('x-pilothouse-model') ?? '', answer.headers.get('x-pilothouse-output-limit') ?? '');
  for await (const line of lines(answer.body)) {
    if (line.startsWith(': pilothouse ')) heard.bill?.(JSON.parse(line.slice(13)) as Bill);
    if (!line.startsWith('data:')) continue;
    const data = line.slice(5).trim();
    if (data === '[DONE]') continue;
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error) throw new Refusal(answer.status, 'The answer broke off', chunk.error.message ?? '', id, chunk.error.code ?? '');
    const choice = chunk.choices?.[0];
    if (choice?.delta?.content) heard.text(choice.delta.content);
    if (choice?.finish_reason) heard.ended?.(choice.finish_reason);
    if (chunk.usage) heard.tokens?.(chunk.usage);
  }
}

/** The lines of a stream of events; they end with a line feed, with or without a carriage return before it. */
async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const parts = (rest + value).split(/\r?\n/);
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest) yield rest;
}

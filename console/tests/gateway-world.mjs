// A gateway with something to see on each of its pages, made through the public API with the simulated provider: a candidate on its
// way, one that was taken back, a provider that is away, a model that fails, kept answers and a guard that finds something.
import { alias, ask, importPrices, provider } from './simulator.mjs';
import { until } from './world.mjs';

const TARGET = (model) => [{ provider: 'sim', model }];
/** Bounds that a hundred calls decide, and no bound on cost, since the models that are compared differ in it. */
const BOUNDS = { 'min-requests': 30, 'dear-beyond': 'any', errors: { tolerance: 0.02, margin: 0.2 }, slow: { tolerance: 0.5, margin: 0.6 } };

const rollout = (client, name, model, more) => client.call('PUT', `/api/v1/rollouts/${name}`, { targets: TARGET(model), rollout: { ...BOUNDS, ...more } });
const where = async (client, name) => client.get(`/api/v1/rollouts/${name}`);

/** A candidate of `assistant` that stays at 25 %, and one of `drafts` that fails and is taken back. */
export async function candidates(client) {
  await alias(client, 'assistant', [['sim-large']]);
  await alias(client, 'drafts', [['sim-large']], ['sim-mini']);
  await rollout(client, 'assistant', 'sim-mini', { steps: [25, 50, 100], 'min-requests': 100_000 });
  await rollout(client, 'drafts', 'sim-broken', { steps: [50, 100] });
  await until('the failing candidate is taken back', async () => {
    await Promise.all(Array.from({ length: 8 }, () => ask(client, 'drafts')));
    return (await where(client, 'drafts')).phase === 'rolled-back';
  });
  await until('the other one was seen at work', async () => {
    await Promise.all(Array.from({ length: 8 }, () => ask(client, 'assistant')));
    const { counts, looks } = await where(client, 'assistant');
    return (counts[0]?.candidate.requests ?? 0) > 40 && looks.length > 3;
  });
}

/** Probes that one provider answers and another does not, and calls of a model that fails. */
export async function probes(client, url) {
  await provider(client, url, { probe: { path: '/v1/models', everySeconds: 5 } });
  await client.call('PUT', '/api/v1/providers/away', { kind: 'compatible', url: 'http://127.0.0.1:9/v1', prices: 'sim', probe: { path: '/health', everySeconds: 5 } });
  await alias(client, 'fragile', [['sim-broken']], ['sim-mini']);
  for (let i = 0; i < 8; i++) await ask(client, 'fragile');
  const probed = async () => (await client.get('/api/v1/gateway/health')).providers;
  await until('both were probed', async () => (await probed()).length === 2);
}

/** Answers that one alias keeps, and gives again. */
export async function kept(client) {
  await alias(client, 'faq', [['sim-mini']], [], { cache: { mode: 'exact', ttl: '1h' } });
  for (const content of ['Where is the harbour?', 'Where is the harbour?', 'Who steers?', 'Who steers?', 'Where is the harbour?']) await ask(client, 'faq', { content });
}

/** A guard that replaces addresses and blocks a phrase, each found once. */
export async function guard(client) {
  await client.call('PUT', '/api/v1/guards/personal-data', { aliases: ['faq'], input: { personalData: 'redact', deny: ['the master key'], injection: { action: 'detect' } } });
  await ask(client, 'faq', { content: 'Write to ann.lind@shipyard.com about the harbour.' });
  await ask(client, 'faq', { content: 'Where is the master key of the harbour?' });
  await ask(client, 'faq', { content: 'Where is the harbour?' });
}

/** All of it. */
export async function gateway(client, url) {
  await importPrices(client);
  await probes(client, url);
  await candidates(client);
  await kept(client);
  await guard(client);
}

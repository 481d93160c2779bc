// Calls of language models to look at: agents, budgets in every state, features with outcomes, refusals and a runaway, all made
// through the public API with the simulated provider.
import { alias, ask, importPrices, provider, simulator } from './simulator.mjs';
import { until } from './world.mjs';

const AGENTS = ['crawler', 'support-bot', 'release-notes'];
const FEATURES = ['search', 'summaries', 'triage'];

/** Budgets by name, of the organisation that the client is of. */
const budgets = (tenant) => ({
  everything: { scope: `organisation:${tenant}`, window: 'month', limit: '1500.00' },
  search: { scope: 'tag:search', window: 'hour', limit: '0.05', ladder: [{ model: 'small', from: 90, price: 10 }] },
  support: { scope: 'agent:support-bot', window: 'day', limit: '2.50', thresholds: [50, 90] },
  lab: { scope: 'tag:lab', window: 'day', limit: '0.0004' },
});

/** Makes it all; `stop` ends the provider. */
export async function spend(client) {
  const sim = await simulator();
  await provider(client, sim.url);
  await importPrices(client);
  await alias(client, 'chat', [['sim-large', 3], ['sim-mini', 1]], ['sim-mini']);
  await alias(client, 'small', [['sim-mini']]);
  await alias(client, 'flaky', [['sim-broken']], ['sim-mini']);
  await alias(client, 'reasoning', [['sim-reasoning']]);
  await alias(client, 'draft', [['sim-claude']]);
  const { tenant } = await client.get('/api/v1/whoami');
  for (const [name, budget] of Object.entries(budgets(tenant))) await client.call('PUT', `/api/v1/budgets/${name}`, budget);
  let n = 0;
  for (let i = 0; i < 60; i++) {
    const agent = AGENTS[n % 3];
    const tag = FEATURES[(n >> 1) % 3];
    const { status, id } = await ask(client, n % 7 === 0 ? 'flaky' : 'chat', { agent, session: `${agent}-${n % 5}`, tags: tag, user: `user-${n % 4}` });
    if (status === 200 && n % 2 === 0) await client.post('/api/v1/outcomes', { requestId: id, success: n % 6 !== 0, valueUsd: tag === 'triage' ? '0.0001' : '0.004' });
    n++;
  }
  for (let i = 0; i < 6; i++) await ask(client, 'chat', { agent: 'intern', tags: 'lab' });
  await until('calls are degraded', async () => (await ask(client, 'chat', { agent: 'crawler', tags: 'search' })).degraded || n++ > 400);
  await until('the runaway is paused', async () => (await ask(client, 'reasoning', { agent: 'runaway', session: 'loop', tags: 'triage' })).status === 403);
  return sim;
}

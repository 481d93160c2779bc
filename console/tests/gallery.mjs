// A server with something to see on every page, and pictures of each in every look.
// Used by all-pages.mjs and picture.mjs.
import { mkdirSync } from 'node:fs';
import { client, close, visit, logIn, url, key } from './harness.mjs';
import { gateway } from './gateway-world.mjs';
import { spend } from './money-world.mjs';
import { line } from './onnx.mjs';
import { model, service, state, traffic, until } from './world.mjs';

const MLFLOW = '/api/2.0/mlflow';
const noise = (seed) => {
  let s = seed;
  return () => ((s = (s * 1664525 + 1013904223) % 4294967296) / 4294967296);
};

const csv = (rows, from, seed) => {
  const random = noise(seed);
  const countries = ['BE', 'FR', 'VN', 'DE', 'US'];
  return (
    'x,country,y\n' +
    Array.from({ length: rows }, () => {
      const x = from + 40 * random() * random();
      return `${x.toFixed(3)},${countries[Math.floor(5 * random() * random())]},${(2 * x + 1 + 0.4 * (random() - 0.5)).toFixed(3)}`;
    }).join('\n')
  );
};

async function train(experiment, name, params, best, seed) {
  const random = noise(seed);
  const start = Date.now() - 3_600_000 * (1 + seed);
  const { run } = await client.post(`${MLFLOW}/runs/create`, { experiment_id: experiment, run_name: name, start_time: start });
  const id = run.info.run_id;
  const steps = 60;
  const course = (key, at) => Array.from({ length: steps }, (_, step) => ({ key, value: at(step), step, timestamp: start + step * 20_000 }));
  await client.post(`${MLFLOW}/runs/log-batch`, {
    run_id: id,
    metrics: [
      ...course('train_loss', (s) => 0.08 + 0.9 * Math.exp(-s / (4 + 40 * params.learning_rate)) + 0.02 * random()),
      ...course('val_loss', (s) => 0.12 + 0.85 * Math.exp(-s / (5 + 40 * params.learning_rate)) + 0.03 * random() + (params.depth > 9 ? s / 600 : 0)),
      ...course('val_auc', (s) => 0.5 + (best - 0.5) * (1 - Math.exp(-s / 9)) + 0.01 * (random() - 0.5)),
    ],
    params: Object.entries({ seed: 7, booster: 'gbtree', ...params }).map(([k, v]) => ({ key: k, value: String(v) })),
    tags: [
      { key: 'mlflow.user', value: 'mara' },
      { key: 'git.commit', value: '4f1c9e2' },
    ],
  });
  await client.post(`${MLFLOW}/runs/log-inputs`, {
    run_id: id,
    datasets: [
      {
        dataset: { name: 'payments', digest: 'abc', source_type: 'pilothouse', source: 'payments@2' },
        tags: [{ key: 'mlflow.data.context', value: 'training' }],
      },
    ],
  });
  const uri = run.info.artifact_uri.replace('mlflow-artifacts:/', '');
  const put = (path, bytes) => client.call('PUT', `/api/2.0/mlflow-artifacts/artifacts/${uri}/${path}`, bytes, 'application/octet-stream');
  await put('model/model.onnx', line(2, 1));
  await put('report.txt', 'area under the curve by month\n2026-09 0.91\n2026-10 0.92\n');
  await client.post(`${MLFLOW}/runs/update`, { run_id: id, status: 'FINISHED', end_time: start + steps * 20_000 });
  return { id, uri: run.info.artifact_uri };
}

const GATES = `gates:
  - evaluation:
      dataset: payments-eval
      target: y
      metric: mae
      max: 1
      no-worse-than-production: 0.5
`;
const ROLLOUT = (more = '') => `serving:
  log-sample-rate: 0.2
rollout:
  shadow: {requests: 100}
  steps: [5, 10, 25, 50, 100]
  min-requests: 150
  slow-after: 5s
${more}`;

/** fraud: a canary on its way; churn: rolled back; pricing: waits for approval; others in production; models of others in every situation. */
export async function furnish() {
  const person = async (name, roles) => client.post('/api/v1/principals', { kind: 'person', name, roles });
  const mara = await person('Mara Lind', ['engineer']);
  await person('Otto Brandt', ['approver']);
  await person('Iris Vos', ['auditor']);
  const made = await client.post('/api/v1/keys', { name: "Mara's laptop", principal: mara.id, roles: ['engineer'] });
  const engineer = client.as(made.key);

  const data = (name, text) => client.call('POST', `/api/v1/datasets/${name}/versions?file=${name}.csv`, text, 'application/octet-stream');
  await data('payments', csv(1200, 0, 3));
  await client.call('PUT', '/api/v1/datasets/payments/expectations', {
    'extra-columns': true,
    columns: { x: { type: 'double', min: 0, max: 500 }, country: { type: 'text', categories: ['BE', 'FR', 'VN', 'DE', 'US'] } },
  });
  await data('payments', csv(1500, 6, 5));
  await data('payments-eval', csv(400, 0, 9));

  const experiment = (await client.post(`${MLFLOW}/experiments/create`, { name: 'card-fraud' })).experiment_id;
  const runs = [];
  for (let i = 0; i < 9; i++) {
    const params = { depth: 3 + ((i * 2) % 11), learning_rate: [0.3, 0.1, 0.03][i % 3], trees: 200 + 50 * i };
    runs.push(await train(experiment, `boost-${i + 1}`, params, 0.86 + 0.012 * ((i * 5) % 9), i + 1));
  }
  await client.post(`${MLFLOW}/registered-models/create`, { name: 'fraud', description: 'Probability that a card payment is fraud.' });
  for (const run of [runs[2], runs[6]]) {
    await client.post(`${MLFLOW}/model-versions/create`, { name: 'fraud', source: `${run.uri}/model`, run_id: run.id });
  }

  const names = ['fraud', 'churn', 'pricing', 'ranking', 'credit-limit', 'chat-intent'];
  for (const name of names) {
    if (name !== 'fraud') await model(engineer, name, 2, 1);
    const more = name === 'fraud' ? '  labels: required\n' : '';
    const gates = name === 'pricing' ? GATES + '  - approval:\n      reason: Prices are seen by customers.\n' : GATES;
    const notify = name === 'churn' ? 'notify:\n  webhook: https://hooks.example.com/pilothouse\n' : '';
    await client.call('POST', '/api/v1/apply', service(name, gates + ROLLOUT(more) + notify), 'application/yaml');
    await engineer.post(`/api/v1/services/${name}/releases`, { model: `${name}/1`, note: 'first version' });
  }
  await client.call('POST', '/api/v1/apply', service('search', ROLLOUT()), 'application/yaml');
  const waiting = async () => (await client.get('/api/v1/approvals?pending=true')).items[0];
  const first = await until('the first approval', waiting);
  await client.post(`/api/v1/approvals/${first.id}`, { decision: 'approve', comment: 'first version, checked with sales' });
  for (const name of names) await until(`${name} in production`, async () => (await state(client, name)) === 'promoted');

  const busy = ['fraud', 'fraud', 'fraud', 'churn', 'ranking', 'credit-limit', 'pricing'];
  const stop = traffic(client, busy.map((name) => ({ name, labels: name === 'churn' || name === 'fraud' })));
  await model(engineer, 'churn', 3, 1);
  await model(engineer, 'pricing', 2, 1.2);
  await client.call('POST', '/api/v1/apply', service('churn', ROLLOUT('  labels: required\n') + 'notify:\n  webhook: https://hooks.example.com/pilothouse\n'), 'application/yaml');
  await engineer.post('/api/v1/services/churn/releases', { model: 'churn/2', note: 'trained on October' });
  await engineer.post('/api/v1/services/pricing/releases', { model: 'pricing/2', note: 'rounded up' });
  await engineer.post('/api/v1/services/fraud/releases', { model: 'fraud/2', note: 'two more features' });
  await until('churn rolled back', async () => (await state(client, 'churn')) === 'rolled-back', 600);
  await until('fraud at 25 %', async () => (await client.get('/api/v1/services/fraud')).release.weight >= 25, 600);
  const simulator = await spend(client);
  await gateway(client, simulator.url);
  return {
    stop: async () => {
      simulator.stop();
      await stop();
    },
    experiment,
    runs,
  };
}

const LOOKS = ['light', 'dark', 'phone'];

/** Takes a picture of every page in every look. */
export async function pictures(folder, world) {
  mkdirSync(folder, { recursive: true });
  const releases = (await client.get('/api/v1/services/churn/releases')).items;
  const entry = (await client.get('/api/v1/ledger/entries?kind=rollout.rolled-back')).items[0] ?? (await client.get('/api/v1/ledger/entries')).items[0];
  const person = (await client.get('/api/v1/principals')).items.find((p) => p.name === 'Mara Lind');
  const ids = world.runs.slice(0, 6).map((r) => r.id).join(',');
  const pages = {
    home: '/',
    services: '/services',
    service: '/services/fraud',
    'service-over': '/services/churn',
    'service-waiting': '/services/pricing',
    'service-empty': '/services/search',
    release: `/services/churn/releases/${releases[0].id}`,
    runs: `/runs?experiment=${world.experiment}`,
    run: `/runs/${world.runs[0].id}`,
    compare: `/runs/compare?runs=${ids}`,
    models: '/models',
    model: '/models/fraud',
    version: '/models/fraud/2',
    datasets: '/datasets',
    dataset: '/datasets/payments',
    gateway: '/gateway',
    'gateway-alias': '/gateway?edit=alias/chat',
    rollouts: '/gateway/rollouts',
    rollout: '/gateway/rollouts/assistant',
    'rollout-over': '/gateway/rollouts/drafts',
    health: '/gateway/health?range=1h',
    kept: '/gateway/cache',
    guards: '/gateway/guards',
    playground: '/playground',
    spend: '/spend?range=1h',
    'spend-declare': '/spend?declare=budget',
    budget: '/spend/search',
    'budget-month': '/spend/everything',
    agents: '/agents',
    agent: '/agents/support-bot?range=1h',
    'agent-paused': '/agents/runaway?range=1h',
    approvals: '/approvals',
    notifications: '/notifications',
    ledger: '/ledger',
    entry: `/ledger/${entry.id}`,
    people: '/people',
    person: `/people/${person.id}`,
    none: '/nothing/here',
  };
  const wanted = process.env.PAGES?.split(',');
  for (const look of LOOKS) {
    const page = await visit(look);
    await page.goto(`${url}/console/`);
    if (!wanted) await page.screenshot({ path: `${folder}/login-${look}.png` });
    await logIn(page, key);
    for (const [name, path] of Object.entries(pages)) {
      if (wanted && !wanted.includes(name)) continue;
      await page.goto(`${url}/console${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      // Charts and proofs need a moment; a picture is no test.
      await page.waitForTimeout(1500);
      await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: true });
    }
    await page.context().close();
  }
  await close();
}

// What the tests look at, made through the public API: services in every situation, with real releases and traffic.
import { line } from './onnx.mjs';

export class Client {
  constructor(url, key) {
    this.url = url.replace(/\/$/, '');
    this.key = key;
  }

  as(key) {
    return new Client(this.url, key);
  }

  async call(method, path, body, type = 'application/json') {
    const headers = { authorization: `Bearer ${this.key}` };
    if (body !== undefined) headers['content-type'] = type;
    const sent = body === undefined || Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(this.url + path, { method, headers, body: sent });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  get(path) {
    return this.call('GET', path);
  }

  post(path, body) {
    return this.call('POST', path, body);
  }
}

export async function until(what, condition, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s for: ${what}`);
    await pause(100);
  }
}

export const service = (name, more = '') => `apiVersion: pilothouse.dev/v1
kind: Service
metadata:
  name: ${name}
model:
  name: ${name}
${more}`;

export const state = async (client, name) => (await client.get(`/api/v1/services/${name}`)).release?.state;

export async function model(client, name, scale, offset) {
  const path = `/api/v1/models/${name}/versions?file=model.onnx`;
  return (await client.call('POST', path, line(scale, offset), 'application/octet-stream')).version;
}

/** Declares a service and brings its first version to production. */
export async function ship(client, name, more) {
  await model(client, name, 2, 1);
  await client.call('POST', '/api/v1/apply', service(name, more), 'application/yaml');
  await client.post(`/api/v1/services/${name}/releases`, { model: `${name}/1`, note: 'first version' });
}

const infer = (name, x, id) => ({
  path: `/v2/models/${name}/infer`,
  body: { id, inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [x] }] },
});

const PER_SECOND = 100;
const LANES = 4;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a hundred requests a second, and the true labels (2 x + 1) of those that ask for them, until stopped. */
export function traffic(client, services) {
  let on = true;
  let n = 0;
  const lane = async () => {
    while (on) {
      const { name, labels } = services[n % services.length];
      const begun = Date.now();
      const x = n % 97;
      const id = `${name}-${n++}`;
      const { path, body } = infer(name, x, id);
      try {
        await client.post(path, body);
        if (labels) await client.post(`/api/v1/services/${name}/feedback`, { items: [{ requestId: id, label: 2 * x + 1 }] });
      } catch {
        // a request in a moment of change is not what is tested
      }
      await pause(Math.max(0, (1000 * LANES) / PER_SECOND - (Date.now() - begun)));
    }
  };
  const lanes = Array.from({ length: LANES }, lane);
  return async () => {
    on = false;
    await Promise.all(lanes);
  };
}

const ROLLOUT = `serving:
  log-sample-rate: 0.2
rollout:
  steps: [20, 50, 100]
  min-requests: 50
  slow-after: 5s
`;

/**
 * fraud: a canary in motion that waits for labels; churn: rolled back, since version 2 answers wrongly; pricing: a release that
 * waits for approval, asked for by another person; ranking: in production; search: declared only.
 */
export async function build(client) {
  const engineer = await client.post('/api/v1/principals', { kind: 'person', name: 'mara', roles: ['engineer'] });
  const made = await client.post('/api/v1/keys', { name: "mara's key", principal: engineer.id, roles: ['engineer'] });
  const viewer = await client.post('/api/v1/principals', { kind: 'person', name: 'otto', roles: ['viewer'] });
  const looking = await client.post('/api/v1/keys', { name: "otto's key", principal: viewer.id, roles: ['viewer'] });
  const mara = client.as(made.key);
  await ship(mara, 'fraud', ROLLOUT + '  labels: required\n');
  await ship(mara, 'churn', ROLLOUT + 'notify:\n  webhook: https://hooks.example.invalid/pilothouse\n');
  await ship(mara, 'ranking', ROLLOUT);
  await ship(mara, 'pricing', `${ROLLOUT}gates:\n  - approval:\n      reason: Prices are seen by customers.\n`);
  await client.call('POST', '/api/v1/apply', service('search', ROLLOUT), 'application/yaml');
  const waiting = async () => (await client.get('/api/v1/approvals?pending=true')).items[0];
  const first = await until('the first approval', waiting);
  await client.post(`/api/v1/approvals/${first.id}`, { decision: 'approve', comment: 'first version' });
  for (const name of ['fraud', 'churn', 'ranking', 'pricing']) {
    await until(`${name} in production`, async () => (await state(client, name)) === 'promoted');
  }
  const stop = traffic(client, [{ name: 'fraud' }, { name: 'churn', labels: true }, { name: 'ranking' }, { name: 'fraud' }]);
  await model(mara, 'fraud', 2, 1);
  await model(mara, 'churn', 3, 1);
  await model(mara, 'pricing', 2, 1.5);
  await mara.post('/api/v1/services/fraud/releases', { model: 'fraud/2', note: 'same answers, smaller' });
  await mara.post('/api/v1/services/churn/releases', { model: 'churn/2' });
  await mara.post('/api/v1/services/pricing/releases', { model: 'pricing/2', note: 'rounded up' });
  await until('churn rolled back', async () => (await state(client, 'churn')) === 'rolled-back');
  await until('pricing waits', waiting);
  await until('fraud at 50 %', async () => (await client.get('/api/v1/services/fraud')).release.weight === 50);
  return { mara, viewerKey: looking.key, engineerKey: made.key, stop };
}

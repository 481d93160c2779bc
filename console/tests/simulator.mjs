// The provider of language models that pages on money need: simulators/llm as a process, beside the server that is tested.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../..');
const classes = join(root, 'simulators/llm/target/classes');

/** What its models do; `slow` streams for ten seconds, so that it can be stopped. */
const CONFIG = {
  models: {
    'sim-mini': { controls: { 'output-tokens': '24' } },
    'sim-large': { controls: { 'output-tokens': '48' } },
    'sim-slow': { controls: { 'output-tokens': '500', 'first-byte-ms': '40', 'token-ms': '20' } },
    'sim-broken': { controls: { 'failure-rate': '1', 'failure-status': '500' } },
  },
};

/** Starts it on a free port; `stop` ends it. */
export async function simulator() {
  const java = join(execFileSync(join(root, 'bin/find-jdk'), { encoding: 'utf8' }).trim(), 'bin/java');
  if (!existsSync(classes)) {
    execFileSync('mvn', ['-q', '-B', '-pl', 'simulators/llm', '-am', '-Dmaven.test.skip=true', 'package'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const built = join(root, 'target/pilothouse');
  const program = readFileSync(join(built, readFileSync(join(built, 'current'), 'utf8'), 'classpath'), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'console-simulator-'));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(CONFIG));
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow'];
  const process_ = spawn(java, [...flags, '-cp', `${classes}:${program}`, 'dev.pilothouse.simulators.llm.Main', `--config=${config}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    process_.once('exit', (code) => reject(new Error(`The simulator ended with ${code}.`)));
    createInterface({ input: process_.stdout }).on('line', (line) => line.startsWith('ready ') && resolve(line.slice(6)));
  });
  return {
    url,
    stop: () => {
      process_.removeAllListeners('exit');
      process_.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Prices of its models, as people import them. A call of sim-reasoning costs about a dollar and a half. */
export const PRICES = `prices:
  - {provider: sim, model: sim-mini, usd-per-million: {input: 0.15, output: 0.60}}
  - {provider: sim, model: sim-large, usd-per-million: {input: 2.50, output: 10}}
  - {provider: sim, model: sim-broken, usd-per-million: {input: 2.50, output: 10}}
  - {provider: sim, model: sim-slow, usd-per-million: {input: 2.50, output: 10}}
  - {provider: sim, model: sim-reasoning, usd-per-million: {input: 1.10, output: 30000}}
`;

export const importPrices = (client) => client.call('POST', '/api/v1/prices/imports?format=overlay&source=contract', PRICES, 'application/octet-stream');

export const provider = (client, url, more = {}) => client.call('PUT', '/api/v1/providers/sim', { kind: 'compatible', url: `${url}/v1`, prices: 'sim', ...more });

export const alias = (client, name, targets, fallbacks = [], more = {}) =>
  client.call('PUT', `/api/v1/aliases/${name}`, {
    targets: targets.map(([model, weight = 1]) => ({ provider: 'sim', model, weight })),
    fallbacks: fallbacks.map((model) => ({ provider: 'sim', model })),
    ...more,
  });

/** One call; answers its status, its request's id, and whether it was degraded. */
export async function ask(client, model, { agent, session, tags, user, content = 'What does a helmsman do?' } = {}) {
  const headers = { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' };
  if (agent) headers['x-pilothouse-agent'] = agent;
  if (session) headers['x-pilothouse-session'] = session;
  if (tags) headers['x-pilothouse-tags'] = tags;
  const body = { model, max_tokens: 64, messages: [{ role: 'user', content }], ...(user && { user }) };
  const answer = await fetch(`${client.url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.text();
  return { status: answer.status, id: answer.headers.get('x-request-id'), degraded: answer.headers.get('x-pilothouse-degraded') === 'true' };
}

// Measures how soon the console is usable on a large installation; run by `bench/run console`, prints one line of JSON.
// SERVICES and RUNS say how large; the server at PILOTHOUSE_URL should hold nothing yet.
import http from 'node:http';
import { client, close, key, open, url } from './harness.mjs';
import { line } from './onnx.mjs';
import { service, until } from './world.mjs';

const SERVICES = Number(process.env.SERVICES ?? 200);
const RUNS = Number(process.env.RUNS ?? 10_000);
const LOADS = Number(process.env.LOADS ?? 9);
const MLFLOW = '/api/2.0/mlflow';
const say = (text) => process.stderr.write(text + '\n');

/** Runs the work of many, some at a time. */
async function all(many, atOnce, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < many) await work(next++);
    }),
  );
}

async function fill() {
  const name = (i) => `service-${String(i).padStart(3, '0')}`;
  await client.call('POST', '/api/v1/models/shared/versions?file=model.onnx', line(2, 1), 'application/octet-stream');
  await all(SERVICES, 4, async (i) => {
    await client.call('POST', '/api/v1/apply', service(name(i)).replace(/model:\n  name: .*\n/, 'model:\n  name: shared\n'), 'application/yaml');
    await client.post(`/api/v1/services/${name(i)}/releases`, { model: 'shared/1' });
  });
  const promoted = async () => (await client.get('/api/v1/services')).items.filter((s) => s.state === 'serving').length === SERVICES;
  await until('all services in production', promoted, 600);
  say(`${SERVICES} services in production`);
  await all(SERVICES * 10, 8, (i) =>
    client.post(`/v2/models/${name(i % SERVICES)}/infer`, { inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [i] }] }),
  );
  const { experiment_id } = await client.post(`${MLFLOW}/experiments/create`, { name: 'sweep' });
  await all(RUNS, 8, async (i) => {
    const { run } = await client.post(`${MLFLOW}/runs/create`, { experiment_id, run_name: `run-${i}`, start_time: Date.now() });
    await client.post(`${MLFLOW}/runs/log-batch`, {
      run_id: run.info.run_id,
      metrics: Array.from({ length: 10 }, (_, m) => ({ key: `metric_${m}`, value: Math.sin(i * (m + 1)), step: 0, timestamp: Date.now() })),
      params: Array.from({ length: 10 }, (_, p) => ({ key: `param_${p}`, value: String((i * (p + 3)) % 97) })),
    });
  });
  say(`${RUNS} runs logged`);
}

/** Watches from the page's first moment: interactive is when the rows stand there and the thread has been free for half a second. */
function watch([rows, selector]) {
  let last = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) last = Math.max(last, task.startTime + task.duration);
  }).observe({ type: 'longtask', buffered: true });
  const looked = new MutationObserver(() => {
    if (document.querySelectorAll(selector).length < rows) return;
    looked.disconnect();
    requestAnimationFrame(() => {
      const shown = performance.now();
      const quiet = () => {
        if (performance.now() - Math.max(last, shown) < 500) return void setTimeout(quiet, 50);
        window.interactiveAfter = Math.max(last, shown);
      };
      quiet();
    });
  });
  looked.observe(document, { childList: true, subtree: true });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Cold loads of a page: each in a browser profile of its own, with an empty cache. */
async function cold(path, rows, selector, cookie) {
  const times = [];
  let scripts = 0;
  for (let i = 0; i < LOADS; i++) {
    const context = await (await open()).newContext({ viewport: { width: 1280, height: 900 } });
    await context.addCookies([cookie]);
    const page = await context.newPage();
    await page.addInitScript(watch, [rows, selector]);
    await page.goto(url + path, { waitUntil: 'commit' });
    await page.waitForFunction(() => window.interactiveAfter !== undefined, undefined, { timeout: 60_000 });
    times.push(await page.evaluate(() => window.interactiveAfter));
    scripts = await page.evaluate(() =>
      performance.getEntriesByType('resource').filter((r) => r.name.endsWith('.js')).reduce((n, r) => n + r.encodedBodySize, 0),
    );
    await context.close();
  }
  say(`${path}: ${times.map((t) => Math.round(t)).join(' ')} ms`);
  return { millis: median(times), scripts };
}

const compressed = (path) =>
  new Promise((resolve, reject) => {
    http
      .get(url + path, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
        let bytes = 0;
        answer.on('data', (chunk) => (bytes += chunk.length));
        answer.on('end', () => resolve(bytes));
      })
      .on('error', reject);
  });

/** The worker that holds the streams is a script too, which a page does not count as its own. */
async function workerBytes() {
  const page = await (await fetch(`${url}/console/`)).text();
  const main = await (await fetch(`${url}/console/${/assets\/index-[^"]+\.js/.exec(page)[0]}`)).text();
  const worker = /streams\.worker-[\w-]+\.js/.exec(main);
  return worker ? compressed(`/console/assets/${worker[0]}`) : 0;
}

await fill();
const answer = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key }) });
const [name, value] = answer.headers.get('set-cookie').split(';')[0].split('=');
const cookie = { name, value, domain: new URL(url).hostname, path: '/' };
await cold('/', Math.min(SERVICES, 40), 'tbody th', cookie); // the server's own first answers are not the console's
const first = await cold('/', Math.min(SERVICES, 40), 'tbody th', cookie);
const runs = await cold('/console/runs', Math.min(RUNS, 20), 'tbody th', cookie);
console.log(JSON.stringify({ firstMillis: first.millis, scriptBytes: first.scripts + (await workerBytes()), runsMillis: runs.millis }));
await close();
process.exit(0);

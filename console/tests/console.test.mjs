import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessible, accessibleInEveryLook, at, client, close, done, key, logIn, theWorld, url, visit } from './harness.mjs';
import { proxied } from './proxy.mjs';
import { model, service, ship, until } from './world.mjs';

let world;
before(async () => {
  world = await theWorld();
});
after(async () => {
  await world?.stop();
  await close();
});

describe('logging in', () => {
  it('trades the key for a session, keeps it nowhere, and ends with logging out', async () => {
    const page = await visit();
    await page.goto(`${url}/console/ledger`);
    await accessible(page, 'login');
    await page.getByLabel('Key').fill('ph_0000000000000000_wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The key is unknown, expired or revoked').waitFor();
    await page.getByLabel('Key').fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!kept.includes(key) && !kept.includes('pilothouse_session'), kept);
    const [cookie] = await page.context().cookies();
    assert.equal(cookie.name, 'pilothouse_session');
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Strict');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Key').waitFor();
    const answer = await page.request.get(`${url}/api/v1/session`, { headers: { cookie: `${cookie.name}=${cookie.value}` } });
    assert.equal(answer.status(), 401);
    await done(page);
  });

  it('says so when the session ends while a page is open, and goes on there', async () => {
    const made = await client.post('/api/v1/keys', { name: 'short', roles: ['viewer'] });
    const page = await at('/approvals', 'light', made.key);
    await client.call('DELETE', `/api/v1/keys/${made.id}`);
    const link = page.getByRole('link', { name: 'Services', exact: true });
    // Where the page heard of a change meanwhile, it asked for what it shows and knows already.
    const went = await link.click({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
    await page.getByText('Your session ended').waitFor();
    await page.getByLabel('Key').fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: went ? 'Services' : 'Approvals' }).waitFor();
    await done(page);
  });
});

describe('the session', () => {
  it('ends in all tabs of the browser at once', async () => {
    const page = await visit();
    await logIn(page);
    const other = await page.context().newPage();
    await other.goto(`${url}/console/ledger`);
    await other.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await other.getByText('Your session ended').waitFor();
    await done(page);
  });

  it('lets nothing be changed that does not come from our own pages', async () => {
    const page = await visit();
    await logIn(page);
    const ask = (headers) => page.request.post(`${url}/api/v1/apply`, { data: service('by-another-site'), headers: { 'content-type': 'application/yaml', ...headers } });
    assert.equal((await ask({})).status(), 403);
    assert.equal((await ask({ 'x-pilothouse-console': '1', 'sec-fetch-site': 'same-site' })).status(), 403);
    assert.equal((await ask({ 'x-pilothouse-console': '1', 'sec-fetch-site': 'same-origin' })).status(), 200);
    const answer = await page.request.get(`${url}/console/`);
    assert.equal(answer.headers()['x-frame-options'], 'DENY');
    assert.match(answer.headers()['content-security-policy'], /frame-ancestors 'none'/);
    assert.doesNotMatch(answer.headers()['content-security-policy'], /unsafe/);
    await done(page);
  });
});

describe('home', () => {
  it('answers what needs me, what is in motion, and what is running and is it well', async () => {
    const page = await at('/');
    const needs = page.getByRole('region', { name: 'Needs you' });
    await needs.getByRole('listitem').filter({ hasText: 'pricing' }).getByText('approve or reject').waitFor();
    await needs.getByText(/Rolled back at 20 % after .* wrong answers/).waitFor();
    await page.getByRole('region', { name: 'In motion' }).getByText(/fraud\/2 at 50 %/).waitFor();
    const row = page.getByRole('row').filter({ hasText: 'ranking' });
    await row.getByText('serving').waitFor();
    await row.getByText('ranking/1').waitFor();
    await page.getByRole('row').filter({ hasText: 'search' }).getByText('none yet').waitFor();
    await done(page);
  });

  it('hears of a new release by itself', async () => {
    const page = await at('/');
    await page.getByRole('rowheader', { name: 'ranking' }).waitFor();
    await ship(client, 'brand-new', '');
    await page.getByRole('rowheader', { name: 'brand-new' }).waitFor();
    await done(page);
  });

  it('hears of it in more tabs than a browser opens connections', async () => {
    const first = await at('/services');
    const tabs = [first];
    for (let i = 0; i < 8; i++) {
      const tab = await first.context().newPage();
      await tab.goto(`${url}/console${i % 2 ? '/services' : '/services/fraud'}`);
      await tab.getByRole('heading', { level: 1 }).waitFor();
      tabs.push(tab);
    }
    await client.call('POST', '/api/v1/apply', service('heard-everywhere'), 'application/yaml');
    for (const tab of tabs.filter((t) => t.url().endsWith('/services'))) await tab.getByRole('rowheader', { name: 'heard-everywhere' }).waitFor();
    await done(first);
  });

  it('is accessible', () =>
    accessibleInEveryLook('/', (page) => page.getByRole('rowheader', { name: 'fraud' }).waitFor()));
});

describe('a service', () => {
  it('shows the live rollout: sentence, way, comparison, course of the evidence', async () => {
    const page = await at('/services/fraud');
    await page.getByText(/waiting for evidence of no harm on .*wrong answers/).first().waitFor();
    const way = page.getByRole('list', { name: 'The way of the release' });
    await way.locator('[aria-current=step]').getByText('50 %').waitFor();
    const table = page.getByRole('region', { name: 'Stable against canary' });
    await table.getByRole('row').filter({ hasText: 'Errors' }).getByText('no harm').waitFor({ timeout: 240_000 });
    await page.getByRole('img', { name: /Evidence of harm/ }).locator('canvas').waitFor();
    const before = await way.innerText();
    await page.waitForFunction((text) => document.querySelector('ol[aria-label="The way of the release"]').innerText !== text, before);
    await done(page);
  });

  it('is paused, resumed and rolled back by a person, with the reason on the ledger', async () => {
    await ship(client, 'steered', 'rollout:\n  steps: [10, 100]\n  min-requests: 1000000\n');
    await until('steered in production', async () => (await client.get('/api/v1/services/steered')).state === 'serving');
    await model(client, 'steered', 2, 1);
    const page = await at('/services/steered');
    await client.post('/api/v1/services/steered/releases', { model: 'steered/2' });
    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/Reason/).fill("it's lunch");
    await dialog.getByText(`pilot rollout pause steered --reason 'it'\\''s lunch'`).waitFor();
    await accessible(page, 'the dialog');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText("Paused by admin: it's lunch").first().waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Promote' }).click();
    await page.getByRole('dialog').getByText(/all traffic at once, on your word/).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('dialog').getByLabel(/Reason/).fill('complaints');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await page.getByText('Rolled back by admin: complaints').first().waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    const history = page.getByRole('group', { name: 'Ledger entries of this service, the newest first' });
    await history.getByRole('row').filter({ hasText: 'complaints' }).first().getByRole('link').click();
    await page.getByText('checked in this browser').waitFor();
    await done(page);
  });

  it('shows sampled requests with what went in and came out, and how long they took', async () => {
    const page = await at('/services/ranking');
    const requests = page.getByRole('region', { name: 'Sampled requests' });
    await requests.getByRole('row').nth(1).getByText('well').waitFor();
    await requests.getByRole('row').nth(1).locator('summary').first().click();
    await requests.getByRole('row').nth(1).locator('pre').first().getByText('"x"').waitFor();
    await requests.getByRole('button', { name: 'Failed' }).click();
    await requests.getByText('No sampled request failed within a day.').waitFor();
    assert.match(page.url(), /requests=failed/);
    await done(page);
    const viewer = await at('/services/ranking', 'light', world.viewerKey);
    await viewer.getByText('it needs the role engineer', { exact: false }).first().waitFor();
    await done(viewer);
  });

  it('is decided on where it waits, with the evidence of the gates before', async () => {
    const page = await at('/services/pricing');
    const gates = page.getByRole('list', { name: 'Gates' });
    const waits = gates.getByRole('listitem').filter({ hasText: 'waits for a person' });
    await waits.getByText('Prices are seen by customers.').waitFor();
    await waits.getByRole('button', { name: 'Reject' }).click();
    await page.getByRole('dialog').getByText('The release ends here').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await waits.getByRole('button', { name: 'Approve' }).waitFor();
    await done(page);
  });

  it('with a command shows its processes and what they print, as they print it', async () => {
    const command = `container:\n  command: [node, serve.mjs, "{port}"]\n  directory: ${import.meta.dirname}\n  model: scorer\n  start-within: 120s\n`;
    await client.call('POST', '/api/v1/apply', service('scorer').replace(/model:\n.*\n/, command), 'application/yaml');
    await client.post('/api/v1/services/scorer/releases', {});
    await until('scorer in production', async () => (await client.get('/api/v1/services/scorer')).state === 'serving', 180);
    const page = await at('/services/scorer');
    await page.getByRole('region', { name: 'Processes' }).getByText('1 of 1').waitFor();
    const output = page.getByRole('region', { name: 'Output', exact: true });
    await output.getByText(/serves at \d+/).waitFor();
    await client.post('/v2/models/scorer/infer', { inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [3] }] });
    await output.getByText('answered 1').waitFor();
    await page.getByLabel('With').fill('nothing like this');
    await page.getByText('No line has that text.').waitFor();
    await accessible(page, 'a service with processes');
    await done(page);
  });

  it('offers a viewer the actions with what they lack', async () => {
    const page = await at('/services/fraud', 'light', world.viewerKey);
    const pause = page.getByRole('button', { name: /Pause/ });
    assert.equal(await pause.getAttribute('aria-disabled'), 'true');
    assert.match(await pause.getAttribute('title'), /engineer/);
    await done(page);
  });

  it('tells of a release long over on its own page', async () => {
    const page = await at('/services/churn');
    await page.getByRole('link', { name: '#2 churn/2' }).click();
    await page.getByRole('heading', { level: 1, name: 'Release 2: churn/2' }).waitFor();
    await page.getByText(/Rolled back at \d+ % after .* 100 % wrong answers against 0 %/).waitFor();
    await page.getByText('harm shown').waitFor();
    await done(page);
  });

  it('says what an unknown one is near to', async () => {
    const page = await visit();
    await logIn(page);
    await page.goto(`${url}/console/services/frauds`);
    await page.getByRole('alert').getByText(/fraud/).waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await done(page);
  });

  // Of a step that has just begun, only some outcomes have evidence yet.
  it('is accessible', () =>
    accessibleInEveryLook('/services/fraud', (page) => page.locator('canvas').first().waitFor()));

  it('is accessible when it is over', () =>
    accessibleInEveryLook('/services/churn', (page) => page.getByText('harm shown').waitFor()));
});

describe('services', () => {
  it('are found by name, by state and by sorting, and the address holds it', async () => {
    const page = await at('/services');
    await page.getByLabel('Name').fill('r');
    await page.getByRole('button', { name: 'In motion' }).click();
    await page.getByRole('rowheader', { name: 'fraud' }).waitFor();
    await page.getByRole('rowheader', { name: 'ranking' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Service/ }).click();
    assert.match(page.url(), /name=r&show=moving&order=name\.up/);
    await page.reload();
    await page.getByRole('rowheader', { name: 'fraud' }).waitFor();
    assert.equal(await page.getByRole('rowheader', { name: 'ranking' }).count(), 0);
    await done(page);
  });

  it('are accessible', () =>
    accessibleInEveryLook('/services', (page) => page.getByRole('rowheader', { name: 'fraud' }).waitFor()));
});

describe('approvals', () => {
  it('are accessible', () =>
    accessibleInEveryLook('/approvals', (page) => page.getByRole('button', { name: 'Approve' }).waitFor()));

  it('are refused to who asked, and given by another person', async () => {
    const asker = await at('/approvals', 'light', world.engineerKey);
    assert.equal(await asker.getByRole('button', { name: /Approve/ }).getAttribute('aria-disabled'), 'true');
    await done(asker);
    const page = await at('/');
    await page.getByRole('region', { name: 'Needs you' }).getByRole('link', { name: 'pricing' }).click();
    const card = page.getByRole('listitem').filter({ hasText: 'Prices are seen by customers.' });
    await card.getByText('mara').waitFor();
    await card.getByText('rounded up').waitFor();
    await card.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('dialog').getByLabel(/Reason/).fill('checked with sales');
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Nothing waits for a decision.').waitFor();
    await page.getByRole('row').filter({ hasText: 'checked with sales' }).getByText('approved').waitFor();
    await until('pricing goes on', async () => (await client.get('/api/v1/services/pricing')).release.state !== 'awaiting-approval');
    await done(page);
  });
});

describe('notifications', () => {
  it('say what could not be told, why, and when it is tried again', async () => {
    const page = await at('/notifications');
    const row = page.getByRole('row').filter({ hasText: 'hooks.example.invalid' }).first();
    await row.getByText('on its way').waitFor();
    await row.getByText(/has no address/).waitFor();
    await page.getByRole('button', { name: 'Given up' }).click();
    await page.getByText('None was given up.').waitFor();
    assert.match(page.url(), /show=dead/);
    await done(page);
  });

  it('are accessible', () =>
    accessibleInEveryLook('/notifications', (page) => page.getByText('hooks.example.invalid').first().waitFor()));
});

describe('the ledger', () => {
  it('proves an entry in the browser', async () => {
    const page = await at('/ledger');
    await page.getByLabel('Kind').fill('release.started');
    await page.getByRole('row').filter({ hasText: 'same answers, smaller' }).getByRole('link').click();
    await page.getByText('checked in this browser').waitFor();
    const proof = page.getByRole('region', { name: 'Proof' });
    await proof.getByText(/hashes lead from this leaf to the root/).waitFor();
    await proof.getByText(/Signed by pilothouse/).waitFor();
    await done(page);
  });

  it('shows that a proof does not hold where an answer was changed on its way', async () => {
    const entries = (await client.get('/api/v1/ledger/entries?kind=release.started')).items;
    for (const [what, change] of Object.entries({
      'another time': (e) => ({ ...e, at: new Date(Date.parse(e.at) - 60_000).toISOString() }),
      'another hash': (e) => ({ ...e, proof: { ...e.proof, path: [e.proof.path.at(-1), ...e.proof.path.slice(1)] } }),
      'another leaf': (e) => ({ ...e, leaf: Buffer.from(Buffer.from(e.leaf, 'base64').toString().replace('"kind":"person"', '"kind":"agents"')).toString('base64') }),
      'another head': (e) => ({ ...e, proof: { ...e.proof, checkpoint: e.proof.checkpoint.replace(/— (\S+) (....)/, '— $1 AAAA') } }),
    })) {
      const page = await visit();
      await logIn(page);
      await page.route(`**/api/v1/ledger/entries/${entries[0].id}`, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: change(await answer.json()) });
      });
      await page.goto(`${url}/console/ledger/${entries[0].id}`);
      await page.getByText('does not hold').waitFor().catch(() => assert.fail(`${what} was not noticed`));
      await done(page);
    }
  });

  it('is accessible', () => accessibleInEveryLook('/ledger', (page) => page.getByRole('row').nth(5).waitFor()));

  it('is accessible by entry', async () => {
    const [entry] = (await client.get('/api/v1/ledger/entries?kind=release.started')).items;
    await accessibleInEveryLook(`/ledger/${entry.id}`, (page) => page.getByText('checked in this browser').waitFor());
  });
});

describe('the frame', () => {
  it('goes anywhere by the keyboard', async () => {
    const page = await at('/');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('chur');
    await page.getByRole('option', { name: 'churn Service', selected: true }).waitFor();
    await accessible(page, 'search');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'churn' }).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: 'Search or go to' }).waitFor();
    await page.keyboard.type('0123456789abcdef0123456789abcdef');
    await page.getByRole('option', { name: /Ledger entry/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
    await done(page);
  });

  it('has its menu on a phone, and every action in reach', async () => {
    const page = await at('/services/fraud', 'phone');
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await accessible(page, 'the open menu');
    await page.getByRole('link', { name: 'Ledger', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
    await page.goBack();
    for (const name of ['Pause', 'Skip step', 'Promote', 'Roll back', 'Abort']) {
      const box = await page.getByRole('button', { name, exact: true }).boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.height >= 40, `${name} ${JSON.stringify(box)}`);
    }
    await done(page);
  });

  it('lives below a path of a reverse proxy, says when the server is gone, and comes back', async () => {
    const proxy = await proxied(url, { path: '/ml/pilothouse' });
    const page = await visit();
    await logIn(page, key, proxy.url);
    await page.goto(`${proxy.url}/console/services/fraud`);
    await page.getByRole('heading', { level: 1, name: 'fraud' }).waitFor();
    await page.getByRole('link', { name: 'Services' }).first().click();
    await page.getByRole('rowheader', { name: 'ranking' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/ml/pilothouse/console/services');
    await proxy.end();
    await page.getByText('Reconnecting').waitFor();
    await client.call('POST', '/api/v1/apply', service('made-meanwhile'), 'application/yaml');
    await proxy.again();
    await page.getByText('Reconnecting').waitFor({ state: 'detached' });
    await page.getByRole('rowheader', { name: 'made-meanwhile' }).waitFor();
    await page.context().close();
    await proxy.end();
  });

  it('lives behind a proxy with TLS, its cookie below the path and never in plain text', async (t) => {
    const proxy = await proxied(url, { path: '/team/ship', tls: true });
    if (!proxy) return t.skip('there is no openssl here to make a certificate');
    const page = await visit('light', { ignoreHTTPSErrors: true });
    await logIn(page, key, proxy.url);
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.path, cookie.secure, cookie.httpOnly, cookie.sameSite], ['/team/ship/', true, true, 'Strict']);
    await page.getByRole('link', { name: 'Ledger', exact: true }).click();
    await page.getByRole('rowheader').first().getByRole('link').click();
    await page.getByText('checked in this browser').waitFor();
    assert.match(new URL(page.url()).pathname, /^\/team\/ship\/console\/ledger\//);
    await page.reload();
    await page.getByText('checked in this browser').waitFor();
    await page.getByRole('link', { name: 'Services', exact: true }).click();
    await page.getByRole('rowheader', { name: 'ranking' }).waitFor();
    await client.call('POST', '/api/v1/apply', service('made-behind-tls'), 'application/yaml');
    await page.getByRole('rowheader', { name: 'made-behind-tls' }).waitFor();
    await page.context().close();
    await proxy.end();
  });

  it('runs no script or style but its own files', async () => {
    const page = await at('/');
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.head.append(script);
      const box = document.createElement('div');
      box.setAttribute('style', 'position: fixed');
      document.body.append(box);
      return [Boolean(window.ran), getComputedStyle(box).position];
    });
    assert.deepEqual(ran, [false, 'static']);
    await page.context().close();
  });
});

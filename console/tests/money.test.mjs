// What people do with money and models: declare who answers, ask, bound what is spent, look at a runaway and let it go on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessible, accessibleInEveryLook, at, client, close, done, keyOf } from './harness.mjs';
import { ask, importPrices, simulator } from './simulator.mjs';
import { until } from './world.mjs';

let sim;
let engineer;
let approver;

before(async () => {
  sim = await simulator();
  engineer = await keyOf('edda', 'engineer');
  approver = await keyOf('arno', 'approver');
});
after(async () => {
  sim.stop();
  await close();
});

const form = (page, name) => page.getByRole('form', { name });

describe('the gateway', () => {
  it('says what comes first where nothing is declared', async () => {
    const page = await at('/gateway', 'light', engineer);
    await page.getByText('There are no providers.').waitFor();
    await page.getByText('pilot secrets set openai-key').waitFor();
    assert.match(await page.getByRole('button', { name: 'Declare an alias' }).getAttribute('title'), /provider/);
    await accessible(page, 'no providers');
    await page.goto(page.url().replace('/gateway', '/playground'));
    await page.getByText('There is nobody to ask.').waitFor();
    await done(page);
  });

  it('takes a provider and an alias with a fallback, and tells what is unpriced', async () => {
    const page = await at('/gateway', 'light', engineer);
    await page.getByRole('button', { name: 'Declare a provider' }).click();
    const provider = form(page, 'Declare a provider');
    await provider.getByLabel('Name').fill('sim');
    await provider.getByLabel('It is').selectOption('compatible');
    await provider.getByText('It needs an address.', { exact: true }).waitFor();
    await provider.getByLabel('Address').fill(`${sim.url}/v1`);
    await accessible(page, 'declaring a provider');
    await provider.getByRole('button', { name: 'Declare it' }).click();
    await page.getByRole('rowheader', { name: 'sim' }).waitFor();

    await page.getByRole('button', { name: 'Declare an alias' }).click();
    const alias = form(page, 'Declare an alias');
    await alias.getByLabel('What clients ask for').fill('chat');
    await alias.getByLabel('Model').fill('sim-large');
    await alias.getByRole('button', { name: 'Add a fallback' }).click();
    await alias.getByLabel('Model').last().fill('sim-mini');
    await accessible(page, 'declaring an alias');
    await alias.getByRole('button', { name: 'Declare it' }).click();
    const table = page.getByRole('table', { name: 'Who answers for chat' });
    await table.getByRole('row').filter({ hasText: 'sim/sim-mini' }).getByText('fallback 1').waitFor();
    await table.getByText('unpriced').first().waitFor();
    await importPrices(client);
    await table.getByRole('row').filter({ hasText: 'sim/sim-large' }).getByText('$2.50').waitFor();
    await done(page);
  });

  it('refuses to remove a provider that an alias asks, and says which', async () => {
    const page = await at('/gateway', 'light', engineer);
    await page.getByRole('button', { name: 'Remove sim', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/Type/).fill('sim');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByText(/The alias 'chat' asks the provider 'sim'/).waitFor();
    await done(page);
  });

  it('is accessible', () => accessibleInEveryLook('/gateway', (page) => page.getByRole('table', { name: 'Who answers for chat' }).waitFor()));
});

describe('the playground', () => {
  it('streams an answer and tells what it cost, took and who answered', async () => {
    const page = await at('/playground?alias=chat', 'light', engineer);
    await page.getByLabel('System').fill('Be brief.');
    await page.getByRole('textbox', { name: 'Message' }).fill("What's a helm?");
    await page.getByText(/curl -N/).waitFor();
    assert.match(await page.getByRole('group', { name: 'Command' }).textContent(), /Be brief\..*What'\\''s a helm/);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('finished').waitFor();
    const facts = page.locator('dl');
    await facts.getByText('sim/sim-large').waitFor();
    await facts.getByText('48 tokens').waitFor();
    await facts.getByText(/^\$0\.000/).waitFor();
    assert.ok((await page.getByRole('region', { name: "The answer's text" }).textContent()).length > 20);
    await accessible(page, 'an answer');
    await done(page);
  });

  it('stops an answer, and tells what it cost so far', async () => {
    await client.call('PUT', '/api/v1/aliases/slow', { targets: [{ provider: 'sim', model: 'sim-slow' }] });
    const page = await at('/playground?alias=slow', 'light', engineer);
    await page.getByRole('textbox', { name: 'Message' }).fill('Tell me all you know.');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('stopped by you').waitFor();
    await page.getByText('Recorded as').waitFor();
    await done(page);
  });

  it('shows a refusal in its own words', async () => {
    const page = await at('/playground?alias=chat', 'light', engineer);
    await client.call('PUT', '/api/v1/budgets/none', { scope: `organisation:${(await client.get('/api/v1/whoami')).tenant}`, limit: '0' });
    await page.getByRole('textbox', { name: 'Message' }).fill('Hello');
    await until('it is refused', async () => {
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText(/^(finished|failed)$/).waitFor();
      return (await page.getByText('failed', { exact: true }).count()) > 0;
    });
    await page.getByRole('alert').getByText(/budget 'none'/).waitFor();
    await client.call('DELETE', '/api/v1/budgets/none');
    await done(page);
  });

  it('is accessible', () => accessibleInEveryLook('/playground', (page) => page.getByRole('button', { name: 'Send' }).waitFor()));
});

describe('spend', () => {
  it('is bounded by a budget that somebody declares, whose refusals it tells', async () => {
    const page = await at('/spend');
    await page.getByText('There are no budgets.').waitFor();
    await accessible(page, 'no budgets');
    await page.getByRole('button', { name: 'Declare a budget' }).click();
    const declaring = form(page, 'Declare a budget');
    await declaring.getByLabel('Name').fill('search');
    await declaring.getByLabel('Counts calls of').selectOption('tag');
    await declaring.getByLabel('Which').fill('search');
    await declaring.getByLabel('Window').selectOption('day');
    await declaring.getByLabel(/Limit in/).fill('1e-3');
    await declaring.getByText(/^Write dollars as a decimal/).waitFor();
    await declaring.getByLabel(/Limit in/).fill('0.002');
    await declaring.getByRole('button', { name: 'Add a cheaper model' }).click();
    await accessible(page, 'declaring a budget');
    await declaring.getByRole('button', { name: 'Take away' }).click();
    await declaring.getByText('--limit 0.002').waitFor();
    await declaring.getByRole('button', { name: 'Declare it' }).click();
    await page.getByRole('heading', { level: 1, name: 'search' }).waitFor();
    const spent = async () => {
      const { status, id } = await ask(client, 'chat', { agent: 'crawler', session: 's1', tags: 'search' });
      if (status === 200) await client.post('/api/v1/outcomes', { requestId: id, success: true, valueUsd: '0.01' });
      return status === 429;
    };
    await until('the budget is spent', spent);
    await page.getByText(/%\)$/).waitFor();
    await page.getByRole('img', { name: /^Left, USD/ }).waitFor();
    await page.getByRole('rowheader', { name: 'crawler' }).waitFor();
    await accessible(page, 'a budget');
    await done(page);
  });

  it('tells who spends, what a success costs, and gives every call as CSV', async () => {
    const page = await at('/spend?range=1h');
    const top = page.getByRole('table', { name: 'Agents that spend most' });
    await top.getByRole('link', { name: 'crawler' }).waitFor();
    await page.getByRole('group', { name: 'Grouped by' }).getByRole('button', { name: 'Models' }).click();
    await page.getByRole('table', { name: 'Models that spend most' }).getByRole('rowheader', { name: 'sim-large' }).waitFor();
    const feature = page.getByRole('table', { name: 'Cost and margin by feature' }).getByRole('row').filter({ hasText: 'search' });
    await feature.getByText('100', { exact: true }).waitFor();
    const csv = await page.getByRole('link', { name: 'Every call as CSV' }).getAttribute('href');
    const lines = await page.evaluate(async (href) => (await (await fetch(href)).text()).trim().split('\n').length, csv);
    assert.ok(lines > 5, `${lines} lines`);
    await done(page);
  });

  it('keeps the room of what loads', async () => {
    const page = await at('/spend/search');
    const part = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Burn-down' }) });
    let letGo;
    const held = new Promise((resolve) => (letGo = resolve));
    await page.route('**/api/v1/usage/course*', async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await part.getByRole('status', { name: 'Loading' }).waitFor();
    const before = (await part.boundingBox()).height;
    letGo();
    await part.locator('canvas').waitFor();
    const after = (await part.boundingBox()).height;
    assert.ok(Math.abs(after - before) < 4, `${before} px while it loads, ${after} px then`);
    await done(page);
  });

  it('may be more for a while, once somebody else agrees', async () => {
    const page = await at('/spend/search', 'light', engineer);
    assert.match(await page.getByRole('button', { name: 'Remove' }).getAttribute('title'), /admin/);
    // The table above it is as long as it is, which nothing can keep free: then the button is where it stays.
    await page.getByText('Nobody asked for more.').waitFor();
    await page.getByRole('button', { name: 'Ask for more' }).click();
    const asking = form(page, 'Ask for more of search');
    await asking.getByLabel(/By how many/).fill('0.500000001');
    await asking.getByLabel('Reason').fill('a launch');
    await accessible(page, 'asking for more');
    await asking.getByRole('button', { name: 'Ask for it' }).click();
    await page.getByRole('link', { name: 'waits for an approver' }).waitFor();
    await done(page);

    const deciding = await at('/approvals', 'light', approver);
    await deciding.getByRole('link', { name: 'search' }).waitFor();
    await deciding.getByRole('button', { name: 'Approve' }).click();
    const dialog = deciding.getByRole('dialog');
    await dialog.getByText('The limit is raised at once').waitFor();
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await dialog.waitFor({ state: 'detached' });
    await done(deciding);

    const after = await at('/spend/search');
    await after.getByText('active').waitFor();
    await until('the limit is raised', async () => (await client.get('/api/v1/budgets/search')).raised === '0.500000001');
    await after.getByRole('button', { name: 'Change', exact: true }).click();
    const changing = form(after, 'Change the budget search');
    await changing.getByLabel(/Limit in/).fill('2');
    await changing.getByRole('button', { name: 'Change it' }).click();
    await changing.waitFor({ state: 'detached' });
    assert.equal((await client.get('/api/v1/budgets/search')).limit, '2');
    await done(after);
  });

  it('is accessible', async () => {
    await accessibleInEveryLook('/spend', (page) => page.getByRole('img', { name: /^Cost in/ }).waitFor());
    await accessibleInEveryLook('/spend/search', (page) => page.getByRole('img', { name: /^Left, USD/ }).waitFor());
  });

  it('is unbounded again once its budget is removed', async () => {
    const page = await at('/spend/search');
    await page.getByRole('button', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/Type/).fill('search');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('There are no budgets.').waitFor();
    await done(page);
  });
});

describe('agents', () => {
  it('that run away are paused, and go on once a person has seen what they did', async () => {
    await client.call('PUT', '/api/v1/aliases/reasoning', { targets: [{ provider: 'sim', model: 'sim-reasoning' }] });
    const run = () => ask(client, 'reasoning', { agent: 'runaway', session: 'loop', tags: 'triage' });
    await until('it is paused', async () => (await run()).status === 403);
    const home = await at('/', 'light', approver);
    await home.getByRole('link', { name: 'runaway' }).waitFor();
    await done(home);

    const looking = await at('/agents', 'light', engineer);
    await looking.getByRole('heading', { name: /^Stopped/ }).waitFor();
    await looking.getByRole('rowheader', { name: 'runaway' }).getByRole('link').click();
    const resume = looking.getByRole('button', { name: /^Resume/ }).first();
    assert.match(await resume.getAttribute('title'), /approver/);
    await done(looking);

    const page = await at('/agents/runaway', 'light', approver);
    await page.getByText('the circuit breaker').first().waitFor();
    const trace = page.getByRole('table', { name: /before the pause/ });
    await trace.getByText('triage').first().waitFor();
    await accessible(page, 'a paused agent');
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/it is paused again/).waitFor();
    await dialog.getByLabel(/Reason/).fill('the loop is fixed');
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText(/arno: the loop is fixed/).waitFor();
    await until('it is answered again', async () => (await run()).status === 200);

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByLabel(/Reason/).fill('looking at it');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByText('safety pause').waitFor();
    await done(page);
  });

  it('are accessible', async () => {
    await accessibleInEveryLook('/agents', (page) => page.getByRole('rowheader', { name: 'crawler' }).waitFor());
    await accessibleInEveryLook('/agents/crawler', (page) => page.getByRole('img', { name: /^Burn/ }).waitFor());
  });
});

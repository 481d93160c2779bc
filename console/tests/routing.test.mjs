// What people do with the gateway once models answer: watch a candidate and steer it, look who is away, drop kept answers, see what
// guards found.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { candidates, guard, kept, probes } from './gateway-world.mjs';
import { accessible, accessibleInEveryLook, at, client, close, done, keyOf } from './harness.mjs';
import { alias, ask, importPrices, provider, simulator } from './simulator.mjs';
import { until } from './world.mjs';

let sim;
let engineer;

before(async () => {
  sim = await simulator();
  engineer = await keyOf('runa', 'engineer');
  await provider(client, sim.url);
  await importPrices(client);
});
after(async () => {
  sim.stop();
  await close();
});

const part = (page, name) => page.getByRole('navigation', { name: 'Parts of the gateway' }).getByRole('link', { name });
const row = (page, table, text) => page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text });

describe('rollouts of aliases', () => {
  it('say how one begins where there is none', async () => {
    const page = await at('/gateway', 'light', engineer);
    await part(page, 'Rollouts').click();
    await page.getByText('No alias was ever rolled out.').waitFor();
    await page.getByText('rollout: {steps: [5, 25, 100]}').waitFor();
    assert.equal(await part(page, 'Rollouts').getAttribute('aria-current'), 'page');
    await accessible(page, 'no rollouts');
    await done(page);
  });

  it('show the share, the evidence and what was counted, and are paused and resumed', async () => {
    await candidates(client);
    const page = await at('/gateway/rollouts', 'light', engineer);
    const line = row(page, 'Rollouts: on their way', 'assistant');
    await line.getByRole('img', { name: 'The candidate has 25 % of the calls' }).waitFor();
    await line.getByRole('link', { name: 'assistant' }).click();
    await page.getByRole('heading', { level: 1, name: 'assistant' }).waitFor();
    await page.getByRole('list', { name: 'The way of the candidate' }).getByRole('listitem').filter({ hasText: '25 %' }).getByText('is here').waitFor();
    await row(page, 'Stable against candidate', 'Errors').waitFor();
    await page.getByRole('img', { name: /^Evidence of harm/ }).waitFor();
    await row(page, 'Calls by step', '25 %').waitFor();
    await row(page, 'The candidate beside what answers now', 'Answers').getByText('sim/sim-mini').waitFor();
    assert.match(await page.getByRole('button', { name: /^Promote/ }).getAttribute('title'), /approver/);

    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/harm that is shown still takes it back/).waitFor();
    await dialog.getByLabel(/Reason/).fill('a holiday');
    await dialog.getByText("pilot rollouts pause assistant --reason 'a holiday'").waitFor();
    await accessible(page, 'pausing a rollout');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Paused by a person: a holiday').first().waitFor();
    const home = await at('/', 'light', engineer);
    await home.getByRole('link', { name: 'assistant' }).waitFor();
    await done(home);
    await page.getByRole('button', { name: 'Resume' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await client.get('/api/v1/rollouts/assistant')).paused, false);
    await done(page);
  });

  it('tell why harm took a candidate back, and need somebody to look', async () => {
    const page = await at('/gateway/rollouts/drafts', 'light', engineer);
    await page.getByText(/^Rolled back at 50 % after [\d,]+ requests/).first().waitFor();
    await row(page, 'Stable against candidate', 'Errors').getByText('harm shown').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
    await done(page);
    const home = await at('/', 'light', engineer);
    await home.getByRole('link', { name: 'drafts' }).waitFor();
    await done(home);
  });

  it('are accessible', async () => {
    await accessibleInEveryLook('/gateway/rollouts', (page) => page.getByRole('table', { name: 'Rollouts: on their way' }).waitFor());
    await accessibleInEveryLook('/gateway/rollouts/assistant', (page) => page.getByRole('img', { name: /^Evidence of harm/ }).waitFor());
  });

  it('end where somebody promotes on their own word', async () => {
    const page = await at('/gateway/rollouts/assistant');
    await page.getByRole('button', { name: 'Promote' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/Type/).fill('assistant');
    await dialog.getByLabel(/Reason/).fill('the large one is retired');
    await dialog.getByRole('button', { name: 'Promote' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Promoted by a person: the large one is retired').first().waitFor();
    const { items } = await client.get('/api/v1/aliases');
    assert.equal(items.find((a) => a.alias === 'assistant').targets[0].model, 'sim-mini');
    await done(page);
  });
});

describe('what a form does not show', () => {
  it('stays when an alias or a provider is changed', async () => {
    const prompt = { name: 'polite', version: '2', text: 'Answer politely.' };
    await alias(client, 'polite', [['sim-mini']], [], { prompt });
    await provider(client, sim.url, { probe: { path: '/v1/models', everySeconds: 60, timeoutSeconds: 7 } });
    const page = await at('/gateway?edit=alias/polite', 'light', engineer);
    await page.getByRole('form').getByRole('button', { name: 'Change it' }).click();
    await page.getByRole('form').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Change sim', exact: true }).click();
    assert.equal(await page.getByRole('form').getByLabel(/Ask whether it answers/).inputValue(), '/v1/models');
    await page.getByRole('form').getByRole('button', { name: 'Change it' }).click();
    await page.getByRole('form').waitFor({ state: 'detached' });
    const named = async (path, by, name) => (await client.get(path)).items.find((item) => item[by] === name);
    assert.deepEqual((await named('/api/v1/aliases', 'alias', 'polite')).prompt, prompt);
    assert.deepEqual((await named('/api/v1/providers', 'name', 'sim')).probe, { path: '/v1/models', everySeconds: 60, timeoutSeconds: 7 });
    await done(page);
  });
});

describe('the health of providers', () => {
  it('tells who answers probes, which model rests, and how calls went', async () => {
    await probes(client, sim.url);
    const page = await at('/gateway/health?range=1h', 'light', engineer);
    await row(page, 'Providers and their probes', 'away').getByText('does not answer').waitFor();
    await row(page, 'Providers and their probes', 'away').getByText('It cannot be reached.').waitFor();
    await row(page, 'Providers and their probes', 'sim').getByText('answers').waitFor();
    await row(page, 'Providers and their probes', 'sim').getByRole('img', { name: /none failed; half took at most/ }).waitFor();
    const broken = row(page, 'Circuit breakers of models', 'sim/sim-broken');
    await until('the failing model rests', async () => {
      await ask(client, 'fragile');
      return (await broken.getByText(/rests for \d+ s|next call tries it/).count()) > 0;
    });
    await page.getByRole('img', { name: /^Calls that failed/ }).waitFor();
    await done(page);
  });

  it('is accessible', () => accessibleInEveryLook('/gateway/health?range=1h', (page) => page.getByRole('img', { name: /^Calls that failed/ }).waitFor()));
});

describe('kept answers', () => {
  it('say what they save by alias, and are dropped', async () => {
    await kept(client);
    const page = await at('/gateway/cache', 'light', engineer);
    const faq = row(page, 'Kept answers by alias', 'faq');
    await faq.getByRole('img', { name: '3 hits, 2 misses, 0 not looked for' }).waitFor();
    await faq.getByText(/^\$0\.0000/).waitFor();
    await page.getByRole('img', { name: /^Saved in/ }).waitFor();
    await accessible(page, 'kept answers');
    await faq.getByRole('button', { name: 'Drop answers of faq' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^2 answers go here/).waitFor();
    await dialog.getByText('pilot cache clear --alias faq').waitFor();
    await dialog.getByRole('button', { name: 'Drop' }).click();
    await dialog.waitFor({ state: 'detached' });
    const button = faq.getByRole('button', { name: /^Drop/ });
    await until('nothing is left to drop', async () => (await button.getAttribute('title')) === 'none is kept');
    await done(page);
  });

  it('are accessible', () => accessibleInEveryLook('/gateway/cache', (page) => page.getByRole('table', { name: 'Kept answers by alias' }).waitFor()));
});

describe('guards', () => {
  it('say how one is declared, then what it came to and what it costs', async () => {
    const page = await at('/gateway/guards', 'light', engineer);
    await page.getByText('There are no guards.').waitFor();
    await accessible(page, 'no guards');
    await guard(client);
    const found = row(page, 'Verdicts of guards', 'personal-data');
    await found.getByRole('img', { name: '1 passed, 0 told, 1 replaced, 1 blocked' }).waitFor();
    const declared = row(page, 'Guards as declared', 'personal-data');
    await declared.getByText('aliases faq').waitFor();
    await declared.getByText(/personal data: redact/).waitFor();
    await done(page);
  });

  it('are accessible', () => accessibleInEveryLook('/gateway/guards', (page) => page.getByRole('table', { name: 'Verdicts of guards' }).waitFor()));

  it('are removed', async () => {
    const page = await at('/gateway/guards', 'light', engineer);
    await page.getByRole('button', { name: 'Remove personal-data' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/Type/).fill('personal-data');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('There are no guards.').waitFor();
    await done(page);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessible, accessibleInEveryLook, at, client, close, done } from './harness.mjs';
import { model, until } from './world.mjs';

const NAME = 'staged';
const FILE = `apiVersion: pilothouse.dev/v1
kind: Service
metadata:
  name: ${NAME}
model:
  name: ${NAME}
rollout:
  steps: [100]
environments:
  - staging
  - name: production
    gates:
      - approval:
          reason: For customers.
`;

let engineerKey;
const state = async (service) => (await client.get(`/api/v1/services/${encodeURIComponent(service)}`)).release?.state;

before(async () => {
  const engineer = await client.post('/api/v1/principals', { kind: 'person', name: 'nora', roles: ['engineer'] });
  const made = await client.post('/api/v1/keys', { name: "nora's key", principal: engineer.id, roles: ['engineer'] });
  engineerKey = made.key;
  await model(client, NAME, 2, 1);
  await client.call('POST', '/api/v1/apply', FILE, 'application/yaml');
  await client.post(`/api/v1/services/${NAME}@staging/releases`, { model: `${NAME}/1` });
  await until('stable in staging', async () => (await state(`${NAME}@staging`)) === 'promoted');
});
after(close);

describe('environments', () => {
  it('stand side by side, and what is stable in one is promoted to the next', async () => {
    const page = await at(`/services/${NAME}@staging`, 'light', engineerKey);
    await page.getByRole('link', { name: 'staging, production' }).click();
    await page.getByRole('heading', { level: 1, name: `Environments of ${NAME}` }).waitFor();
    const cards = page.getByRole('list').filter({ hasText: 'Stable in staging' }).getByRole('listitem');
    const production = cards.filter({ hasText: `/v2/models/${NAME}/infer` });
    await cards.filter({ hasText: `/v2/models/${NAME}@staging/infer` }).getByText(`${NAME}/1`).first().waitFor();
    await production.getByText('nothing yet').waitFor();
    await production.getByRole('button', { name: 'Promote to production' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('exactly what is stable in staging').waitFor();
    await dialog.getByText('A person has to approve it here').waitFor();
    await dialog.getByText('staging stays as it is').waitFor();
    await accessible(page, 'the promotion');
    await dialog.getByLabel(/Reason/).fill('tried for a day');
    await dialog.getByText(`pilot promote ${NAME} --from staging --to production --note 'tried for a day'`).waitFor();
    await dialog.getByRole('button', { name: 'Promote' }).click();
    await dialog.waitFor({ state: 'detached' });
    await production.getByText(/Waiting for a person/).waitFor();
    const { items } = await client.get('/api/v1/approvals?pending=true');
    const asked = items.find((item) => item.reason === 'For customers.');
    await client.post(`/api/v1/approvals/${asked.id}`, { decision: 'approve', comment: 'seen' });
    await until('stable in production', async () => (await state(NAME)) === 'promoted');
    await production.getByText('The same digest is stable in staging.').waitFor();
    await production.getByText('nora').waitFor();
    await production.getByRole('link', { name: 'staging, release 1' }).click();
    await page.getByRole('heading', { level: 1, name: `Release 1: ${NAME}/1` }).waitFor();
    await done(page);
  });

  it('are accessible', () =>
    accessibleInEveryLook(`/services/${NAME}/environments`, (page) => page.getByText('The same digest is stable').waitFor()));

  it('say what to do where there is only one', async () => {
    await client.call('POST', '/api/v1/apply', FILE.replace(/environments:[\s\S]*/, '').replaceAll(NAME, 'lonely'), 'application/yaml');
    const page = await at('/services/lonely/environments');
    await page.getByText('This service has one environment.').waitFor();
    await accessible(page, 'one environment');
    await done(page);
  });
});

describe('secrets', () => {
  it('are set and removed, and their values are never shown', async () => {
    const page = await at('/secrets');
    await page.getByText('There are no secrets.').waitFor();
    await accessible(page, 'no secrets');
    await page.getByRole('button', { name: 'Set a secret' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('api-token');
    await page.getByLabel('Environment').fill('staging');
    await page.getByLabel('Value').fill('s3cret-4711');
    await page.getByText('pilot secrets set api-token --env staging').waitFor();
    await accessible(page, 'setting a secret');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: 'api-token' });
    await row.getByText('staging').waitFor();
    assert.ok(!(await page.content()).includes('s3cret-4711'));
    assert.ok(!JSON.stringify(await client.get('/api/v1/secrets')).includes('s3cret-4711'));
    await page.getByRole('button', { name: 'Set a secret' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('API_TOKEN');
    await page.getByLabel('Value').fill('x');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText(/cannot be a secret's name/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await done(page);
  });

  it('are accessible', () => accessibleInEveryLook('/secrets', (page) => page.getByRole('rowheader', { name: 'api-token' }).waitFor()));

  it('are shown to an engineer, who is told what is missing to set one', async () => {
    const page = await at('/secrets', 'light', engineerKey);
    const set = page.getByRole('button', { name: 'Set a secret' });
    assert.match(await set.getAttribute('title'), /keeper/);
    await done(page);
  });

  it('go with the name typed', async () => {
    const page = await at('/secrets');
    await page.getByRole('button', { name: 'Remove api-token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Processes that were given it keep it').waitFor();
    await dialog.getByLabel(/Type/).fill('api-token');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('There are no secrets.').waitFor();
    await done(page);
  });
});

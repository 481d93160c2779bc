// What every test stands on: the server that `console/test` started, its world, a browser, and axe.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { build, Client } from './world.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const url = process.env.PILOTHOUSE_URL.replace(/\/$/, '');
export const key = process.env.PILOTHOUSE_API_KEY;
export const client = new Client(url, key);

const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

let browser;
export async function open() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  return browser;
}

export async function close() {
  await browser?.close();
  browser = undefined;
}

/** A page of its own browser profile. Whatever the page complains of fails the test. */
export async function visit(look = 'light', options = {}) {
  const context = await (await open()).newContext({ ...LOOKS[look], reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (e) => page.complaints.push(`error: ${e.message}`));
  page.on('console', (m) => {
    // A refused call is logged by the browser itself; tests look at what the page shows of it.
    if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) page.complaints.push(m.text());
  });
  return page;
}

export async function logIn(page, withKey = key, at = url) {
  await page.goto(`${at}/`);
  await page.getByLabel('Key').fill(withKey);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('#nav').waitFor({ state: 'attached' });
}

const sessions = new Map();

/** At a path of the console, by the session that this key was traded for first. */
export async function at(path, look = 'light', withKey = key) {
  const page = await visit(look, sessions.has(withKey) ? { storageState: sessions.get(withKey) } : {});
  if (!sessions.has(withKey)) {
    await logIn(page, withKey);
    sessions.set(withKey, await page.context().storageState());
  }
  await page.goto(`${url}/console${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

/** The key of a new person. */
export async function keyOf(name, role) {
  const person = await client.post('/api/v1/principals', { kind: 'person', name, roles: [role] });
  return (await client.post('/api/v1/keys', { name: `${name}'s key`, principal: person.id, roles: [role] })).key;
}

export async function done(page) {
  const complaints = page.complaints;
  await page.context().close();
  assert.deepEqual(complaints, [], 'the page complained');
}

/** Runs axe over what is shown. */
export async function accessible(page, what) {
  // From the top, where nothing lies under the frame's own bar.
  await page.evaluate(() => scrollTo(0, 0));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  const found = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => '    ' + n.html.slice(0, 160) + '\n      ' + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? '')).join('\n')}`);
  assert.deepEqual(found, [], `axe on ${what}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${what} is ${overflow} px wider than the screen`);
}

/** The same page passes axe in light, in dark and on a phone. */
export async function accessibleInEveryLook(path, ready) {
  for (const look of Object.keys(LOOKS)) {
    const page = await at(path, look);
    await ready(page);
    await accessible(page, `${path} (${look})`);
    await done(page);
  }
}

let world;
/** The world is made once for all files of a run. */
export function theWorld() {
  world ??= build(client);
  return world;
}

// Draws README's picture: a service whose canary is on its way. usage: console/test --picture FILE.png
import { at, close, theWorld } from './harness.mjs';

const world = await theWorld();
const page = await at('/services/fraud');
await page.setViewportSize({ width: 1280, height: 860 });
// The curves need a while to be worth a picture.
await page.waitForTimeout(30_000);
await page.screenshot({ path: process.env.PICTURE });
console.log(`drawn: ${process.env.PICTURE}`);
await world.stop();
await close();
process.exit(0);

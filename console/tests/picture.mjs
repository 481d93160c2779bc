// Draws README's picture, in light and in dark: a service whose canary is on its way.
// usage: console/test --picture FILE.png (writes FILE-light.png and FILE-dark.png)
import { at, close } from './harness.mjs';
import { furnish } from './gallery.mjs';

const file = process.env.PICTURE.replace(/\.png$/, '');
const world = await furnish();
for (const look of ['light', 'dark']) {
  const page = await at('/services/fraud', look);
  await page.setViewportSize({ width: 1280, height: 960 });
  await page.locator('canvas').nth(1).waitFor();
  await page.waitForTimeout(2000);
  await page.screenshot({ path: `${file}-${look}.png` });
  console.log(`drawn: ${file}-${look}.png`);
}
await world.stop();
await close();
process.exit(0);

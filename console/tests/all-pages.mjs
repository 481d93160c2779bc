// usage: console/test --gallery FOLDER; PAGES=home,service names some of the pages only
import { furnish, pictures } from './gallery.mjs';

const world = await furnish();
await pictures(process.env.GALLERY, world);
await world.stop();
process.exit(0);

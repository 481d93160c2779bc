// Nothing that a page is made of imports the map of pages or the frame around them, so that no import goes in a circle.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';

const source = join(import.meta.dirname, '../src');

/** Files that a file imports at once, below `src/` and without their ending; what is loaded later is not among them. */
function imports(file) {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/(?:^|\n)(?:import|export)\b[^;]*?from '(\.[^']*)'/g)].map(([, path]) => relative(source, join(source, dirname(file), path)));
}

describe('imports', () => {
  it('go down from the frame to pages, from pages to what they are made of', () => {
    const files = readdirSync(source, { recursive: true }).filter((f) => /\.tsx?$/.test(f));
    const below = files.filter((f) => /^(pages|ui|lib)\//.test(f));
    assert.ok(imports('frame/App.tsx').includes('routes'), 'imports are not found');
    assert.ok(below.length > 50, 'the files are not found');
    const wrong = below.flatMap((file) =>
      imports(file)
        .filter((to) => to === 'routes' || to.startsWith('frame/') || (to.startsWith('pages/') && !file.startsWith('pages/')))
        .map((to) => `${file} imports ${to}`),
    );
    assert.deepEqual(wrong, []);
  });
});

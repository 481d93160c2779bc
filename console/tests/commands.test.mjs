// Every command that the console offers is one that the command line has, with those options.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');
const reference = readFileSync(join(root, '../docs/reference/cli.md'), 'utf8');
/** What the reference says of each command, by its words. */
const known = new Map(reference.split(/^## /m).slice(1).map((part) => [part.slice(0, part.indexOf('\n')).trim(), part]));

function offered() {
  const found = [];
  for (const file of readdirSync(join(root, 'src'), { recursive: true })) {
    if (!/\.tsx?$/.test(file) || file.startsWith('generated')) continue;
    const text = readFileSync(join(root, 'src', file), 'utf8');
    for (const [, command] of text.matchAll(/[`'">](pilot [a-z$][^`"<\n]*?)(?=', '|[`"<\n])/g)) found.push({ file, command });
  }
  return found;
}

describe('commands', () => {
  it('are those of the command line', () => {
    const commands = offered();
    assert.ok(commands.length > 20, 'the commands were not found');
    const wrong = commands.flatMap(({ file, command }) => {
      const words = command.split(/[ '`]/);
      const computed = words[1].startsWith('$');
      const name = [4, 3, 2].map((n) => words.slice(0, n).join(' ')).find((n) => known.has(n));
      if (computed) return [];
      if (!name) return [`${file}: there is no '${command}'`];
      const options = command.match(/--[a-z-]+/g) ?? [];
      return options.filter((o) => !known.get(name).includes(o)).map((o) => `${file}: '${name}' has no ${o}`);
    });
    assert.deepEqual(wrong, []);
  });
});

// Times are made fit for charts before anything is drawn; no browser is needed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { runnerImport } from 'vite';

let rising;

before(async () => {
  const root = join(import.meta.dirname, '..');
  const loaded = await runnerImport(join(root, 'src/lib/times.ts'), { root, configFile: false, logLevel: 'silent' });
  ({ rising } = loaded.module);
});

describe('times of a line', () => {
  it('stay as they are where the clock went on', () => {
    assert.deepEqual(rising([10, 10.2, 10.4, 25]), [10, 10.2, 10.4, 25]);
    assert.deepEqual(rising([]), []);
  });

  it('stand still where the clock jumped back, until it has caught up', () => {
    assert.deepEqual(rising([100, 101, 40, 41, 101.5, 102]), [100, 101, 101, 101, 101.5, 102]);
  });

  it('never fall, whatever the clock did', () => {
    const times = Array.from({ length: 1000 }, (_, i) => Math.sin(i * 12.9898) * 43758);
    const given = [...times];
    const drawn = rising(times);
    assert.equal(drawn.length, times.length);
    assert.deepEqual(times, given, 'the times given are left as they are');
    drawn.forEach((at, i) => {
      assert.ok(i === 0 || at >= drawn[i - 1], `point ${i} turns back`);
      assert.ok(at >= times[i], `point ${i} is earlier than its time`);
    });
  });
});

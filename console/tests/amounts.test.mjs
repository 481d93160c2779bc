// Amounts of money are exact; no browser is needed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { runnerImport } from 'vite';

let money;

before(async () => {
  const root = join(import.meta.dirname, '..');
  money = (await runnerImport(join(root, 'src/lib/money.ts'), { root, configFile: false, logLevel: 'silent' })).module;
});

describe('amounts', () => {
  it('are read and written without losing a nano-USD', () => {
    for (const text of ['0', '0.000000001', '12.5', '-0.3', '1234567.000000001', '1000000000', '0.1']) {
      assert.equal(money.usd(money.nano(text)), text);
    }
    // 0.1 + 0.2 is 0.3 here.
    assert.equal(money.usd(money.nano('0.1') + money.nano('0.2')), '0.3');
    assert.equal(money.nano('1500.00'), 1_500_000_000_000n);
  });

  it('are nothing else than decimals of at most nine places', () => {
    for (const text of ['', '1e3', '.5', '1.', '1,5', '$1', '0.0000000001', '12345678901', 'one']) assert.equal(money.nano(text), undefined, text);
  });

  it('are shown with cents from a dollar on, and with three figures below', () => {
    const shown = { 0: '$0', '1234567.891': '$1,234,567.89', '1500': '$1,500', '2.5': '$2.50', '0.6': '$0.60', '0.999999': '$1', '0.0123456': '$0.0123', '0.000016849': '$0.0000168', '-3.456': '−$3.46' };
    for (const [text, words] of Object.entries(shown)) assert.equal(money.dollars(money.nano(text)), words, text);
  });

  it('are refused with what is wrong with them', () => {
    assert.equal(money.whyNoAmount('200.00'), undefined);
    assert.match(money.whyNoAmount('1e3'), /decimal/);
    assert.match(money.whyNoAmount('-1'), /from 0/);
    assert.match(money.whyNoAmount('1000000000.000000001'), /billion/);
    assert.match(money.whyNoAmount(' '), /needs an amount/);
  });

  it('have a share in percent, but not of nothing', () => {
    assert.equal(money.percentOf(1n, 3n), 33.3);
    assert.equal(money.percentOf(1n, 0n), undefined);
  });
});

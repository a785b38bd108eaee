import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, integer, property } from 'fast-check';
import { duration } from '../../../src/cli/duration.ts';
import { agoText, bytesText, spanText } from '../../../src/cli/units.ts';

test('sizes are printed in the unit that leaves one to three digits before the point', () => {
  assert.deepEqual([0, 1, 999, 1000, 1500, 9_960, 999_400, 999_600, 20_000_000, 1_073_741_824, -1500].map(bytesText), ['0 B', '1 B', '999 B', '1 kB', '1.5 kB', '10 kB', '999 kB', '1 MB', '20 MB', '1.1 GB', '-1.5 kB']);
  check(property(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
    const [number, unit] = bytesText(bytes).split(' ');
    assert.ok(Number(number) < 1000 || unit === 'PB', bytesText(bytes));
  }), { numRuns: 300 });
});

test('ages are printed in their largest unit of which there are two, rounded down', () => {
  assert.deepEqual([0, 999, 1000, 119_999, 120_000, 3_600_000, 7_200_000, 26 * 3_600_000, 48 * 3_600_000].map(spanText), ['0 s', '0 s', '1 s', '119 s', '2 min', '60 min', '2 h', '26 h', '2 d']);
  assert.equal(agoText(null, 5), 'never');
  assert.equal(agoText(4_000, 9_000), '5 s ago');
  assert.equal(agoText(9_000, 9_000), 'now');
});

test('a time on the command line is a number with a unit, seconds without one, more than nothing and at most a day', () => {
  const times = { '110s': 110_000, '110': 110_000, '2m': 120_000, '2min': 120_000, '1.5h': 5_400_000, '500ms': 500, '24h': 86_400_000 };
  for (const [text, ms] of Object.entries(times)) assert.equal(duration(text), ms, text);
  for (const text of ['', '0', '0.1ms', '-1s', '25h', '1d', '1e3', 'soon', ' 1s']) assert.throws(() => duration(text), /A time such as 110s/, text);
});

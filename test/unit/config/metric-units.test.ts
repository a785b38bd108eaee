import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STANDARD_UNITS, isMetricUnit } from '../../../src/config/metric-names.ts';
import { metricUnit } from '../../../src/config/metric-units.ts';

test('each unit of CloudWatch is itself, in any letter case', () => {
  for (const unit of STANDARD_UNITS) for (const text of [unit, unit.toLowerCase(), unit.toUpperCase()]) assert.deepEqual(metricUnit(text), { unit, scale: 1 });
});

for (const [text, unit, scale] of [
  ['%', 'Percent', 1], ['1', 'None', 1], ['s', 'Seconds', 1], ['ms', 'Milliseconds', 1], ['us', 'Microseconds', 1], ['ns', 'Microseconds', 0.001], ['min', 'Seconds', 60], ['h', 'Seconds', 3_600], ['d', 'Seconds', 86_400],
  ['By', 'Bytes', 1], ['B', 'Bytes', 1], ['Bi', 'Bits', 1], ['kB', 'Kilobytes', 1], ['KiBy', 'Kilobytes', 1.024], ['MiB', 'Megabytes', 1.024 ** 2], ['TiBy', 'Terabytes', 1.024 ** 4], ['By/s', 'Bytes/Second', 1], ['MB/s', 'Megabytes/Second', 1], ['GiBy/s', 'Gigabytes/Second', 1.024 ** 3],
] as const) {
  test(`${text} is ${unit}, times ${scale}`, () => {
    assert.deepEqual(metricUnit(text), { unit, scale });
    assert.ok(isMetricUnit(text), 'the check says so too');
    assert.ok(STANDARD_UNITS.includes(unit));
  });
}

test('what is no unit is told from one', () => {
  for (const text of ['', 'bogus', 'iB', 'parsec', 'percent/s', 'kk']) {
    assert.equal(metricUnit(text), null, text);
    assert.ok(!isMetricUnit(text), text);
  }
});

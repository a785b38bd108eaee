import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { range, ticks, timeTicks } from '../../../src/page/shared/scale.ts';

test('the numbers at an axis are round, within it, and about as many as wanted', () => {
  assert.deepEqual(ticks(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(99.2, 100.9, 4), [99.5, 100, 100.5]);
  assert.deepEqual(ticks(7, 7, 5), [7]);
  fc.assert(fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: 1e-3, max: 1e9, noNaN: true }), fc.integer({ min: 2, max: 10 }), (from, span, wanted) => {
    const found = ticks(from, from + span, wanted);
    assert.ok(found.length <= 2 * wanted + 1, `${found.length} of ${wanted}`);
    assert.ok(found.every((tick) => tick >= from - span * 1e-6 && tick <= from + span * (1 + 1e-6)));
  }));
});

test('a chart of any values has a range that holds them and is not empty', () => {
  assert.deepEqual(range([]), [0, 1]);
  assert.deepEqual(range([0, 0]), [0, 1]);
  assert.deepEqual(range([5]), [0, 5]);
  assert.equal(range([99, 100])[0], 99, 'where the values begin far from 0, so does the axis');
  fc.assert(fc.property(fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
    const [low, high] = range(values);
    assert.ok(low < high && values.every((value) => value >= low && value <= high));
  }));
});

test('times at an axis are round times of the zone', () => {
  const hour = 3_600_000;
  assert.deepEqual(timeTicks(10 * hour + 1, 13 * hour, 3, 0), [11 * hour, 12 * hour, 13 * hour]);
  // UTC+05:30: its full hours are half past in UTC.
  assert.deepEqual(timeTicks(10 * hour, 12 * hour, 2, 5.5 * hour), [10.5 * hour, 11.5 * hour]);
});

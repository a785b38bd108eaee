import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Aggregation } from '../../../src/metrics/aggregate.ts';
import type { Datum } from '../../../src/metrics/datum.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 21, 12, 0);
const datum = (time: number, value: Datum['value'], more: Partial<Datum> = {}): Datum => ({ name: 'requests', unit: 'None', dimensions: [['host', 'a']], resolution: 60, time, value, ...more });
const minutes = (): Aggregation => new Aggregation({ aggregationMs: MINUTE });

test('each collection is one sample of its minute, and the minute is named by its beginning', () => {
  const aggregation = minutes();
  for (let second = 0; second < 60; second += 10) aggregation.add(datum(START + second * 1_000, second));
  assert.deepEqual(aggregation.due(START + MINUTE - 1), []);
  assert.deepEqual(aggregation.due(START + MINUTE), [datum(START, { count: 6, sum: 150, minimum: 0, maximum: 50, values: [0, 10, 20, 30, 40, 50], counts: [1, 1, 1, 1, 1, 1] })]);
  assert.deepEqual(aggregation.drain(), []);
});

test('a single sample is given as a plain value, below zero too', () => {
  const aggregation = minutes();
  aggregation.add(datum(START + 7, -3));
  assert.deepEqual(aggregation.due(START + MINUTE), [datum(START, -3)]);
});

test('names, units, dimensions and windows are kept apart', () => {
  const all = [datum(START, 1), datum(START, 2, { name: 'other' }), datum(START, 3, { unit: 'Bytes' }), datum(START, 4, { dimensions: [['host', 'b']] }), datum(START + MINUTE, 5)];
  const aggregation = minutes();
  for (const one of all) aggregation.add(one);
  assert.deepEqual(aggregation.due(START + MINUTE), all.slice(0, 4));
  assert.deepEqual(aggregation.drain(), all.slice(4));
});

test('a distribution brings all of its samples', () => {
  const aggregation = minutes();
  aggregation.add(datum(START, { count: 3, sum: 5, minimum: 1, maximum: 2, values: [1, 2], counts: [1, 2] }));
  aggregation.add(datum(START + 10_000, { count: 1, sum: 7, minimum: 7, maximum: 7, values: [7], counts: [1] }));
  assert.deepEqual(aggregation.drain(), [datum(START, { count: 4, sum: 12, minimum: 1, maximum: 7, values: [1, 2, 7], counts: [1, 2, 1] })]);
});

test('with an interval of 0 each datum stays as it is', () => {
  const aggregation = new Aggregation({ aggregationMs: 0 });
  const all = [datum(START + 1, 1), datum(START + 1, 1), datum(START + 2, { count: 1, sum: 7, minimum: 7, maximum: 7, values: [7], counts: [1] })];
  for (const one of all) aggregation.add(one);
  assert.deepEqual(aggregation.due(START), all);
  assert.deepEqual(aggregation.due(START), []);
});

test('a clock that was set back holds nothing up for long', () => {
  const aggregation = minutes();
  aggregation.add(datum(START + 60 * MINUTE, 1));
  aggregation.add(datum(START, 2));
  assert.deepEqual(aggregation.due(START + 10), [datum(START + 60 * MINUTE, 1)]);
});

test('no sample is lost or counted twice, however the windows are asked for', () => {
  const added = fc.record({ kind: fc.constant('add' as const), offset: fc.integer({ min: -200_000, max: 200_000 }), value: fc.integer({ min: -1_000, max: 1_000 }), name: fc.constantFrom('a', 'b') });
  const asked = fc.record({ kind: fc.constant('due' as const), offset: fc.integer({ min: -200_000, max: 200_000 }) });
  fc.assert(fc.property(fc.array(fc.oneof(added, asked)), fc.constantFrom(0, 1_000, MINUTE), (steps, aggregationMs) => {
    const aggregation = new Aggregation({ aggregationMs });
    const given: Datum[] = [];
    const wanted = new Map<string, number>();
    for (const step of steps) {
      if (step.kind === 'due') { given.push(...aggregation.due(START + step.offset)); continue; }
      aggregation.add(datum(START + step.offset, step.value, { name: step.name }));
      wanted.set(step.name, (wanted.get(step.name) ?? 0) + step.value);
    }
    given.push(...aggregation.drain());
    const sums = new Map<string, number>();
    let samples = 0;
    for (const { name, value, time } of given) {
      sums.set(name, (sums.get(name) ?? 0) + (typeof value === 'number' ? value : value.sum));
      samples += typeof value === 'number' ? 1 : value.count;
      if (aggregationMs > 0) assert.equal(time % aggregationMs, 0);
    }
    assert.equal(samples, steps.filter(({ kind }) => kind === 'add').length);
    assert.deepEqual(sums, wanted.size === sums.size ? new Map([...sums.keys()].map((name) => [name, wanted.get(name)])) : wanted);
  }));
});

test('what is beyond the bounds is counted', () => {
  const aggregation = new Aggregation({ aggregationMs: MINUTE }, { maxAggregates: 1, maxEntries: 1 });
  aggregation.add(datum(START, 1));
  aggregation.add(datum(START, 1, { name: 'other' }));
  aggregation.add(datum(START, 2));
  aggregation.add(datum(START, 1));
  assert.equal(aggregation.beyond, 2);
  assert.deepEqual(aggregation.drain().map(({ value }) => typeof value === 'number' ? value : value.sum), [2]);
  const plain = new Aggregation({ aggregationMs: 0 }, { maxAggregates: 1 });
  plain.add(datum(START, 1));
  plain.add(datum(START, 1));
  assert.equal(plain.beyond, 1);
});

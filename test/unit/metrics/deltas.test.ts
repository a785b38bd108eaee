import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Deltas } from '../../../src/metrics/deltas.ts';
import type { Reading } from '../../../src/metrics/sampler.ts';

const FIELDS = { sent: { unit: 'Bytes', delta: true }, received: { unit: 'Bytes', delta: true }, now: { unit: 'Count' } } as const;
const of = (name: string, values: Readonly<Record<string, number>>): Reading => ({ dimensions: [['interface', name]], values });

test('the first observation gives nothing, later ones their growth; what is no count passes as it is', () => {
  const deltas = new Deltas(FIELDS);
  assert.deepEqual(deltas.apply([of('a', { sent: 100, received: 5, now: 7 }), of('b', { sent: 1 })]), [of('a', { now: 7 })]);
  assert.deepEqual(deltas.apply([of('a', { sent: 130, received: 5, now: 8 }), of('b', { sent: 4 })]), [of('a', { sent: 30, received: 0, now: 8 }), of('b', { sent: 3 })]);
});

test('a value below the one before means a count that began anew: it is the growth itself', () => {
  const deltas = new Deltas(FIELDS);
  deltas.apply([of('a', { sent: 1000, received: 1000 })]);
  assert.deepEqual(deltas.apply([of('a', { sent: 40, received: 1001 })]), [of('a', { sent: 40, received: 1 })]);
  assert.deepEqual(deltas.apply([of('a', { sent: 41, received: 1001 })]), [of('a', { sent: 1, received: 0 })]);
});

test('a field that is missing once goes on from where it was; one that is no number is missing', () => {
  const deltas = new Deltas(FIELDS);
  deltas.apply([of('a', { sent: 10, received: 10 })]);
  assert.deepEqual(deltas.apply([of('a', { sent: Number.NaN, received: 11 })]), [of('a', { received: 1 })]);
  assert.deepEqual(deltas.apply([of('a', { sent: 15, received: 12 })]), [of('a', { sent: 5, received: 1 })]);
});

test('a thing that is away for up to ten samples goes on from where it was; after that it is forgotten', () => {
  const deltas = new Deltas(FIELDS);
  deltas.apply([of('a', { sent: 10 })]);
  for (let i = 0; i < 10; i++) deltas.apply([]);
  assert.deepEqual(deltas.apply([of('a', { sent: 12 })]), [of('a', { sent: 2 })]);
  for (let i = 0; i < 11; i++) deltas.apply([]);
  assert.equal(deltas.size, 0);
  assert.deepEqual(deltas.apply([of('a', { sent: 20 })]), []);
});

test('of things that come and go without end 4,096 are remembered beside those that are there', () => {
  const deltas = new Deltas(FIELDS);
  const many = (from: number): readonly Reading[] => Array.from({ length: 3000 }, (_, i) => of(`veth${from + i}`, { sent: 1 }));
  for (let round = 0; round < 5; round++) deltas.apply([of('stays', { sent: round }), ...many(round * 3000)]);
  assert.equal(deltas.size, 4096 + 3001);
  assert.deepEqual(deltas.apply([of('stays', { sent: 9 })]), [of('stays', { sent: 5 })]);
});

test('what is new at zero, such as the first events dropped for a reason, counts from its first observation on, but for the first sample', () => {
  const deltas = new Deltas({ dropped: { unit: 'Count', delta: 'new-at-zero' } });
  assert.deepEqual(deltas.apply([of('before', { dropped: 7 })]), []);
  assert.deepEqual(deltas.apply([of('before', { dropped: 8 }), of('new', { dropped: 3 })]), [of('before', { dropped: 1 }), of('new', { dropped: 3 })]);
  assert.deepEqual(deltas.apply([of('before', { dropped: 8 }), of('new', { dropped: 3 })]), [of('before', { dropped: 0 }), of('new', { dropped: 0 })]);
});

test('whatever the counts, the sum of the growth of one that never goes back is its last value less its first', () => {
  fc.assert(fc.property(fc.array(fc.nat(), { minLength: 1 }), (steps) => {
    const deltas = new Deltas(FIELDS);
    let count = 0;
    let sum = 0;
    for (const step of steps) {
      count += step;
      sum += deltas.apply([of('a', { sent: count })])[0]?.values['sent'] ?? 0;
    }
    assert.equal(sum, count - steps[0]!);
  }));
});

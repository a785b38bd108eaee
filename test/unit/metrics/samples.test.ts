import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Allowance } from '../../../src/metrics/allowance.ts';
import { Samples } from '../../../src/metrics/samples.ts';

const samplesOf = (values: readonly number[], entries = new Allowance(1_000_000)): Samples => {
  const samples = new Samples(entries);
  for (const value of values) samples.add(value, 1);
  return samples;
};
const whole = fc.integer({ min: -1_000_000, max: 1_000_000 });

test('up to 150 distinct values are kept as they are, with how often each came', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.double({ noNaN: true, min: -1e9, max: 1e9, noDefaultInfinity: true }).map((n) => n + 0), { minLength: 1, maxLength: 150 }), fc.integer({ min: 1, max: 3 }), (values, times) => {
    const { values: kept, counts } = samplesOf(Array.from({ length: times }, () => values).flat()).distribution()!;
    assert.deepEqual(kept, values.toSorted((a, b) => a - b));
    assert.deepEqual(counts, kept.map(() => times));
  }));
});

test('the 151st distinct value is one too many', () => {
  const values = Array.from({ length: 151 }, (_, index) => 1_000 + index);
  assert.deepEqual(samplesOf(values.slice(1)).distribution()!.values, values.slice(1));
  assert.equal(samplesOf(values).distribution()!.values.length, 2);
});

test('count, sum, minimum and maximum are exact however many values there are, below zero too', () => {
  fc.assert(fc.property(fc.array(whole, { minLength: 1, maxLength: 1_000 }), (values) => {
    const { count, sum, minimum, maximum, counts } = samplesOf(values).distribution()!;
    assert.equal(count, values.length);
    assert.equal(sum, values.reduce((a, b) => a + b, 0));
    assert.equal(minimum, Math.min(...values));
    assert.equal(maximum, Math.max(...values));
    assert.equal(counts.reduce((a, b) => a + b, 0), values.length);
  }));
});

test('beyond 150 distinct values each stands for values within a tenth of it, on its side of zero', () => {
  fc.assert(fc.property(fc.uniqueArray(whole, { minLength: 151, maxLength: 600 }), (values) => {
    const { values: binned, counts } = samplesOf(values).distribution()!;
    assert.ok(binned.length <= values.length);
    const inOrder = values.toSorted((a, b) => a - b);
    let at = 0;
    binned.forEach((bin, index) => {
      for (const end = at + counts[index]!; at < end; at++) {
        const value = inOrder[at]!;
        assert.ok(Math.sign(bin) === Math.sign(value) && Math.abs(bin - value) <= Math.abs(value) * 0.1 + 1e-9, `${value} in the bin ${bin}`);
      }
    });
    assert.equal(at, values.length);
  }), { numRuns: 50 });
});

test('values from the least to the largest that CloudWatch takes have bins', () => {
  const sizes = Array.from({ length: 721 }, (_, power) => 2 ** (power - 360));
  const { values, counts } = samplesOf([...sizes, ...sizes.map((size) => -size), 0]).distribution()!;
  assert.equal(values[0], -(2 ** 360));
  assert.equal(values.at(-1), 2 ** 360);
  assert.equal(counts.reduce((a, b) => a + b, 0), 2 * sizes.length + 1);
  assert.deepEqual(values, values.toSorted((a, b) => a - b));
  assert.equal(new Set(values).size, values.length);
});

test('a distribution that is merged counts as the samples it came from', () => {
  fc.assert(fc.property(fc.array(fc.array(whole, { minLength: 1, maxLength: 100 }), { minLength: 1, maxLength: 5 }), (parts) => {
    const merged = new Samples(new Allowance(1_000_000));
    for (const part of parts) assert.ok(merged.merge(samplesOf(part).distribution()!));
    const { values, ...rest } = merged.distribution()!;
    const { values: direct, ...all } = samplesOf(parts.flat()).distribution()!;
    assert.deepEqual(rest, all);
    assert.deepEqual(values, direct);
  }));
});

test('what finds no entry is left out and said, what is known goes on, and a cleared one gives its entries back', () => {
  const entries = new Allowance(2);
  const samples = new Samples(entries);
  assert.deepEqual([1, 2, 3, 1].map((value) => samples.add(value, 1)), [true, true, false, true]);
  assert.deepEqual(samples.distribution(), { count: 3, sum: 4, minimum: 1, maximum: 2, values: [1, 2], counts: [2, 1] });
  assert.equal(new Samples(entries).merge({ count: 1, sum: 9, minimum: 9, maximum: 9, values: [9], counts: [1] }), false);
  samples.clear();
  assert.equal(samples.distribution(), null);
  assert.ok(entries.take(2));
});

test('a distribution of which nothing finds an entry leaves no trace: not in the count, nor in minimum and maximum', () => {
  const samples = samplesOf([5], new Allowance(1));
  assert.equal(samples.merge({ count: 2, sum: 101, minimum: 1, maximum: 100, values: [1, 100], counts: [1, 1] }), false);
  assert.deepEqual(samples.distribution(), { count: 1, sum: 5, minimum: 5, maximum: 5, values: [5], counts: [1] });
});

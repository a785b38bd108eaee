import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MAX_VALUES, bucketGrowth, sortedBuckets, spread } from '../../../../src/metrics/prometheus/histogram.ts';
import type { Bucket } from '../../../../src/metrics/prometheus/histogram.ts';

const buckets = (...pairs: readonly (readonly [number, number])[]): readonly Bucket[] => pairs.map(([bound, cumulative]) => ({ bound, cumulative }));

test('observations are spread evenly in their bucket, from 0 in the first, and lie at the last bound beyond it', () => {
  assert.deepEqual(spread(buckets([1, 2], [2, 2], [4, 6], [Infinity, 7])), [0.25, 0.75, 2.25, 2.75, 3.25, 3.75, 4]);
  assert.deepEqual(spread(buckets([-1, 1], [1, 3], [Infinity, 3])), [-1, -0.5, 0.5]);
  assert.deepEqual(spread(buckets([Infinity, 5])), []);
  assert.deepEqual(spread(buckets([1, 0], [Infinity, 0])), []);
  assert.deepEqual(spread([]), []);
});

const random = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.nat(400)), { minLength: 1, maxLength: 12 }).map((steps) => {
  let [bound, cumulative] = [0, 0];
  const finite = steps.map(([width, count]) => ({ bound: bound += width, cumulative: cumulative += count }));
  return [...finite, { bound: Infinity, cumulative }];
});

/** https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile */
function histogramQuantile(q: number, of: readonly Bucket[]): number {
  const rank = q * of.at(-1)!.cumulative;
  const at = of.findIndex(({ cumulative }) => cumulative >= rank);
  const [from, first] = at === 0 ? [0, 0] : [of[at - 1]!.bound, of[at - 1]!.cumulative];
  return from + (of[at]!.bound - from) * (rank - first) / (of[at]!.cumulative - first);
}

test('there are as many values as observations, 100 at most, and value i is the quantile of the middle of its rank', () => {
  fc.assert(fc.property(random, (of) => {
    const values = spread(of);
    assert.equal(values.length, Math.min(MAX_VALUES, of.at(-1)!.cumulative));
    for (const [i, value] of values.entries()) {
      const expected = histogramQuantile((i + 0.5) / values.length, of);
      assert.ok(Math.abs(value - expected) <= 1e-9 * Math.abs(expected), `${value} is not ${expected}`);
    }
  }));
});

test('up to 100 observations each bucket keeps its count exactly', () => {
  fc.assert(fc.property(random, (of) => {
    if (of.at(-1)!.cumulative > MAX_VALUES) return;
    const values = spread(of);
    for (const { bound, cumulative } of of) assert.equal(values.filter((value) => value <= bound).length, cumulative);
  }));
});

test('growth of buckets adds up to what came since; a reset or other bounds give all there is', () => {
  const before = buckets([1, 3], [Infinity, 5]);
  assert.deepEqual(bucketGrowth(buckets([1, 4], [Infinity, 9]), before), buckets([1, 1], [Infinity, 4]));
  assert.deepEqual(bucketGrowth(buckets([1, 1], [Infinity, 9]), before), buckets([1, 1], [Infinity, 9]));
  assert.deepEqual(bucketGrowth(buckets([2, 4], [Infinity, 9]), before), buckets([2, 4], [Infinity, 9]));
  assert.deepEqual(bucketGrowth(buckets([1, 6], [Infinity, 6]), before), buckets([1, 3], [Infinity, 3]));
});

test('buckets are sorted by bound, each once; falling counts and bounds that are none make no histogram', () => {
  assert.deepEqual(sortedBuckets(buckets([Infinity, 5], [1, 3], [1, 3])), buckets([1, 3], [Infinity, 5]));
  for (const broken of [buckets([1, 5], [2, 3]), buckets([NaN, 1]), buckets([1, NaN]), buckets([1, -1]), buckets([1, Infinity])]) assert.equal(sortedBuckets(broken), null);
});

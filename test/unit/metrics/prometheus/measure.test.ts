import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from '../../../../src/metrics/allowance.ts';
import { newCounts } from '../../../../src/metrics/prometheus/counts.ts';
import { Events } from '../../../../src/metrics/prometheus/events.ts';
import { samplesOf } from '../../../../src/metrics/prometheus/exposition.ts';
import { Growth } from '../../../../src/metrics/prometheus/growth.ts';
import { Measure } from '../../../../src/metrics/prometheus/measure.ts';

const MINUTE = 60_000;

/** One target that is scraped at times of its own; `scrape` gives the metrics by name. */
function target(intervalMs = MINUTE, series = new Allowance(1_000)): { readonly counts: ReturnType<typeof newCounts>; readonly scrape: (text: string, now: number) => Record<string, unknown> } {
  const counts = newCounts();
  const measure = new Measure(intervalMs, counts, series);
  return {
    counts,
    scrape: (text, now) => {
      const events = new Events({ cluster: null, externalLabels: new Map(), declarations: null }, counts);
      void [...measure.scrape([...samplesOf(Buffer.from(text), 'text')], events, now, now)];
      return Object.assign({}, ...[...events.finished()].map(({ event }) => JSON.parse(event) as unknown)) as Record<string, unknown>;
    },
  };
}

test('a counter is published as its growth: not the first value, and after a reset what it has now', () => {
  const { scrape, counts } = target();
  const text = (value: number): string => `# TYPE n counter\nn ${value}\n`;
  assert.deepEqual([10, 14, 14, 3, 5].map((value, i) => scrape(text(value), i * MINUTE)['n']), [undefined, 4, 0, 3, 2]);
  assert.equal(counts.firstValues, 1);
});

test('a counter that was not seen for five minutes begins anew; with long intervals three of them are remembered', () => {
  const text = '# TYPE n counter\nn 7\n';
  const often = target();
  assert.deepEqual([0, 5, 10.1].map((minute) => often.scrape(text, minute * MINUTE)['n']), [undefined, 0, undefined]);
  const rarely = target(10 * MINUTE);
  assert.deepEqual([0, 30, 60.1].map((minute) => rarely.scrape(text, minute * MINUTE)['n']), [undefined, 0, undefined]);
});

test('the sum and count of a summary are growth, its quantiles values of now', () => {
  const { scrape } = target();
  const text = (n: number): string => `# TYPE s summary\ns{quantile="0.5"} ${n}\ns_sum ${10 * n}\ns_count ${n}\n`;
  assert.deepEqual([scrape(text(2), 0)['s'], scrape(text(2), 0)['s_sum']], [2, 0]);
  const { s, s_sum: sum, s_count: count } = scrape(text(5), MINUTE);
  assert.deepEqual([s, sum, count], [5, 30, 3]);
});

test('NaN and infinite values are left out and counted, and a counter goes on from its last number', () => {
  const { scrape, counts } = target();
  const text = (value: string): string => `# TYPE n counter\nn ${value}\n# TYPE g gauge\ng ${value}\n`;
  assert.deepEqual(['1', 'NaN', '+Inf', '4'].map((value, i) => scrape(text(value), i * MINUTE)['n']), [undefined, undefined, undefined, 3]);
  assert.equal(counts.notFinite, 4);
});

test('a value that CloudWatch does not take is left out and counted', () => {
  const { scrape, counts } = target();
  assert.deepEqual([scrape('g 1e109\n', 0)['g'], scrape('g -1e109\n', 0)['g'], scrape('g -1e108\n', 0)['g'], counts.notFinite], [undefined, undefined, -1e108, 2]);
});

test('a histogram without observations since the scrape before has a count of 0 and no distribution', () => {
  const { scrape } = target();
  const text = '# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 2\n';
  assert.equal(scrape(text, 0)['h_count'], undefined);
  const { h, h_count: count, h_sum: sum } = scrape(text, MINUTE);
  assert.deepEqual([h, count, sum], [undefined, 0, 0]);
});

test('a gaugehistogram is what it is now, without a scrape before', () => {
  const { scrape } = target();
  const { g, g_gcount: count } = scrape('# TYPE g gaugehistogram\ng_bucket{le="1"} 2\ng_bucket{le="+Inf"} 2\ng_gcount 2\n', 0);
  assert.deepEqual([g, count], [[0.25, 0.75], 2]);
});

test('a histogram whose buckets fall is left out and counted, its sum and count are not', () => {
  const { scrape, counts } = target();
  const text = (n: number): string => `# TYPE h histogram\nh_bucket{le="1"} ${n}\nh_bucket{le="+Inf"} 1\nh_count ${n}\n`;
  scrape(text(5), 0);
  assert.equal(scrape(text(9), MINUTE)['h_count'], 4);
  assert.equal(counts.brokenHistograms, 2);
});

test('a series that an answer has twice is counted once', () => {
  const { scrape, counts } = target();
  const text = (value: number): string => `# TYPE n counter\nn ${value}\nn ${value + 100}\n# TYPE g gauge\ng 1\ng 2\n`;
  scrape(text(1), 0);
  const { n, g } = scrape(text(3), MINUTE);
  assert.deepEqual([n, g, counts.duplicates], [2, 1, 4]);
});

test('no more series are remembered than are allowed, and old ones make room', () => {
  const growth = new Growth<number>(1_000, new Allowance(2));
  assert.deepEqual([growth.before('a', 1, 0), growth.before('b', 1, 0), growth.before('c', 1, 0), growth.before('a', 2, 1)], [null, null, 'full', { value: 1, cost: 1, at: 0 }]);
  assert.equal(growth.before('c', 1, 700_000), null);
});

test('all targets together remember no more series than are allowed; what one that is gone remembered is free again', () => {
  const room = new Allowance(1);
  const first = new Growth<number>(MINUTE, room);
  first.before('a', 1, 0);
  const other = target(MINUTE, room);
  const text = '# TYPE n counter\nn 7\n';
  assert.deepEqual([other.scrape(text, 0)['n'], other.counts.unremembered], [undefined, 1]);
  first.clear();
  other.scrape(text, MINUTE);
  assert.equal(other.scrape('# TYPE n counter\nn 9\n', 2 * MINUTE)['n'], 2);
});

test('a histogram takes as much of what may be remembered as it has buckets, and gives all of it back', () => {
  const room = new Allowance(5);
  const { scrape, counts } = target(MINUTE, room);
  const histogram = (name: string, seen: number): string => `# TYPE ${name} histogram\n${name}_bucket{le="1"} ${seen}\n${name}_bucket{le="2"} ${seen}\n${name}_bucket{le="+Inf"} ${seen}\n`;
  scrape(histogram('a', 1) + histogram('b', 1), 0);
  assert.equal(counts.unremembered, 1, 'the second would be six');
  assert.deepEqual(scrape(histogram('a', 3), MINUTE)['a'], [0.25, 0.75]);
  scrape('', 20 * MINUTE);
  scrape(histogram('b', 1), 20 * MINUTE);
  assert.deepEqual(scrape(histogram('b', 2), 21 * MINUTE)['b'], [0.5]);
});

test('a series that was not seen for long begins anew even where the old ones are not yet cleared away', () => {
  const growth = new Growth<number>(MINUTE, new Allowance(2));
  growth.before('a', 1, 0);
  growth.before('b', 1, 5 * MINUTE);
  assert.equal(growth.before('a', 2, 9 * MINUTE), null);
});

test('what a counter began at is a gauge beside it', () => {
  const { scrape } = target();
  const text = '# TYPE n counter\nn_total 1\nn_created 1700000000\n';
  assert.deepEqual([scrape(text, 0)['n_created'], scrape(text, MINUTE)['n_created']], [1_700_000_000, 1_700_000_000]);
  assert.equal(scrape('# TYPE n counter\nn_created 1\n', 0)['prom_metric_type'], 'gauge');
});

test('a sample with a time of its own is an event of that time, a distribution too', () => {
  const { scrape } = target();
  assert.equal(scrape('g 1 77\n', 5)['Timestamp'], '77');
  assert.equal(scrape('# TYPE d gaugehistogram\nd_bucket{le="1"} 1 88\nd_bucket{le="+Inf"} 1 88\n', 5)['Timestamp'], '88');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Datum, Distribution } from '../../../../src/metrics/datum.ts';
import { datumsToEmf } from '../../../../src/metrics/emf/encode.ts';
import { readEvent } from '../../../../src/metrics/emf/received-event.ts';

interface Event {
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly [{ readonly Namespace: string; readonly Dimensions: readonly [readonly string[]]; readonly Metrics: readonly { readonly Name: string; readonly Unit: string; readonly StorageResolution?: number }[] }] };
  readonly [name: string]: unknown;
}

const datum = (name: string, value: Datum['value'], more: Partial<Datum> = {}): Datum => ({ name, unit: 'Percent', dimensions: [['host', 'h']], time: 1_000, resolution: 60, value, ...more });
const events = (datums: readonly Datum[]): readonly Event[] => [...datumsToEmf(datums, 'ns', () => undefined)].map((text) => JSON.parse(text) as Event);
const spread = (values: readonly number[], counts: readonly number[]): Distribution => ({
  values, counts, count: counts.reduce((a, b) => a + b, 0), sum: values.reduce((sum, value, i) => sum + value * counts[i]!, 0), minimum: Math.min(...values), maximum: Math.max(...values),
});

test('datums of one time and equal dimensions are one event', () => {
  assert.deepEqual(events([datum('a', 1), datum('b', 2, { unit: 'Bytes', resolution: 1 }), datum('a', 3, { time: 2_000 }), datum('a', 4, { dimensions: [] })]), [
    { _aws: { Timestamp: 1_000, CloudWatchMetrics: [{ Namespace: 'ns', Dimensions: [['host']], Metrics: [{ Name: 'a', Unit: 'Percent' }, { Name: 'b', Unit: 'Bytes', StorageResolution: 1 }] }] }, host: 'h', a: 1, b: 2 },
    { _aws: { Timestamp: 2_000, CloudWatchMetrics: [{ Namespace: 'ns', Dimensions: [['host']], Metrics: [{ Name: 'a', Unit: 'Percent' }] }] }, host: 'h', a: 3 },
    { _aws: { Timestamp: 1_000, CloudWatchMetrics: [{ Namespace: 'ns', Dimensions: [[]], Metrics: [{ Name: 'a', Unit: 'Percent' }] }] }, a: 4 },
  ]);
});

test('whatever the datums, no event breaks a limit of the format, and no value is missing or doubled', () => {
  const name = fc.constantFrom('a', 'b', 'c', '_aws', 'host');
  const value = fc.oneof(fc.integer(), fc.array(fc.tuple(fc.integer(), fc.integer({ min: 1, max: 150 })), { minLength: 1, maxLength: 5 }).map((list) => spread(list.map(([one]) => one), list.map(([, count]) => count))));
  const dimensions = fc.constantFrom<Datum['dimensions']>([], [['host', 'h']], [['_aws', 'x'], ['host', 'h']], Array.from({ length: 35 }, (_, i) => [`d${i}`, 'v'] as const));
  const one = fc.record({ name, unit: fc.constant('Count'), dimensions, time: fc.constantFrom(1, 2), resolution: fc.constantFrom(1 as const, 60 as const), value });
  fc.assert(fc.property(fc.array(one, { maxLength: 30 }), (datums) => {
    const left: string[] = [];
    const made = [...datumsToEmf(datums, 'ns', (lost) => { left.push(lost); })];
    assert.deepEqual(left, datums.filter((each) => each.name === '_aws').map(() => '_aws'));
    for (const text of made) assert.equal(readEvent(Buffer.from(text)).fault, null, text);
    const got = made.map((text) => JSON.parse(text) as Event).flatMap((event) => event._aws.CloudWatchMetrics[0].Metrics.filter(({ Name }) => Name !== '_aws').flatMap(({ Name }) => [event[Name]].flat().map((sample) => `${event._aws.Timestamp} ${Name} ${String(sample)}`)));
    const sent = datums.filter((each) => each.name !== '_aws').flatMap((each) => (typeof each.value === 'number' ? [each.value] : each.value.values.flatMap((v, i) => Array.from({ length: (each.value as Distribution).counts[i]! }, () => v))).map((sample) => `${each.time} ${each.name} ${sample}`));
    assert.deepEqual(got.toSorted(), sent.toSorted());
  }));
});

test('more than 100 metrics are several events', () => {
  const made = events(Array.from({ length: 250 }, (_, i) => datum(`m${i}`, i)));
  assert.deepEqual(made.map((event) => event._aws.CloudWatchMetrics[0].Metrics.length), [100, 100, 50]);
});

interface SampleSet { readonly Values: readonly number[]; readonly Counts: readonly number[]; readonly Count: number; readonly Sum: number; readonly Min: number; readonly Max: number }

test('of a distribution of very many samples, or of parts of samples, count, sum, minimum, maximum and each count are exact', () => {
  const [large] = events([datum('t', spread([1, 2], [3_000_000, 1_000_000]))]);
  assert.deepEqual(large!['t'], { Values: [1, 2], Counts: [3_000_000, 1_000_000], Max: 2, Min: 1, Count: 4_000_000, Sum: 5_000_000 });
  const [sampled] = events([datum('t', spread([5], [10 / 3]))]);
  assert.equal((sampled!['t'] as SampleSet).Count, 10 / 3);
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 100, max: 1_000_000 })), { minLength: 101, maxLength: 250 }), (list) => {
    const whole = spread(list.map(([value]) => value), list.map(([, count]) => count));
    const made = [...datumsToEmf([datum('t', whole)], 'ns', assert.fail)];
    for (const text of made) assert.equal(readEvent(Buffer.from(text)).fault, null, text);
    const sets = made.map((text) => (JSON.parse(text) as Event)['t'] as SampleSet);
    assert.deepEqual([sets.flatMap(({ Values }) => Values), sets.flatMap(({ Counts }) => Counts)], [whole.values, whole.counts]);
    assert.deepEqual([
      sets.reduce((sum, { Count }) => sum + Count, 0), sets.reduce((sum, { Sum }) => sum + Sum, 0), Math.min(...sets.map(({ Min }) => Min)), Math.max(...sets.map(({ Max }) => Max)),
    ], [whole.count, whole.sum, whole.minimum, whole.maximum]);
  }), { numRuns: 30 });
});

test('a metric that no event can have is left out, and told', () => {
  const left: string[] = [];
  const wrong = [datum('_aws', 1), datum('', 1), datum('n'.repeat(1_025), 1), datum('nan', Number.NaN), datum('huge', 2 ** 361), datum('long', 1, { dimensions: [['d', 'v'.repeat(1_025)]] }), datum('spread', spread([1, Infinity], [1, 1]))];
  assert.deepEqual([...datumsToEmf(wrong, 'ns', (name) => { left.push(name); })], []);
  assert.deepEqual(left, wrong.map(({ name }) => name));
});

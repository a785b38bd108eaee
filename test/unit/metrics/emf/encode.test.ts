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
const events = (datums: readonly Datum[]): readonly Event[] => [...datumsToEmf(datums, 'ns')].map((text) => JSON.parse(text) as Event);
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
    const made = [...datumsToEmf(datums, 'ns')];
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

test('of a distribution of very many samples the proportions are kept, within 10,000 values', () => {
  const made = events([datum('t', spread([1, 2], [3_000_000, 1_000_000]))]);
  const samples = made.flatMap((event) => event['t'] as number[]);
  assert.equal(samples.length, 10_000);
  assert.equal(samples.filter((sample) => sample === 1).length, 7_500);
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { MetricBatch, bodyOf, datumsOf, frameOf } from '../../../src/batching/metric-batch.ts';
import { encodeDatum } from '../../../src/batching/metric-datum.ts';
import type { Datum, Distribution } from '../../../src/metrics/datum.ts';
import { putMetricData } from '../../../src/local-endpoint/metrics/put-metric-data.ts';
import { MetricStore } from '../../../src/local-endpoint/metrics/store.ts';
import type { JsonObject } from '../../../src/local-endpoint/wire/json.ts';

const NOW = Date.UTC(2026, 10, 21, 4);
const PLAIN: Datum = { name: 'm', unit: 'None', dimensions: [], time: NOW, resolution: 60, value: 1 };

interface Statistics { readonly SampleCount: number; readonly Sum: number; readonly Minimum: number; readonly Maximum: number }
interface Sent { readonly MetricName: string; readonly Timestamp: number; readonly Unit: string; readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[]; readonly Value?: number; readonly Values?: readonly number[]; readonly Counts?: readonly number[]; readonly StatisticValues?: Statistics }

/** What is sent of a datum; fails for one that is given up. */
function sent(more: Partial<Datum>): readonly Sent[] {
  const encoded = encodeDatum({ ...PLAIN, ...more }, NOW);
  if (typeof encoded === 'string') assert.fail(encoded);
  return encoded.texts.map((text) => JSON.parse(text) as Sent);
}

function distributionOf(values: readonly number[], counts: readonly number[] = values.map(() => 1)): Distribution {
  return {
    count: counts.reduce((a, b) => a + b, 0), sum: values.reduce((sum, value, i) => sum + value * counts[i]!, 0),
    minimum: Math.min(...values), maximum: Math.max(...values), values, counts,
  };
}

/** Bodies of all datums, in their order. */
const ENTITY = { keyAttributes: { Type: 'Service', Name: 'shop "1"' }, attributes: { PlatformType: 'AWS::EC2' } };

function bodiesOf(namespace: string, datums: readonly Datum[], entity: typeof ENTITY | null = null): readonly Buffer[] {
  const batch = new MetricBatch(frameOf(namespace, entity));
  const bodies: Buffer[] = [];
  for (const datum of datums) {
    const encoded = encodeDatum(datum, NOW);
    if (typeof encoded === 'string') continue;
    for (const text of encoded.texts) {
      if (!batch.add(text)) { bodies.push(batch.take()); assert.ok(batch.add(text)); }
    }
  }
  if (batch.count > 0) bodies.push(batch.take());
  return bodies;
}

const anyText = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 10 }), fc.constantFrom('', ' ', ':a', '"\\', 'x'.repeat(255), 'é'.repeat(100), '\u0000'));
const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity, 2 ** 360, 2 ** 361, -0));
const anyDistribution = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 400 }).map((values) => distributionOf([...new Set(values)]));
const anyDatum: fc.Arbitrary<Datum> = fc.record({
  name: anyText,
  unit: fc.constantFrom('None', 'Percent', 'bytes', 'Count/Second', 'Furlongs', ''),
  dimensions: fc.uniqueArray(fc.tuple(anyText, anyText), { maxLength: 35, selector: ([name]) => name }),
  time: fc.oneof(fc.integer({ min: NOW - 10 * 86_400_000, max: NOW }), fc.constantFrom(NOW - 15 * 86_400_000, NOW + 3 * 3_600_000, NaN)),
  resolution: fc.constantFrom(1, 60),
  value: fc.oneof(anyNumber, anyDistribution),
});

suite('requests of PutMetricData', () => {
  test('any datums make requests that an independent reading of the limits accepts, each datum in one of them, and none beyond 999,000 bytes', () => {
    fc.assert(fc.property(fc.array(anyDatum, { maxLength: 60 }), (datums) => {
      const bodies = bodiesOf('N', datums);
      const put = putMetricData(new MetricStore());
      for (const body of bodies) {
        assert.ok(body.length <= 999_000);
        void put(JSON.parse(body.toString()) as JsonObject, { now: NOW, region: 'r', account: 'a', bodyBytes: body.length, headers: new Map() });
      }
      const expected = datums.flatMap((datum) => { const encoded = encodeDatum(datum, NOW); return typeof encoded === 'string' ? [] : encoded.texts; });
      assert.deepEqual(bodies.flatMap((body) => datumsOf(body).datums), expected.map((text) => JSON.parse(text) as unknown));
    }), { numRuns: 200 });
  });

  test('a request has 1,000 datums at most, and the next one begins with the datum that had no room', () => {
    const bodies = bodiesOf('N', Array.from({ length: 2500 }, (_, i) => ({ ...PLAIN, name: `m${i}` })));
    assert.deepEqual(bodies.map((body) => datumsOf(body).datums.length), [1000, 1000, 500]);
    assert.equal(datumsOf(bodies[1]!).datums[0]?.MetricName, 'm1000');
  });

  test('a request has 999,000 bytes at most, to the byte', () => {
    const wide = Array.from({ length: 28 }, (_, i) => [`d${String(i).padStart(2, '0')}`, 'v'.repeat(1000)] as const);
    const bodies = bodiesOf('Namespace', Array.from({ length: 100 }, () => ({ ...PLAIN, dimensions: wide })));
    assert.ok(bodies.length > 2);
    const one = JSON.stringify(datumsOf(bodies[0]!).datums[0]).length;
    for (const body of bodies.slice(0, -1)) assert.ok(body.length <= 999_000 && body.length + 1 + one > 999_000, `${body.length}`);
  });

  test('a request of exactly 999,000 bytes is one, with a byte more it is two', () => {
    const around = new MetricBatch(frameOf('N', null)).take().length;
    for (const [more, fits] of [[0, true], [1, false]] as const) {
      const batch = new MetricBatch(frameOf('N', null));
      assert.ok(batch.add('1'.repeat(500_000)));
      assert.equal(batch.add('1'.repeat(999_000 - around - 500_000 - 1 + more)), fits);
      assert.equal(batch.take().length, fits ? 999_000 : around + 500_000);
    }
  });

  test('a body taken apart and put together again is the same', () => {
    fc.assert(fc.property(fc.array(anyDatum, { maxLength: 20 }), fc.constantFrom('N', 'My/App "1"'), fc.constantFrom(null, ENTITY), (datums, namespace, entity) => {
      for (const body of bodiesOf(namespace, datums, entity)) {
        const parts = datumsOf(body);
        assert.deepEqual(parts.frame, frameOf(namespace, entity));
        assert.equal(bodyOf(parts.frame, parts.datums).toString(), body.toString());
      }
    }), { numRuns: 50 });
  });
});

suite('a datum as it is sent', () => {
  test('has its name, its dimensions, its unit, and its time to the millisecond', () => {
    assert.deepEqual(sent({ name: 'cpu_usage_idle', unit: 'Percent', dimensions: [['cpu', 'cpu0'], ['host', 'h']], time: NOW + 123, value: 98.5 }), [{
      MetricName: 'cpu_usage_idle', Dimensions: [{ Name: 'cpu', Value: 'cpu0' }, { Name: 'host', Value: 'h' }], Timestamp: NOW / 1000 + 0.123, Unit: 'Percent', StorageResolution: 60, Value: 98.5,
    }]);
  });

  test('has more than 150 values in several parts of one time, whose statistics add up to the whole', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 151, maxLength: 700 }), fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (values, stream) => {
      const whole = distributionOf(values, values.map(() => stream.next().value!));
      const parts = sent({ value: whole });
      const statistics = parts.map(({ StatisticValues }) => StatisticValues!);
      assert.ok(parts.every(({ Values, Counts, Timestamp }) => Values!.length <= 150 && Counts!.length === Values!.length && Timestamp === NOW / 1000));
      assert.equal(statistics.reduce((sum, { SampleCount }) => sum + SampleCount, 0), whole.count);
      assert.equal(statistics.reduce((sum, { Sum }) => sum + Sum, 0), whole.sum);
      assert.deepEqual([Math.min(...statistics.map(({ Minimum }) => Minimum)), Math.max(...statistics.map(({ Maximum }) => Maximum))], [whole.minimum, whole.maximum]);
      for (const { Values, Counts, StatisticValues } of parts) {
        assert.ok(StatisticValues!.Minimum <= StatisticValues!.Maximum);
        assert.equal(StatisticValues!.SampleCount, Counts!.reduce((a, b) => a + b, 0));
        assert.equal(StatisticValues!.Sum, Values!.reduce((sum, value, i) => sum + value * Counts![i]!, 0));
      }
      assert.deepEqual(parts.flatMap(({ Values }) => Values!).toSorted((a, b) => a - b), values.toSorted((a, b) => a - b));
    }), { numRuns: 50 });
  });

  test('has the exact statistics where the values of a distribution are rounded', () => {
    const [only] = sent({ value: { count: 2, sum: 3.14, minimum: 1.01, maximum: 2.13, values: [1, 2], counts: [1, 1] } });
    assert.deepEqual(only?.StatisticValues, { SampleCount: 2, Sum: 3.14, Minimum: 1.01, Maximum: 2.13 });
  });

  const faults: readonly (readonly [fault: string, datum: Partial<Datum>])[] = [
    ['not-a-number', { value: NaN }],
    ['out-of-range', { value: Infinity }],
    ['out-of-range', { value: -(2 ** 360) * 1.01 }],
    ['not-a-number', { value: { ...distributionOf([1, 2]), values: [1, NaN] } }],
    ['not-a-number', { value: { ...distributionOf([1]), values: [], counts: [] } }],
    ['not-a-number', { value: distributionOf([1, 2], [1, 0]) }],
    ['no-name', { name: ' ' }],
    ['name-too-long', { name: 'é'.repeat(43) }],
    ['dimension-too-long', { dimensions: [['path', 'x'.repeat(1025)]] }],
    ['too-old', { time: NOW - 14 * 86_400_000 }],
    ['too-old', { time: NaN }],
    ['too-new', { time: NOW + 2 * 3_600_000 }],
  ];
  for (const [fault, more] of faults) {
    test(`is given up as ${fault}: ${JSON.stringify(more).slice(0, 60)}`, () => { assert.equal(encodeDatum({ ...PLAIN, ...more }, NOW), fault); });
  }

  test('keeps names and values with other characters than ASCII apart, as in a URL, and says so', () => {
    assert.deepEqual(sent({ dimensions: [['path', '/mnt/é']] })[0]?.Dimensions, [{ Name: 'path', Value: '/mnt/%C3%A9' }]);
    assert.deepEqual(sent({ dimensions: [[':a', 'tab\there']] })[0]?.Dimensions, [{ Name: '%3Aa', Value: 'tab%09here' }]);
    const encoded = encodeDatum({ ...PLAIN, name: 'größe', unit: 'Furlongs' }, NOW);
    assert.deepEqual(typeof encoded === 'string' ? encoded : encoded.changes, ['characters', 'unit']);
  });

  test('goes without empty dimensions, and of more than 30 has the host and the first by name', () => {
    assert.deepEqual(sent({ dimensions: [['a', ''], ['b', ' '], ['c', 'x']] })[0]?.Dimensions, [{ Name: 'c', Value: 'x' }]);
    const many = [...Array.from({ length: 40 }, (_, i) => [`d${String(i).padStart(2, '0')}`, 'v'] as const), ['host', 'h'] as const];
    const names = sent({ dimensions: many })[0]?.Dimensions?.map(({ Name }) => Name);
    assert.deepEqual(names, ['host', ...many.slice(0, 29).map(([name]) => name)]);
  });
});

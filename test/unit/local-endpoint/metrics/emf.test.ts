import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { EmfExtraction } from '../../../../src/local-endpoint/metrics/emf.ts';
import { MetricStore } from '../../../../src/local-endpoint/metrics/store.ts';
import { NOW } from '../support.ts';

function extracted(...events: readonly (object | string)[]) {
  const store = new MetricStore();
  const emf = new EmfExtraction(store);
  emf.stored({ messages: events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event))) });
  return { counters: emf.counters, metrics: store.metrics().map(({ namespace, name, dimensions, datums }) => ({ namespace, name, dimensions: dimensions.map(({ name, value }) => `${name}=${value}`).join(), datums })) };
}

const event = (directive: object, members: object): object => ({ _aws: { Timestamp: NOW, CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [['host']], Metrics: [{ Name: 'm', Unit: 'Count' }], ...directive }] }, host: 'h', m: 1, ...members });

suite('metrics in log events', () => {
  test('a number is a datum, an array a set of samples, each with every set of dimensions', () => {
    const { metrics, counters } = extracted(event({ Dimensions: [['host'], []], Metrics: [{ Name: 'm', Unit: 'Count', StorageResolution: 1 }, { Name: 'a' }] }, { a: [1, 2, 6] }));
    assert.deepEqual(metrics.map(({ name, dimensions }) => `${name} ${dimensions}`), ['m host=h', 'm ', 'a host=h', 'a ']);
    assert.deepEqual(metrics[0]?.datums, [{ timestamp: NOW, unit: 'Count', resolution: 1, count: 1, sum: 1, minimum: 1, maximum: 1 }]);
    assert.deepEqual(metrics[2]?.datums, [{ timestamp: NOW, unit: 'None', resolution: 60, count: 3, sum: 9, minimum: 1, maximum: 6 }]);
    assert.deepEqual(counters, { events: 1, datums: 4, invalid: 0 });
  });

  test('statistics of many samples, as the EMF libraries of AWS write them, are one datum', () => {
    const whole = { Max: 9, Min: 1, Count: 20_000, Sum: 70_000 };
    const { metrics } = extracted(event({}, { m: { ...whole, Values: [1, 9], Counts: [15_000, 5_000] } }), event({}, { m: whole }));
    const datum = { timestamp: NOW, unit: 'Count', resolution: 60, count: 20_000, sum: 70_000, minimum: 1, maximum: 9 };
    assert.deepEqual(metrics[0]?.datums, [datum, datum]);
  });

  const invalid: readonly (readonly [title: string, directive: object, members: object])[] = [
    ['no namespace', { Namespace: '' }, {}],
    ['no set of dimensions', { Dimensions: [] }, {}],
    ['a dimension that the event does not have', { Dimensions: [['zone']] }, {}],
    ['a dimension that is no text', {}, { host: 1 }],
    ['31 dimensions', { Dimensions: [Array.from({ length: 31 }, () => 'host')] }, {}],
    ['101 metrics', { Metrics: Array.from({ length: 101 }, () => ({ Name: 'm' })) }, {}],
    ['a metric that is no number', {}, { m: '1' }],
    ['statistics without a sum', {}, { m: { Max: 9, Min: 1, Count: 2 } }],
    ['values without their counts', {}, { m: { Max: 9, Min: 1, Count: 2, Sum: 10, Values: [1, 9], Counts: [1] } }],
    ['101 values', {}, { m: Array.from({ length: 101 }, () => 1) }],
    ['an unknown unit', { Metrics: [{ Name: 'm', Unit: 'Furlongs' }] }, {}],
  ];
  for (const [title, directive, members] of invalid) {
    test(`${title} is counted, and makes no metric`, () => {
      const { metrics, counters } = extracted(event(directive, members));
      assert.deepEqual([metrics, counters.invalid], [[], 1]);
    });
  }

  test('other events are left alone, whatever they hold', () => {
    assert.deepEqual(extracted('plain', '{"a":1}', 'text with "_aws" in it', '{"_aws":1}', '{"_aws":{}}').counters, { events: 0, datums: 0, invalid: 0 });
    fc.assert(fc.property(fc.json(), (json) => { extracted(`{"_aws":${json}}`, `{"_aws":{"Timestamp":1,"CloudWatchMetrics":[${json}]}}`); }), { numRuns: 300 });
  });
});

import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import type { Call, Operations } from '../../../../src/local-endpoint/call.ts';
import { putMetricData } from '../../../../src/local-endpoint/metrics/put-metric-data.ts';
import { metricReadOperations } from '../../../../src/local-endpoint/metrics/read.ts';
import { MetricStore } from '../../../../src/local-endpoint/metrics/store.ts';
import type { JsonObject } from '../../../../src/local-endpoint/wire/json.ts';
import { NOW, answer, call, verdict } from '../support.ts';

suite('CloudWatch metrics', () => {
  let operations: Operations = {};
  const put = (datum: JsonObject, more: JsonObject = {}, at: Call = call()): string => verdict(operations, 'PutMetricData', { Namespace: 'N', MetricData: [{ MetricName: 'm', ...datum }], ...more }, at);
  const dimensions = (n: number): JsonObject[] => Array.from({ length: n }, (_, i) => ({ Name: `d${i}`, Value: 'v' }));

  beforeEach(() => {
    const store = new MetricStore();
    operations = { PutMetricData: putMetricData(store), ...metricReadOperations(store) };
  });

  const cases: readonly (readonly [title: string, good: JsonObject, bad: JsonObject, reason: RegExp])[] = [
    ['30 dimensions', { Value: 1, Dimensions: dimensions(30) }, { Value: 1, Dimensions: dimensions(31) }, /size greater than 30/],
    ['a metric name of 255', { Value: 1, MetricName: 'x'.repeat(255) }, { Value: 1, MetricName: 'x'.repeat(256) }, /MetricName must be 1 to 255/],
    ['a dimension value of 1,024', { Value: 1, Dimensions: [{ Name: 'a', Value: 'x'.repeat(1024) }] }, { Value: 1, Dimensions: [{ Name: 'a', Value: 'x'.repeat(1025) }] }, /Value must be 1 to 1024/],
    ['ASCII dimensions', { Value: 1, Dimensions: [{ Name: 'a', Value: 'b' }] }, { Value: 1, Dimensions: [{ Name: 'a', Value: 'é' }] }, /ASCII/],
    ['a dimension name without a leading colon', { Value: 1, Dimensions: [{ Name: 'a:', Value: 'b' }] }, { Value: 1, Dimensions: [{ Name: ':a', Value: 'b' }] }, /colon/],
    ['150 values', { Values: Array.from({ length: 150 }, (_, i) => i) }, { Values: Array.from({ length: 151 }, (_, i) => i) }, /1 to 150 members/],
    ['as many counts as values', { Values: [1, 2], Counts: [1, 2] }, { Values: [1, 2], Counts: [1] }, /The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size\./],
    ['one kind of value', { Value: 1 }, { Value: 1, Values: [1] }, /^com.amazonaws.cloudwatch#InvalidParameterCombinationException: The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both\.$/],
    ['a value', { StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } }, {}, /^com.amazonaws.cloudwatch#MissingRequiredParameterException/],
    ['a number', { Value: 0 }, { Value: 'NaN' }, /^com.amazonaws.cloudwatch#InvalidParameterValueException: The value NaN for parameter MetricData.member.1.Value is invalid\.$/],
    ['2^360', { Value: 2 ** 360 }, { Value: 2 ** 361 }, /between -2\^360 and 2\^360/],
    ['a unit', { Value: 1, Unit: 'Megabits/Second' }, { Value: 1, Unit: 'Furlongs' }, /Unit must be a value in the set/],
    ['a resolution of 1 or 60', { Value: 1, StorageResolution: 1 }, { Value: 1, StorageResolution: 10 }, /must be 1 or 60/],
    ['an age of two weeks', { Value: 1, Timestamp: NOW / 1000 - 14 * 86_400 }, { Value: 1, Timestamp: NOW / 1000 - 14 * 86_400 - 1 }, /two weeks in the past/],
    ['two hours ahead', { Value: 1, Timestamp: NOW / 1000 + 7200 }, { Value: 1, Timestamp: NOW / 1000 + 7201 }, /two hours in the future/],
  ];
  for (const [title, good, bad, reason] of cases) {
    test(`the limit is ${title}`, () => {
      assert.equal(put(good), 'accepted');
      assert.match(put(bad), reason);
    });
  }

  test('1,000 datums are taken and 1,001 are not; one bad datum refuses all', () => {
    const many = Array.from({ length: 1001 }, () => ({ MetricName: 'm', Value: 1 }));
    assert.equal(put({}, { MetricData: many.slice(1) }), 'accepted');
    assert.match(put({}, { MetricData: many }), /size greater than 1000/);
    assert.match(put({}, { Namespace: 'Other', MetricData: [{ MetricName: 'good', Value: 1 }, { MetricName: 'bad' }] }), /member\.2/);
    assert.deepEqual(answer(operations, 'ListMetrics', { Namespace: 'Other' })['Metrics'], []);
  });

  test('namespaces are not reserved, not blank, at most 255 characters; a body is at most 1 MiB', () => {
    for (const Namespace of ['AWS/EC2', '', ':x', 'x'.repeat(256), 'é']) assert.match(put({ Value: 1 }, { Namespace }), /Namespace/);
    assert.match(put({ Value: 1 }, {}, call({ bodyBytes: 1_048_577 })), /^RequestEntityTooLargeException/);
  });

  test('a bad entity refuses the call only under strict validation, and is said in a header otherwise', () => {
    const EntityMetricData = [{ Entity: { KeyAttributes: { Type: 'Service' } }, MetricData: [{ MetricName: 'm', Value: 1 }] }];
    assert.match(put({}, { MetricData: [], EntityMetricData }), /StrictEntityValidation is required/);
    assert.match(put({}, { MetricData: [], EntityMetricData, StrictEntityValidation: true }), /InvalidParameterValueException/);
    const at = call();
    assert.equal(put({}, { MetricData: [], EntityMetricData, StrictEntityValidation: false }, at), 'accepted');
    assert.match(at.headers.get('x-amzn-failure-message') ?? '', /KeyAttributes/);
  });

  test('what was put is listed and read back by period and statistic', () => {
    const Dimensions = [{ Name: 'host', Value: 'a' }, { Name: 'cpu', Value: '0' }];
    const at = (offset: number): number => Math.floor(NOW / 60_000) * 60 + offset;
    put({ Values: [1, 3], Counts: [2, 1], Dimensions, Unit: 'Percent', Timestamp: at(1) });
    put({ Value: 10, Dimensions: Dimensions.toReversed(), Unit: 'Percent', Timestamp: at(59) });
    put({ Value: 7, Dimensions, Unit: 'Percent', Timestamp: at(60) });
    assert.deepEqual(answer(operations, 'ListMetrics', { Dimensions: [{ Name: 'host' }] })['Metrics'], [{ Namespace: 'N', MetricName: 'm', Dimensions: [{ Name: 'cpu', Value: '0' }, { Name: 'host', Value: 'a' }] }]);
    const range = { StartTime: at(0), EndTime: at(120) };
    assert.deepEqual(answer(operations, 'GetMetricStatistics', { Namespace: 'N', MetricName: 'm', Dimensions, Period: 60, Statistics: ['SampleCount', 'Sum', 'Minimum', 'Maximum', 'Average'], ...range })['Datapoints'], [
      { Timestamp: at(0), Unit: 'Percent', SampleCount: 4, Sum: 15, Minimum: 1, Maximum: 10, Average: 3.75 },
      { Timestamp: at(60), Unit: 'Percent', SampleCount: 1, Sum: 7, Minimum: 7, Maximum: 7, Average: 7 },
    ]);
    const query = { Id: 'q', MetricStat: { Metric: { Namespace: 'N', MetricName: 'm', Dimensions }, Period: 60, Stat: 'Sum' } };
    assert.deepEqual(answer(operations, 'GetMetricData', { MetricDataQueries: [query], ...range })['MetricDataResults'], [{ Id: 'q', Label: 'm', StatusCode: 'Complete', Timestamps: [at(60), at(0)], Values: [7, 15] }]);
    assert.deepEqual(answer(operations, 'GetMetricStatistics', { Namespace: 'N', MetricName: 'm', Period: 60, Statistics: ['Sum'], ...range })['Datapoints'], []);
  });
});

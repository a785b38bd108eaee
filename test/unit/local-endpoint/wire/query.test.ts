import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { parseQuery, xmlAnswer, xmlRefusal } from '../../../../src/local-endpoint/wire/query.ts';

suite('the Query protocol', () => {
  test('a form of PutMetricData as the CloudWatch agent sends it is the structure that JSON says', () => {
    const form = [
      'Action=PutMetricData', 'Version=2010-08-01', 'Namespace=CWAgent',
      'MetricData.member.1.MetricName=mem_used', 'MetricData.member.1.Timestamp=2026-11-21T04%3A00%3A00.5Z', 'MetricData.member.1.Value=1.5e9', 'MetricData.member.1.StorageResolution=60',
      'MetricData.member.1.Dimensions.member.1.Name=id', 'MetricData.member.1.Dimensions.member.1.Value=42',
      'MetricData.member.2.MetricName=x', 'MetricData.member.2.Values.member.1=1', 'MetricData.member.2.Values.member.2=2', 'MetricData.member.2.Values.member.10=10',
      'MetricData.member.2.Counts.member.1=3', 'MetricData.member.2.StatisticValues.SampleCount=3',
    ].join('&');
    assert.deepEqual(parseQuery(form), {
      Action: 'PutMetricData', Version: '2010-08-01', Namespace: 'CWAgent',
      MetricData: [
        { MetricName: 'mem_used', Timestamp: Date.UTC(2026, 10, 21, 4) / 1000 + 0.5, Value: 1.5e9, StorageResolution: 60, Dimensions: [{ Name: 'id', Value: '42' }] },
        { MetricName: 'x', Values: [1, 2, 10], Counts: [3], StatisticValues: { SampleCount: 3 } },
      ],
    });
    assert.deepEqual(parseQuery('MetricData='), { MetricData: [] });
    assert.deepEqual(parseQuery('E.K.entry.1.key=Type&E.K.entry.1.value=Service'), { E: { K: { Type: 'Service' } } });
  });

  test('whatever comes is a structure or a refusal', () => {
    const part = fc.constantFrom('member', 'entry', '1', '999999999', 'Value', 'Timestamp', 'Dimensions', '__proto__', '', 'é');
    const pair = fc.tuple(fc.array(part, { maxLength: 20 }).map((parts) => parts.join('.')), fc.string({ maxLength: 5 }));
    fc.assert(fc.property(fc.array(pair, { maxLength: 10 }), (pairs) => {
      try {
        parseQuery(new URLSearchParams(pairs).toString());
      } catch (error) {
        assert.match(String(error), /is not valid|is no time/);
      }
    }), { numRuns: 1_000 });
  });

  test('answers and refusals are XML, whose texts cannot break out of it', () => {
    assert.equal(xmlAnswer('PutMetricData', {}, 'id'), '<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></PutMetricDataResponse>');
    assert.ok(xmlAnswer('GetMetricStatistics', { Label: 'a<b>&\u0000', Datapoints: [{ Timestamp: 0, Sum: 1 }] }, 'id').includes('<GetMetricStatisticsResult><Label>a&lt;b&gt;&amp;?</Label><Datapoints><member><Timestamp>1970-01-01T00:00:00.000Z</Timestamp><Sum>1</Sum></member></Datapoints></GetMetricStatisticsResult>'));
    assert.ok(xmlRefusal('Throttling', 'Rate exceeded', false, 'id').includes('<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>'));
  });
});

import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CloudWatchClient, GetMetricDataCommand, GetMetricStatisticsCommand, InvalidParameterValueException, ListMetricsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';

const MINUTE = 60_000;
const MODEL = { defaultNamespace: 'com.amazonaws.cloudwatch', serviceTarget: 'GraniteServiceVersion20100801', xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/', version: '2010-08-01', awsQueryCompatible: true };
const PROTOCOLS = [
  ['JSON', () => new AwsJson1_0Protocol(MODEL)],
  ['Query', () => new AwsQueryProtocol(MODEL)],
  ['CBOR', () => new AwsSmithyRpcV2CborProtocol(MODEL)],
] as const;
const ACCESS = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 };

suite('metrics at the local endpoint, through the official client', () => {
  let endpoint: RunningEndpoint | null = null;
  before(async () => { endpoint = await startEndpoint({ verifySignatures: { accessKeyId: 'test', secretAccessKey: 'test' } }); });
  beforeEach(() => { endpoint!.faults.clear(); });
  after(() => endpoint?.close());

  for (const [protocol, make] of PROTOCOLS) {
    // With CBOR this client states the length of what it is yet to compress, and no server gets the rest.
    const client = (): CloudWatchClient => new CloudWatchClient({ ...ACCESS, endpoint: endpoint!.url, protocol: make(), disableRequestCompression: protocol === 'CBOR' });
    const time = Math.floor(Date.now() / MINUTE) * MINUTE;
    const Namespace = `In ${protocol} <&>`;
    const Dimensions = [{ Name: 'id', Value: '42' }];

    test(`${protocol}: what is put is listed, and read back by GetMetricData and GetMetricStatistics`, async () => {
      const cloudWatch = client();
      await cloudWatch.send(new PutMetricDataCommand({
        Namespace,
        MetricData: [
          // More than 10 KiB, which the client compresses where it may.
          ...Array.from({ length: 300 }, (_, i) => ({ MetricName: `m${i}`, Value: i + 0.25, Timestamp: new Date(time), Unit: 'Percent' as const, Dimensions, StorageResolution: 60 })),
          { MetricName: 'set', Values: [1, 2.5], Counts: [2, 4], StatisticValues: { SampleCount: 6, Sum: 12, Minimum: 1, Maximum: 2.5 }, Timestamp: new Date(time), Unit: 'Count' as const },
        ],
      }));
      const listed = await cloudWatch.send(new ListMetricsCommand({ Namespace, MetricName: 'm7', Dimensions: [{ Name: 'id' }] }));
      assert.deepEqual(listed.Metrics, [{ Namespace, MetricName: 'm7', Dimensions }]);
      const range = { StartTime: new Date(time), EndTime: new Date(time + MINUTE) };
      const { MetricDataResults = [] } = await cloudWatch.send(new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: 'q', MetricStat: { Period: 60, Stat: 'Sum', Metric: { Namespace, MetricName: 'm7', Dimensions } } }] }));
      assert.deepEqual(MetricDataResults.map(({ Id, Timestamps, Values }) => ({ Id, Timestamps, Values })), [{ Id: 'q', Timestamps: [new Date(time)], Values: [7.25] }]);
      const { Datapoints = [] } = await cloudWatch.send(new GetMetricStatisticsCommand({ ...range, Namespace, MetricName: 'set', Period: 60, Statistics: ['Sum', 'SampleCount', 'Maximum'] }));
      assert.deepEqual(Datapoints, [{ Timestamp: new Date(time), Unit: 'Count', Sum: 12, SampleCount: 6, Maximum: 2.5 }]);
      cloudWatch.destroy();
    });

    test(`${protocol}: a refusal is the service's, with its text; so are the faults`, async () => {
      const cloudWatch = client();
      const put = (Value: number): Promise<unknown> => cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'm', Value }] }));
      await assert.rejects(put(NaN), (error: Error) => error instanceof InvalidParameterValueException && error.message === 'The value NaN for parameter MetricData.member.1.Value is invalid.');
      endpoint!.faults.add({ kind: 'throttle', operation: 'PutMetricData', count: 1 });
      await assert.rejects(put(1), { message: 'Rate exceeded' });
      endpoint!.faults.add({ kind: 'error', status: 503, operation: 'PutMetricData', count: 1 });
      await assert.rejects(put(1), (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode === 503);
      endpoint!.faults.add({ kind: 'reset', operation: 'PutMetricData', count: 1 });
      await assert.rejects(put(1), { code: 'ECONNRESET' });
      endpoint!.faults.add({ kind: 'reject-event', containing: 'm', operation: 'PutMetricData', count: 1 });
      await assert.rejects(put(1));
      await put(1);
      cloudWatch.destroy();
    });
  }

  test('an unknown operation, an unreadable body and unreadable gzip are refused in each protocol', async () => {
    const plain = await startEndpoint();
    const forms: readonly (readonly [path: string, headers: Record<string, string>, body: Buffer, answer: RegExp])[] = [
      ['/', { 'content-type': 'application/x-www-form-urlencoded' }, Buffer.from('Action=Nothing'), /<Code>UnknownOperation<\/Code>/],
      ['/service/GraniteServiceVersion20100801/operation/Nothing', { 'smithy-protocol': 'rpc-v2-cbor' }, Buffer.from('a0', 'hex'), /UnknownOperationException/],
      ['/service/GraniteServiceVersion20100801/operation/PutMetricData', { 'smithy-protocol': 'rpc-v2-cbor' }, Buffer.from('9f', 'hex'), /SerializationException/],
      ['/', { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' }, Buffer.from('Action=PutMetricData'), /not valid gzip/],
      ['/', { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' }, gzipSync('Action=PutMetricData&Namespace=N'), /<Code>InvalidParameterValue<\/Code>.*at least one datum/],
    ];
    try {
      for (const [path, headers, body, expected] of forms) {
        const answer = await fetch(`${plain.url}${path}`, { method: 'POST', headers, body });
        assert.equal(answer.status, 400);
        assert.match(await answer.text(), expected);
      }
    } finally {
      await plain.close();
    }
  });

  test('metrics in log events of the embedded metric format are read back as metrics, but not of the class for infrequent access', async () => {
    const logs = new CloudWatchLogsClient({ ...ACCESS, endpoint: endpoint!.url });
    const cloudWatch = new CloudWatchClient({ ...ACCESS, endpoint: endpoint!.url });
    const time = Math.floor(Date.now() / MINUTE) * MINUTE;
    for (const [logGroupName, logGroupClass] of [['emf', 'STANDARD'], ['cold', 'INFREQUENT_ACCESS']] as const) {
      await logs.send(new CreateLogGroupCommand({ logGroupName, logGroupClass }));
      await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
      const message = JSON.stringify({ _aws: { Timestamp: time, CloudWatchMetrics: [{ Namespace: logGroupName, Dimensions: [['host']], Metrics: [{ Name: 'latency', Unit: 'Milliseconds' }] }] }, host: 'h', latency: [1, 3] });
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: 's', logEvents: [{ timestamp: Date.now(), message }] }));
    }
    const query = (Namespace: string) => ({ Id: Namespace, MetricStat: { Period: 60, Stat: 'Average', Metric: { Namespace, MetricName: 'latency', Dimensions: [{ Name: 'host', Value: 'h' }] } } });
    const { MetricDataResults = [] } = await cloudWatch.send(new GetMetricDataCommand({ StartTime: new Date(time), EndTime: new Date(time + MINUTE), MetricDataQueries: [query('emf'), query('cold')] }));
    assert.deepEqual(MetricDataResults.map(({ Values }) => Values), [[2], []]);
    for (const client of [logs, cloudWatch]) client.destroy();
  });
});

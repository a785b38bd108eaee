import assert from 'node:assert/strict';
import { request } from 'node:http';
import { suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, DescribeLogGroupsCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { FaultSpec } from '../../src/local-endpoint/fault-spec.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { EndpointOptions, RunningEndpoint } from '../../src/local-endpoint/server.ts';

const KEYS = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'secret' };
const place = { logGroupName: 'g', logStreamName: 's' };

interface Setup extends AsyncDisposable { readonly endpoint: RunningEndpoint; readonly client: CloudWatchLogsClient; readonly put: (message: string) => Promise<string> }

/** An endpoint with the group `g` and the stream `s`, and a client of one attempt; `put` gives the error's name, or `stored`. */
async function setup(options: EndpointOptions = {}, credentials = KEYS, maxAttempts = 1): Promise<Setup> {
  const endpoint = await startEndpoint(options);
  const client = new CloudWatchLogsClient({ region: 'us-east-1', endpoint: endpoint.url, credentials, maxAttempts, requestHandler: { requestTimeout: 1_000, throwOnRequestTimeout: true } });
  endpoint.store.createGroup({ name: 'g', creationTime: 0, groupClass: 'STANDARD', kmsKeyId: null, tags: new Map(), deletionProtected: false, retentionDays: null });
  endpoint.store.createStream('g', 's', 0);
  const put = async (message: string): Promise<string> => client.send(new PutLogEventsCommand({ ...place, logEvents: [{ timestamp: Date.now(), message }] })).then(() => 'stored', (error: Error) => error.name);
  return {
    endpoint, client, put,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await endpoint.close();
    },
  };
}

async function post(url: string, operation: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': operation, ...headers }, body });
}

suite('the wire', () => {
  test('every answer carries Date and x-amzn-RequestId, refusals too', async () => {
    await using fixture = await setup();
    const { url } = fixture.endpoint;
    for (const operation of ['Logs_20140328.DescribeLogGroups', 'Logs_20140328.Nonsense', 'Logs_20140328.constructor', 'x']) {
      const response = await post(url, operation, '{}');
      assert.ok(Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now()) < 5000);
      assert.match(response.headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(response.status, operation.endsWith('Groups') ? 200 : 400);
    }
  });

  test('a gzip body is taken; one that inflates beyond the bound, is broken or has another encoding is refused', async () => {
    await using fixture = await setup();
    const { url, store } = fixture.endpoint;
    const body = JSON.stringify({ ...place, logEvents: [{ timestamp: Date.now(), message: 'zipped' }] });
    const put = async (bytes: Buffer, encoding: string): Promise<readonly [number, string]> => {
      const response = await post(url, 'Logs_20140328.PutLogEvents', bytes, { 'content-encoding': encoding });
      return [response.status, ((await response.json()) as { __type?: string }).__type ?? 'stored'];
    };
    assert.deepEqual(await put(gzipSync(body), 'gzip'), [200, 'stored']);
    assert.deepEqual(await put(gzipSync(Buffer.alloc(64 << 20)), 'gzip'), [413, 'RequestEntityTooLargeException']);
    assert.deepEqual(await put(Buffer.from(body), 'gzip'), [400, 'SerializationException']);
    assert.deepEqual(await put(Buffer.from(body), 'br'), [400, 'SerializationException']);
    assert.deepEqual(store.messages('g', 's'), ['zipped']);
  });

  test('a body without a length that grows beyond the bound is refused with an answer', async () => {
    await using fixture = await setup();
    const { port } = fixture.endpoint;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, method: 'POST', headers: { 'x-amz-target': 'Logs_20140328.PutLogEvents' } }, (response) => { resolve(response.resume().statusCode); });
      sent.once('error', reject);
      for (let i = 0; i < 9; i++) sent.write(Buffer.alloc(1 << 20, 32));
      sent.end();
    });
    assert.equal(status, 413);
  });

  test('a body that is not a JSON object is a SerializationException', async () => {
    await using fixture = await setup();
    for (const body of ['{', '[]', '1', '"x"']) {
      const response = await post(fixture.endpoint.url, 'Logs_20140328.PutLogEvents', body);
      assert.equal(((await response.json()) as { __type: string }).__type, 'SerializationException');
    }
  });

  test('20 uploads of 10,000 events are stored complete and in order', async () => {
    await using fixture = await setup();
    const { client, endpoint } = fixture;
    for (let i = 0; i < 20; i++) {
      const logEvents = Array.from({ length: 10_000 }, (_, j) => ({ timestamp: Date.now(), message: `${i * 10_000 + j} ${'x'.repeat(60)}` }));
      logEvents.sort((a, b) => a.timestamp - b.timestamp);
      await client.send(new PutLogEventsCommand({ ...place, logEvents }));
    }
    const messages = endpoint.store.messages('g', 's');
    assert.equal(messages.length, 200_000);
    assert.ok(messages.every((message, i) => message.startsWith(`${i} `)));
    assert.equal(endpoint.requests.events, 200_000);
  });

  test('Parameter Store and metrics answer on the same port', async () => {
    await using fixture = await setup();
    const { url } = fixture.endpoint;
    const ssm = new SSMClient({ region: 'us-east-1', endpoint: url, credentials: KEYS });
    await ssm.send(new PutParameterCommand({ Name: 'AmazonCloudWatch-linux', Value: '{}', Type: 'String' }));
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: 'AmazonCloudWatch-linux', WithDecryption: true }));
    ssm.destroy();
    assert.deepEqual([Parameter?.Value, Parameter?.Version, Parameter?.LastModifiedDate instanceof Date], ['{}', 1, true]);
    const body = gzipSync(JSON.stringify({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 1 }] }));
    const put = await post(url, 'GraniteServiceVersion20100801.PutMetricData', body, { 'content-type': 'application/x-amz-json-1.0', 'content-encoding': 'gzip' });
    assert.deepEqual([put.status, put.headers.get('content-type')], [200, 'application/x-amz-json-1.0']);
    const bad = await post(url, 'GraniteServiceVersion20100801.PutMetricData', JSON.stringify({ Namespace: 'AWS/x', MetricData: [] }));
    assert.equal(bad.headers.get('x-amzn-query-error'), 'InvalidParameterValue;Sender');
    assert.deepEqual(fixture.endpoint.metrics.metrics().map(({ name }) => name), ['m']);
  });
});

suite('signatures', () => {
  test('the right key is let in, a wrong secret, an unknown key and no signature are not', async () => {
    await using right = await setup({ verifySignatures: KEYS });
    assert.equal(await right.put('x'), 'stored');
    await using wrong = await setup({ verifySignatures: KEYS }, { ...KEYS, secretAccessKey: 'other' });
    assert.equal(await wrong.put('x'), 'InvalidSignatureException');
    await using unknown = await setup({ verifySignatures: KEYS }, { ...KEYS, accessKeyId: 'AKIDOTHER' });
    assert.equal(await unknown.put('x'), 'UnrecognizedClientException');
    const unsigned = await post(right.endpoint.url, 'Logs_20140328.DescribeLogGroups', '{}');
    assert.equal(((await unsigned.json()) as { __type: string }).__type, 'MissingAuthenticationTokenException');
  });

  test('a body changed on the way is refused', async () => {
    await using fixture = await setup({ verifySignatures: KEYS });
    fixture.client.middlewareStack.add((next) => async (args) => {
      const request = args.request as { body: Uint8Array };
      request.body = Buffer.from(new TextDecoder().decode(request.body).replace('good', 'evil'));
      return next(args);
    }, { step: 'deserialize', priority: 'low' });
    assert.equal(await fixture.put('good'), 'InvalidSignatureException');
    assert.deepEqual(fixture.endpoint.store.messages('g', 's'), []);
  });

  test('a clock more than 5 minutes off is refused with a Date that lets the client correct itself', async () => {
    await using once = await setup({ verifySignatures: KEYS });
    once.endpoint.faults.add({ kind: 'skew', seconds: 3600 });
    assert.equal(await once.put('x'), 'InvalidSignatureException');
    await using twice = await setup({ verifySignatures: KEYS }, KEYS, 3);
    twice.endpoint.faults.add({ kind: 'skew', seconds: -3600 });
    assert.equal(await twice.put('x'), 'stored');
    assert.equal(twice.endpoint.requests.count('PutLogEvents'), 2);
  });
});

suite('faults', () => {
  const effects: readonly (readonly [spec: FaultSpec, seen: string, stored: number])[] = [
    [{ kind: 'throttle' }, 'ThrottlingException', 0],
    [{ kind: 'error' }, 'InternalFailure', 0],
    [{ kind: 'error', status: 503 }, 'ServiceUnavailableException', 0],
    [{ kind: 'latency', ms: 20 }, 'stored', 1],
    [{ kind: 'latency', ms: 5000 }, 'TimeoutError', 0],
    [{ kind: 'reset' }, 'TimeoutError', 0],
    [{ kind: 'hang' }, 'TimeoutError', 0],
    [{ kind: 'drop-answer' }, 'TimeoutError', 1],
    [{ kind: 'drop-answer', by: 'hang' }, 'TimeoutError', 1],
    [{ kind: 'reject-event', containing: 'poison' }, 'InvalidParameterException', 0],
    [{ kind: 'reject-event', containing: 'other' }, 'stored', 1],
    [{ kind: 'access-denied' }, 'AccessDeniedException', 0],
    [{ kind: 'expired-token' }, 'ExpiredTokenException', 0],
    [{ kind: 'unrecognized-client' }, 'UnrecognizedClientException', 0],
    [{ kind: 'garbage' }, 'SyntaxError', 0],
    [{ kind: 'garbage', form: 'ok' }, 'SyntaxError', 0],
    [{ kind: 'delete-group', group: 'g' }, 'ResourceNotFoundException', 0],
    [{ kind: 'throttle', group: 'another' }, 'stored', 1],
  ];
  for (const [spec, seen, stored] of effects) {
    test(`${JSON.stringify(spec)}: the client sees ${seen}, ${stored === 0 ? 'nothing is stored' : 'the event is stored'}`, async () => {
      await using fixture = await setup();
      fixture.endpoint.faults.add(spec);
      assert.equal(await fixture.put('a poison pill'), seen);
      assert.equal(fixture.endpoint.store.messages('g', 's').length, stored);
    });
  }

  test('retry-after goes with a throttle', async () => {
    await using fixture = await setup();
    fixture.endpoint.faults.add({ kind: 'throttle', retryAfterSeconds: 7 });
    assert.equal((await post(fixture.endpoint.url, 'Logs_20140328.DescribeLogGroups', '{}')).headers.get('retry-after'), '7');
  });

  test('they can be switched on, read and cleared over HTTP on the same port', async () => {
    await using fixture = await setup();
    const { url } = fixture.endpoint;
    const added = await fetch(`${url}/_faults`, { method: 'POST', body: '[{"kind":"throttle","operation":"PutLogEvents"},{"kind":"latency","ms":1}]' });
    assert.deepEqual(await added.json(), { ids: [1, 2] });
    assert.equal(await fixture.put('x'), 'ThrottlingException');
    const listed = (await (await fetch(`${url}/_faults`)).json()) as { fired: number }[];
    assert.deepEqual(listed.map(({ fired }) => fired), [1, 1]);
    assert.equal((await fetch(`${url}/_faults/1`, { method: 'DELETE' })).status, 200);
    assert.equal(await fixture.put('x'), 'stored');
    assert.equal((await fetch(`${url}/_faults`, { method: 'POST', body: '{"kind":"nonsense"}' })).status, 400);
    assert.equal((await fetch(`${url}/_faults`, { method: 'POST', body: '{' })).status, 400);
    await fetch(`${url}/_faults`, { method: 'DELETE' });
    assert.deepEqual(await (await fetch(`${url}/_faults`)).json(), []);
    const seen = (await (await fetch(`${url}/_requests`)).json()) as { operations: Record<string, unknown>; events: number };
    assert.deepEqual(seen.operations['PutLogEvents'], { calls: 2, succeeded: 1, errors: { ThrottlingException: 1 } });
    assert.equal(seen.events, 1);
  });

  test('closing the endpoint ends what hangs and waits', async () => {
    const fixture = await setup();
    fixture.endpoint.faults.add({ kind: 'hang', count: 1 });
    fixture.endpoint.faults.add({ kind: 'latency', ms: 60_000 });
    const pending = [fixture.put('x'), fixture.put('y')];
    await fixture.endpoint.close();
    assert.deepEqual(await Promise.all(pending).then((names) => names.filter((name) => name === 'stored')), []);
    fixture.client.destroy();
  });
});

test('groups and streams made by the client are those the store shows', async () => {
  await using fixture = await setup();
  const { client, endpoint } = fixture;
  await client.send(new CreateLogGroupCommand({ logGroupName: 'h', logGroupClass: 'INFREQUENT_ACCESS' }));
  await client.send(new CreateLogStreamCommand({ logGroupName: 'h', logStreamName: 't' }));
  assert.deepEqual([endpoint.store.groups(), endpoint.store.streams('h')], [['g', 'h'], ['t']]);
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePattern: 'h' }));
  assert.deepEqual(logGroups.map(({ logGroupName }) => logGroupName), ['h']);
});

// Who the agent says it is: signatures over the bodies it encodes itself, credentials that end, clocks that disagree.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { createLogsClient } from '../../src/aws/clients.ts';
import type { Environment } from '../../src/aws/connection.ts';
import { LogsEndpoint } from '../../src/aws/logs-endpoint.ts';
import { sendBody } from '../../src/aws/prebuilt-body.ts';
import { bodyHeader } from '../../src/batching/log-batch.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { errorsOf } from '../support/arrivals.ts';
import { destinationFor } from '../support/destination.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered } from '../support/log-files.ts';
import { planFor } from '../support/plan-for.ts';
import { startRig, TEST_ENV, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';
import { ROLE_KEYS, startTokenService } from '../support/token-service.ts';

const KEYS = { accessKeyId: TEST_ENV.AWS_ACCESS_KEY_ID, secretAccessKey: TEST_ENV.AWS_SECRET_ACCESS_KEY };
const NEVER = new AbortController().signal;
const DESTINATION = destinationFor();
const MINUTE = 60_000;
const SIGNED = 'moto verifies no signature and refuses no clock';

function clientFor(t: TestContext, url: string, env: Environment = TEST_ENV, roleArn: string | null = null) {
  const { service, delivery } = planFor({ endpoint: url, entries: [] });
  const client = createLogsClient({ ...service, roleArn }, delivery, env, NEVER);
  t.after(() => { client.destroy(); });
  return client;
}

const bodyOf = (messages: readonly string[]): Buffer => Buffer.concat([bodyHeader(DESTINATION), Buffer.from(`${messages.map((message) => JSON.stringify({ timestamp: Date.now(), message })).join(',')}]}`)]);

test('the middleware that swaps the encoded body in stands where the SDK\'s own steps around it are: after serialising, before the length and the signature', (t) => {
  const client = clientFor(t, 'http://127.0.0.1:1');
  const command = new PutLogEventsCommand({ logGroupName: 'g', logStreamName: 's', logEvents: [] });
  command.resolveMiddleware(client.middlewareStack, client.config, {});
  const steps = client.middlewareStack.concat(command.middlewareStack as never).identify().map((line) => `${line.split(' ')[0]} ${line.split(' - ')[1]}`);
  assert.deepEqual(steps, [
    'httpAuthSchemeMiddleware serialize', 'endpointV2Middleware serialize', 'serializerMiddleware serialize',
    'prebuiltBody build', 'contentLengthMiddleware build', 'hostHeaderMiddleware build', 'getUserAgentMiddleware build',
    'retryMiddleware finalizeRequest', 'httpSigningMiddleware finalizeRequest', 'deserializerMiddleware deserialize', 'emptyAnswer deserialize',
  ]);
});

test('the signature verifies over the swapped body, plain and gzipped, hashed before or not, and what is on the wire is that body', localOnly(SIGNED), async (t) => {
  const seen: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const tap = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      seen.push({ headers: request.headers, body: Buffer.concat(parts) });
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => { tap.listen(0, '127.0.0.1', resolve); });
  t.after(() => { tap.closeAllConnections(); tap.close(); });
  await using endpoint = await startEndpoint({ verifySignatures: KEYS });
  const messages = numbered('signed', 1_000).map((line) => `${line} "ü" \u0001 😀`);
  const body = bodyOf(messages);
  const report = new AgentReport(() => undefined, Date.now);
  const madeReady = (['off', 'on'] as const).map((compression) => new LogsEndpoint({ client: clientFor(t, endpoint.url), compression, url: endpoint.url, report, abandon: NEVER }).encode(body, 0));
  assert.deepEqual(madeReady.map(({ encoding, sha256 }) => [encoding, sha256?.length]), [[null, 64], ['gzip', 64]]);
  for (const encoded of [{ bytes: body, encoding: null }, { bytes: gzipSync(body), encoding: 'gzip' } as const, ...madeReady]) {
    const { bytes, encoding } = encoded;
    const send = async (url: string): Promise<void> => {
      const client = clientFor(t, url);
      const outcome = await new LogsEndpoint({ client, compression: 'off', url, report, abandon: NEVER }).put(DESTINATION, encoded);
      if (outcome.kind !== 'missing') assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
    };
    if (endpoint.store.findGroup('g') === undefined) endpoint.store.createGroup({ name: 'g', creationTime: 0, groupClass: 'STANDARD', kmsKeyId: null, tags: new Map(), deletionProtected: false, retentionDays: null });
    if (endpoint.store.streams('g').length === 0) endpoint.store.createStream('g', 's', 0);
    const before = endpoint.store.count();
    await send(endpoint.url);
    assert.deepEqual(endpoint.store.messages('g', 's').slice(before), messages, 'the service took the signature and read the body');
    await send(`http://127.0.0.1:${(tap.address() as AddressInfo).port}`);
    const { headers, body: wire } = seen.at(-1)!;
    assert.ok(wire.equals(Buffer.from(bytes)));
    assert.deepEqual(encoding === 'gzip' ? gunzipSync(wire) : wire, body);
    assert.equal(headers['content-encoding'], encoding ?? undefined);
    assert.equal(headers['content-length'], String(bytes.length));
    assert.equal(headers['x-amz-content-sha256'], createHash('sha256').update(bytes).digest('hex'));
    assert.equal(headers['x-amz-target'], 'Logs_20140328.PutLogEvents');
    assert.match(headers['user-agent'] ?? '', /^unified-agent lang\/js md\/nodejs#\d+/);
  }
});

test('a body that is swapped in after signing, or changed on its way, is refused: the signature is over the body', localOnly(SIGNED), async (t) => {
  await using endpoint = await startEndpoint({ verifySignatures: KEYS });
  const client = clientFor(t, endpoint.url);
  client.middlewareStack.add((next) => (args) => {
    (args.request as { body: Uint8Array }).body = Buffer.from('{}');
    return next(args);
  }, { step: 'finalizeRequest', priority: 'low', name: 'tamper' });
  const command = new PutLogEventsCommand({ logGroupName: 'g', logStreamName: 's', logEvents: [] });
  sendBody(command.input, { bytes: Buffer.from('[]'), encoding: null });
  await assert.rejects(client.send(command), { name: 'InvalidSignatureException' });
});

for (const minutes of [-10, 10]) {
  test(`L30 the host's clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'behind' : 'ahead of'} the service's: corrected from its answer within 2 s, said, every event arrives`, localOnly(SIGNED), async (t) => {
    const rig = await startRig(t, { endpointOptions: { verifySignatures: KEYS, now: () => Date.now() + minutes * MINUTE } });
    const lines = numbered('line', 1_000);
    append(rig.path('app.log'), lines);
    await rig.arrived(lines, 2_000);
    assert.match(await rig.says(/clock/), new RegExp(`the clock of this host is about 10 minutes ${minutes > 0 ? 'behind' : 'ahead of'} the service's`));
    await rig.stop();
    assert.ok(Object.keys(errorsOf(rig, 'PutLogEvents')).length + Object.keys(errorsOf(rig, 'CreateLogStream')).length > 0, 'there was a refusal to correct');
  });
}

test('L30 the clocks part while the agent runs, and agree again: nothing is missing, both are said', localOnly(SIGNED), async (t) => {
  let skew = 0;
  const rig = await startRig(t, { endpointOptions: { verifySignatures: KEYS, now: () => Date.now() + skew } });
  const lines: string[] = [];
  for (const minutes of [0, 30, -30, 0]) {
    skew = minutes * MINUTE;
    const more = numbered(`skew${minutes}`, 100);
    append(rig.path('app.log'), more);
    lines.push(...more);
    await rig.arrived(lines, 3_000);
  }
  await rig.says(/about 30 minutes behind/);
  await rig.says(/about 30 minutes ahead of/);
  await rig.says(/clock of this host agrees/);
  await rig.stop();
});

test('L30 expired credentials: fetched anew at once, every event arrives', localOnly('faults'), async (t) => {
  const rig = await startRig(t);
  rig.endpoint.faults.add({ kind: 'expired-token', count: 3 });
  const lines = numbered('line', 1_000);
  append(rig.path('app.log'), lines);
  await rig.arrived(lines, 5_000);
  await rig.stop();
});

test('L30 keys that another program replaces in the shared credentials file are taken up at the first refusal', localOnly(SIGNED), async (t) => {
  const folder = await scratch(t);
  const file = join(folder, 'credentials');
  const write = (key: string, secret: string): void => { writeFileSync(file, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = ${secret}\n`); };
  write('AKIDOLD', 'old');
  await using endpoint = await startEndpoint({ verifySignatures: KEYS });
  const client = clientFor(t, endpoint.url, { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'default' });
  const logs = new LogsEndpoint({ client, compression: 'off', url: endpoint.url, report: new AgentReport(() => undefined, Date.now), abandon: NEVER });
  const put = () => logs.put(DESTINATION, { bytes: bodyOf(['m']), encoding: null });
  const refused = await put();
  assert.equal(refused.kind, 'retry');
  assert.match('reason' in refused ? refused.reason : '', /UnrecognizedClientException/);
  write(KEYS.accessKeyId, KEYS.secretAccessKey);
  await until('the new keys', async () => (await put()).kind === 'missing', 2_000);
});

test('L30 a role is assumed with the keys that another program has put in the place of refused ones, at the next try', localOnly(SIGNED), async (t) => {
  const folder = await scratch(t);
  const file = join(folder, 'credentials');
  const write = (key: string): void => { writeFileSync(file, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`); };
  const tokens = await startTokenService(t);
  process.env['AWS_ENDPOINT_URL_STS'] = tokens.url;
  t.after(() => { delete process.env['AWS_ENDPOINT_URL_STS']; });
  const client = clientFor(t, 'http://127.0.0.1:9', { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'default' }, 'arn:aws:iam::1:role/logs');
  write('AKIDOLD');
  tokens.deny(true);
  await assert.rejects(client.config.credentials(), /the role arn:aws:iam::1:role\/logs could not be assumed/);
  write('AKIDNEW');
  tokens.deny(false);
  assert.equal((await client.config.credentials()).accessKeyId, ROLE_KEYS.accessKeyId);
  assert.deepEqual(tokens.calls.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]), ['AKIDOLD', 'AKIDNEW']);
});

/** A process without any credentials, whose home is a folder of the test's own. */
async function withoutCredentials(t: TestContext): Promise<{ readonly home: string; readonly env: Environment }> {
  const home = await scratch(t);
  const before = { ...process.env };
  // The SDK's chain reads the process's own (see cli/runtime.ts).
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env['HOME'] = home;
  t.after(() => { for (const name of new Set([...Object.keys(process.env), ...Object.keys(before)])) if (before[name] === undefined) delete process.env[name]; else process.env[name] = before[name]; });
  return { home, env: { HOME: home } };
}

for (const name of ['credentials', 'config'] as const) {
  test(`L30 an agent that began without credentials takes up keys that are written into ~/.aws/${name} as it runs; until then it says where it looked`, localOnly(SIGNED), async (t) => {
    const { home, env } = await withoutCredentials(t);
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    await using endpoint = await startEndpoint({ verifySignatures: KEYS });
    const client = clientFor(t, endpoint.url, env);
    const logs = new LogsEndpoint({ client, compression: 'off', url: endpoint.url, report: new AgentReport(() => undefined, Date.now), abandon: NEVER });
    const put = () => logs.put(DESTINATION, { bytes: bodyOf(['m']), encoding: null });
    const refused = await put();
    assert.ok('reason' in refused && refused.reason.includes(`no credentials, also not in ${join(home, '.aws/credentials')}: `) && refused.reason.endsWith('systemctl restart unified-agent'), JSON.stringify(refused));
    mkdirSync(join(home, '.aws'));
    writeFileSync(join(home, '.aws', name), `[default]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n`);
    assert.equal((await put()).kind, 'missing', 'signed with them: the stream is what is missing');
  });
}

test('L30 an agent that began on an instance without a role takes up the one that is attached as it runs', localOnly(SIGNED), async (t) => {
  const { env } = await withoutCredentials(t);
  let role: string | null = null;
  const metadata = createServer((request, response) => {
    request.resume();
    const path = request.url ?? '';
    const answer = path === '/latest/api/token' ? 'token' : role === null ? null : path.endsWith('/security-credentials/') ? role
      : JSON.stringify({ Code: 'Success', AccessKeyId: KEYS.accessKeyId, SecretAccessKey: KEYS.secretAccessKey, Token: 't', Expiration: new Date(Date.now() + 3_600_000).toISOString() });
    response.writeHead(answer === null ? 404 : 200).end(answer ?? '');
  }).listen(0, '127.0.0.1');
  t.after(() => { metadata.close(); });
  await once(metadata, 'listening');
  process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`;
  await using endpoint = await startEndpoint({ verifySignatures: KEYS });
  const client = clientFor(t, endpoint.url, env);
  const logs = new LogsEndpoint({ client, compression: 'off', url: endpoint.url, report: new AgentReport(() => undefined, Date.now), abandon: NEVER });
  const put = () => logs.put(DESTINATION, { bytes: bodyOf(['m']), encoding: null });
  assert.equal((await put()).kind, 'retry');
  role = 'shop';
  assert.equal((await put()).kind, 'missing');
});

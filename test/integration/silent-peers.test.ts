// Peers that take a request and then say nothing more: no lane may wait for them for good.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createLogsClient } from '../../src/aws/clients.ts';
import type { Environment } from '../../src/aws/connection.ts';
import { LogsEndpoint } from '../../src/aws/logs-endpoint.ts';
import type { Outcome } from '../../src/flow.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { destinationFor } from '../support/destination.ts';
import { planFor } from '../support/plan-for.ts';
import { TEST_ENV } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const NEVER = new AbortController().signal;
const DESTINATION = destinationFor();
const BODY = Buffer.from(JSON.stringify({ logGroupName: 'g', logStreamName: 's', logEvents: [{ timestamp: Date.now(), message: 'm' }] }));
const TIMEOUT_MS = 200;

async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => { request.resume().once('end', () => { answer(request, response); }); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One attempt after the other, with short timeouts. */
function attempts(t: TestContext, url: string, { env = TEST_ENV, roleArn = null }: { readonly env?: Environment; readonly roleArn?: string | null } = {}): () => Promise<Outcome> {
  const { service, delivery } = planFor({ endpoint: url, entries: [], delivery: { connectTimeoutMs: TIMEOUT_MS, requestTimeoutMs: TIMEOUT_MS } });
  const client = createLogsClient({ ...service, roleArn }, delivery, env, NEVER);
  t.after(() => { client.destroy(); });
  const endpoint = new LogsEndpoint({ client, compression: 'off', url, report: new AgentReport(() => undefined, Date.now), abandon: NEVER });
  return () => endpoint.put(DESTINATION, { bytes: BODY, encoding: null });
}

test('L27 an answer whose body never comes ends at the request timeout, and is tried again as one that may have been stored', { timeout: 10_000 }, async (t) => {
  let answered = 0;
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': 2 });
    response.write('{');
    if (answered++ > 0) response.end('}');
  });
  const put = attempts(t, url);
  const outcome = await put();
  assert.equal(outcome.kind, 'retry');
  assert.equal('ambiguous' in outcome && outcome.ambiguous, true, 'it may have been stored');
  assert.equal((await put()).kind, 'accepted', 'the next attempt is on its own');
});

test('a token service that takes the question and never answers ends the attempt, so it is tried again', { timeout: 20_000 }, async (t) => {
  const url = await serve(t, () => undefined);
  process.env['AWS_ENDPOINT_URL_STS'] = url;
  t.after(() => { delete process.env['AWS_ENDPOINT_URL_STS']; });
  const outcome = await attempts(t, url, { roleArn: 'arn:aws:iam::123456789012:role/r' })();
  assert.equal(outcome.kind, 'retry', JSON.stringify(outcome));
});

test('keys in a shared credentials file that is written after the agent has started are taken up', { timeout: 10_000 }, async (t) => {
  const file = join(await scratch(t), 'credentials');
  await using endpoint = await startEndpoint({ verifySignatures: { accessKeyId: 'AKIDLATE', secretAccessKey: 'late' } });
  const kept = { ...TEST_ENV };
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const) delete process.env[name];
  t.after(() => { Object.assign(process.env, kept); });
  const put = attempts(t, endpoint.url, { env: { AWS_SHARED_CREDENTIALS_FILE: file } });
  const before = await put();
  assert.match('reason' in before ? before.reason : '', /CredentialsProviderError/);
  writeFileSync(file, '[default]\naws_access_key_id = AKIDLATE\naws_secret_access_key = late\n');
  assert.equal((await put()).kind, 'missing', 'signed with the new keys: only the group is missing');
});

for (const status of [200, 204]) {
  test(`a ${status} without a body (a proxy, a load balancer) is no acceptance: the events are held and tried again`, { timeout: 10_000 }, async (t) => {
    let answered = 0;
    const url = await serve(t, (_, response) => {
      if (answered++ > 0) response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{}');
      else response.writeHead(status, status === 200 ? { 'content-length': 0 } : {}).end();
    });
    const put = attempts(t, url);
    const outcome = await put();
    assert.equal(outcome.kind, 'retry');
    assert.match('reason' in outcome ? outcome.reason : '', /EmptyAnswer/);
    assert.equal((await put()).kind, 'accepted');
  });
}

import assert from 'node:assert/strict';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import { askInstance } from '../../../src/host/instance.ts';

const IDENTITY = { region: 'eu-west-1', accountId: '123456789012', instanceId: 'i-0123456789abcdef0', instanceType: 't3.small', privateIp: '10.0.0.7', availabilityZone: 'eu-west-1b' };

async function endpointOf(context: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serving = (context: TestContext, listener: RequestListener): Promise<string> => {
  const server = createHttpServer(listener);
  context.after(() => server.closeAllConnections());
  return endpointOf(context, server);
};

const tokenOf = (request: IncomingMessage): string => String(request.headers['x-aws-ec2-metadata-token']);

test('the identity of the instance is read with a version 2 token', async (context) => {
  const seen: string[] = [];
  const endpoint = await serving(context, (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (request.method === 'PUT') {
      assert.match(String(request.headers['x-aws-ec2-metadata-token-ttl-seconds']), /^\d+$/);
      response.end('token-1');
    } else if (tokenOf(request) !== 'token-1') response.writeHead(401).end();
    else response.end(request.url === '/latest/meta-data/hostname' ? 'ip-10-0-0-7.ec2.internal' : JSON.stringify(IDENTITY));
  });
  assert.deepEqual(await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }), {
    instanceId: 'i-0123456789abcdef0', region: 'eu-west-1', accountId: '123456789012', privateIp: '10.0.0.7', hostname: 'ip-10-0-0-7.ec2.internal', availabilityZone: 'eu-west-1b', imageId: null, instanceType: 't3.small', tags: {}, tagsShown: false,
  });
  assert.deepEqual(seen, ['PUT /latest/api/token', 'GET /latest/dynamic/instance-identity/document', 'GET /latest/meta-data/hostname']);
});

test('a token that is refused is renewed once', async (context) => {
  let tokens = 0;
  const endpoint = await serving(context, (request, response) => {
    if (request.method === 'PUT') response.end(`token-${++tokens}`);
    else if (tokenOf(request) === 'token-1') response.writeHead(401).end();
    else response.end(JSON.stringify(IDENTITY));
  });
  assert.equal((await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }))?.instanceId, IDENTITY.instanceId);
  assert.equal(tokens, 2);
});

test('a metadata service that is switched off, refuses or talks nonsense gives no instance', async (context) => {
  const refusing = await serving(context, (_, response) => response.writeHead(403).end());
  const nonsense = await serving(context, (_, response) => response.end('<html>'));
  assert.equal(await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: refusing }), null);
  assert.equal(await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: nonsense }), null);
  assert.equal(await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'not a url' }), null);
});

test('AWS_METADATA_SERVICE_NUM_ATTEMPTS asks again a service that does not answer rightly, within bounds', async (context) => {
  let tokens = 0;
  const endpoint = await serving(context, (request, response) => {
    if (request.method === 'PUT' && ++tokens < 3) response.writeHead(500).end();
    else response.end(request.method === 'PUT' ? 'token' : JSON.stringify(IDENTITY));
  });
  const ask = (attempts?: string): ReturnType<typeof askInstance> => askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint, ...(attempts === undefined ? {} : { AWS_METADATA_SERVICE_NUM_ATTEMPTS: attempts }) });
  assert.equal(await ask(), null);
  assert.equal(tokens, 1);
  assert.equal((await ask('2'))?.instanceId, IDENTITY.instanceId);
  tokens = -100;
  for (const [asked, made] of [['1000', 11], ['0', 1], ['-3', 1], ['many', 1]] as const) {
    const before = tokens;
    assert.equal(await ask(asked), null);
    assert.equal(tokens - before, made, asked);
  }
});

test('AWS_EC2_METADATA_DISABLED=true asks nobody', async (context) => {
  let asked = 0;
  const endpoint = await serving(context, (_, response) => {
    asked++;
    response.end('token');
  });
  assert.equal(await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint, AWS_EC2_METADATA_DISABLED: 'TRUE' }), null);
  assert.equal(asked, 0);
});

test('a host name that is missing costs only the host name', async (context) => {
  const endpoint = await serving(context, (request, response) => {
    if (request.method === 'PUT') response.end('t');
    else if (request.url === '/latest/meta-data/hostname') response.writeHead(404).end();
    else response.end(JSON.stringify(IDENTITY));
  });
  const instance = await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint });
  assert.deepEqual([instance?.hostname, instance?.region], [null, 'eu-west-1']);
});

test('an answer that never comes is waited for no longer than the patience for all requests', async (context) => {
  const silent = createServer((socket) => context.after(() => socket.destroy()));
  const endpoint = await endpointOf(context, silent);
  assert.equal(await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }, undefined, { connectMs: 300, totalMs: 50 }), null);
});

/** An instance with these tags, which it shows or not; gives what was asked for of them. */
async function tagged(context: TestContext, shown: Readonly<Record<string, string>> | null): Promise<{ readonly endpoint: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const root = '/latest/meta-data/tags/instance';
  const endpoint = await serving(context, (request, response) => {
    const url = String(request.url);
    if (request.method === 'PUT') response.end('t');
    else if (!url.startsWith(root)) response.end(url.endsWith('/document') ? JSON.stringify(IDENTITY) : 'host');
    else {
      asked.push(url.slice(root.length));
      const key = url.slice(root.length + 1);
      const text = key === '' ? Object.keys(shown ?? {}).join('\n') : shown?.[key];
      if (shown === null || text === undefined) response.writeHead(404).end();
      else response.end(text);
    }
  });
  return { endpoint, asked };
}

test('of the tags only those named in the config are asked for, and a colon stands in the path as it is', async (context) => {
  const { endpoint, asked } = await tagged(context, { Name: 'shop', 'aws:autoscaling:groupName': 'web', Secret: 'x' });
  const instance = await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }, new Set(['Name', 'aws:autoscaling:groupName', 'None']));
  assert.deepEqual([instance?.tags, instance?.tagsShown], [{ Name: 'shop', 'aws:autoscaling:groupName': 'web' }, true]);
  assert.deepEqual([...asked].toSorted(), ['', '/Name', '/aws:autoscaling:groupName']);
});

test('an instance that does not show its tags says so, and one that is asked for none is not asked', async (context) => {
  const { endpoint, asked } = await tagged(context, null);
  const instance = await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }, new Set(['Name']));
  assert.deepEqual([instance?.instanceId, instance?.tags, instance?.tagsShown], [IDENTITY.instanceId, {}, false]);
  assert.deepEqual(asked, ['']);
  await askInstance({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint });
  assert.deepEqual(asked, ['']);
});

// The way of one request to the network and of its answer back, against real sockets.
import assert from 'node:assert/strict';
import { Agent, createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createNetServer, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { HttpExchange } from '../../src/aws/http-exchange.ts';
import type { ExchangeOptions, SignedRequest } from '../../src/aws/http-exchange.ts';
import { until } from '../support/rig.ts';

const always = (agent: Agent): ExchangeOptions['routes'] => ({ agentFor: () => agent, trustMore: () => false, destroy: () => { agent.destroy(); } });

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

async function exchangeWith(t: TestContext, answer: Answering, options: Partial<ExchangeOptions> = {}): Promise<(asked?: Partial<SignedRequest>) => ReturnType<HttpExchange['handle']>> {
  const server = createServer((request, response) => { request.resume().once('end', () => { answer(request, response); }); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const exchange = new HttpExchange({
    routes: always(new Agent({ keepAlive: true })), connectTimeoutMs: 5_000, requestTimeoutMs: 5_000, abandon: new AbortController().signal, ...options,
  });
  t.after(() => { exchange.destroy(); server.closeAllConnections(); server.close(); });
  const { port } = server.address() as AddressInfo;
  return (asked = {}) => exchange.handle({ method: 'POST', protocol: 'http:', hostname: '127.0.0.1', port, path: '/', headers: {}, body: 'x', ...asked });
}

test('L27 an answer that drips byte by byte ends at the request timeout, however lively its connection', { timeout: 10_000 }, async (t) => {
  const ask = await exchangeWith(t, (_, response) => {
    const dripping = setInterval(() => { response.write(' '); }, 20);
    response.once('close', () => { clearInterval(dripping); });
  }, { requestTimeoutMs: 200 });
  await assert.rejects(ask(), { name: 'TimeoutError', message: 'no whole answer within 200 ms' });
});

test('a connection that never stands ends at the connect timeout', { timeout: 10_000 }, async (t) => {
  class NoNetwork extends Agent {
    override createConnection(): Socket { return Object.assign(new Socket(), { connecting: true }); }
  }
  const ask = await exchangeWith(t, () => undefined, { routes: always(new NoNetwork()), connectTimeoutMs: 50 });
  await assert.rejects(ask(), { name: 'TimeoutError', message: 'no connection within 50 ms' });
});

test('what is under way when the agent lets go ends at once, and nothing is begun afterwards', { timeout: 10_000 }, async (t) => {
  let asked = 0;
  let arrived = (): void => undefined;
  const first = new Promise<void>((resolve) => { arrived = resolve; });
  const abandon = new AbortController();
  const ask = await exchangeWith(t, () => { asked++; arrived(); }, { abandon: abandon.signal });
  const underWay = assert.rejects(ask(), { name: 'AbortError' });
  await first;
  abandon.abort();
  await underWay;
  await assert.rejects(ask(), { name: 'AbortError' });
  assert.equal(asked, 1);
});

test('L27 an answer cut off in its middle is an error, not a short answer', { timeout: 10_000 }, async (t) => {
  const ask = await exchangeWith(t, (_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('{', () => { response.socket?.destroy(); });
  });
  await assert.rejects(ask(), { code: 'ECONNRESET' });
});

test('an answer beyond 4 MiB is cut off: it comes from no service of AWS, and would fill the memory', { timeout: 10_000 }, async (t) => {
  const ask = await exchangeWith(t, (_, response) => { response.end(Buffer.alloc(5 * 1024 * 1024)); });
  await assert.rejects(ask(), /more than 4194304 bytes/);
});

test('what was asked arrives as it was signed: method, path, query in the order and spelling of a signature, headers, body', { timeout: 10_000 }, async (t) => {
  const ask = await exchangeWith(t, ({ method, url, headers }, response) => { response.end(JSON.stringify([method, url, headers['x-one']])); });
  const { response } = await ask({ method: 'PUT', path: '/a%20b', query: { role: "a b(c)*'!", list: ['1', '2'], bare: null }, headers: { 'x-one': 'of host, or not' } });
  assert.equal(response.statusCode, 200);
  assert.deepEqual(JSON.parse(response.body.toString()), ['PUT', '/a%20b?role=a%20b%28c%29%2A%27%21&list=1&list=2&bare', 'of host, or not']);
  assert.equal(response.headers['connection'], 'keep-alive');
});

test('an answer that comes before the request was read ends its connection: once it is there, nobody reads the body any more', { timeout: 10_000 }, async (t) => {
  const listening = createNetServer((socket) => {
    socket.once('data', () => { socket.pause().write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'); });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => { listening.listen(0, '127.0.0.1', resolve); });
  const httpAgent = new Agent({ keepAlive: true });
  const ask = await exchangeWith(t, () => undefined, { routes: always(httpAgent) });
  t.after(() => { listening.close(); });
  const { response } = await ask({ port: (listening.address() as AddressInfo).port, headers: { 'content-length': String(64 << 20) }, body: Buffer.alloc(64 << 20) });
  assert.equal(response.body.toString(), '{}');
  await until('the connection to end', () => Object.keys(httpAgent.sockets).length + Object.keys(httpAgent.freeSockets).length === 0, 2_000);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Datum } from '../../src/metrics/datum.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { until } from '../support/rig.ts';
import { connection, runStatsd, udpClient } from '../support/statsd.ts';

const LISTENS = /listens at/;

const valuesOf = (datums: readonly Datum[]): Readonly<Record<string, unknown>> => Object.fromEntries(datums.map(({ name, value }) => [name, value]));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'statsd-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('what is sent over UDP to an address without a host comes in over both protocols, and is given when it stops', async (t) => {
  const port = await freeUdpPort();
  const statsd = runStatsd(t, [{ protocol: 'udp', host: '', port }]);
  await statsd.untilSaid(LISTENS);
  const [four, six] = [await udpClient(t, port), await udpClient(t, port, '::1')];
  for (let packet = 0; packet < 100; packet++) (packet % 2 === 0 ? four : six).send(`hits:1|c\nhits:2|c|@0.5\ntook:${packet}|ms\n`);
  const { hits, took } = valuesOf(await statsd.stop());
  assert.equal(hits, 500);
  assert.equal((took as { sum: number }).sum, 4_950);
  assert.equal(statsd.counters.lines, 300);
});

test('what comes over TCP is lines, however it is cut; the last one needs no end, and a broken connection is said', async (t) => {
  const port = await freeTcpPort();
  const statsd = runStatsd(t, [{ protocol: 'tcp', host: '127.0.0.1', port }]);
  await statsd.untilSaid(LISTENS);
  const client = await connection(t, { port });
  client.write('hits:1|c\nhi');
  await until('the first line', () => statsd.counters.lines === 1);
  client.end('ts:20|c\nhits:300|c');
  await until('all lines', () => statsd.counters.lines === 3);
  const broken = await connection(t, { port });
  broken.write('hits:1000|c\nhits:2');
  await until('the whole line', () => statsd.counters.lines === 4);
  broken.resetAndDestroy();
  await until('the broken line', () => statsd.counters.malformed === 1);
  assert.deepEqual(valuesOf(await statsd.stop()), { hits: 1_321 });
  await statsd.untilSaid(/1 line is no StatsD and not counted, the first from 127\.0\.0\.1:\d+ \(the connection broke/);
});

test('what comes over a unix socket is lines or packets with lengths; any program of the host may send, and the socket goes at the end', async (t) => {
  const path = join(folder(t), 'statsd.sock');
  const statsd = runStatsd(t, [{ protocol: 'unix', path }]);
  await statsd.untilSaid(LISTENS);
  assert.equal(statSync(path).mode & 0o777, 0o666);
  (await connection(t, { path })).end('hits:1|c\nhits:2|c');
  const packet = Buffer.from('\0\0\0\0hits:10|c\nhits:20|c');
  packet.writeUInt32LE(packet.length - 4);
  (await connection(t, { path })).end(Buffer.concat([packet, packet]));
  await until('all lines', () => statsd.counters.lines === 6);
  assert.deepEqual(valuesOf(await statsd.stop()), { hits: 63 });
  assert.ok(!existsSync(path));
});

test('a unix socket that a killed process left is replaced; one in use, or another file, is left alone and said', async (t) => {
  const [stale, used, file] = ['stale', 'used', 'file'].map((name) => join(folder(t), name)) as [string, string, string];
  const server = createServer().listen(used);
  await new Promise((resolve) => { server.once('listening', resolve); });
  t.after(() => { server.close(); });
  writeFileSync(file, 'kept');
  // What is killed cannot tidy up.
  spawnSync(process.execPath, ['-e', 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))', stale]);
  assert.ok(existsSync(stale));
  const statsd = runStatsd(t, [stale, used, file].map((path) => ({ protocol: 'unix', path })));
  await statsd.untilSaid(new RegExp(`listens at unix://${stale}`));
  await statsd.untilSaid(new RegExp(`unix://${used} cannot be listened at: another program listens there`));
  await statsd.untilSaid(new RegExp(`unix://${file} cannot be listened at: .* is no socket; it is left alone`));
  await statsd.stop();
  assert.equal(readFileSync(file, 'utf8'), 'kept');
  assert.ok(existsSync(used));
});

test('a port in use is said, ends nothing, and is listened at when it is free', async (t) => {
  const [taken, free] = [await freeUdpPort(), await freeUdpPort()];
  const other = createSocket('udp4');
  await new Promise<void>((resolve) => { other.bind(taken, '127.0.0.1', resolve); });
  const statsd = runStatsd(t, [taken, free].map((port) => ({ protocol: 'udp', host: '127.0.0.1', port })));
  await statsd.untilSaid(new RegExp(`udp://127\\.0\\.0\\.1:${taken} cannot be listened at: another program listens there \\(\`ss -ulpn\``));
  (await udpClient(t, free)).send('hits:1|c');
  await until('the line to the free port', () => statsd.counters.lines === 1);
  other.close();
  await statsd.untilSaid(new RegExp(`listens at udp://127\\.0\\.0\\.1:${taken} now`));
  (await udpClient(t, taken)).send('hits:2|c');
  await until('the line to the other port', () => statsd.counters.lines === 2);
  assert.deepEqual(valuesOf(await statsd.stop()), { hits: 3 });
});

test('packets that the kernel dropped are counted and said, and none is missing from the counts', async (t) => {
  const PACKETS = 2_000;
  const port = await freeUdpPort();
  const statsd = runStatsd(t, [{ protocol: 'udp', host: '127.0.0.1', port }], { maxPending: 1 });
  await statsd.untilSaid(LISTENS);
  const client = await udpClient(t, port);
  // Sent in one turn of the loop that the listener shares: nobody reads meanwhile.
  for (let packet = 0; packet < PACKETS; packet++) client.send('hits:1|c');
  const { hits } = valuesOf(await statsd.stop());
  const { kernelDropped, lines } = statsd.counters;
  assert.ok(kernelDropped > 0);
  assert.equal(kernelDropped + lines, PACKETS);
  assert.equal(hits, lines);
  await statsd.untilSaid(new RegExp(`the kernel dropped ${kernelDropped} packets because the receive buffer of udp://127\\.0\\.0\\.1:${port} was full`));
});

test('a receive buffer that the kernel keeps small is said, with the setting that allows more', async (t) => {
  const port = await freeUdpPort();
  const statsd = runStatsd(t, [{ protocol: 'udp', host: '127.0.0.1', port }], { maxPending: 2 ** 31 - 1 });
  const most = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
  if (most >= 64 * 1024 * 1024) return t.skip('the kernel allows as much as is ever asked for');
  await statsd.untilSaid(new RegExp(`gives udp://127\\.0\\.0\\.1:${port} a receive buffer of ${most} bytes .*sysctl -w net\\.core\\.rmem_max=67108864`));
});

test('many metrics are given in pieces, so that nothing else waits long', async (t) => {
  const port = await freeTcpPort();
  const statsd = runStatsd(t, [{ protocol: 'tcp', host: '127.0.0.1', port }]);
  await statsd.untilSaid(LISTENS);
  (await connection(t, { port })).end(Array.from({ length: 1_200 }, (_, index) => `metric${index}:1|c`).join('\n'));
  await until('all lines', () => statsd.counters.lines === 1_200);
  await statsd.stop();
  assert.deepEqual(statsd.pieces, [500, 500, 200]);
  assert.equal(new Set(statsd.datums.map(({ name }) => name)).size, 1_200);
});

test('a collection has the time at which its interval began: what came before noon is not counted for the afternoon', async (t) => {
  const port = await freeUdpPort();
  const statsd = runStatsd(t, [{ protocol: 'udp', host: '127.0.0.1', port }], { intervalMs: 500 });
  await statsd.untilSaid(LISTENS);
  (await udpClient(t, port)).send('hits:1|c');
  await until('the line', () => statsd.counters.lines === 1);
  const came = Date.now();
  await until('the collection', () => statsd.datums.length === 1);
  assert.equal(statsd.datums[0]!.time % 500, 0);
  assert.ok(statsd.datums[0]!.time <= came);
});

test('each collection is at a multiple of the interval, and collections are one datum of their window', async (t) => {
  const port = await freeUdpPort();
  const statsd = runStatsd(t, [{ protocol: 'udp', host: '127.0.0.1', port }], { intervalMs: 100, aggregationMs: 500, keepGauges: true });
  await statsd.untilSaid(LISTENS);
  const client = await udpClient(t, port);
  client.send('level:5|g');
  await until('two windows after the first', () => statsd.datums.length >= 3);
  const whole = statsd.datums[1]!;
  assert.equal(whole.time % 500, 0);
  assert.equal(whole.time - statsd.datums[0]!.time, 500);
  assert.ok(typeof whole.value === 'object');
  assert.ok(whole.value.count >= 1 && whole.value.count <= 5, `${whole.value.count} collections`);
  assert.deepEqual([whole.value.minimum, whole.value.maximum], [5, 5]);
});

test('lines that are no StatsD are said with sender and cause, not with what they hold; events and service checks by themselves', async (t) => {
  const port = await freeUdpPort();
  const statsd = runStatsd(t, [{ protocol: 'udp', host: '127.0.0.1', port }]);
  await statsd.untilSaid(LISTENS);
  const client = await udpClient(t, port);
  client.send('secret:1|zz\ngood:1|c\nsecret\n_e{6,6}:secret|secret\n_sc|secret|0');
  assert.deepEqual(valuesOf(await statsd.stop()), { good: 1 });
  const { port: own } = client.address();
  assert.ok(statsd.said.some((message) => message.startsWith(`statsd: 2 lines are no StatsD and not counted, the first from 127.0.0.1:${own} (the type is none of`)));
  assert.ok(statsd.said.some((message) => message.startsWith('statsd: 2 events and service checks are not published')));
  assert.ok(!statsd.said.some((message) => message.includes('secret')));
  assert.deepEqual([statsd.counters.malformed, statsd.counters.unsupported], [2, 2]);
});

test('a unix datagram socket is said not to be possible, and the others are listened at', async (t) => {
  const port = await freeUdpPort();
  const statsd = runStatsd(t, [{ protocol: 'unixgram', path: '/run/statsd.sock' }, { protocol: 'udp', host: '127.0.0.1', port }]);
  await statsd.untilSaid(/unixgram:\/\/\/run\/statsd\.sock is not listened at: the runtime has no unix datagram sockets/);
  await statsd.untilSaid(LISTENS);
  (await udpClient(t, port)).send('hits:1|c');
  assert.deepEqual(valuesOf(await statsd.stop()), { hits: 1 });
});

test('connections beyond 512 are refused, counted and said; those that are open go on', async (t) => {
  const path = join(folder(t), 'statsd.sock');
  const statsd = runStatsd(t, [{ protocol: 'unix', path }]);
  await statsd.untilSaid(LISTENS);
  const first = await connection(t, { path });
  for (let opened = 1; opened < 515; opened++) await connection(t, { path });
  await until('the refusals', () => statsd.counters.refusedConnections === 3);
  first.write('hits:1|c\n');
  assert.deepEqual(valuesOf(await statsd.stop()), { hits: 1 });
  await statsd.untilSaid(/3 connections were refused/);
});

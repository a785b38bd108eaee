import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request as askHttp } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { once } from 'node:events';
import { spoolFolder } from '../../src/naming/spool-path.ts';
import { startChild } from '../support/child-agent.ts';
import { connected, emfEvent, freePort, sendDatagram, sendLines } from '../support/emf.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { rigFor, startRig, until } from '../support/rig.ts';
import type { Rig, RigSpec } from '../support/rig.ts';

const GROUP = 'emf/logs/default';

interface EmfSpec { readonly address: string; readonly logs?: Readonly<Record<string, unknown>> }

const config = ({ address, logs = {} }: EmfSpec): NonNullable<RigSpec['config']> => ({ url }) => ({
  agent: { region: 'us-east-1' },
  logs: { endpoint_override: url, force_flush_interval: 0.05, log_stream_name: 'host', ...logs, metrics_collected: { emf: { service_address: address } } },
});

const events = (count: number, from = 0): readonly string[] => Array.from({ length: count }, (_, i) => emfEvent(from + i));

/** Files of the spool, relative to it. */
function spooled(rig: Rig): readonly string[] {
  const directory = join(rig.stateDir, 'spool');
  return existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.emf')) : [];
}

/** A file below the folder is open that has no name any more. */
const deletedButOpen = (folder: string): boolean => readdirSync('/proc/self/fd').some((fd) => {
  try {
    const target = readlinkSync(`/proc/self/fd/${fd}`);
    return target.startsWith(folder) && target.endsWith('(deleted)');
  } catch { return false; }
});

const listens = (rig: Rig, count = 1): Promise<void> => until('the agent to listen', () => rig.agent.emf?.open.length === count);

test('EMF events over TCP arrive in the order they were sent, each at its own time, in the default group and stream', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await listens(rig);
  const sent = events(1_000);
  await sendLines(port, sent);
  await rig.delivered(GROUP, 'host', sent);
  for (const { message, timestamp } of rig.events(GROUP, 'host')) assert.equal(timestamp, (JSON.parse(message) as { _aws: { Timestamp: number } })._aws.Timestamp);
  await rig.stop();
});

test('group and stream are those that the event names, whatever characters they have', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp:127.0.0.1:${port}` }) });
  await listens(rig);
  const places = [
    { group: '/aws/some/app', stream: 'a/b.c' }, { group: 'g', stream: '../..' }, { group: 'g'.repeat(512), stream: 'ü'.repeat(512) }, { group: 'plain' }, { stream: 'only' },
  ];
  for (const [i, place] of places.entries()) await sendLines(port, [emfEvent(i, place)]);
  for (const [i, place] of places.entries()) {
    await rig.count(place.group ?? GROUP, place.stream ?? 'host', 1);
    assert.equal((JSON.parse(rig.messages(place.group ?? GROUP, place.stream ?? 'host')[0]!) as { count: number }).count, i);
  }
  await rig.stop();
});

test('EMF events over UDP arrive, several lines of a datagram too', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `udp://127.0.0.1:${port}` }) });
  await listens(rig);
  const sent = events(3);
  await sendDatagram(port, `${sent[0]}\n${sent[1]}`);
  await rig.count(GROUP, 'host', 2);
  await sendDatagram(port, `${sent[2]}\n`);
  await rig.delivered(GROUP, 'host', sent);
  await rig.stop();
});

test('EMF events over a unix socket arrive; a socket that a killed agent left is no hindrance', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'emf-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'emf.sock');
  const rig = await rigFor(t, { config: config({ address: `unix://${path}` }) });
  const killed = createServer().listen(`${path}.killed`);
  await once(killed, 'listening');
  linkSync(`${path}.killed`, path);
  killed.close();
  await rig.start();
  await listens(rig);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  const sent = events(10);
  await sendLines(path, sent);
  await rig.delivered(GROUP, 'host', sent);
  await rig.stop();
  assert.ok(!existsSync(path), 'the socket goes with its listener');
});

test('what came in during an outage is delivered when the service is back, after a restart too, and its files go', localOnly('faults'), async (t) => {
  const port = await freePort();
  const rig = await rigFor(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  const served = rig.outage();
  await rig.start();
  await listens(rig);
  const sent = events(2_000);
  await sendLines(port, sent.slice(0, 1_000));
  await rig.crash();
  assert.ok(spooled(rig).length > 0);
  await rig.start();
  await listens(rig);
  await sendLines(port, sent.slice(1_000));
  served();
  await rig.delivered(GROUP, 'host', sent);
  await rig.stop();
  assert.deepEqual(readdirSync(join(rig.stateDir, 'spool')), [], 'nothing waits, not even a folder');
});

test('kill -9 amid a stream: all that senders over TCP were told is taken arrives, whole and once', localOnly('faults'), async (t) => {
  const rig = await rigFor(t);
  const [port, folder] = [await freePort(), join(rig.stateDir, '..')];
  const document = config({ address: `tcp://127.0.0.1:${port}` })({ logs: '', url: rig.url });
  const [sent, taken]: [string[], string[]] = [[], []];
  let served: (() => void) | null = null;
  for (let round = 0; round < 3; round++) {
    served ??= rig.outage();
    const agent = await startChild(t, { config: document, folder, stateDir: rig.stateDir });
    await agent.listensAt(port);
    let isKilled = false;
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      try {
        for (let batch = 0; ; batch++) {
          const lines = Array.from({ length: 50 }, (__, i) => emfEvent(((round * 4 + sender) * 10_000 + batch) * 100 + i));
          sent.push(...lines);
          await sendLines(port, lines);
          // From then on it is the kernel that ends connections, whatever was taken.
          if (isKilled) return;
          taken.push(...lines);
        }
      } catch { /* The agent is gone. */ }
    });
    const before = taken.length;
    await until('some of it to be taken', () => taken.length >= before + 2_000);
    isKilled = true;
    await agent.kill();
    await Promise.all(senders);
  }
  served!();
  const last = await startChild(t, { config: document, folder, stateDir: rig.stateDir });
  await until('all that was taken', () => {
    const stored = new Set(rig.messages(GROUP, 'host'));
    return taken.every((line) => stored.has(line));
  });
  const stored = rig.messages(GROUP, 'host');
  assert.equal(new Set(stored).size, stored.length, 'nothing came twice: nothing was in flight');
  const whole = new Set(sent);
  assert.deepEqual(stored.filter((line) => !whole.has(line)), [], 'no line was cut');
  await last.stop();
});

test('a full spool makes senders over TCP wait, drops what comes over UDP and counts it, and loses nothing else', localOnly('faults'), async (t) => {
  const port = await freePort();
  const spool = { max_spool_bytes: 8_388_608, memory_budget: 4_194_304 };
  const both = (address: string): RigSpec => ({ config: config({ address, logs: spool }) });
  const rig = await rigFor(t, both(`tcp://127.0.0.1:${port}`));
  const served = rig.outage();
  await rig.start();
  await listens(rig);
  const sent = Array.from({ length: 3_000 }, (_, i) => `${emfEvent(i).slice(0, -1)},"pad":"${'x'.repeat(4_000)}"}`);
  let isTaken = false;
  const sending = sendLines(port, sent).then(() => { isTaken = true; });
  await rig.says(/the spool is full \(8388608 bytes\) and takes no more/);
  assert.ok(!isTaken);
  served();
  await sending;
  await until('all of them', () => rig.held(GROUP, 'host') >= sent.length);
  assert.deepEqual(new Set(rig.messages(GROUP, 'host')), new Set(sent));
  assert.equal(rig.report.drops.get('spool-full'), undefined);
  assert.ok(rig.said.some((line) => line.includes('the spool takes events again')));

  const again = rig.outage();
  await rig.apply(both(`udp://127.0.0.1:${port}`));
  await until('the other address', () => rig.agent.emf?.open[0]?.startsWith('udp') === true);
  await until('datagrams to be dropped', async () => {
    for (let i = 0; i < 50; i++) await sendDatagram(port, `${sent[i]!.slice(0, -1)},"more":"${'y'.repeat(40_000)}"}`);
    return rig.report.drops.has('spool-full');
  });
  assert.match(rig.said.join('\n'), /udp:\/\/127\.0\.0\.1:\d+: \d+ events?, \d+ bytes not delivered \(spool-full\)/);
  again();
  await rig.stop();
});

test('a line that is too long is passed over and counted; what comes behind it arrives', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await listens(rig);
  const largest = `{"pad":"${'x'.repeat(1_048_550 - 10)}"}`;
  const [first, last] = events(2) as [string, string];
  await sendLines(port, [first, `${largest}x`, largest, last]);
  await until('three of them', () => rig.held(GROUP, 'host') >= 3);
  assert.deepEqual(new Set(rig.messages(GROUP, 'host')), new Set([first, largest, last]));
  assert.deepEqual(rig.report.drops.get('too-long'), { events: 1, bytes: largest.length + 1 });
  await rig.stop();
});

test('an event of which CloudWatch makes no metrics is delivered, counted and said with its reason', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await listens(rig);
  const sent = ['no JSON at all', '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[]}}'];
  await sendLines(port, sent);
  await rig.says(/an event is no JSON object on one line/);
  await rig.says(/an event has no _aws\.CloudWatchMetrics/);
  await rig.says(/log group emf\/logs\/default, stream host: EMF events without a whole number of milliseconds in _aws\.Timestamp/);
  await until('the text', () => rig.held(GROUP, 'host') >= 1);
  assert.equal(rig.messages(GROUP, 'host')[0], sent[0]);
  await rig.stop();
});

test('an address that is taken is said and had as soon as it is free; a change of address loses nothing that came in before', async (t) => {
  const [port, other] = [await freePort(), await freePort()];
  const first = createServer().listen(port, '127.0.0.1');
  await once(first, 'listening');
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await rig.says(/tcp:\/\/127\.0\.0\.1:\d+: cannot be listened at for EMF events \(EADDRINUSE/);
  first.close();
  await listens(rig);
  const sent = events(2_000);
  await sendLines(port, sent.slice(0, 1_000));
  await rig.apply({ config: config({ address: `tcp://127.0.0.1:${other}` }) });
  await sendLines(other, sent.slice(1_000));
  await assert.rejects(connected(port), /ECONNREFUSED/);
  await rig.delivered(GROUP, 'host', sent);
  await rig.stop();
});

test('files of one stream are read one after the other, as they were written: its events arrive in order over a change of files', async (t) => {
  const port = await freePort();
  const rig = await rigFor(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  const sent = events(30_000);
  const [folder, part] = [join(rig.stateDir, 'spool', spoolFolder({ group: GROUP, stream: 'host' })), sent.length / 3];
  mkdirSync(folder, { recursive: true });
  for (const i of [0, 1, 2]) {
    const path = join(folder, `${String(i + 1).padStart(14, '0')}.emf`);
    writeFileSync(path, '\n'.repeat(i) + sent.slice(i * part, (i + 1) * part).map((line) => `${line}\n`).join(''));
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  }
  await rig.start();
  await rig.delivered(GROUP, 'host', sent);
  await until('the spool to be empty', () => spooled(rig).length === 0);
  await rig.stop();
});

test('events that wait in the spool are delivered although the config has no EMF listener any more', localOnly('faults'), async (t) => {
  const port = await freePort();
  const rig = await rigFor(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  const served = rig.outage();
  await rig.start();
  await listens(rig);
  const sent = events(100);
  await sendLines(port, sent);
  await rig.crash();
  served();
  await rig.start({ config: ({ url }) => ({ agent: { region: 'us-east-1' }, logs: { endpoint_override: url, force_flush_interval: 0.05, logs_collected: { files: { collect_list: [{ file_path: rig.path('app.log'), log_group_name: 'g', log_stream_name: 's' }] } } } }) });
  await rig.delivered(GROUP, 'host', sent);
  await until('the spool to be empty', () => spooled(rig).length === 0);
  await until('its files to be closed, which would hold them on the disk', () => !deletedButOpen(rig.stateDir));
  await rig.stop();
});

test('many senders at once: each line is whole, and those beyond the bound are refused, said and counted', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await listens(rig);
  const sockets = await Promise.all(Array.from({ length: 300 }, () => connected(port)));
  for (const socket of sockets) socket.on('error', () => {});
  await rig.says(/more than 256 senders are connected at once/);
  await until('all of them', () => rig.agent.emf?.status.refusedConnections === 44);
  const alive = sockets.slice(0, 256);
  const sent = alive.map((_, i) => emfEvent(i));
  // In halves that cross each other on their way.
  for (const [i, socket] of alive.entries()) socket.write(sent[i]!.slice(0, 50));
  for (const [i, socket] of alive.entries()) socket.end(`${sent[i]!.slice(50)}\n`);
  await until('all of them', () => rig.held(GROUP, 'host') >= sent.length);
  assert.deepEqual(new Set(rig.messages(GROUP, 'host')), new Set(sent));
  for (const socket of sockets) socket.destroy();
  await rig.stop();
});

test('a sender that breaks off in the middle of a line: what it sent whole arrives, the rest is counted', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await listens(rig);
  const [whole] = events(1) as [string];
  const socket = await connected(port);
  socket.write(`${whole}\n{"half":`);
  await rig.count(GROUP, 'host', 1);
  socket.resetAndDestroy();
  await until('the loss to be counted', () => rig.report.drops.has('unfinished'));
  assert.deepEqual(rig.report.drops.get('unfinished'), { events: 1, bytes: '{"half":'.length });
  await rig.delivered(GROUP, 'host', [whole]);
  await rig.stop();
});

test('what redact says for all logs is done to EMF events too', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}`, logs: { redact: ['email_addresses'] } }) });
  await listens(rig);
  await sendLines(port, [`${emfEvent(1).slice(0, -1)},"user":"someone@example.com"}`]);
  await rig.count(GROUP, 'host', 1);
  assert.doesNotMatch(rig.messages(GROUP, 'host')[0]!, /someone@example/);
  await rig.stop();
});

test('status says where EMF events are listened for, how many came, and what is wrong with them', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await listens(rig);
  await sendLines(port, [...events(2), 'no JSON']);
  const { listening, events: came, faults, spoolFiles } = rig.agent.emf!.status;
  assert.deepEqual({ listening, came, faults, spoolFiles }, { listening: [`tcp://127.0.0.1:${port}`], came: 3, faults: [{ reason: 'not-json', events: 1 }], spoolFiles: 1 });
  const own = await rig.agent.self.sample(performance.now());
  assert.deepEqual(own.find(({ values }) => 'listener_losses' in values), { dimensions: [['listener', 'emf'], ['reason', 'not-json']], values: { listener_losses: 1 } });
  await rig.stop();
});

/** A way to the service that notes for each stream written to whether the requests say that it holds EMF events. */
async function noting(t: TestContext, port: number, formats: Map<string, unknown>): Promise<string> {
  const front = createHttpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => { parts.push(part); });
    request.on('end', () => {
      const body = Buffer.concat(parts);
      if (String(request.headers['x-amz-target']).endsWith('.PutLogEvents')) formats.set((JSON.parse(body.toString('utf8')) as { logStreamName: string }).logStreamName, request.headers['x-amzn-logs-format']);
      const on = askHttp({ port, host: '127.0.0.1', method: 'POST', path: request.url, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      on.end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  t.after(() => { front.closeAllConnections(); front.close(); });
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}

test('version 0 of the format, as of Prometheus metrics: the time is the event\'s, and requests say the format, those of files do not', async (t) => {
  const port = await freePort();
  const formats = new Map<string, unknown>();
  const rig = await startRig(t, {
    config: ({ logs, url }) => {
      const own = config({ address: `tcp://127.0.0.1:${port}` })({ logs, url }) as { readonly agent: object; readonly logs: object };
      return { ...own, logs: { ...own.logs, logs_collected: { files: { collect_list: [{ file_path: join(logs, 'app.log'), log_group_name: 'g', log_stream_name: 'file' }] } } } };
    },
    via: (service) => noting(t, service, formats),
    files: { 'app.log': ['plain'] },
  });
  await listens(rig);
  const time = Date.now() - 5_000;
  await sendLines(port, [JSON.stringify({ CloudWatchMetrics: [{ Namespace: 'n', Dimensions: [['job']], Metrics: [{ Name: 'heat' }] }], Timestamp: String(time), Version: '0', job: 'j', heat: 1 })]);
  await rig.count(GROUP, 'host', 1);
  await rig.count('g', 'file', 1);
  assert.equal(rig.events(GROUP, 'host')[0]!.timestamp, time);
  assert.deepEqual(rig.agent.emf!.status.faults, []);
  assert.deepEqual(Object.fromEntries(formats), { host: 'json/emf', file: undefined });
  await rig.stop();
});

test('faults of many streams are said in few lines, and all counted', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `tcp://127.0.0.1:${port}` }) });
  await listens(rig);
  await sendLines(port, Array.from({ length: 200 }, (_, i) => `{"_aws":{"LogStreamName":"s${i % 50}"}}`));
  assert.deepEqual(rig.agent.emf!.status.faults, [{ reason: 'no-metrics', events: 200 }]);
  assert.equal(rig.said.filter((line) => line.includes('_aws.CloudWatchMetrics')).length, 11);
  await rig.stop();
});

test('datagrams that the kernel drops while the agent is busy are counted and said', async (t) => {
  const port = await freePort();
  const rig = await startRig(t, { config: config({ address: `udp://127.0.0.1:${port}` }) });
  await listens(rig);
  const large = `${emfEvent(1).slice(0, -1)},"pad":"${'x'.repeat(50_000)}"}`;
  // In this process the agent reads nothing while these are sent.
  const socket = createSocket('udp4');
  socket.bind();
  await once(socket, 'listening');
  const sent = 400;
  for (let i = 0; i < sent; i++) socket.send(large, port, '127.0.0.1');
  await until('all of them to come in or to be counted', () => rig.agent.emf!.status.events + (rig.report.drops.get('kernel-full')?.events ?? 0) === sent);
  assert.ok(rig.report.drops.get('kernel-full')!.events > 0);
  await rig.says(/not delivered \(kernel-full\): datagrams for which the kernel had no room/);
  socket.close();
  await rig.stop();
});

test('a file in the way of the unix socket is left alone, and said', async (t) => {
  const rig = await rigFor(t, { config: ({ logs, url }) => config({ address: `unix://${join(logs, 'emf.sock')}` })({ logs, url }) });
  const path = rig.path('emf.sock');
  writeFileSync(path, 'mine');
  await rig.start();
  await rig.says(/emf\.sock exists and is no socket; it is left alone/);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
  rmSync(path);
  await listens(rig);
  await rig.stop();
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import type { CollectdPlan, ListenAddress } from '../../src/metrics-plan.ts';
import { createCollectd } from '../../src/metrics/collectd/collectd.ts';
import type { Collectd } from '../../src/metrics/collectd/collectd.ts';
import type { Datum } from '../../src/metrics/datum.ts';
import { encryptedPacket, plainPacket, signedPacket } from '../support/collectd-packets.ts';
import type { SentList } from '../support/collectd-packets.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { scratch, until } from '../support/state.ts';

const TYPES = join(import.meta.dirname, '..', 'fixtures', 'collectd', 'types.db');

interface Running {
  readonly collectd: Collectd;
  readonly datums: Datum[];
  readonly troubles: string[];
  readonly recovered: string[];
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

/** Runs a listener with an auth file of one user and a types.db, unless the plan says otherwise; it has ended with the test. */
async function running(t: TestContext, addresses: readonly ListenAddress[], more: (folder: string) => Partial<CollectdPlan> = () => ({})): Promise<Running> {
  const folder = await scratch(t);
  writeFileSync(join(folder, 'auth_file'), 'ann: secret\n');
  const [datums, troubles, recovered]: [Datum[], string[], string[]] = [[], [], []];
  const plan: CollectdPlan = {
    pointer: '/metrics/metrics_collected/collectd', addresses, aggregationMs: 0, resolution: 60, dropOriginal: [], append: [],
    prefix: 'collectd_', authFile: join(folder, 'auth_file'), security: 'none', typesDb: [TYPES], ...more(folder),
  };
  const collectd = createCollectd(plan, {
    sink: (given) => datums.push(...given), wallNow: Date.now, lookMs: 20,
    report: { note: () => undefined, trouble: (_, message) => { if (!troubles.includes(message)) troubles.push(message); }, recovered: (subject) => { recovered.push(subject); } },
  });
  const life = new LifetimeControl();
  const ended = collectd.run(life);
  const stop = (): Promise<void> => { life.requestStop(); return ended; };
  t.after(stop);
  return { collectd, datums, troubles, recovered, folder, stop };
}

const cpu = (more: Partial<SentList> = {}): SentList => ({ host: 'web-1', time: { hr: false, ticks: BigInt(Math.floor(Date.now() / 1_000)) }, plugin: 'cpu', pluginInstance: '0', type: 'cpu', typeInstance: 'idle', values: [{ kind: 'derive', value: 5n }], ...more });

/** Sends the packet again and again until the condition holds: it may be too early, and UDP promises nothing. */
async function sendUntil(what: string, host: string, port: number, packet: Buffer, holds: () => boolean): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    await until(what, () => {
      if (holds()) return true;
      socket.send(packet, port, host);
      return false;
    });
  } finally {
    socket.close();
  }
}

test('packets that come over IPv4 and IPv6 are metrics with the host, time and names they say', async (t) => {
  const [port, other] = [await freeUdpPort(), await freeUdpPort()];
  const { collectd, datums, stop } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }, { protocol: 'udp', host: '::1', port: other }]);
  const ticks = BigInt(Math.floor(Date.now() / 1_000));
  await sendUntil('a packet over IPv4', '127.0.0.1', port, plainPacket([cpu({ time: { hr: false, ticks } })]), () => collectd.counters.packets > 0);
  await sendUntil('a packet over IPv6', '::1', other, plainPacket([cpu({ host: 'web-2' })]), () => collectd.counters.packets > 1 && datums.some(({ dimensions }) => dimensions[0]![1] === 'web-2'));
  await stop();
  assert.deepEqual(datums[0], {
    name: 'collectd_cpu_value', unit: 'None', value: 5, time: Number(ticks) * 1_000, resolution: 60,
    dimensions: [['host', 'web-1'], ['instance', '0'], ['type', 'cpu'], ['type_instance', 'idle']],
  });
  assert.equal(collectd.counters.values, datums.length);
});

test('a host that is named by a name is listened at with its IPv4 address', async (t) => {
  const port = await freeUdpPort();
  const { collectd } = await running(t, [{ protocol: 'udp', host: 'localhost', port }]);
  await sendUntil('a packet', '127.0.0.1', port, plainPacket([cpu()]), () => collectd.counters.values > 0);
});

test('a path at which something else lies is left alone, and said', async (t) => {
  const path = join(await scratch(t), 'file');
  writeFileSync(path, 'mine');
  const { troubles } = await running(t, [{ protocol: 'unix', path }]);
  await until('it to be said', () => troubles.length > 0);
  assert.match(troubles[0]!, /cannot be listened at: .*file exists and is no socket; it is left alone/);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
});

test('an address without a host takes packets of both families', async (t) => {
  const port = await freeUdpPort();
  const { collectd, troubles } = await running(t, [{ protocol: 'udp', host: '', port }], () => ({ security: 'encrypt' }));
  await sendUntil('IPv4', '127.0.0.1', port, plainPacket([cpu()]), () => troubles.some((line) => line.includes('from 127.0.0.1 are not taken')));
  await sendUntil('IPv6', '::1', port, plainPacket([cpu()]), () => troubles.some((line) => line.includes('from ::1 are not taken')));
  assert.equal(collectd.counters.values, 0);
});

test('what a multicast group is sent is taken', async (t) => {
  const port = await freeUdpPort();
  const { collectd, troubles } = await running(t, [{ protocol: 'udp', host: '239.192.74.66', port }]);
  const socket = createSocket('udp4');
  t.after(() => { socket.close(); });
  await new Promise<void>((resolve) => { socket.bind(0, resolve); });
  socket.setMulticastLoopback(true);
  let noRoute = false;
  await until('a packet to the group', () => {
    socket.send(plainPacket([cpu()]), port, '239.192.74.66', (error) => { noRoute ||= error !== null; });
    return collectd.counters.values > 0 || (noRoute && troubles.length > 0);
  });
  // A host without any route for groups says so, and goes on.
  if (noRoute) assert.match(troubles[0]!, /udp:\/\/239\.192\.74\.66:\d+ cannot be listened at: no interface has a route for this multicast group/);
});

test('each refusal is counted by its reason and said with sender, user, cause and next step; nothing of it is published', async (t) => {
  const port = await freeUdpPort();
  const { collectd, datums, troubles, folder, stop } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }], () => ({ security: 'sign' }));
  const plain = plainPacket([cpu()]);
  for (const [reason, packet, said] of [
    ['not-signed', plain, /from 127\.0\.0\.1 are not taken \(not-signed\): .*collectd_security_level is "sign"/],
    ['malformed', Buffer.from('x'), /malformed\): they are no packets of collectd/],
    // A terminal would obey U+009B.
    ['unknown-user', signedPacket(plain, 'e\u{9b}ve', 'x'), new RegExp(String.raw`from 127\.0\.0\.1, user "e\?ve" are not taken .*${folder}/auth_file has no password of that user`)],
    ['wrong-signature', signedPacket(plain, 'ann', 'wrong'), /user "ann" are not taken \(wrong-signature\)/],
    ['wrong-password', encryptedPacket(plain, 'ann', 'wrong'), /user "ann" are not taken \(wrong-password\)/],
    ['unknown-type', signedPacket(plainPacket([cpu({ type: 'strange' })]), 'ann', 'secret'), /values of type "strange" from 127\.0\.0\.1 are not taken/],
  ] as const) {
    await sendUntil(reason, '127.0.0.1', port, packet, () => collectd.counters.refused[reason] > 0);
    assert.ok(troubles.some((line) => said.test(line)), `${reason}: ${troubles.join('\n')}`);
  }
  await stop();
  assert.deepEqual(datums, []);
  assert.ok(!troubles.join().includes('secret'));
});

test('a password that is added to the auth file counts without a restart', async (t) => {
  const port = await freeUdpPort();
  const { collectd, folder } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }], () => ({ security: 'encrypt' }));
  const packet = encryptedPacket(plainPacket([cpu()]), 'bob', 'new');
  await sendUntil('bob to be unknown', '127.0.0.1', port, packet, () => collectd.counters.refused['unknown-user'] > 0);
  writeFileSync(join(folder, 'auth_file'), 'ann: secret\nbob: new\n');
  await sendUntil('bob to be known', '127.0.0.1', port, packet, () => collectd.counters.values > 0);
});

test('without auth file and types.db it runs, names both and the next step, and takes packets once they are there', async (t) => {
  const port = await freeUdpPort();
  const { collectd, troubles, recovered, folder } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }], (folder) => ({ security: 'encrypt', authFile: join(folder, 'users'), typesDb: [TYPES, join(folder, 'types.db')] }));
  const strange = encryptedPacket(plainPacket([cpu({ type: 'strange' })]), 'ann', 'secret');
  await sendUntil('ann to be unknown', '127.0.0.1', port, strange, () => collectd.counters.refused['unknown-user'] > 0);
  assert.match(troubles.join('\n'), new RegExp(`${folder}/users: cannot be read \\(ENOENT\\); without it all packets of collectd are refused: write it with a line "user: password" .*collectd_auth_file`));
  assert.match(troubles.join('\n'), new RegExp(`${folder}/types.db: cannot be read \\(ENOENT\\); values of the types in it have no names .*collectd_typesdb`));
  writeFileSync(join(folder, 'users'), 'ann: secret\n');
  await sendUntil('a type that is unknown', '127.0.0.1', port, strange, () => collectd.counters.refused['unknown-type'] > 0);
  await sendUntil('a type of the file that is there', '127.0.0.1', port, encryptedPacket(plainPacket([cpu()]), 'ann', 'secret'), () => collectd.counters.values > 0);
  const before = collectd.counters.values;
  writeFileSync(join(folder, 'types.db'), 'strange value:GAUGE:0:U\n');
  await until('types.db to be read', () => recovered.includes(`collectd file ${folder}/types.db`));
  await sendUntil('the type of the new file', '127.0.0.1', port, strange, () => collectd.counters.values > before);
});

test('a file that is gone leaves what it held in force, and is said', async (t) => {
  const port = await freeUdpPort();
  const { collectd, troubles, folder } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }], () => ({ security: 'encrypt' }));
  const packet = encryptedPacket(plainPacket([cpu()]), 'ann', 'secret');
  await sendUntil('a packet', '127.0.0.1', port, packet, () => collectd.counters.values > 0);
  rmSync(join(folder, 'auth_file'));
  await until('it to be said', () => troubles.some((line) => line.includes('auth_file: cannot be read (ENOENT); what it held before still counts')));
  const before = collectd.counters.values;
  await sendUntil('a packet after it', '127.0.0.1', port, packet, () => collectd.counters.values > before);
});

test('where no proof is asked for, a host without an auth file is nothing to complain of', async (t) => {
  const port = await freeUdpPort();
  const { collectd, troubles } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }], (folder) => ({ authFile: join(folder, 'none') }));
  await sendUntil('a packet', '127.0.0.1', port, plainPacket([cpu()]), () => collectd.counters.values > 0);
  assert.deepEqual(troubles, []);
});

test('an address that is taken is said with its cause, and listened at once it is free', async (t) => {
  const other = createSocket('udp4');
  await new Promise<void>((resolve) => { other.bind(0, '127.0.0.1', resolve); });
  const { port } = other.address();
  const { collectd, troubles, recovered } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }]);
  await until('it to be said', () => troubles.length > 0);
  assert.match(troubles[0]!, new RegExp(`collectd: udp://127\\.0\\.0\\.1:${port} cannot be listened at: another program listens there.*service_address`));
  other.close();
  await sendUntil('a packet', '127.0.0.1', port, plainPacket([cpu()]), () => collectd.counters.values > 0);
  assert.ok(recovered.includes(`collectd udp://127.0.0.1:${port}`));
});

test('TCP and unix sockets take the same packets one after another, plain and encrypted; one that sends nonsense is closed', async (t) => {
  const port = await freeTcpPort();
  const folder = await scratch(t);
  const path = join(folder, 'collectd.sock');
  // A socket that a process left behind when it was killed.
  const leftover = createServer();
  await new Promise<void>((resolve) => { leftover.listen(`${path}.first`, resolve); });
  renameSync(`${path}.first`, path);
  await new Promise((resolve) => { leftover.close(resolve); });
  assert.ok(statSync(path).isSocket());
  const { collectd, datums, troubles, stop } = await running(t, [{ protocol: 'tcp', host: '127.0.0.1', port }, { protocol: 'unix', path }]);
  const packets = Buffer.concat([plainPacket([cpu(), { values: [{ kind: 'derive', value: 6n }] }]), encryptedPacket(plainPacket([cpu({ host: 'web-2', values: [{ kind: 'derive', value: 7n }] })]), 'ann', 'secret')]);
  for (const at of [{ host: '127.0.0.1', port }, { path }]) {
    await until('it to listen', () => new Promise<boolean>((resolve) => {
      const socket = connect(at).once('connect', () => { socket.end(packets); }).once('error', () => { resolve(false); }).once('close', (failed) => { resolve(!failed); });
      socket.resume();
    }));
  }
  await until('all values', () => collectd.counters.values === 6);
  // A part of no length.
  const nonsense = connect({ host: '127.0.0.1', port }).on('error', () => undefined);
  const closed = once(nonsense, 'close');
  nonsense.resume().write(Buffer.alloc(4));
  await closed;
  // Half a part, and then the end.
  connect({ path }).end(Buffer.from('GET / HTTP/1.1'));
  await until('both to be counted', () => collectd.counters.refused.malformed === 2);
  assert.match(troubles.join('\n'), /from 127\.0\.0\.1 are not taken \(malformed\)[^]*from a process of this host are not taken \(malformed\)/);
  await stop();
  assert.deepEqual(datums.map(({ value }) => Number(value)).toSorted((a, b) => a - b), [5, 5, 6, 6, 7, 7]);
  assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
});

test('a connection beyond the sixty-fourth is refused, counted and said; a stop ends those that are open', async (t) => {
  const path = join(await scratch(t), 'collectd.sock');
  const { collectd, troubles, stop } = await running(t, [{ protocol: 'unix', path }]);
  await until('it to listen', () => (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) % 0o1000 === 0o666);
  const sockets = Array.from({ length: 65 }, () => connect(path).on('error', () => undefined).resume());
  const closed = sockets.map((socket) => once(socket, 'close'));
  await until('one to be refused', () => collectd.counters.refused['too-many-connections'] === 1);
  assert.match(troubles[0]!, /connections from a process of this host are not taken \(too-many-connections\)/);
  await stop();
  await Promise.all(closed);
});

test('values beyond what may be held are counted and said, those before them are published', async (t) => {
  const LISTS = 100_010;
  const port = await freeTcpPort();
  const { collectd, datums, troubles, stop } = await running(t, [{ protocol: 'tcp', host: '127.0.0.1', port }], () => ({ aggregationMs: 3_600_000 }));
  const packet = plainPacket([cpu(), ...Array.from({ length: LISTS - 1 }, (_, index) => ({ typeInstance: `i${index}`, values: cpu().values }))]);
  await until('it to listen', () => new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1').once('connect', () => { socket.end(packet); }).once('error', () => { resolve(false); }).once('close', (failed) => { resolve(!failed); });
    socket.resume();
  }));
  await until('all to be taken or counted', () => collectd.counters.values + collectd.counters.refused['no-room'] === LISTS);
  assert.equal(collectd.counters.refused['no-room'], 10);
  assert.match(troubles[0]!, /values are not taken \(no-room\): as many series are held as may be/);
  await stop();
  assert.equal(datums.length, LISTS - 10);
});

test('a file that never ends, or is far too long, is not read, and is said', async (t) => {
  const port = await freeUdpPort();
  const { troubles } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }], (folder) => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    writeFileSync(join(folder, 'long'), '');
    truncateSync(join(folder, 'long'), 5 << 20);
    return { typesDb: [join(folder, 'pipe'), join(folder, 'long')] };
  });
  await until('both to be said', () => troubles.length === 2);
  assert.match(troubles.join('\n'), /pipe: cannot be read \(not a regular file\)/);
  assert.match(troubles.join('\n'), /long: cannot be read \(more than 4 MiB\)/);
});

test('a line that cannot be read is said with its number and without what is in it, until it is corrected', async (t) => {
  const { troubles, recovered, folder } = await running(t, [], (folder) => {
    writeFileSync(join(folder, 'users'), 'ann: secret\nhidden-word\n');
    return { authFile: join(folder, 'users') };
  });
  await until('it to be said', () => troubles.length > 0);
  assert.equal(troubles[0], `${folder}/users: line 2 cannot be read and is left out: expected "user: password"`);
  writeFileSync(join(folder, 'users'), 'ann: secret\n');
  await until('it to be over', () => recovered.includes(`collectd lines of ${folder}/users`));
});

test('values of one series within an aggregation interval are one datum, and a stop gives what is not complete', async (t) => {
  const port = await freeUdpPort();
  const { collectd, datums, stop } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }], () => ({ aggregationMs: 3_600_000 }));
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const at = (seconds: number, value: bigint): SentList => cpu({ time: { hr: false, ticks: BigInt(hour / 1_000 + seconds) }, values: [{ kind: 'derive', value }] });
  await sendUntil('a packet', '127.0.0.1', port, plainPacket([at(1, 5n), at(2, 8n), at(3, 5n)]), () => collectd.counters.values > 0);
  assert.equal(datums.length, 0);
  await stop();
  const sent = collectd.counters.packets;
  assert.equal(datums.length, 1);
  const [datum] = datums;
  assert.deepEqual([datum!.time, datum!.value], [hour, { count: 3 * sent, sum: 18 * sent, minimum: 5, maximum: 8, values: [5, 8], counts: [2 * sent, sent] }]);
});

test('each packet that was sent before a stop is taken, or counted as dropped by the kernel', async (t) => {
  // Sent in one turn of the event loop: more than the receive buffer holds.
  const SENT = 10_000;
  const port = await freeUdpPort();
  const { collectd, stop } = await running(t, [{ protocol: 'udp', host: '127.0.0.1', port }]);
  await sendUntil('it to listen', '127.0.0.1', port, plainPacket([cpu()]), () => collectd.counters.packets > 0);
  const { packets } = collectd.counters;
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => { socket.connect(port, '127.0.0.1', resolve); });
  const packet = plainPacket([cpu({ typeInstance: 'x'.repeat(1_000) })]);
  // On the loopback a packet is with its receiver, or dropped, when it is sent.
  await Promise.all(Array.from({ length: SENT }, () => new Promise<void>((resolve, reject) => { socket.send(packet, (error) => { if (error === null) resolve(); else reject(error); }); })));
  socket.close();
  await stop();
  const { packets: all, refused } = collectd.counters;
  assert.equal(all - packets + refused['kernel-dropped'], SENT);
  assert.ok(refused['kernel-dropped'] > 0);
});

test('it stops at once, whatever it waits for', async (t) => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => { taken.close(); });
  const { stop, troubles } = await running(t, [{ protocol: 'tcp', host: '127.0.0.1', port: (taken.address() as { port: number }).port }, { protocol: 'udp', host: '127.0.0.1', port: await freeUdpPort() }, { protocol: 'unixgram', path: '/nowhere' }]);
  await until('both to be said', () => troubles.length === 2);
  const began = performance.now();
  await stop();
  assert.ok(performance.now() - began < 1_000);
});

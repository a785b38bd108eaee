// The samplers of cpu, mem, swap, disk, diskio and net on this machine, beside what other programs say of it at the same moment.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import si from 'systeminformation';
import { Deltas } from '../../src/metrics/deltas.ts';
import type { Reading, Sampler } from '../../src/metrics/sampler.ts';
import { createCpuSampler } from '../../src/metrics/samplers/cpu.ts';
import { createDiskSampler } from '../../src/metrics/samplers/disk.ts';
import { createDiskioSampler } from '../../src/metrics/samplers/diskio.ts';
import { createMemSampler } from '../../src/metrics/samplers/mem.ts';
import { createNetSampler } from '../../src/metrics/samplers/net.ts';
import { createSwapSampler } from '../../src/metrics/samplers/swap.ts';
import { openStatfsThread } from '../../src/metrics/statfs-thread.ts';
import { PathThreads } from '../../src/metrics/path-threads.ts';
import { atEnd } from '../support/at-end.ts';
import { assertQuick } from '../support/quick.ts';
import { until } from '../support/rig.ts';
import { NOTHING_ATTACHED } from '../support/sampling.ts';

const HERE = { proc: '/proc', sys: '/sys' };
const SILENT = { trouble: () => {}, recovered: () => {} };
const run = (command: string, ...args: readonly string[]): string => execFileSync(command, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
const rows = (text: string): readonly (readonly string[])[] => text.trim().split('\n').map((line) => line.trim().split(/\s+/));

/** Within `tolerance` of the other's value. */
function assertNear(value: number, other: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(value - other) <= tolerance, `${what}: ${value} here, ${other} there, at most ${tolerance} apart`);
}

/** Between two readings of something else, before and after, or at most `tolerance` beyond: other programs go on meanwhile. */
function assertBetween(value: number, before: number, after: number, tolerance: number, what: string): void {
  assert.ok(value >= Math.min(before, after) - tolerance && value <= Math.max(before, after) + tolerance, `${what}: ${value}, elsewhere ${before} before and ${after} after, at most ${tolerance} beyond`);
}

/** Memory that other programs take and give back between the two readings. */
const MEMORY_TOLERANCE = 256 << 20;

test('mem is what free and systeminformation say, within 256 MiB, totals exactly', async () => {
  using sampler = createMemSampler(HERE);
  const read = () => {
    const free = rows(run('free', '-b', '-w')).find(([name]) => name === 'Mem:')!.slice(1).map(Number);
    const [total, , unused, shared, buffered, cached, available] = free as [number, number, number, number, number, number, number];
    // `used` of newer versions of free is the total less what is available.
    return { total, fields: { free: unused, shared, buffered, cached, available, used: total - unused - buffered - cached } };
  };
  const before = read();
  const { values } = (await sampler.sample(0))[0]!;
  const after = read();
  const { total } = after;
  assert.equal(values['total'], total);
  for (const [field, there] of Object.entries(after.fields)) assertBetween(values[field]!, before.fields[field as keyof typeof before.fields], there, MEMORY_TOLERANCE, field);
  const other = await si.mem();
  for (const [field, there] of Object.entries({ total: other.total, free: other.free, available: other.available, active: Number(/^Active:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) * 1024 })) assertNear(values[field]!, there, MEMORY_TOLERANCE, `${field} of systeminformation`);
  assertNear(values['used_percent']!, 100 * values['used']! / total, 0.001, 'used_percent');
});

test('swap is what free says, within 16 MiB', async () => {
  using sampler = createSwapSampler(HERE);
  const { values } = (await sampler.sample(0))[0]!;
  const [total, used, unused] = rows(run('free', '-b')).find(([name]) => name === 'Swap:')!.slice(1).map(Number) as [number, number, number];
  assert.equal(values['total'], total);
  assertNear(values['used']!, used, 16 << 20, 'used');
  assertNear(values['free']!, unused, 16 << 20, 'free');
});

test('cpu usage over two seconds is what vmstat says of them, within 15 points of a hundred, and its parts are 100', async () => {
  using sampler = createCpuSampler({ total: true, cores: true }, HERE);
  await sampler.sample(0);
  // Two reports a second apart, begun now: the second is of a second within ours.
  const reports = run('vmstat', '-n', '2', '2');
  const readings = await sampler.sample(2000);
  const { values } = readings.find(({ dimensions }) => dimensions[0]![1] === 'cpu-total')!;
  const header = rows(reports)[1]!;
  const report = rows(reports).at(-1)!;
  const there = (name: string): number => Number(report[header.indexOf(name)]);
  for (const [field, columns] of [['usage_idle', ['id']], ['usage_iowait', ['wa']], ['usage_steal', ['st']]] as const) assertNear(values[field]!, columns.reduce((sum, name) => sum + there(name), 0), 15, field);
  assertNear(values['usage_user']! + values['usage_nice']!, there('us'), 15, 'user and nice');
  assertNear(values['usage_active']! + values['usage_idle']!, 100, 1e-6, 'active and idle');
  assert.equal(readings.length - 1, readFileSync('/proc/stat', 'utf8').match(/^cpu\d/gm)!.length);
});

test('a core that this process keeps busy is seen in cpu usage as this process counts it, within 20 points', async () => {
  using sampler = createCpuSampler({ total: true, cores: false }, HERE);
  await sampler.sample(0);
  const began = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - began < 500) { /* busy */ }
  const own = process.cpuUsage(before);
  const { values } = (await sampler.sample(500))[0]!;
  const cores = readFileSync('/proc/stat', 'utf8').match(/^cpu\d/gm)!.length;
  const least = 100 * (own.user + own.system) / 1000 / (performance.now() - began) / cores;
  assert.ok(values['usage_active']! >= least - 20, `${values['usage_active']} % active, while this process alone took ${least} %`);
});

test('disk is what df says of every mount that both see: totals exactly, space within 64 MiB, percents within one', async (t) => {
  using sampler = createDiskSampler({ mountPoints: null, ignoredTypes: [], dropDevice: false, volumeId: false, intervalMs: 60_000 }, HERE, { report: SILENT, threads: new PathThreads(openStatfsThread), attached: NOTHING_ATTACHED, mountPrefix: '' });
  const read = async () => new Map((await sampler.sample(0)).map(({ dimensions, values }) => [dimensions.find(([name]) => name === 'path')![1], values]));
  const before = await read();
  // Only of what has an answer: another mount of this machine may hang, or be gone by now.
  const there = [...before.keys()].flatMap((path) => {
    try {
      return rows(run('df', '-a', '-B1', '--output=target,fstype,size,used,avail,pcent,itotal,iused,iavail', path)).slice(1);
    } catch {
      return [];
    }
  });
  const readings = await read();
  let compared = 0;
  for (const [path, , size, used, avail, percent, , iused, iavail] of there) {
    const [values, earlier] = [readings.get(path!), before.get(path!)];
    if (values === undefined || earlier === undefined || size === '-') continue;
    compared++;
    assert.equal(values['total'], Number(size), path!);
    const compare = (field: string, other: string, tolerance: number): void => { assertBetween(Number.parseInt(other, 10), earlier[field]!, values[field]!, tolerance, `${path} ${field}`); };
    compare('used', used!, 64 << 20);
    compare('free', avail!, 64 << 20);
    compare('used_percent', percent!, 1);
    if (iused !== '-') compare('inodes_used', iused!, 5000);
    if (iavail !== '-') compare('inodes_free', iavail!, 5000);
  }
  assert.ok(compared >= 1 && readings.has('/'), `compared ${compared} of ${readings.size}`);
  t.diagnostic(`${compared} mounts compared`);
});

/** What a sampler of counts gives for what happens in between. */
async function grownBy(sampler: Sampler, act: () => Promise<void> | void): Promise<readonly Reading[]> {
  const deltas = new Deltas(sampler.fields);
  deltas.apply(await sampler.sample(0));
  await act();
  return deltas.apply(await sampler.sample(1));
}

test('net counts what this test sends over the loopback, as /proc/net/dev does: at least that, and no less than was there before', async (t) => {
  const server = createServer((socket) => { socket.resume(); }).listen(0, '127.0.0.1');
  atEnd(t, () => { server.close(); });
  await until('the server to listen', () => server.listening, 5000);
  using sampler = createNetSampler({ interfaces: ['lo'] }, HERE);
  const column = (): number => Number(/^\s*lo:\s*(\d+)/m.exec(readFileSync('/proc/net/dev', 'utf8'))![1]);
  const before = column();
  const [reading] = await grownBy(sampler, () => new Promise((resolve) => {
    const socket = connect((server.address() as { port: number }).port, '127.0.0.1', () => { socket.end(Buffer.alloc(4 << 20), () => {}); });
    socket.on('close', () => { resolve(); });
  }));
  const after = column();
  assert.deepEqual(reading!.dimensions, [['interface', 'lo']]);
  assert.ok(reading!.values['bytes_recv']! >= 4 << 20 && reading!.values['bytes_recv']! <= after - before, `${reading!.values['bytes_recv']} of ${after - before}`);
  assert.equal(reading!.values['bytes_recv'], reading!.values['bytes_sent']);
});

test('net gives the interfaces that /sys calls up, but lo', async () => {
  using sampler = createNetSampler({ interfaces: null }, HERE);
  const here = (await sampler.sample(0)).map(({ dimensions }) => dimensions[0]![1]).toSorted();
  const there = [...readFileSync('/proc/net/dev', 'utf8').matchAll(/^\s*([^\s:]+):/gm)].map(([, name]) => name!).filter((name) => name !== 'lo' && (Number(readFileSync(`/sys/class/net/${name}/flags`, 'latin1')) & 1) === 1).toSorted();
  assert.deepEqual(here, there);
});

test('diskio counts what this test writes to the disk of this folder: what /proc/diskstats counts, in bytes', async (t) => {
  const device = rows(run('df', '--output=source', import.meta.dirname)).at(-1)![0]!.replace('/dev/', '');
  const column = (): number => Number(rows(readFileSync('/proc/diskstats', 'utf8')).find(([, , name]) => name === device)?.[9]) * 512;
  if (Number.isNaN(column())) { t.skip('this folder is on no block device'); return; }
  const file = `${import.meta.dirname}/.diskio-${process.pid}`;
  atEnd(t, () => { rmSync(file, { force: true }); });
  using sampler = createDiskioSampler({ devices: [device] }, HERE);
  const before = column();
  const [reading] = await grownBy(sampler, () => {
    const fd = openSync(file, 'w');
    writeSync(fd, Buffer.alloc(8 << 20, 'x'));
    fsyncSync(fd);
    closeSync(fd);
  });
  const written = reading!.values['write_bytes']!;
  assert.deepEqual(reading!.dimensions, [['name', device]]);
  assert.ok(written >= 8 << 20 && written <= column() - before, `${written} of ${column() - before}`);
  assert.ok(reading!.values['writes']! >= 1);
});

test('all six samplers at one second take less than 2 percent of a core', async (t) => {
  const samplers: readonly Sampler[] = [
    createCpuSampler({ total: true, cores: true }, HERE), createMemSampler(HERE), createSwapSampler(HERE), createNetSampler({ interfaces: null }, HERE), createDiskioSampler({ devices: null }, HERE),
    createDiskSampler({ mountPoints: null, ignoredTypes: [], dropDevice: false, volumeId: false, intervalMs: 1000 }, HERE, { report: SILENT, threads: new PathThreads(openStatfsThread), attached: NOTHING_ATTACHED, mountPrefix: '' }),
  ];
  const deltas = samplers.map(({ fields }) => new Deltas(fields));
  const round = async (): Promise<void> => { for (const [i, sampler] of samplers.entries()) deltas[i]!.apply(await sampler.sample(performance.now())); };
  for (let i = 0; i < 50; i++) await round();
  const before = process.cpuUsage();
  for (let i = 0; i < 100; i++) await round();
  const { user, system } = process.cpuUsage(before);
  const each = (user + system) / 1000 / 100;
  for (const sampler of samplers) sampler[Symbol.dispose]();
  t.diagnostic(`${each.toFixed(2)} ms of cpu a round: ${(each / 10).toFixed(3)} % of a core at one second`);
  assertQuick(each, 20, 'one sample of all six');
});

// Mounts that never answer: a FUSE file system of this process stands for an NFS server that is gone.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createDiskSampler } from '../../src/metrics/samplers/disk.ts';
import { openStatfsThread } from '../../src/metrics/statfs-thread.ts';
import { PathThreads } from '../../src/metrics/path-threads.ts';
import { atEnd } from '../support/at-end.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { mountFuse, noFuse } from '../support/fuse.ts';
import { assertQuick } from '../support/quick.ts';
import { rigFor, until } from '../support/rig.ts';
import { NOTHING_ATTACHED } from '../support/sampling.ts';

test('a file system that hangs holds up neither the loop nor other mounts; it is said, and has metrics as soon as it answers', async (t) => {
  const no = noFuse();
  if (no !== false) { t.skip(no); return; }
  const fuse = mountFuse(t);
  const said: string[] = [];
  const threads = new PathThreads(openStatfsThread);
  const sampler = createDiskSampler({ mountPoints: ['/', fuse.mountPoint], ignoredTypes: [], dropDevice: false, volumeId: false, intervalMs: 1000 }, { proc: '/proc', sys: '/sys' }, {
    report: { trouble: (subject, message) => { said.push(`${subject}: ${message}`); }, recovered: (subject, message) => { said.push(`${subject}: ${message}`); } }, threads, attached: NOTHING_ATTACHED, mountPrefix: '',
  });
  atEnd(t, () => { sampler[Symbol.dispose](); });
  const paths = async (): Promise<readonly string[]> => (await sampler.sample(0)).map(({ dimensions }) => dimensions.find(([name]) => name === 'path')![1]);
  let longest = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  atEnd(t, () => { clearInterval(beat); });
  const began = performance.now();
  assert.ok((await paths()).includes('/'));
  assertQuick(performance.now() - began, 800, 'a sample beside a mount that hangs, at an interval of one second');
  await until('the mount to be said', async () => {
    await paths();
    await delay(100);
    return said.length > 0;
  }, 15_000);
  assert.deepEqual(said, [`${fuse.mountPoint}: ${fuse.mountPoint} (fuse) has given no answer for 5 s: its server or its process hangs; it has no disk metrics until it answers, or is unmounted`]);
  assert.equal(threads.hanging, 1);
  const alone = performance.now();
  assert.ok((await paths()).includes('/'));
  assertQuick(performance.now() - alone, 100, 'a sample that no longer waits for the mount');
  assertQuick(longest, 250, 'the longest turn of the event loop meanwhile');
  fuse.answer(2000);
  await until('the mount to have metrics', async () => (await paths()).includes(fuse.mountPoint), 15_000);
  assert.match(said[1]!, /\(fuse\) answers again$/);
  const reading = (await sampler.sample(0)).find(({ dimensions }) => dimensions.some(([, value]) => value === fuse.mountPoint))!;
  assert.deepEqual(reading.dimensions, [['device', 'hanging'], ['fstype', 'fuse'], ['path', fuse.mountPoint]]);
  assert.deepEqual([reading.values['total'], reading.values['used_percent'], reading.values['inodes_used']], [2000 * 4096, 50, 100]);
  assert.equal(threads.hanging, 0);
});

test('more file systems that hang than the pool has threads take none of those, and no more than three of their own', async (t) => {
  const no = noFuse();
  if (no !== false) { t.skip(no); return; }
  const hanging = Array.from({ length: 6 }, () => mountFuse(t).mountPoint);
  const threads = new PathThreads(openStatfsThread);
  const sampler = createDiskSampler({ mountPoints: hanging, ignoredTypes: [], dropDevice: false, volumeId: false, intervalMs: 1000 }, { proc: '/proc', sys: '/sys' }, { report: { trouble: () => {}, recovered: () => {} }, threads, attached: NOTHING_ATTACHED, mountPrefix: '' });
  atEnd(t, () => { sampler[Symbol.dispose](); });
  await until('three threads to hang', async () => {
    await sampler.sample(0);
    await delay(100);
    return threads.hanging === 3;
  }, 15_000);
  const began = performance.now();
  await Promise.all(Array.from({ length: 8 }, () => readFile(import.meta.filename)));
  assertQuick(performance.now() - began, 1000, 'reading files through the pool');
});

test('beside a file system that hangs the agent publishes what else there is, takes another config, and ends when it is told to, with code 0', localOnly('faults'), async (t) => {
  const no = noFuse();
  if (no !== false) { t.skip(no); return; }
  const rig = await rigFor(t);
  const { mountPoint } = mountFuse(t);
  const folder = dirname(rig.logs);
  const collecting = (disk: object): object => ({
    ...(childConfig(rig.url, [{ file_path: rig.path('*.log') }]) as object), agent: { region: 'us-east-1', metrics_collection_interval: 1 },
    metrics: { endpoint_override: rig.url, force_flush_interval: 1, metrics_collected: { disk, mem: { measurement: ['used_percent'] } } },
  });
  const child = await startChild(t, { folder, config: collecting({ measurement: ['used_percent'] }) });
  await child.says(/has given no answer for 5 s/, 15_000);
  const count = (name: string): number => rig.endpoint.metrics.metrics().filter((metric) => metric.name === name).reduce((sum, { datums }) => sum + datums.length, 0);
  await until('metrics of memory and of the root', () => count('mem_used_percent') >= 4 && count('disk_used_percent') >= 4, 15_000);
  assert.ok(rig.endpoint.metrics.metrics().every(({ dimensions }) => dimensions.every(({ value }) => value !== mountPoint)));
  writeFileSync(join(folder, 'agent.json'), JSON.stringify(collecting({ measurement: ['free'] })));
  child.signal('SIGHUP');
  await until('metrics of the new config', () => count('disk_free') >= 2, 15_000);
  assert.equal(await Promise.race([child.stop(), delay(15_000, 'no end after 15 s', { ref: false })]), 0);
});

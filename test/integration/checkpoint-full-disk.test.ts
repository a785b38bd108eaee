import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointStore } from '../../src/checkpoint/store.ts';
import { Quarantine } from '../../src/delivery/quarantine.ts';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import { checkpointOf, hear, scratch, until } from '../support/state.ts';

/** A disk without room, as this process sees it: no file may grow beyond `bytes` (the soft limit alone, so it can be lifted). */
function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}

test('L53: a full state disk is said once, changes stay in memory, and all are on disk soon after there is room again', async (t) => {
  const directory = await scratch(t);
  const report = hear();
  const store = await CheckpointStore.open(directory, { report });
  const life = new LifetimeControl();
  const ran = store.run(life);
  t.after(() => limitFiles('unlimited'));
  const all = Array.from({ length: 50 }, (_, i) => store.track(checkpointOf(i)));
  const gone = store.track(checkpointOf(99));
  await store.flush();

  limitFiles(1024);
  for (const one of all) one.update(1000, 1, 1, null);
  gone.forget();
  await until('the trouble is said', () => report.trouble.length > 0);
  assert.match(report.trouble[0]!, new RegExp(`checkpoints in ${directory} cannot be written.*EFBIG.*Check the free space`));
  assert.equal(await store.flush(), false);
  for (const one of all) one.update(2000, 2, 2, null);
  const late = store.track(checkpointOf(100));
  assert.equal(await store.flush(), false);
  assert.equal(store.unwritten, 52);
  assert.deepEqual([report.trouble.length, report.recovered.length], [1, 0]);
  assert.match(store.trouble ?? '', /EFBIG/);

  limitFiles('unlimited');
  await until('everything is written', () => store.unwritten === 0);
  await until('the end of it is said', () => report.recovered.length === 1);
  assert.equal(store.trouble, null);
  life.requestStop();
  await ran;
  await store.close();
  const again = await CheckpointStore.open(directory, { report });
  assert.deepEqual([...again.all()].map(({ offset, id }) => [id.inode, offset]), [...all.map((one) => [one.id.inode, 2000]), [late.id.inode, 0]]);
  assert.deepEqual([again.damaged, report.trouble.length], [false, 1]);
  await again.close();
});

test('L53: the store starts on a disk that is full from the first moment, and catches up', async (t) => {
  const directory = await scratch(t);
  t.after(() => limitFiles('unlimited'));
  limitFiles(0);
  const report = hear();
  const store = await CheckpointStore.open(directory, { report });
  const life = new LifetimeControl();
  const ran = store.run(life);
  store.track(checkpointOf(1)).update(10, 1, 1, null);
  assert.equal(await store.flush(), false);
  assert.equal(report.trouble.length, 1);
  limitFiles('unlimited');
  await until('everything is written', () => store.unwritten === 0 && report.recovered.length === 1);
  life.requestStop();
  await ran;
  await store.close();
  const again = await CheckpointStore.open(directory, { report });
  assert.deepEqual([...again.all()].map(({ offset }) => offset), [10]);
  assert.equal(again.damaged, false);
  await again.close();
});

test('a snapshot that cannot be written leaves the one before and all journals; the next try needs no new journal', async (t) => {
  const directory = await scratch(t);
  const report = hear();
  const store = await CheckpointStore.open(directory, { report });
  const life = new LifetimeControl();
  const ran = store.run(life);
  const all = Array.from({ length: 300 }, (_, i) => store.track(checkpointOf(i)));
  await store.flush();
  // A directory in the place of the temporary file: the journal can be written, the snapshot cannot.
  const sequence = Number((await readdir(directory)).find((name) => name.startsWith('journal-'))!.split('-')[1]);
  const block = join(directory, `checkpoints-${sequence + 1}.tmp`);
  await mkdir(join(block, 'x'), { recursive: true });
  let round = 0;
  await until('the snapshot fails', async () => {
    round++;
    for (const one of all) one.update(round, 1, 1, null);
    await store.flush();
    return report.trouble.length > 0;
  });
  assert.match(report.trouble[0]!, /cannot be condensed/);
  assert.deepEqual((await readdir(directory)).filter((name) => name.startsWith('journal-')).toSorted(), [`journal-${sequence}`, `journal-${sequence + 1}`]);
  await rename(block, join(directory, 'moved'));
  await rm(join(directory, 'moved'), { recursive: true });
  await until('the next try succeeds', () => report.recovered.length === 1);
  assert.ok((await readdir(directory)).includes(`checkpoints-${sequence + 1}`));
  life.requestStop();
  await ran;
  await store.close();
  const again = await CheckpointStore.open(directory, { report });
  assert.ok([...again.all()].every(({ offset }) => offset === round) && again.size === 300);
  await again.close();
});

test('a quarantine on a full disk keeps what fits in memory, counts the rest, and never stands in the way', async (t) => {
  const directory = await scratch(t);
  t.after(() => limitFiles('unlimited'));
  const trouble: string[] = [];
  const recovered: string[] = [];
  const quarantine = Quarantine.open(directory, { report: { quarantineTrouble: (text) => trouble.push(text), quarantineRecovered: (text) => recovered.push(text) } });
  const record = { time: 1_700_000_000_000, group: 'g', stream: 's', file: '/f', reason: 'too old', timestamp: 5, message: 'm'.repeat(1 << 20) };
  await writeFile(join(directory, 'quarantine.jsonl'), '');
  limitFiles(100);
  for (let i = 0; i < 10; i++) quarantine.add(record);
  quarantine.flush();
  quarantine.add(record);
  quarantine.flush();
  assert.equal(trouble.length, 1);
  assert.match(trouble[0]!, /quarantine\.jsonl: EFBIG/);
  assert.doesNotMatch(trouble[0]!, /mmm/);
  assert.deepEqual([quarantine.counters.events, quarantine.counters.lostEvents], [11, 4]);
  limitFiles('unlimited');
  quarantine.flush();
  assert.equal(recovered.length, 1);
  assert.equal((await readFile(join(directory, 'quarantine.jsonl'), 'utf8')).trim().split('\n').length, 7);
});

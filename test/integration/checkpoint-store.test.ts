import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { CheckpointStore } from '../../src/checkpoint/store.ts';
import type { TrackedCheckpoint } from '../../src/checkpoint/tracked.ts';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import { assertQuick } from '../support/quick.ts';
import { checkpointOf, hear, scratch, until } from '../support/state.ts';
import type { HeardReport } from '../support/state.ts';

interface Opened { readonly store: CheckpointStore; readonly report: HeardReport; readonly life: LifetimeControl; readonly stop: () => Promise<void> }

/** A running store; `stop` ends it as the agent does. */
async function start(t: TestContext, directory: string): Promise<Opened> {
  const report = hear();
  const store = await CheckpointStore.open(directory, { report });
  const life = new LifetimeControl();
  const ran = store.run(life);
  const stop = async (): Promise<void> => {
    life.requestStop();
    await ran;
    await store.close();
  };
  t.after(stop);
  return { store, report, life, stop };
}

const offsets = (generations: Iterable<TrackedCheckpoint>): readonly (readonly [number, number])[] =>
  [...generations].map(({ id, offset }) => [id.inode, offset] as const).toSorted(([a], [b]) => a - b);
const newest = async (directory: string, kind: string): Promise<string> => {
  const names = (await readdir(directory)).filter((name) => new RegExp(`^${kind}-\\d+$`).test(name));
  return join(directory, names.toSorted((a, b) => Number(b.split('-')[1]) - Number(a.split('-')[1]))[0]!);
};

test('every field of a checkpoint is the same after a restart, and forgotten ones stay forgotten', async (t) => {
  const directory = join(await scratch(t), 'made', 'on the way');
  const first = await start(t, directory);
  const one = first.store.track(checkpointOf(1));
  one.update(4096, 0xdeadbeef, 64, { piece: 3, time: 1_700_000_000_123 });
  one.rename('/var/log/1.log.1');
  one.identify({ device: 2, inode: 1, headHash: 'longer', headLength: 1024 });
  one.end();
  first.store.track(checkpointOf(2, { entry: 'other' })).update(7, 1, 7, null);
  first.store.track(checkpointOf(3)).forget();
  const kept = first.store.track(checkpointOf(4));
  assert.equal(await first.store.flush(), true);
  kept.forget();
  await first.stop();

  const { store, report } = await start(t, directory);
  const [again, ...rest] = [...store.entry('/var/log/*.log')];
  assert.deepEqual(rest, []);
  assert.deepEqual([again!.path, again!.id, again!.offset, again!.windowCrc, again!.windowLength, again!.split, again!.ended, again!.updatedAt], [
    '/var/log/1.log.1', { device: 2, inode: 1, headHash: 'longer', headLength: 1024 }, 4096, 0xdeadbeef, 64, { piece: 3, time: 1_700_000_000_123 }, true, one.updatedAt,
  ]);
  assert.deepEqual(offsets(store.entry('other')), [[2, 7]]);
  assert.equal(store.size, 2);
  assert.deepEqual([store.damaged, report.trouble], [false, []]);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  for (const name of await readdir(directory)) assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name);
});

test('L24: an offset is in the journal within 50 ms of its change, so SIGKILL takes no more than that', async (t) => {
  const directory = await scratch(t);
  const storeUrl = new URL('../../src/checkpoint/store.ts', import.meta.url).href;
  const lifetimeUrl = new URL('../../src/lifecycle/lifetime.ts', import.meta.url).href;
  // Moves an offset once a millisecond and prints each; its parent kills it in the middle.
  const source = `
    import { CheckpointStore } from ${JSON.stringify(storeUrl)};
    import { LifetimeControl } from ${JSON.stringify(lifetimeUrl)};
    import { writeSync } from 'node:fs';
    const store = await CheckpointStore.open(process.argv[1], { report: { checkpointTrouble() {}, checkpointRecovered() {} } });
    void store.run(new LifetimeControl());
    const one = store.track(${JSON.stringify(checkpointOf(1))});
    setInterval(() => { one.update(Math.floor(performance.now() * 1000), 1, 1, null); writeSync(1, one.offset + '\\n'); }, 1);`;
  let worst = 0;
  for (let run = 0; run < 3; run++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', source, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text; });
    await until('the child moved its offset a few hundred times', () => said.length > 2000 * (run + 1));
    child.kill('SIGKILL');
    await once(child, 'close');
    const moves = said.trim().split('\n').map(Number);
    const { store, stop } = await start(t, directory);
    const kept = Math.max(...[...store.all()].map(({ offset }) => offset));
    assert.ok(moves.includes(kept), `offset ${kept} was never set`);
    worst = Math.max(worst, (moves.at(-1)! - kept) / 1000);
    for (const generation of store.all()) generation.forget();
    await stop();
  }
  t.diagnostic(`behind by ${worst.toFixed(1)} ms at most`);
  assertQuick(worst, 50, 'a position reaches the journal');
});

test('without changes nothing is written and no timer runs', async (t) => {
  const directory = await scratch(t);
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  await new Promise(setImmediate);
  const others = timers();
  const { store } = await start(t, directory);
  await new Promise(setImmediate);
  assert.equal(timers(), others, 'idle after the start');
  store.track(checkpointOf(1)).update(10, 1, 1, null);
  await new Promise(setImmediate);
  assert.equal(timers(), others + 1, 'the write is due');
  await until('the change is written', () => store.unwritten === 0);
  await until('the last timer is gone, with the fdatasync a second later', async () => {
    await new Promise(setImmediate);
    return timers() === others;
  });
});

test('the journal is replaced by a snapshot when it has grown, while changes go on, and no offset is lost', async (t) => {
  const directory = await scratch(t);
  const { store, report, stop } = await start(t, directory);
  const all = Array.from({ length: 200 }, (_, i) => store.track(checkpointOf(i)));
  const sequenceAtFirst = Number((await newest(directory, 'checkpoints')).split('-').at(-1));
  let round = 0;
  await until('a third snapshot', async () => {
    round++;
    for (const one of all) one.update(round, round, 1, null);
    await store.flush();
    return Number((await newest(directory, 'checkpoints')).split('-').at(-1)) >= sequenceAtFirst + 2;
  });
  await stop();
  assert.ok((await readdir(directory)).filter((name) => /^(?:checkpoints|journal)-\d+$/.test(name)).length <= 4);
  const again = await start(t, directory);
  assert.deepEqual([...again.store.all()].map(({ offset }) => offset), all.map(() => round));
  assert.deepEqual([report.trouble, again.report.trouble, again.store.damaged], [[], [], false]);
});

test('L24: a torn last line of the journal is left out silently and cut off', async (t) => {
  const directory = await scratch(t);
  const first = await start(t, directory);
  const one = first.store.track(checkpointOf(1));
  one.update(100, 1, 1, null);
  await first.stop();
  await appendFile(await newest(directory, 'journal'), `0badc0de ["m",1,99999,${'9'.repeat(500)}`);
  const second = await start(t, directory);
  assert.deepEqual([offsets(second.store.all()), second.store.damaged, second.report.trouble], [[[1, 100]], false, []]);
  [...second.store.all()][0]!.update(200, 1, 1, null);
  await second.stop();
  assert.doesNotMatch(await readFile(await newest(directory, 'journal'), 'utf8'), /99999/);
  const third = await start(t, directory);
  assert.deepEqual([offsets(third.store.all()), third.report.trouble], [[[1, 200]], []]);
});

test('L54: a damaged newest snapshot is replaced by the one before and its journal: no offset moves, the damage is said and kept', async (t) => {
  const directory = await scratch(t);
  const first = await start(t, directory);
  const all = Array.from({ length: 100 }, (_, i) => first.store.track(checkpointOf(i)));
  const before = await newest(directory, 'checkpoints');
  let round = 0;
  await until('a second snapshot', async () => {
    round++;
    for (const one of all) one.update(round, 1, 1, null);
    await first.store.flush();
    return (await newest(directory, 'checkpoints')) !== before;
  });
  first.store.track(checkpointOf(200)).update(300, 1, 1, null);
  await first.stop();
  for (const damage of [() => '', () => '25\n/var/log/a.log\n0-4', (text: string) => text.slice(0, -5)]) {
    const snapshot = await newest(directory, 'checkpoints');
    await writeFile(snapshot, damage(await readFile(snapshot, 'utf8')));
    const { store, report, stop } = await start(t, directory);
    assert.deepEqual(offsets(store.all()), [...all.map(({ id }) => [id.inode, round]), [200, 300]]);
    assert.equal(store.damaged, false);
    assert.match(report.trouble.join(), /checkpoints-\d+\.damaged-\d+ is damaged.*no position is lost/s);
    await stop();
  }
  assert.equal((await readdir(directory)).filter((name) => name.includes('.damaged-')).length, 3);
});

test('L54: when every copy is damaged the store opens, says so, knows what is intact, and keeps three damaged files', async (t) => {
  const directory = await scratch(t);
  const first = await start(t, directory);
  for (const inode of [1, 2]) first.store.track(checkpointOf(inode)).update(inode * 100, 1, 1, null);
  await first.stop();
  for (let round = 1; round <= 5; round++) {
    for (const name of await readdir(directory)) {
      if (/^checkpoints-\d+$/.test(name)) await writeFile(join(directory, name), '');
      if (/^journal-\d+$/.test(name)) {
        // The definition of the first generation is lost, that of the second is not.
        const text = await readFile(join(directory, name), 'utf8');
        await writeFile(join(directory, name), text.replace('["d",1,', '["d",9,').replace('"fresh":true', '"fresh":null'));
      }
    }
    const { store, report, stop } = await start(t, directory);
    assert.equal(store.damaged, true);
    assert.equal(report.trouble.length, 1);
    assert.ok([...store.all()].every(({ offset }) => offset > 0), 'damage never reads as offset 0');
    if (round === 1) assert.deepEqual(offsets(store.all()), [[2, 200]]);
    await stop();
    const { store: healed, stop: end } = await start(t, directory);
    assert.equal(healed.damaged, false);
    await end();
  }
  assert.equal((await readdir(directory)).filter((name) => name.includes('.damaged-')).length, 3);
});

test('state of a newer agent is refused with what to do, and left as it was', async (t) => {
  const directory = await scratch(t);
  const first = await start(t, directory);
  first.store.track(checkpointOf(1));
  await first.stop();
  const payload = '{"format":"unified-agent-checkpoints","version":2,"kind":"snapshot","sequence":9,"next":1,"fresh":false}';
  await writeFile(join(directory, 'checkpoints-9'), `${crc32(payload).toString(16).padStart(8, '0')} ${payload}\n`);
  const before = (await readdir(directory)).toSorted();
  await assert.rejects(CheckpointStore.open(directory, { report: hear() }), /checkpoints-9 has format version 2, this agent reads version 1: start the newer agent/);
  assert.deepEqual((await readdir(directory)).toSorted(), before);
});

test('ended generations are forgotten after 7 days once their file is gone, live ones and those with a file never', async (t) => {
  const directory = await scratch(t);
  const file = join(directory, 'rotated.log');
  await writeFile(file, 'x');
  await utimes(file, 1, 1);
  const first = await start(t, join(directory, 'state'));
  const now = Date.now();
  const day = 24 * 3_600_000;
  first.store.track(checkpointOf(1, { ended: true, updatedAt: now - 8 * day }));
  first.store.track(checkpointOf(2, { ended: true, updatedAt: now - 6 * day }));
  first.store.track(checkpointOf(3, { ended: false, updatedAt: now - 80 * day }));
  first.store.track(checkpointOf((await stat(file)).ino, { ended: true, updatedAt: now - 80 * day, path: file }));
  first.store.track(checkpointOf(5, { ended: true, updatedAt: now - 80 * day, path: file })); // another file has its name now
  assert.equal(await first.store.flush(), true);
  await first.stop();
  const state = join(directory, 'state');
  await writeFile(await newest(state, 'checkpoints'), 'damage makes the next start write a snapshot');
  const { store } = await start(t, state);
  assert.deepEqual(new Set([...store.all()].map(({ path }) => path)), new Set(['/var/log/2.log', '/var/log/3.log', file]));
  assert.equal(store.size, 3);
});

test('10,000 generations: a change costs below 2 µs, all of them are back after a restart', async (t) => {
  const directory = await scratch(t);
  const { store, stop } = await start(t, directory);
  const all = Array.from({ length: 10_000 }, (_, i) => store.track(checkpointOf(i)));
  await store.flush();
  const cpu = process.cpuUsage();
  const rounds = 30;
  for (let round = 1; round <= rounds; round++) for (const one of all) one.update(round, round, 1, null);
  const { user, system } = process.cpuUsage(cpu);
  const perChange = (user + system) / (rounds * all.length);
  t.diagnostic(`${(perChange * 1000).toFixed(0)} ns per change`);
  assert.ok(perChange < 2, `${perChange} µs per change`);
  await stop();
  const again = await start(t, directory);
  assert.equal(again.store.size, 10_000);
  assert.ok([...again.store.all()].every(({ offset }) => offset === rounds));
});

test('10,000 files that all change between two writes: the store keeps up, and no write or snapshot stops the event loop for long', async (t) => {
  const { store, report } = await start(t, await scratch(t));
  const all = Array.from({ length: 10_000 }, (_, i) => store.track(checkpointOf(i)));
  await store.flush();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  for (let round = 1; round <= 20; round++) {
    for (const one of all) one.update(round, round, 1, null);
    await until('this round is written', () => store.unwritten === 0);
  }
  loop.disable();
  t.diagnostic(`longest pause ${(loop.max / 1e6).toFixed(0)} ms`);
  assertQuick(loop.max / 1e6, 250, 'the longest pause of the event loop');
  assert.deepEqual(report.trouble, []);
});

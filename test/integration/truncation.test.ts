import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, openSync, closeSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicClock } from '../support/clock.ts';
import { append, copyTruncate, numbered, rotate, textOf } from '../support/log-files.ts';
import { assertQuick } from '../support/quick.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';

const SMALL = { delivery: { flushMs: 50, maxBatchBytes: 20_000 }, entries: [{ path: 'app.log', maxEventBytes: 10_000 }] };

test('L11 copytruncate with a backlog: what was not read is taken from the copy, then the truncated file from its start', async (t) => {
  const [first, second] = [numbered('first', 10_000, 0, 60), numbered('second', 2_000, 0, 60)];
  const rig = await rigFor(t, { ...SMALL, files: { 'app.log': first } });
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  copyTruncate(rig.path('app.log'));
  append(rig.path('app.log'), second);
  await delay(100);
  served();
  await rig.arrived([...first, ...second]);
  assert.deepEqual([...rig.report.drops], []);
  await rig.stop();
});

test('L11 several copytruncates while the service is away: every life of the file is taken from its copy, oldest first', async (t) => {
  const lives = ['a', 'b', 'c', 'd'].map((name) => numbered(name, 3_000, 0, 60));
  const rig = await rigFor(t, { ...SMALL, files: { 'app.log': lives[0]! } });
  const app = rig.path('app.log');
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  for (const [i, life] of lives.slice(1).entries()) {
    copyTruncate(app, `${app}.${3 - i}`);
    append(app, life);
  }
  served();
  await rig.arrived(lives.flat());
  assert.deepEqual([...rig.report.drops], []);
  await rig.stop();
});

test('L11 copytruncate with a backlog while the agent is stopped: the same', async (t) => {
  const first = numbered('first', 10_000, 0, 60);
  const rig = await rigFor(t, { ...SMALL, files: { 'app.log': first } });
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  await rig.crash();
  append(rig.path('app.log'), ['written while stopped']);
  copyTruncate(rig.path('app.log'), rig.path('app.log-20261121'));
  append(rig.path('app.log'), ['new']);
  served();
  await rig.start();
  await rig.arrived([...first, 'written while stopped', 'new']);
  await rig.stop();
});

test('L11 a steady writer under copytruncate: all that is in one of the files arrives once and in order; what can be lost is what was written between copy and truncation', async (t) => {
  const lines = ['ready'];
  const rig = await startRig(t, { files: { 'app.log': lines } });
  const app = rig.path('app.log');
  const gap = new Set<string>();
  const writer = openSync(app, 'a');
  let next = 0;
  const write = (count: number): string[] => {
    const batch = numbered('line', count, next);
    next += count;
    writeSync(writer, textOf(batch));
    lines.push(...batch);
    return batch;
  };
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 30; i++) { write(50); await delay(5); }
    copyFileSync(app, `${app}.${5 - round}`);
    for (const line of write(20)) gap.add(line);
    if (round % 2 === 0) await delay(60);
    for (const line of write(20)) gap.add(line);
    truncateSync(app, 0);
  }
  write(10);
  closeSync(writer);
  await until('the last line', () => rig.messages().at(-1) === lines.at(-1));
  await rig.settled();
  await rig.stop();
  const got = rig.messages();
  const arrived = new Set(got);
  assert.equal(got.length, arrived.size, 'nothing came twice');
  assertSame(got, lines.filter((line) => arrived.has(line)), 'the order');
  const lost = lines.filter((line) => !arrived.has(line));
  assert.deepEqual(lost.filter((line) => !gap.has(line)), [], 'only lines of the gap may be missing');
  t.diagnostic(`${lost.length} of ${gap.size} lines written between copy and truncation were lost; no file holds them`);
});

test('L11 bytes that were seen and are in no file any more are counted to the byte', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['one', 'two'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one', 'two']);
  copyFileSync(app, `${app}.1`);
  appendFileSync(app, 'thirteen byte');
  await until('the unfinished line to be seen', () => rig.generations.some((g) => g.pending === 13));
  truncateSync(app, 0);
  append(app, ['new']);
  await rig.arrived(['one', 'two', 'new']);
  await rig.says(/app\.log.*13 bytes/);
  assert.deepEqual(rig.report.drops.get('truncated-unread'), { events: 0, bytes: 13 });
  await rig.stop();
});

for (const banner of ['', `${'# the same two kilobytes at the head '.repeat(60)}\n`]) {
  test(`L13 truncated and refilled past the old offset between two looks, ${banner === '' ? 'with other bytes' : 'behind the same 2 KB banner'}: read from its start, every line whole and once`, async (t) => {
    const head = banner === '' ? [] : [banner.slice(0, -1)];
    const [first, second] = [[...head, ...numbered('first', 100)], [...head, ...numbered('second', 1_000)]];
    const rig = await startRig(t, { files: { 'app.log': first } });
    const app = rig.path('app.log');
    await rig.arrived(first);
    const size = statSync(app).size;
    truncateSync(app, 0);
    append(app, second);
    assert.ok(statSync(app).size > size);
    await rig.arrived([...first, ...second]);
    truncateSync(app, 0);
    append(app, [...head, ...numbered('third', 5_000)]);
    await rig.arrived([...first, ...second, ...head, ...numbered('third', 5_000)]);
    await rig.stop();
  });
}

test('L14 truncated to nothing and written anew with less: read from its start', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': numbered('first', 100) } });
  const app = rig.path('app.log');
  await rig.arrived(numbered('first', 100));
  writeFileSync(app, 'banner\n');
  await rig.arrived([...numbered('first', 100), 'banner']);
  truncateSync(app, 0);
  await delay(150);
  append(app, ['banner', 'second']);
  await rig.arrived([...numbered('first', 100), 'banner', 'banner', 'second']);
  await rig.stop();
});

test('L14 truncated while what was read is not acknowledged yet: it is delivered from memory, then the new content', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['ready'] } });
  const app = rig.path('app.log');
  await rig.arrived(['ready']);
  const served = rig.outage();
  append(app, ['one', 'two']);
  await until('the lines to be read', () => rig.report.readBytes === 14);
  truncateSync(app, 0);
  append(app, ['three']);
  await until('the new line to be read', () => rig.report.readBytes === 20);
  served();
  await rig.arrived(['ready', 'one', 'two', 'three']);
  await rig.stop();
});

test('L15 truncated in place to a part of what was delivered: read from its start, and said, since that part comes twice', async (t) => {
  const lines = numbered('line', 100);
  const rig = await startRig(t, { files: { 'app.log': lines } });
  const app = rig.path('app.log');
  await rig.arrived(lines);
  truncateSync(app, textOf(lines.slice(0, 10)).length);
  append(app, ['new']);
  await rig.arrived([...lines, ...lines.slice(0, 10), 'new']);
  await rig.says(/app\.log: truncated.*from its start/);
  await rig.stop();
});

test('L15 edited by replacement (a new file under the name, as sed -i makes): the edited file is read from its start', async (t) => {
  const lines = numbered('line', 100);
  const rig = await startRig(t, { files: { 'app.log': lines } });
  const app = rig.path('app.log');
  await rig.arrived(lines);
  const edited = lines.map((line) => line.replace('line', 'edit'));
  writeFileSync(rig.path('sedXYZ'), readFileSync(app, 'utf8').replaceAll('line', 'edit'));
  renameSync(rig.path('sedXYZ'), app);
  await rig.arrived([...lines, ...edited]);
  append(app, ['new']);
  await rig.arrived([...lines, ...edited, 'new']);
  await rig.stop();
});

test('L18 the checkpoint lies beyond the end of the file after a restart: taken as truncated, said, read from its start', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': numbered('first', 100) } });
  const app = rig.path('app.log');
  await rig.arrived(numbered('first', 100));
  await rig.stop();
  writeFileSync(app, 'second\n');
  await rig.start();
  await rig.arrived([...numbered('first', 100), 'second']);
  await rig.says(/app\.log: holds other bytes than the 1300 already read; taken as truncated and read from its start/);
  append(app, numbered('third', 300));
  await rig.arrived([...numbered('first', 100), 'second', ...numbered('third', 300)]);
  await rig.restart();
  append(app, ['fourth']);
  await rig.arrived([...numbered('first', 100), 'second', ...numbered('third', 300), 'fourth']);
  await rig.stop();
});

test('L44 a hole of 1 GB, left by a writer that keeps its offset across a truncation, is skipped at the speed of reading, and counted to the byte', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['before'] } });
  const app = rig.path('app.log');
  await rig.arrived(['before']);
  const writer = openSync(app, 'r+');
  const hole = 2 ** 30;
  truncateSync(app, 0);
  writeSync(writer, 'behind the hole\nand more\n', hole);
  const started = process.uptime();
  await rig.arrived(['before', 'behind the hole', 'and more']);
  const took = process.uptime() - started;
  // A second where memory is warm; filling the page cache with a cold gigabyte of zeros takes two.
  t.diagnostic(`took ${took.toFixed(2)} s`);
  assertQuick(took * 1_000, 5_000, 'the notice included');
  assert.deepEqual(rig.report.drops.get('hole'), { events: 0, bytes: hole });
  writeSync(writer, 'last\n', hole + 25);
  closeSync(writer);
  await rig.arrived(['before', 'behind the hole', 'and more', 'last']);
  await rig.restart();
  append(app, ['after the restart']);
  await rig.arrived(['before', 'behind the hole', 'and more', 'last', 'after the restart']);
  await rig.stop();
});

test('L44 NULs at the end of a file are not taken for a hole before something follows: a file may be allocated ahead of its writer', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one']);
  truncateSync(app, 100_000);
  await delay(300);
  const writer = openSync(app, 'r+');
  writeSync(writer, 'two\nthree\n', 4);
  await rig.arrived(['one', 'two', 'three']);
  writeSync(writer, 'four\n', 14);
  closeSync(writer);
  await rig.arrived(['one', 'two', 'three', 'four']);
  assert.equal(rig.report.drops.get('hole'), undefined);
  await rig.stop();
  assert.deepEqual(rig.agent.unfinished, { files: 0, journals: [], bytes: 0, unread: [] });
});

test('L44 a file rotated with NULs at its end, allocated ahead of its writer: the next one is read at once, and it is let go like any other', async (t) => {
  const clock = monotonicClock(t);
  const rig = await startRig(t, { files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one']);
  truncateSync(app, 100_000);
  await until('the NULs to be seen', () => rig.generations.some(({ file }) => file.size === 100_000));
  rotate(app);
  append(app, ['two']);
  await rig.arrived(['one', 'two']);
  clock.advance(11 * 60_000);
  await until('the rotated file to be let go', () => rig.generations.length === 1);
  const since = process.cpuUsage();
  await delay(500);
  assertQuick(process.cpuUsage(since).user / 1_000, 250, 'half a second at rest');
  append(app, ['three']);
  await rig.arrived(['one', 'two', 'three']);
  await rig.stop();
});

test('L44 a file with NULs at its end that is truncated and begun anew with less is read from its start, and rotated loses nothing', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['a line of the first life'] } });
  const app = rig.path('app.log');
  await rig.arrived(['a line of the first life']);
  truncateSync(app, 100_000);
  await until('the NULs to be seen', () => rig.generations.some(({ file, unread }) => file.size === 100_000 && unread === 0));
  truncateSync(app, 0);
  append(app, ['new']);
  await rig.arrived(['a line of the first life', 'new']);
  rotate(app);
  append(app, ['next']);
  await rig.arrived(['a line of the first life', 'new', 'next']);
  await rig.stop();
});

test('L44 delivering what exists ends before the NULs at the end of a file', async (t) => {
  const rig = await rigFor(t, { files: { 'app.log': ['one'] } });
  truncateSync(rig.path('app.log'), 100_000);
  await rig.start({ untilCaughtUp: true });
  await rig.ended;
  assertSame(rig.messages(), ['one'], 'g/s');
});

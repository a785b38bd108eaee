import assert from 'node:assert/strict';
import { linkSync, mkdirSync, openSync, closeSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CheckpointStore } from '../../src/checkpoint/store.ts';
import { append, copyTruncate, numbered, rotate, textOf } from '../support/log-files.ts';
import { rigFor, startRig, until } from '../support/rig.ts';

/** Deletes the file and makes another with the same inode number, as file systems like to do; on one that does not, the same file is written anew, which looks the same. */
function reuseInode(path: string, text: string): void {
  const { ino } = statSync(path);
  const spare = join(dirname(path), 'spare');
  mkdirSync(spare);
  unlinkSync(path);
  for (let i = 0; i < 50; i++) {
    const candidate = join(spare, String(i));
    closeSync(openSync(candidate, 'w'));
    if (statSync(candidate).ino === ino) { renameSync(candidate, path); break; }
  }
  rmSync(spare, { recursive: true });
  writeFileSync(path, text);
}

for (const banner of ['', `${'# the same two kilobytes at the head of each file '.repeat(40)}\n`]) {
  const heads = banner === '' ? 'with other bytes' : 'with the same first 2 KB';
  const first = [...(banner === '' ? [] : [banner.slice(0, -1)]), ...numbered('first', 20)];
  const second = [...(banner === '' ? [] : [banner.slice(0, -1)]), ...numbered('second', 100)];

  test(`L05 a file is deleted and its inode number reused for a larger one ${heads} while the agent is stopped: the new file arrives from its first byte`, async (t) => {
    const rig = await startRig(t, { files: { 'app.log': first } });
    await rig.arrived(first);
    await rig.stop();
    reuseInode(rig.path('app.log'), textOf(second));
    await rig.start();
    await rig.arrived([...first, ...second]);
    await rig.stop();
  });

  test(`L05 a file is deleted and its inode number reused for a larger one ${heads} while it is followed but not held open: the new file arrives from its first byte`, async (t) => {
    const rig = await startRig(t, { files: { 'app.log': first } });
    await rig.arrived(first);
    rig.generations[0]!.close();
    reuseInode(rig.path('app.log'), textOf(second));
    await rig.arrived([...first, ...second]);
    await rig.stop();
  });
}

test('L06 files that begin with the same kilobyte: each arrives complete, in its own stream, after a restart too', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: '*.csv', follow: 'all', stream: 's', streamPerFile: true }] });
  const banner = `id;name;${'column;'.repeat(200)}`;
  const streams = ['a', 'b', 'c'].map((name) => ({ name, stream: `s_${rig.path(`${name}.csv`).replaceAll('/', '_')}`, lines: [banner, ...numbered(name, 200)] }));
  for (const { name, lines } of streams) append(rig.path(`${name}.csv`), lines);
  await rig.start();
  for (const { stream, lines } of streams) await rig.delivered('g', stream, lines);
  await rig.restart();
  for (const one of streams) {
    const more = numbered(`${one.name}-more`, 50);
    append(rig.path(`${one.name}.csv`), more);
    one.lines.push(...more);
  }
  for (const { stream, lines } of streams) await rig.delivered('g', stream, lines);
  await rig.stop();
});

for (const size of [1, 2, 100, 1_023]) {
  test(`L07 a file of ${size} bytes that never grows: sent, not sent again after a restart, and known when it is rotated`, async (t) => {
    const rig = await rigFor(t, { entries: [{ path: 'app.log', partialLineTimeoutMs: 200 }] });
    const app = rig.path('app.log');
    const text = 'x'.repeat(size === 1 ? 1 : size - 1);
    writeFileSync(app, size === 1 ? text : `${text}\n`);
    await rig.start();
    const sent = size === 1 ? `${text}[Truncated...]` : text;
    await rig.arrived([sent]);
    await rig.restart();
    await until('the file to be found', () => rig.generations.length === 1);
    rotate(app, false);
    append(app, ['new']);
    await rig.arrived([sent, 'new']);
    await rig.stop();
  });
}

test('L08 the device number changes while the agent is stopped, as at a reboot: nothing is sent again, and what is new arrives', async (t) => {
  const lines = numbered('line', 300);
  const rig = await startRig(t, { entries: [{ path: 'app.log' }, { path: 'other.log', stream: 'o' }], files: { 'app.log': lines, 'other.log': ['o1'] } });
  await rig.arrived(lines);
  await rig.delivered('g', 'o', ['o1']);
  await rig.stop();
  const store = await CheckpointStore.open(rig.stateDir, { report: { checkpointTrouble: assert.fail, checkpointRecovered: () => {} } });
  assert.equal(store.size, 2);
  for (const checkpoint of store.all()) checkpoint.identify({ ...checkpoint.id, device: checkpoint.id.device + 7 });
  await store.flush();
  await store.close();
  append(rig.path('app.log'), ['later']);
  rotate(rig.path('app.log'));
  append(rig.path('app.log'), ['latest']);
  await rig.start();
  await rig.arrived([...lines, 'later', 'latest']);
  append(rig.path('other.log'), ['o2']);
  await rig.delivered('g', 'o', ['o1', 'o2']);
  await rig.stop();
});

test('L09 a second hard link that matches: the file is read once, and goes on under the link that stays', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: '*.log', follow: 'all' }], files: { 'app.log': ['one'] } });
  linkSync(rig.path('app.log'), rig.path('link.log'));
  await rig.start();
  await rig.arrived(['one']);
  append(rig.path('link.log'), ['two']);
  await rig.arrived(['one', 'two']);
  unlinkSync(rig.path('app.log'));
  append(rig.path('link.log'), ['three']);
  await rig.arrived(['one', 'two', 'three']);
  await rig.restart();
  append(rig.path('link.log'), ['four']);
  await rig.arrived(['one', 'two', 'three', 'four']);
  await rig.stop();
});

test('L09 two entries that match the same file: each gets every line once', async (t) => {
  const lines = numbered('line', 1_000);
  const rig = await startRig(t, { entries: [{ path: '*.log', follow: 'all', group: 'g1' }, { path: 'app.*', follow: 'all', group: 'g2' }], files: { 'app.log': lines } });
  await rig.delivered('g1', 's', lines);
  await rig.delivered('g2', 's', lines);
  await rig.restart();
  append(rig.path('app.log'), ['more']);
  await rig.delivered('g1', 's', [...lines, 'more']);
  await rig.delivered('g2', 's', [...lines, 'more']);
  await rig.stop();
});

test('L12 the copy of copytruncate matches the pattern: recognised, never sent', async (t) => {
  const lines = ['begin'];
  const rig = await startRig(t, { entries: [{ path: 'app.log*', follow: 'all' }], files: { 'app.log': lines } });
  const app = rig.path('app.log');
  for (let round = 1; round <= 3; round++) {
    const batch = numbered(`round${round}`, 500);
    append(app, batch);
    lines.push(...batch);
    await rig.arrived(lines);
    copyTruncate(app, `${app}.${round}`);
    await delay(round * 50);
  }
  append(app, ['end']);
  await rig.arrived([...lines, 'end']);
  await rig.restart();
  append(app, ['after']);
  await rig.arrived([...lines, 'end', 'after']);
  await rig.stop();
});

test('L12 a copy that is seen while it is being written: recognised when it is complete, never sent', async (t) => {
  const lines = numbered('line', 2_000);
  const rig = await startRig(t, { entries: [{ path: 'app.log*', follow: 'all' }], files: { 'app.log': lines } });
  const app = rig.path('app.log');
  await rig.arrived(lines);
  const text = textOf(lines);
  writeFileSync(`${app}.1`, text.slice(0, 9_000));
  await delay(1_200);
  writeFileSync(`${app}.1`, text);
  await delay(600);
  writeFileSync(app, '');
  append(app, ['new']);
  await rig.arrived([...lines, 'new']);
  await delay(1_100);
  await rig.stop();
});

test('L12 a copy made while the agent is stopped matches the pattern: recognised, never sent', async (t) => {
  const lines = numbered('line', 2_000);
  const rig = await startRig(t, { entries: [{ path: 'app.log*', follow: 'all' }], files: { 'app.log': lines } });
  const app = rig.path('app.log');
  await rig.arrived(lines);
  await rig.stop();
  copyTruncate(app);
  append(app, ['new']);
  await rig.start();
  await rig.arrived([...lines, 'new']);
  await rig.stop();
});

import assert from 'node:assert/strict';
import { appendFileSync, closeSync, mkdirSync, openSync, renameSync, statSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicClock } from '../support/clock.ts';
import { append, numbered, rotate, textOf } from '../support/log-files.ts';
import { rigFor, startRig, until } from '../support/rig.ts';

/** Batches so small that a few thousand lines are a backlog, and little memory to hold them. */
const SMALL = { delivery: { flushMs: 50, maxBatchBytes: 20_000 } };
const entry = (path: string) => ({ path, maxEventBytes: 10_000 });
const MINUTE = 60_000;

test('L01 rename and create with the reader caught up: every line once, in order', async (t) => {
  const lines = ['ready'];
  const rig = await startRig(t, { files: { 'app.log': lines } });
  const app = rig.path('app.log');
  for (let round = 0; round < 3; round++) {
    const batch = numbered(`round${round}`, 1_000);
    append(app, batch);
    lines.push(...batch);
    await rig.arrived(lines);
    rotate(app);
  }
  await rig.stop();
});

test('L01 rotations in quick succession, some of empty files: every line once, in order', async (t) => {
  const lines = ['ready'];
  const rig = await startRig(t, { files: { 'app.log': lines } });
  const app = rig.path('app.log');
  await rig.arrived(lines);
  for (let round = 0; round < 12; round++) {
    const batch = round % 4 === 3 ? [] : numbered(`round${round}`, 50);
    append(app, batch);
    lines.push(...batch);
    if (round % 2 === 0) await delay(round * 5);
    rotate(app);
  }
  await rig.arrived(lines);
  await rig.stop();
});

test('L02 rename rotation with a backlog: every line of the old file arrives before the new one\'s, none lost, none twice, however long the service is away', async (t) => {
  const clock = monotonicClock(t);
  const rig = await rigFor(t, { ...SMALL, entries: [entry('app.log')] });
  const app = rig.path('app.log');
  const served = rig.outage();
  const [first, second, third] = [numbered('first', 10_000, 0, 60), numbered('second', 3_000, 0, 60), numbered('third', 500, 0, 60)];
  append(app, first);
  await rig.start();
  await rig.stalled();
  rotate(app);
  append(app, second);
  await delay(100);
  rotate(app);
  append(app, third);
  assert.ok(rig.report.readBytes < statSync(`${app}.2`).size / 2, `there is a backlog: ${rig.report.readBytes} bytes were read`);
  clock.advance(30 * MINUTE);
  await delay(1_100);
  assert.equal(rig.held(), 0);
  served();
  await rig.arrived([...first, ...second, ...third]);
  await rig.stop();
});

for (const pause of [0, 400, 2_600]) {
  test(`L03 the new file appears ${pause} ms after the rename: what its writer adds to the old one meanwhile arrives, then the new file from its first byte`, async (t) => {
    const [old, tail, fresh] = [numbered('old', 500), numbered('tail', 500), numbered('fresh', 500)];
    const rig = await startRig(t, { files: { 'app.log': old } });
    const app = rig.path('app.log');
    await rig.arrived(old);
    const writer = openSync(app, 'a');
    rotate(app, false);
    writeSync(writer, textOf(tail));
    closeSync(writer);
    await delay(pause);
    append(app, fresh);
    await rig.arrived([...old, ...tail, ...fresh]);
    await rig.stop();
  });
}

test('L03b a writer that keeps the renamed file open until it is told to reopen: its lines arrive, up to ten minutes after the last of them, and then the file is let go', async (t) => {
  const clock = monotonicClock(t);
  const expected = ['before'];
  const rig = await startRig(t, { files: { 'app.log': expected } });
  const app = rig.path('app.log');
  const writer = openSync(app, 'a');
  await rig.arrived(expected);
  rotate(app);
  for (let i = 0; i < 5; i++) {
    writeSync(writer, `late ${i}\n`);
    expected.push(`late ${i}`);
    await rig.arrived(expected);
  }
  append(app, ['after the reopening']);
  expected.push('after the reopening');
  await rig.arrived(expected);
  for (const minute of [9, 9]) {
    clock.advance(minute * MINUTE);
    writeSync(writer, `${minute} minutes later\n`);
    expected.push(`${minute} minutes later`);
    await rig.arrived(expected);
  }
  assert.equal(rig.agent.openFiles, 2);
  clock.advance(11 * MINUTE);
  await until('the old file to be let go', () => rig.agent.openFiles === 1);
  closeSync(writer);
  await rig.stop();
});

test('L03b the renamed file is not let go while its lines are unacknowledged, however long it is quiet', async (t) => {
  const clock = monotonicClock(t);
  const rig = await startRig(t, { files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one']);
  const served = rig.outage();
  append(app, ['two']);
  await until('the second line to be read', () => rig.report.readBytes === 8);
  rotate(app);
  append(app, ['three']);
  await until('the third line to be read', () => rig.report.readBytes === 14);
  clock.advance(60 * MINUTE);
  await delay(600);
  assert.equal(rig.generations.length, 2);
  served();
  await rig.arrived(['one', 'two', 'three']);
  await rig.stop();
});

for (const follow of ['all', 'newest'] as const) {
  test(`L10 the rotated name matches the pattern too (follow: ${follow}): nothing is sent again, running or restarted`, async (t) => {
    const lines = ['ready'];
    const rig = await startRig(t, { entries: [{ path: 'app.log*', follow }], files: { 'app.log': lines } });
    const app = rig.path('app.log');
    for (let round = 0; round < 3; round++) {
      const batch = numbered(`round${round}`, 200);
      append(app, batch);
      lines.push(...batch);
      await rig.arrived(lines);
      rotate(app);
    }
    append(app, ['four']);
    await rig.arrived([...lines, 'four']);
    await rig.restart();
    rotate(app);
    append(app, ['five']);
    await rig.arrived([...lines, 'four', 'five']);
    await rig.stop();
  });
}

test('L10 dateext names that match the pattern, rotated while the agent is stopped: nothing is sent again, nothing is left out', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app*.log', follow: 'all' }], files: { 'app.log': ['one', 'two'] } });
  await rig.arrived(['one', 'two']);
  await rig.stop();
  appendFileSync(rig.path('app.log'), 'three\n');
  renameSync(rig.path('app.log'), rig.path('app-20261121.log'));
  append(rig.path('app.log'), ['four']);
  await rig.start();
  await rig.arrived(['one', 'two', 'three', 'four']);
  await rig.stop();
});

const JAVA = { kind: 'pattern', pattern: { source: '^\\d{4} ', js: '^\\d{4} ', flags: 'm' } } as const;

for (const start of [{ kind: 'nonspace' }, JAVA] as const) {
  test(`L46 a multi-line event that goes on behind a rotation is one event (${start.kind} rule)`, async (t) => {
    const rig = await startRig(t, { entries: [{ path: 'app.log', start, multilineTimeoutMs: 1_000 }], files: { 'app.log': ['1000 ready'] } });
    const app = rig.path('app.log');
    await rig.arrived(['1000 ready']);
    append(app, ['1001 Exception', '\tat one']);
    await delay(200);
    rotate(app);
    append(app, ['\tat two', '\tat three', '1002 next']);
    await rig.arrived(['1000 ready', '1001 Exception\n\tat one\n\tat two\n\tat three', '1002 next']);
    await rig.stop();
  });
}

test('L46 a file that is rotated while it is still empty stands between the parts: still one event, in order', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', multilineTimeoutMs: 1_000 }], files: { 'app.log': ['ready'] } });
  const app = rig.path('app.log');
  await rig.arrived(['ready']);
  append(app, ['Exception', '\tat one']);
  await delay(150);
  rotate(app);
  await until('the empty file to be followed', () => rig.generations.length === 2);
  rotate(app);
  append(app, ['\tat two', 'next', 'last']);
  await rig.arrived(['ready', 'Exception\n\tat one\n\tat two', 'next', 'last']);
  await rig.stop();
});

test('L46 a multi-line event across a rotation that happened while the agent was stopped is one event', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', multilineTimeoutMs: 600 }], files: { 'app.log': ['ready'] } });
  const app = rig.path('app.log');
  await rig.arrived(['ready']);
  await rig.stop();
  append(app, ['Exception', '\tat one']);
  rotate(app);
  append(app, ['\tat two', 'next']);
  await rig.start();
  await rig.arrived(['ready', 'Exception\n\tat one\n\tat two', 'next']);
  await rig.stop();
});

test('L46 an event held across a rotation survives an outage and a crash: still one event, once', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', multilineTimeoutMs: 3_000 }], files: { 'app.log': ['ready'] } });
  const app = rig.path('app.log');
  await rig.arrived(['ready']);
  const served = rig.outage();
  append(app, ['Exception', '\tat one']);
  await delay(150);
  rotate(app);
  append(app, ['\tat two', 'next', 'last']);
  await until('the events to be read', () => rig.report.requestsRetried > 0);
  await rig.crash();
  served();
  await rig.start();
  await rig.arrived(['ready', 'Exception\n\tat one\n\tat two', 'next', 'last']);
  await rig.stop();
});

test('L56 a symbolic link that is pointed to a new file: the old target is drained first, the new one read from its start within 2 s', async (t) => {
  const rig = await rigFor(t, { ...SMALL, entries: [entry('current.log')] });
  const [old, fresh] = [numbered('old', 3_000, 0, 60), numbered('fresh', 1_000, 0, 60)];
  append(rig.path('app-1.txt'), old);
  append(rig.path('app-2.txt'), fresh);
  symlinkSync('app-1.txt', rig.path('current.log'));
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  symlinkSync('app-2.txt', rig.path('current.tmp'));
  renameSync(rig.path('current.tmp'), rig.path('current.log'));
  await delay(1_200);
  served();
  await rig.arrived([...old, ...fresh]);
  unlinkSync(rig.path('current.log'));
  symlinkSync('app-3.txt', rig.path('current.log'));
  append(rig.path('app-3.txt'), ['third']);
  await rig.arrived([...old, ...fresh, 'third'], 2_000);
  await rig.stop();
});

test('L58 the directory of the file is renamed and made again: the old file is read to its end, the new one found within 2 s', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'app/current.log' }] });
  mkdirSync(rig.path('app'));
  append(rig.path('app/current.log'), ['one']);
  await rig.start();
  await rig.arrived(['one']);
  const writer = openSync(rig.path('app/current.log'), 'a');
  renameSync(rig.path('app'), rig.path('app.old'));
  writeSync(writer, 'two\n');
  closeSync(writer);
  mkdirSync(rig.path('app'));
  writeFileSync(rig.path('app/current.log'), 'three\n');
  await rig.arrived(['one', 'two', 'three'], 2_000);
  await rig.stop();
});

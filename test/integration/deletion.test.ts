import assert from 'node:assert/strict';
import { appendFileSync, closeSync, openSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicClock } from '../support/clock.ts';
import { append, numbered, rotate, textOf } from '../support/log-files.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';

const SMALL = { delivery: { flushMs: 50, maxBatchBytes: 20_000 }, entries: [{ path: 'app.log', maxEventBytes: 10_000 }] };

test('L19 an open file is deleted with a backlog: drained to its last byte, the bytes its writer adds after the deletion too', async (t) => {
  const lines = numbered('line', 10_000, 0, 60);
  const rig = await rigFor(t, { ...SMALL, files: { 'app.log': lines } });
  const app = rig.path('app.log');
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  const writer = openSync(app, 'a');
  unlinkSync(app);
  writeSync(writer, 'after the deletion\n');
  await delay(300);
  served();
  await rig.arrived([...lines, 'after the deletion']);
  writeSync(writer, 'much later\n');
  closeSync(writer);
  append(app, ['a new file']);
  await rig.arrived([...lines, 'after the deletion', 'much later', 'a new file']);
  await rig.stop();
  assert.deepEqual([...rig.report.drops], []);
});

test('L19 a quiet file whose descriptor was kept is deleted and made again: nothing of the old one is missing, the new one follows', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one']);
  await until('the file to be quiet', () => rig.generations.length === 1);
  appendFileSync(app, 'two\n');
  unlinkSync(app);
  append(app, ['three']);
  await rig.arrived(['one', 'two', 'three']);
  await rig.stop();
});

test('L19 deleted files held open stay within max_deleted_bytes: the oldest is let go, its lost bytes counted exactly, and said', async (t) => {
  const lines = numbered('line', 10_000, 0, 60);
  const rig = await rigFor(t, { ...SMALL, reading: { maxDeletedBytes: 100_000 }, files: { 'app.log': lines } });
  const app = rig.path('app.log');
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  const size = statSync(app).size;
  const { readBytes } = rig.report;
  unlinkSync(app);
  append(app, ['a new file']);
  served();
  await until('the loss to be counted or all to be delivered', () => rig.report.drops.has('released-deleted') || rig.held() >= lines.length, 15_000);
  const dropped = rig.report.drops.get('released-deleted');
  await until('the new file to arrive', () => rig.messages().at(-1) === 'a new file');
  await rig.stop();
  if (dropped === undefined) { assertSame(rig.messages(), [...lines, 'a new file'], 'drained before the bound was looked at'); return; }
  assert.ok(readBytes < size);
  const got = rig.messages().slice(0, -1);
  assertSame(got, lines.slice(0, got.length), 'what was read of it');
  assert.equal(dropped.bytes, size - textOf(got).length);
});

test('L20 an open file is deleted and its last line has no newline: the line is sent', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', partialLineTimeoutMs: 300 }], files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one']);
  appendFileSync(app, 'two\nthree without an end');
  unlinkSync(app);
  await rig.arrived(['one', 'two', 'three without an end[Truncated...]']);
  await rig.stop();
});

test('L20 the same, when another file takes the name: the new file does not wait for the line, and the line is sent', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', partialLineTimeoutMs: 600 }], files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one']);
  appendFileSync(app, 'two\nthree without an end');
  unlinkSync(app);
  append(app, ['four']);
  await rig.arrived(['one', 'two', 'four', 'three without an end[Truncated...]']);
  await rig.stop();
});

for (const pause of [0, 200]) {
  test(`L20 stop ${pause} ms after the deletion: nobody can read the file again, so its last line is sent whole before the agent ends, and all before it`, async (t) => {
    const lines = numbered('line', 3_000, 0, 60);
    const rig = await startRig(t, { ...SMALL, files: { 'app.log': ['one'] } });
    const app = rig.path('app.log');
    await rig.count('g', 's', 1);
    append(app, lines);
    appendFileSync(app, 'without an end');
    unlinkSync(app);
    await delay(pause);
    await rig.stop();
    assertSame(rig.messages(), ['one', ...lines, 'without an end'], 'delivered by the stop');
    await rig.start();
    append(app, ['a new file']);
    await rig.arrived(['one', ...lines, 'without an end', 'a new file']);
    await rig.stop();
  });
}

test('L20 deliver what exists, then exit: a last line without newline is part of it', async (t) => {
  const rig = await startRig(t, { untilCaughtUp: true });
  await rig.ended;
  appendFileSync(rig.path('app.log'), 'one\ntwo without an end');
  await rig.start();
  await rig.ended;
  assertSame(rig.messages(), ['one', 'two without an end'], 'caught up');
});

test('L20 deliver what exists, then exit: the last line of a rotated file has no newline, and stands before the new file\'s', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.count('g', 's', 1);
  await rig.stop();
  appendFileSync(app, 'two without an end');
  rotate(app);
  append(app, ['three']);
  await rig.start({ untilCaughtUp: true });
  await rig.ended;
  assertSame(rig.messages(), ['one', 'two without an end', 'three'], 'caught up');
});

test('L19 a file rotated away while the agent was stopped, with none in its place, is let go 10 minutes after it was read to its end', async (t) => {
  const clock = monotonicClock(t);
  const rig = await startRig(t, { entries: [{ path: 'app.log', start: { kind: 'line' } }], files: { 'app.log': ['one'] } });
  await rig.arrived(['one']);
  await rig.stop();
  append(rig.path('app.log'), ['two']);
  renameSync(rig.path('app.log'), rig.path('app.log.1'));
  await rig.start();
  await rig.arrived(['one', 'two']);
  assert.equal(rig.generations.length, 1);
  unlinkSync(rig.path('app.log.1'));
  clock.advance(11 * 60_000);
  await until('its descriptor to be closed', () => rig.generations.length === 0);
  assert.equal(rig.agent.openFiles, 0);
  await rig.stop();
});

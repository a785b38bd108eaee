import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readlinkSync, renameSync, truncateSync, unlinkSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { auditOf } from '../../src/agent/audit.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered, rotate } from '../support/log-files.ts';
import { quarantined } from '../support/quarantined.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const A = { path: 'a.log', stream: 'a' };
const B = { path: 'b.log', stream: 'b' };
const KEPT = { kept: 1, changed: 0, added: 0, removed: 0 };

/** Descriptors of this process that lead to files of the rig. */
function openBelow(folder: string): number {
  let count = 0;
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)) count++;
    } catch { /* closed since it was listed */ }
  }
  return count;
}

test('an entry that stays the same keeps its files open and its position when others are added, changed and removed', async (t) => {
  const rig = await startRig(t, { entries: [A, B], files: { 'a.log': ['a1'], 'b.log': ['b1'], 'c.log': ['c1'] } });
  await rig.delivered('g', 'a', ['a1']);
  await rig.delivered('g', 'b', ['b1']);
  const kept = rig.generations.find(({ path }) => path === rig.path('a.log'));
  const difference = await rig.apply({ entries: [{ path: 'c.log', stream: 'c' }, A, { ...B, stream: 'other' }] });
  assert.deepEqual(difference, { kept: 1, changed: 1, added: 1, removed: 0 });
  await rig.agent.changed();
  assert.deepEqual(await rig.apply({ entries: [A] }), { kept: 1, changed: 0, added: 0, removed: 2 });
  await rig.agent.changed();
  assert.deepEqual(rig.generations, [kept], 'the very same generation is followed on, and nothing else');
  assert.equal(rig.agent.pipelines[0]?.entry.pointer, '/logs/logs_collected/files/collect_list/0', 'it knows its new place in the config');
  append(rig.path('a.log'), ['a2']);
  append(rig.path('b.log'), ['nobody wants this']);
  await rig.delivered('g', 'a', ['a1', 'a2']);
  await rig.delivered('g', 'c', ['c1']);
  await rig.stop();
  assertSame(rig.messages('g', 'other'), [], 'a stream that nothing was written for');
});

test('L67 a changed entry hands over while its file grows and rotates: each line goes to one of the two streams, in order, once', async (t) => {
  const rig = await startRig(t, { entries: [{ ...A, stream: 'v0' }], files: { 'a.log': [] } });
  const lines: string[] = [];
  let writing = true;
  const writer = (async () => {
    for (let i = 0; writing; i++) {
      const more = numbered(`round ${i}`, 50);
      append(rig.path('a.log'), more);
      lines.push(...more);
      if (i % 7 === 3) rotate(rig.path('a.log'));
      await delay(5);
    }
  })();
  for (let version = 1; version <= 20; version++) {
    assert.deepEqual(await rig.apply({ entries: [{ ...A, stream: `v${version}` }] }), { kept: 0, changed: 1, added: 0, removed: 0 });
    await rig.agent.changed();
  }
  writing = false;
  await writer;
  const streams = Array.from({ length: 21 }, (_, version) => `v${version}`);
  await until('all lines to arrive', () => streams.reduce((sum, stream) => sum + rig.held('g', stream), 0) >= lines.length);
  await rig.stop();
  assertSame(streams.flatMap((stream) => rig.messages('g', stream)), lines, 'all streams, one after the other');
});

test('an entry whose destination fails is changed at once: the next one gets all that was held, and the failing one nothing later', localOnly('faults'), async (t) => {
  const lines = numbered('line', 2_000);
  const rig = await rigFor(t, { entries: [{ ...A, group: 'wrong' }], files: { 'a.log': lines } });
  rig.endpoint.faults.add({ operation: 'PutLogEvents', group: 'wrong', kind: 'access-denied' });
  await rig.start();
  await until('the destination to be paused', () => rig.agent.lanes.some((lane) => lane.state === 'paused'));
  await rig.apply({ entries: [{ ...A, group: 'right' }] });
  await rig.agent.changed();
  await rig.delivered('right', 'a', lines);
  await rig.stop();
  assertSame(rig.messages('wrong', 'a'), [], 'the stream that was refused');
});

/** A running agent whose destination is away and holds all of `first`, which is in no file any more; `second` is in its place. */
async function heldOfTruncated(t: TestContext): Promise<{ readonly rig: Rig; readonly first: readonly string[]; readonly second: readonly string[]; readonly served: () => void }> {
  const [first, second] = [numbered('first', 100), numbered('second', 100)];
  const rig = await rigFor(t, { entries: [A], files: { 'a.log': first } });
  const served = rig.outage();
  await rig.start();
  await until('the destination to fail with all that it holds', () => rig.agent.lanes.some((lane) => lane.isFailing && lane.held > 0) && rig.generations.every(({ unread }) => unread === 0));
  truncateSync(rig.path('a.log'), 0);
  append(rig.path('a.log'), second);
  await until('the truncation to be seen', () => rig.generations.some((g) => g.truncated));
  return { rig, first, second, served };
}

test('what a failing destination holds of a file that was truncated since stays there, and holds up no change: it arrives there when the destination takes it', async (t) => {
  const { rig, first, second, served } = await heldOfTruncated(t);
  await rig.apply({ entries: [{ ...A, stream: 'next' }] });
  await rig.agent.changed();
  served();
  await rig.delivered('g', 'next', second);
  await until('what was held to arrive', () => rig.held('g', 'a') >= first.length);
  await rig.stop();
  assertSame(rig.messages('g', 'a').slice(0, first.length), first, 'what the old destination held');
  assert.deepEqual([...rig.report.drops], []);
});

test('a stop during an outage keeps in quarantine what is held of a file that was truncated since: the next start could not read it', async (t) => {
  const { rig, first, second, served } = await heldOfTruncated(t);
  await rig.crash();
  assertSame(quarantined(rig).map(({ message }) => message), first, 'the quarantine');
  assert.equal(rig.report.drops.get('gone-at-stop')?.events, first.length);
  const audited = auditOf(rig.stateDir, rig.path('a.log')).generations.flatMap(({ ranges }) => ranges.flatMap(({ losses }) => losses)).filter(({ reason }) => reason === 'gone-at-stop');
  assert.equal(audited.reduce((sum, { events }) => sum + events, 0), first.length, 'the audit knows it too');
  served();
  await rig.start();
  await rig.delivered('g', 'a', second);
  await rig.stop();
});

test('a deleted file that was not read to its end is handed over open: nothing of it is lost by the change', async (t) => {
  const lines = numbered('line', 10_000, 0, 60);
  const rig = await rigFor(t, { entries: [{ ...A, maxEventBytes: 10_000 }], delivery: { maxBatchBytes: 20_000, flushMs: 50 }, files: { 'a.log': lines } });
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  const writer = openSync(rig.path('a.log'), 'a');
  unlinkSync(rig.path('a.log'));
  await rig.apply({ entries: [{ ...A, maxEventBytes: 10_000, stream: 'next' }], delivery: { maxBatchBytes: 20_000, flushMs: 50 } });
  await rig.agent.changed();
  writeSync(writer, 'after the change\n');
  closeSync(writer);
  append(rig.path('a.log'), ['a new file']);
  served();
  await rig.delivered('g', 'next', [...lines, 'after the change', 'a new file']);
  await rig.stop();
  assert.deepEqual([...rig.report.drops], []);
});

test('a file renamed out of the pattern is handed over too: what its writer adds after the change arrives', async (t) => {
  const rig = await startRig(t, { entries: [A], files: { 'a.log': ['one'] } });
  await rig.delivered('g', 'a', ['one']);
  const writer = openSync(rig.path('a.log'), 'a');
  renameSync(rig.path('a.log'), rig.path('elsewhere.old'));
  await until('the rename to be seen', () => rig.generations[0]?.file.attachment === 'renamed');
  await rig.apply({ entries: [{ ...A, stream: 'next' }] });
  await rig.agent.changed();
  writeSync(writer, 'two\n');
  closeSync(writer);
  await rig.delivered('g', 'next', ['two']);
  await rig.stop();
});

test('a removed entry finishes what it holds, and goes on where it was when it comes back', async (t) => {
  const rig = await startRig(t, { entries: [A, B], files: { 'a.log': ['a1'], 'b.log': ['b1', 'b2'] } });
  await rig.delivered('g', 'b', ['b1', 'b2']);
  await rig.apply({ entries: [A] });
  await rig.agent.changed();
  append(rig.path('b.log'), ['b3']);
  assert.deepEqual(await rig.apply({ entries: [A, B] }), { ...KEPT, added: 1 });
  await rig.delivered('g', 'b', ['b1', 'b2', 'b3']);
  await rig.stop();
});

test('an entry that is removed during an outage is handed on when it comes back before it has drained: nothing is lost or doubled', async (t) => {
  const lines = numbered('line', 1_000);
  const rig = await rigFor(t, { entries: [A, B], files: { 'a.log': ['a1'], 'b.log': lines } });
  const served = rig.outage();
  await rig.start();
  await until('the destination to fail', () => rig.agent.lanes.some((lane) => lane.destination.stream === 'b' && lane.state === 'retrying'));
  await rig.apply({ entries: [A] });
  assert.equal(rig.agent.changing, 1, 'it drains');
  await rig.apply({ entries: [A, B] });
  await rig.agent.changed();
  served();
  await rig.delivered('g', 'b', lines);
  await rig.stop();
});

test('other settings of delivery hand every entry over, and what the old ones used is closed', async (t) => {
  const rig = await startRig(t, { entries: [A, B], files: { 'a.log': ['a1'], 'b.log': ['b1'] } });
  await rig.delivered('g', 'a', ['a1']);
  await rig.delivered('g', 'b', ['b1']);
  const before = rig.agent.budget;
  assert.deepEqual(await rig.apply({ entries: [A, B], delivery: { flushMs: 20, budgetBytes: 8_388_608 } }), { kept: 0, changed: 2, added: 0, removed: 0 });
  await rig.agent.changed();
  assert.notEqual(rig.agent.budget, before);
  assert.equal(rig.agent.budget?.limit, 8_388_608);
  append(rig.path('a.log'), ['a2']);
  append(rig.path('b.log'), ['b2']);
  await rig.delivered('g', 'a', ['a1', 'a2']);
  await rig.delivered('g', 'b', ['b1', 'b2']);
  await until('what the old ones used to be let go of', () => rig.agent.lanes.length === 2);
  assert.equal(openBelow(rig.logs), 2, 'one descriptor for each file');
  await rig.stop();
});

test('what plans in between delivered through is closed while another entry still makes way: each would keep its connections', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [A, { ...B, group: 'wrong' }], files: { 'a.log': [], 'b.log': ['held'] } });
  rig.endpoint.faults.add({ operation: 'PutLogEvents', group: 'wrong', kind: 'reset' });
  await rig.start();
  await until('the destination of b to fail', () => rig.agent.lanes.some((lane) => lane.isFailing));
  const lines = numbered('line', 6);
  for (const [i, line] of lines.entries()) {
    await rig.apply({ entries: [A], delivery: { flushMs: 10 + i } });
    append(rig.path('a.log'), [line]);
    await rig.delivered('g', 'a', lines.slice(0, i + 1));
  }
  await until('only the present way and that of b to be left', () => rig.agent.lanes.filter(({ destination }) => destination.stream === 'a').length <= 2);
  assert.equal(rig.agent.changing, 1, 'b is not done');
  rig.endpoint.faults.clear();
  await rig.delivered('wrong', 'b', ['held']);
  await rig.stop();
});

test('L67 a stop in the middle of a change loses and doubles nothing', async (t) => {
  const lines = numbered('line', 3_000, 0, 200);
  const rig = await startRig(t, { entries: [A], delivery: { flushMs: 50, maxBatchBytes: 65_536 }, files: { 'a.log': lines } });
  rig.slow(20);
  await rig.count('g', 'a', 300);
  void rig.apply({ entries: [{ ...A, stream: 'next' }], delivery: { flushMs: 50, maxBatchBytes: 65_536 } });
  await rig.stop();
  await rig.start({ entries: [{ ...A, stream: 'next' }] });
  await until('all lines to arrive', () => rig.held('g', 'a') + rig.held('g', 'next') >= lines.length);
  await rig.stop();
  assertSame([...rig.messages('g', 'a'), ...rig.messages('g', 'next')], lines, 'both streams');
});

test('several rotated files handed over at once are followed once each: the stop after the change ends', async (t) => {
  const rig = await startRig(t, { entries: [A], files: { 'a.log': ['one'] } });
  for (const [count, line] of ['two', 'three'].entries()) {
    rotate(rig.path('a.log'));
    await until('the rotation to be seen', () => rig.generations.filter(({ file }) => file.attachment === 'renamed').length === count + 1);
    append(rig.path('a.log'), [line]);
    await rig.count('g', 'a', count + 2);
  }
  await rig.apply({ entries: [{ ...A, stream: 'next' }] });
  await rig.agent.changed();
  append(rig.path('a.log'), ['four']);
  await rig.delivered('g', 'next', ['four']);
  await rig.stop(5_000);
});

test('L67 a stop in the middle of a change still sends what is in a deleted file, which nobody could read later', async (t) => {
  const lines = numbered('line', 3_000, 0, 200);
  const delivery = { flushMs: 50, maxBatchBytes: 65_536 };
  const rig = await startRig(t, { entries: [A], delivery, files: { 'a.log': lines } });
  rig.slow(100);
  await rig.count('g', 'a', 300);
  unlinkSync(rig.path('a.log'));
  await rig.apply({ entries: [{ ...A, stream: 'next' }], delivery });
  assert.equal(rig.agent.changing, 1, 'what was read is not acknowledged yet');
  await rig.stop();
  assertSame([...rig.messages('g', 'a'), ...rig.messages('g', 'next')], lines, 'both streams');
});

import assert from 'node:assert/strict';
import { appendFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { statusOf } from '../../src/agent/status.ts';
import { NO_CONFIG } from '../support/no-config.ts';
import type { StatusDocument } from '../../src/control/status-document.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered } from '../support/log-files.ts';
import { rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const look = (rig: Rig): StatusDocument => statusOf(rig.agent, '9.9.9', NO_CONFIG);
const conserved = ({ counters: { readBytes, settledBytes, heldBytes } }: StatusDocument): boolean => readBytes === settledBytes + heldBytes;

test('status: size, offset, safe offset and lag of each file, and the destination it goes to', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: '*.log', follow: 'all', streamPerFile: true, stream: 'x' }] });
  append(rig.path('a.log'), numbered('a', 100));
  append(rig.path('b.log'), numbered('b', 50));
  await rig.start();
  await until('both files to be acknowledged', () => look(rig).counters.deliveredEvents === 150);
  const status = look(rig);
  assert.deepEqual(status.entries.map(({ pattern, files, skipped }) => ({ pattern, files, skipped })), [{ pattern: rig.path('*.log'), files: 2, skipped: 0 }]);
  assert.equal(status.files.total, 2);
  for (const [name, size] of [['a.log', 900], ['b.log', 450]] as const) {
    const file = status.files.list.find(({ path }) => path === rig.path(name))!;
    const { entry, size: seen, offset, safeOffset, lagBytes, attachment, lastError, lastAckAt, group, stream } = file;
    assert.deepEqual({ entry, seen, offset, safeOffset, lagBytes, attachment, lastError }, { entry: rig.path('*.log'), seen: size, offset: size, safeOffset: size, lagBytes: 0, attachment: 'attached', lastError: null });
    assert.ok(status.destinations.list.some((one) => one.group === group && one.stream === stream), 'where it goes');
    assert.ok(lastAckAt !== null && Math.abs(Date.now() - lastAckAt) < 10_000);
  }
  assert.deepEqual(status.destinations.list.map(({ group, state, events, lastError }) => ({ group, state, events, lastError })), [{ group: 'g', state: 'idle', events: 100, lastError: null }, { group: 'g', state: 'idle', events: 50, lastError: null }]);
  assert.deepEqual([status.agent.version, status.agent.pid, status.agent.stateDirectory], ['9.9.9', process.pid, rig.stateDir]);
  assert.ok(status.agent.rssBytes > 1e7 && status.agent.budgetUsedBytes <= status.agent.budgetLimitBytes);
  assert.deepEqual(JSON.parse(JSON.stringify(status)), status, 'plain JSON');
});

test('status: a destination that is not accepted shows its error, what is held, and the lag of its files', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'a.log' }] });
  rig.endpoint.faults.add({ kind: 'throttle', operation: 'PutLogEvents' });
  append(rig.path('a.log'), numbered('a', 100));
  await rig.start();
  await until('the lane to retry with all of the file read', () => look(rig).destinations.list[0]?.state === 'retrying' && look(rig).files.list[0]?.offset === 900);
  const status = look(rig);
  assert.match(status.destinations.list[0]!.lastError!, /Throttling/);
  assert.ok(status.destinations.list[0]!.heldBytes > 0);
  const { lagBytes, offset, safeOffset } = status.files.list[0]!;
  assert.deepEqual([lagBytes, offset, safeOffset], [900, 900, 0]);
  assert.deepEqual([status.counters.readBytes, status.counters.settledBytes, status.counters.heldBytes], [900, 0, 900]);
  rig.endpoint.faults.clear();
  await rig.settled();
  assert.deepEqual([look(rig).destinations.list[0]!.state, look(rig).files.list[0]!.lagBytes], ['idle', 0]);
});

test('status: read = settled + held at every instant, through throttling, filters and holes', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, {
    entries: [{ path: '*.log', follow: 'all', filters: [{ type: 'exclude', pattern: { source: '7$', js: '7$', flags: '' } }] }],
  });
  rig.endpoint.faults.add({ kind: 'throttle', operation: 'PutLogEvents', every: 2 });
  for (const name of ['0.log', '1.log', '2.log']) writeFileSync(rig.path(name), '');
  await rig.start();
  let looks = 0;
  for (let round = 0; round < 20; round++) {
    append(rig.path(`${round % 3}.log`), numbered(`r${round}`, 500));
    if (round === 10) appendFileSync(rig.path('0.log'), Buffer.alloc(5000));
    await until('another event', () => { assert.ok(conserved(look(rig)), JSON.stringify(look(rig).counters)); return looks++ % 5 === 4; });
  }
  await rig.settled();
  await until('all events', () => look(rig).counters.deliveredEvents === 9_000);
  const { dropped, heldBytes } = look(rig).counters;
  assert.equal(heldBytes, 0);
  assert.equal(dropped.find(({ reason }) => reason === 'filtered')?.events, 1_000);
  assert.equal(dropped.find(({ reason }) => reason === 'hole')?.bytes, 5000);
});

test('status: a renamed and a deleted file stay listed, with how they lost their name, until they are read to their end', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: '*.log', follow: 'all' }] });
  for (const name of ['renamed', 'deleted']) append(rig.path(`${name}.log`), numbered(name, 10));
  await rig.start();
  await until('both to be acknowledged', () => look(rig).counters.deliveredEvents === 20);
  renameSync(rig.path('renamed.log'), rig.path('renamed.log.1'));
  unlinkSync(rig.path('deleted.log'));
  await until('both to be detached', () => look(rig).files.list.every(({ attachment }) => attachment !== 'attached'));
  assert.deepEqual(new Map(look(rig).files.list.map(({ path, attachment }) => [path, attachment])), new Map([[rig.path('renamed.log.1'), 'renamed'], [rig.path('deleted.log'), 'deleted']]));
});

test('status: an unfinished last line counts as waiting, not as sending', async (t) => {
  const rig = await rigFor(t);
  writeFileSync(rig.path('app.log'), 'one\ntwo\nunfinished');
  await rig.start();
  await until('two lines', () => look(rig).counters.deliveredEvents === 2);
  const { size, lagBytes, pendingBytes } = look(rig).files.list[0]!;
  assert.deepEqual([size, lagBytes, pendingBytes], [18, 10, 10]);
});

test('status: files that match and are not followed are listed with the reason', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: '*', follow: 'newest' }] });
  append(rig.path('old.log'), ['old']);
  writeFileSync(rig.path('old.log.gz'), 'x');
  writeFileSync(rig.path('wtmp'), 'x');
  await rig.start();
  await until('a file to be delivered', () => look(rig).counters.deliveredEvents === 1);
  const reasons = new Map(look(rig).skipped.list.map(({ path, reason }) => [path, reason]));
  assert.match(reasons.get(rig.path('old.log.gz'))!, /compressed/);
  assert.match(reasons.get(rig.path('wtmp'))!, /binary/);
  assert.equal(look(rig).skipped.total, 2);
});

test('status: an event dropped for its age is counted under that reason alone, whether or not the entry has filters', async (t) => {
  const rig = await rigFor(t, {
    entries: [{ path: 'app.log', timestamp: { format: '%Y-%m-%d', zone: 'UTC', trim: false }, start: { kind: 'line' }, filters: [{ type: 'exclude', pattern: { source: 'noise', js: 'noise', flags: '' } }] }],
  });
  const today = new Date().toISOString().slice(0, 10);
  append(rig.path('app.log'), ['2001-01-01 old', `${today} noise`, `${today} good`, '2001-01-01 noise']);
  await rig.start();
  await rig.arrived([`${today} good`]);
  assert.deepEqual(look(rig).counters.dropped.map(({ reason, events }) => `${reason} ${events}`).toSorted((a, b) => a < b ? -1 : 1), ['filtered 2', 'too-old 1']);
});

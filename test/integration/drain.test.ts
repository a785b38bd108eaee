import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { askDrain, askStatus } from '../../src/control/client.ts';
import type { DrainReceipt } from '../../src/control/drain-receipt.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered, rotate } from '../support/log-files.ts';
import { renew, rigFor, startRig, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
/** No batch is due by itself in a test. */
const SLOW = { delivery: { flushMs: 600_000 } } as const;
const FOREVER = new AbortController().signal;

/** In the process of the test. */
async function drain(rig: Rig, deadlineMs = 20_000): Promise<DrainReceipt> {
  const receipt = await rig.agent.drain(deadlineMs, FOREVER);
  assert.ok(receipt !== null);
  return receipt;
}

/** `agent drain --json`, as a hook runs it. */
async function command(stateDir: string, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [MAIN, 'drain', '--state-dir', stateDir, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => { out += text.toString(); });
  child.stderr.on('data', (text: Buffer) => { err += text.toString(); });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { code, out, err };
}

const follows = (rig: Rig): Promise<void> => until('the agent to follow', () => rig.generations.length > 0 && rig.generations.every((g) => g.looked));

test('a drain delivers what was written before it without waiting for the flush interval, files nobody has seen yet too, and the agent goes on', async (t) => {
  const rig = await startRig(t, { ...SLOW, entries: [{ path: '*.log', follow: 'all', filters: [{ type: 'exclude', pattern: { source: '7$', js: '7$', flags: '' } }] }], files: { 'app.log': numbered('a', 100) } });
  await follows(rig);
  append(rig.path('app.log'), numbered('b', 10));
  append(rig.path('new.log'), numbered('c', 5));
  const first = await drain(rig);
  assert.deepEqual([first.complete, first.ended, first.leftBytes, first.deliveredEvents, first.bytes], [true, 'complete', 0, 90 + 9 + 5, 9 * 115]);
  assert.deepEqual(first.dropped, [{ reason: 'filtered', events: 11, bytes: 11 * 8 }]);
  assert.deepEqual(first.files.list.map(({ path, from, to, settledTo, deliveredEvents, why }) => ({ path, from, to, settledTo, deliveredEvents, why })).toSorted((a, b) => (a.path < b.path ? -1 : 1)), [
    { path: rig.path('app.log'), from: 0, to: 990, settledTo: 990, deliveredEvents: 99, why: null },
    { path: rig.path('new.log'), from: 0, to: 45, settledTo: 45, deliveredEvents: 5, why: null },
  ]);
  await renew();
  assert.equal(rig.held(), 104, 'it is with the service when the drain answers');
  append(rig.path('app.log'), ['after']);
  const second = await drain(rig);
  assert.deepEqual([second.complete, second.files.total, second.settledFiles, second.deliveredEvents], [true, 1, 1, 1]);
  assert.deepEqual((await drain(rig)).files, { total: 0, list: [] });
});

test('a drain waits for a file that was rotated before its end was read, and for the end of a message without a newline', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { ...SLOW, entries: [{ path: 'app.log', partialLineTimeoutMs: 300 }], files: { 'app.log': numbered('a', 100) } });
  await follows(rig);
  rig.slow(100);
  append(rig.path('app.log'), numbered('b', 1_000));
  rotate(rig.path('app.log'));
  appendFileSync(rig.path('app.log'), 'c-000000\nc-00');
  const receipt = await drain(rig);
  assert.deepEqual([receipt.complete, receipt.leftBytes, receipt.bytes], [true, 0, 9 * 1_101 + 4]);
  await rig.arrived([...numbered('a', 100), ...numbered('b', 1_000), 'c-000000', 'c-00[Truncated...]']);
});

test('at the deadline the receipt names what is left and why, and the next drain brings it home', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { ...SLOW, files: { 'app.log': numbered('a', 100) } });
  await follows(rig);
  rig.endpoint.faults.add({ kind: 'throttle', operation: 'PutLogEvents' });
  const late = await drain(rig, 400);
  assert.deepEqual([late.complete, late.ended, late.leftBytes, late.deliveredEvents], [false, 'deadline', 900, 0]);
  assert.ok(late.endedAt - late.startedAt >= 390, 'not before the deadline');
  assert.deepEqual(late.files.list.map(({ from, to, settledTo }) => [from, to, settledTo]), [[0, 900, 0]]);
  assert.match(late.files.list[0]!.why!, /^log group g, stream s: not accepted \(.*Throttling/);
  rig.endpoint.faults.clear();
  assert.equal((await drain(rig)).complete, true);
  await rig.arrived(numbered('a', 100));
});

test('what is cut off before it could be read is settled as dropped, under its reason, and does not hold a drain up', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { ...SLOW, delivery: { flushMs: 600_000, budgetBytes: 4 << 20 }, files: { 'app.log': numbered('a', 10) } });
  await follows(rig);
  assert.equal((await drain(rig)).complete, true);
  const back = rig.outage();
  append(rig.path('app.log'), numbered('b', 60_000, 0, 200));
  const { size } = statSync(rig.path('app.log'));
  const draining = drain(rig);
  await until('the lane to fail', () => rig.agent.lanes.some((lane) => lane.isFailing));
  truncateSync(rig.path('app.log'), 0);
  back();
  const receipt = await draining;
  assert.equal(receipt.complete, true, JSON.stringify(receipt));
  const cut = receipt.dropped.find(({ reason }) => reason === 'truncated-unread');
  assert.ok(cut !== undefined && cut.bytes > 0 && cut.bytes < size, JSON.stringify(receipt.dropped));
  assert.equal(rig.report.drops.get('truncated-unread')?.bytes, cut.bytes);
});

test('drains at the same time are each answered for what they asked, and one that nobody waits for any more ends', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { ...SLOW, files: { 'app.log': numbered('a', 100) } });
  await follows(rig);
  rig.slow(300);
  const gone = new AbortController();
  const [first, left] = [drain(rig), rig.agent.drain(600_000, gone.signal)];
  await until('the first request', () => rig.inFlight > 0);
  append(rig.path('app.log'), numbered('b', 100));
  const second = drain(rig);
  gone.abort();
  assert.equal((await left)!.complete, false);
  assert.deepEqual([(await first).bytes, (await first).complete, (await second).bytes, (await second).complete], [900, true, 1_800, true]);
});

test('a drain goes on over a reload of the entry', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { ...SLOW, files: { 'app.log': numbered('a', 100) } });
  await follows(rig);
  const back = rig.outage();
  const draining = drain(rig);
  await until('the lane to fail', () => rig.agent.lanes.some((lane) => lane.isFailing));
  await rig.apply({ ...SLOW, entries: [{ path: 'app.log', multilineTimeoutMs: 90 }] });
  back();
  assert.equal((await draining).complete, true);
  await rig.arrived(numbered('a', 100));
});

test('metrics that are held are published by a drain, and the receipt counts them', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { config: ({ url }) => ({
    agent: { region: 'us-east-1', hostname: 'h', metrics_collection_interval: 1, self_metrics: false },
    metrics: { endpoint_override: url, force_flush_interval: 3_600, metrics_collected: { mem: { measurement: ['used'] } } },
  }) });
  await until('a sample', () => (rig.agent.metrics?.delivery?.status.held.datums ?? 0) > 0);
  const { complete, metrics } = await drain(rig);
  assert.equal(complete, true);
  assert.ok(metrics !== null && metrics.datums > 0 && metrics.left === 0);
  assert.ok(rig.endpoint.metrics.metrics().some(({ name }) => name === 'mem_used'));
});

async function slowChild(t: TestContext): Promise<{ readonly folder: string; readonly state: string; readonly rig: Rig; readonly child: Awaited<ReturnType<typeof startChild>> }> {
  const folder = await scratch(t);
  const rig = await rigFor(t);
  writeFileSync(join(folder, 'a.log'), 'one\ntwo\n');
  const child = await startChild(t, { config: childConfig(rig.url, [{ file_path: join(folder, 'a.log') }], { force_flush_interval: 3_600 }), folder });
  const state = join(folder, 'state');
  await until('the file to be read', async () => (await askStatus(state).catch(() => null))?.files.list[0]?.offset === 8);
  return { folder, state, rig, child };
}

test('agent drain: 0 with a receipt, 75 at the deadline, 64 for a deadline that is none, 69 without an agent', localOnly('faults'), async (t) => {
  const { folder, state, rig, child } = await slowChild(t);
  const drained = await command(state, '--json');
  assert.deepEqual([drained.code, drained.err], [0, '']);
  const receipt = JSON.parse(drained.out) as DrainReceipt;
  assert.deepEqual([receipt.complete, receipt.deliveredEvents, receipt.files.list[0]?.to], [true, 2, 8]);
  assert.deepEqual(rig.messages(), ['one', 'two']);
  rig.endpoint.faults.add({ kind: 'throttle', operation: 'PutLogEvents' });
  appendFileSync(join(folder, 'a.log'), 'three\n');
  const late = await command(state, '--deadline', '500ms');
  assert.deepEqual([late.code, late.err], [75, '']);
  assert.match(late.out, /^not drained within the deadline; the agent goes on with the rest \(0\.\d s\)\n1 file had 6 B to settle: 0 events delivered\n6 B left\n {2}.*a\.log: bytes 8 to 14: log group g, stream s: not accepted/);
  const odd = await command(state, '--deadline', 'soon');
  assert.equal(odd.code, 64);
  assert.match(odd.err, /A time such as 110s/);
  rig.endpoint.faults.clear();
  assert.equal(await child.stop(), 0);
  const none = await command(state);
  assert.equal(none.code, 69);
  assert.match(none.err, /^agent drain: no agent runs on /);
});

test('agent drain: who waits when the agent is stopped is told so, with what is left', localOnly('faults'), async (t) => {
  const { state, rig, child } = await slowChild(t);
  rig.endpoint.faults.add({ kind: 'throttle', operation: 'PutLogEvents' });
  const waiting = askDrain(state, 60_000);
  await until('the drain to send', () => rig.attempts > 0);
  child.signal('SIGTERM');
  const { complete, ended, leftBytes } = await waiting;
  assert.deepEqual([complete, ended, leftBytes], [false, 'stopping', 8]);
  rig.endpoint.faults.clear();
  assert.equal(await child.exited, 0);
});

test('agent drain: the ninth at once is told to wait, and those whose clients are killed make room', localOnly('faults'), async (t) => {
  const { state, rig, child } = await slowChild(t);
  rig.endpoint.faults.add({ kind: 'throttle', operation: 'PutLogEvents' });
  const calls = Array.from({ length: 8 }, () => {
    const call = request({ socketPath: join(state, 'control.sock'), method: 'POST', path: '/drain?deadline_ms=600000' }).once('error', () => {});
    call.end();
    return call;
  });
  await until('the ninth to be refused', async () => /8 drains are under way/.test((await command(state, '--deadline', '1ms')).err));
  for (const call of calls) call.destroy();
  await until('room for another', async () => (await command(state, '--deadline', '1ms')).out !== '');
  rig.endpoint.faults.clear();
  assert.equal(await child.stop(), 0);
});


test('a drain that is asked for while the agent starts waits until it follows, and for what an earlier run left in an archive', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { ...SLOW, files: { 'app.log': numbered('a', 10) } });
  await follows(rig);
  await rig.crash();
  appendFileSync(`${rig.path('app.log')}.1.gz`, gzipSync(readFileSync(rig.path('app.log'))));
  unlinkSync(rig.path('app.log'));
  append(rig.path('app.log'), ['new']);
  await rig.start();
  await until('the plan to be applied', () => rig.agent.budget !== null);
  const receipt = await drain(rig);
  assert.equal(receipt.complete, true, JSON.stringify(receipt));
  assert.ok(rig.held() >= 11, `${rig.held()} events are with the service`);
});

// How the agent ends, seen from the service: what is held is delivered, or stays in its file for the next start.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Wake } from '../../src/files/wake.ts';
import { arrivalsOf } from '../support/arrivals.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { monotonicClock } from '../support/clock.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered, rotate } from '../support/log-files.ts';
import { assertQuick } from '../support/quick.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';

const PUT = { operation: 'PutLogEvents' } as const;
const SMALL = { entries: [{ path: 'app.log', maxEventBytes: 10_000 }], delivery: { flushMs: 50, maxBatchBytes: 20_000 } };

test('L22 SIGTERM with a request in flight and events that wait for their flush: both are delivered, the exit code is 0, nothing comes again', async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  rig.slow(400);
  // A flush of a minute: only the stop itself can send what waits.
  const config = childConfig(rig.url, [{ file_path: app }], { force_flush_interval: 60 });
  const child = await startChild(t, { folder: dirname(rig.logs), stateDir: rig.stateDir, config });
  // A full batch of 10,000 at once, and the beginning of another.
  const lines = numbered('line', 10_500);
  append(app, lines);
  await until('a request in flight', () => rig.inFlight > 0);
  assert.equal(await child.stop(), 0);
  const delivered = rig.held();
  assert.ok(delivered >= 10_000, `${delivered} delivered`);
  assertSame(rig.messages(), lines.slice(0, delivered), 'delivered by the stop');
  await rig.start({ config: () => config });
  await rig.stop();
  assertSame(rig.messages(), lines.slice(0, rig.held()), 'nothing came again');
});

test('L22 stop while the service throttles: the drain goes on trying until all it holds is accepted', localOnly('faults'), async (t) => {
  const rig = await startRig(t, SMALL);
  const throttled = rig.endpoint.faults.add({ ...PUT, kind: 'throttle', count: 4 });
  const lines = numbered('line', 600);
  append(rig.path('app.log'), lines);
  await until('a throttled request', () => rig.endpoint.faults.list().some(({ id, fired }) => id === throttled && fired > 0));
  await rig.stop();
  assert.ok(rig.held() > 0);
  assertSame(rig.messages(), lines.slice(0, rig.held()), 'delivered by the stop');
  await rig.start();
  await rig.arrived(lines);
  await rig.stop();
});

test('L22 stop while the answer of an accepted request is on its way: it is waited for, nothing comes twice', async (t) => {
  const rig = await startRig(t);
  rig.slow(300);
  const arrivals = arrivalsOf(rig);
  append(rig.path('app.log'), ['one', 'two']);
  await until('the request', () => rig.inFlight > 0);
  await rig.stop();
  await rig.start();
  await rig.arrived(['one', 'two']);
  await rig.stop();
  assert.equal(arrivals.flatMap(({ messages }) => messages).length, 2);
});

test('L23 SIGTERM during an outage, then a second one: it ends at once, says what it holds, and the next start delivers everything once', async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  const folder = dirname(rig.logs);
  const config = childConfig(rig.url, [{ file_path: app }]);
  const first = await startChild(t, { folder, stateDir: rig.stateDir, config });
  const lines = numbered('line', 500);
  append(app, lines);
  await rig.arrived(lines);
  const served = rig.outage();
  const more = numbered('outage', 500);
  append(app, more);
  await first.says(/not accepted/);
  first.signal('SIGTERM');
  const before = rig.attempts;
  await until('the drain to go on', () => rig.attempts > before + 1);
  await first.says(/stopping: what is held is delivered first, for at most 60 s/);
  const asked = performance.now();
  assert.equal(await first.stop(), 0);
  assert.ok(performance.now() - asked < 3_000, 'the second signal does not wait');
  assert.match(first.said(), /; \d{4,} bytes of 1 file are not acknowledged, they are read at the next start/);
  served();
  await rig.start({ config: () => config });
  await rig.arrived([...lines, ...more]);
  await rig.stop();
});

test('a stop after a refused destination gave its events back ends at once, process and all, and says how many bytes of how many files are left', localOnly('faults'), async (t) => {
  const rig = await rigFor(t);
  rig.endpoint.faults.add({ kind: 'access-denied', group: 'dead' });
  const lines = numbered('dead', 50_000, 0, 100);
  append(rig.path('dead.log'), lines);
  append(rig.path('live.log'), ['one']);
  const config = childConfig(rig.url, [{ file_path: rig.path('dead.log'), log_group_name: 'dead' }, { file_path: rig.path('live.log') }], { memory_budget: 4_194_304 });
  const child = await startChild(t, { folder: dirname(rig.logs), stateDir: rig.stateDir, config });
  await rig.arrived(['one']);
  await until('the refusal', () => rig.endpoint.requests.count('PutLogEvents') > 1);
  const asked = performance.now();
  assert.equal(await child.stop(), 0);
  assertQuick(performance.now() - asked, 5_000, 'the end');
  assert.match(child.said(), new RegExp(`stopped: 1 events delivered; ${lines.length * 101} bytes of 1 file are not acknowledged`));
});

test('a stop at which a refused destination gives back what was read of a file that is followed no more: the next start reads it', localOnly('faults'), async (t) => {
  const clock = monotonicClock(t);
  const lines = numbered('a rotated line', 300);
  const rig = await rigFor(t, { files: { 'app.log': lines }, delivery: { flushMs: 3_600_000 } });
  const app = rig.path('app.log');
  rig.endpoint.faults.add({ ...PUT, kind: 'reject-event', containing: 'a' });
  await rig.start();
  await until('all of it to be read', () => rig.report.readBytes > 0 && rig.generations.every(({ unread }) => unread === 0));
  rotate(app);
  append(app, ['a next']);
  await until('both to be read', () => rig.generations.length === 2 && rig.generations.every(({ unread, pending }) => unread === 0 && pending === 0));
  const rotated = rig.generations.find(({ path }) => path !== app);
  assert.ok(rotated !== undefined);
  const forgotten = t.mock.method(Wake.prototype, 'forget');
  clock.advance(11 * 60_000);
  append(app, ['a last']);
  await until('the rotated file to be followed no more', () => forgotten.mock.calls.some(({ arguments: [file] }) => file === rotated.file));
  await rig.stop();
  assert.equal(rig.held(), 0);
  rig.endpoint.faults.clear();
  await rig.start({ delivery: { flushMs: 50 } });
  await rig.arrived([...lines, 'a next', 'a last']);
  await rig.stop();
});

test('L23 stop, an outage and a deadline: what was not acknowledged when time ran out is read again, what was is not', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, SMALL);
  const lines = numbered('line', 3_000);
  append(rig.path('app.log'), lines);
  // Some are accepted, then nothing any more.
  rig.endpoint.faults.add({ ...PUT, kind: 'error', status: 500, skip: 4 });
  await rig.start();
  await rig.stalled();
  const delivered = rig.held();
  assert.ok(delivered > 0 && delivered < lines.length);
  await rig.crash();
  rig.endpoint.faults.clear();
  await rig.start();
  await rig.arrived(lines);
  await rig.stop();
});

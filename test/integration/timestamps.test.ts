// Times of events where clocks and calendars are awkward. The wall clock is moved, the files get its time.
import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { arrivalsOf, messagesIn } from '../support/arrivals.ts';
import { append, textOf } from '../support/log-files.ts';
import { assertQuick } from '../support/quick.ts';
import { assertSame, rigFor, startRig } from '../support/rig.ts';
import type { Rig, RigSpec } from '../support/rig.ts';

const HOUR = 3_600_000;

/** The wall clock of agent and service, set to `iso` and going on from there; `step` sets it forward or back. */
function wallClock(t: TestContext, iso: string | null): { step(ms: number): void } {
  const real = Date.now.bind(Date);
  let shift = iso === null ? 0 : Date.parse(iso) - real();
  t.mock.method(Date, 'now', () => real() + shift);
  return { step: (ms) => { shift += ms; } };
}

async function stampedRig(t: TestContext, format: string, zone: string, spec: Partial<RigSpec> = {}): Promise<Rig> {
  return rigFor(t, { entries: [{ path: 'app.log', start: { kind: 'line' }, timestamp: { format, zone, trim: false } }], endpointOptions: { now: () => Date.now() }, ...spec });
}

/** Lines of a file last written at `mtime`, or now, with the times they arrive with. */
async function timesOf(rig: Rig, lines: readonly string[], mtime = Date.now()): Promise<[string, string][]> {
  writeFileSync(rig.path('app.log'), textOf(lines));
  utimesSync(rig.path('app.log'), mtime / 1000, mtime / 1000);
  await rig.start();
  await rig.count('g', 's', lines.length);
  await rig.stop();
  return rig.events('g', 's').map(({ message, timestamp }) => [message, new Date(timestamp).toISOString()]);
}

test('L49 the hour that occurs twice: times go on, as in the file, first in summer time and then in winter time', async (t) => {
  wallClock(t, '2026-10-25T02:30:00Z');
  const rig = await stampedRig(t, '%Y-%m-%d %H:%M:%S', 'Europe/Berlin');
  assert.deepEqual(await timesOf(rig, [
    '2026-10-25 01:59:59 a', '2026-10-25 02:00:00 b', '2026-10-25 02:30:00 c', '2026-10-25 02:59:59 d',
    '2026-10-25 02:00:01 e', '2026-10-25 02:30:00 f', '2026-10-25 02:59:59 g', '2026-10-25 03:00:00 h',
  ]), [
    ['2026-10-25 01:59:59 a', '2026-10-24T23:59:59.000Z'], ['2026-10-25 02:00:00 b', '2026-10-25T00:00:00.000Z'],
    ['2026-10-25 02:30:00 c', '2026-10-25T00:30:00.000Z'], ['2026-10-25 02:59:59 d', '2026-10-25T00:59:59.000Z'],
    ['2026-10-25 02:00:01 e', '2026-10-25T01:00:01.000Z'], ['2026-10-25 02:30:00 f', '2026-10-25T01:30:00.000Z'],
    ['2026-10-25 02:59:59 g', '2026-10-25T01:59:59.000Z'], ['2026-10-25 03:00:00 h', '2026-10-25T02:00:00.000Z'],
  ]);
});

test('L49 the hour that does not occur: a time in it is read with the offset before the gap, those around it exactly', async (t) => {
  wallClock(t, '2026-03-29T02:30:00Z');
  const rig = await stampedRig(t, '%Y-%m-%d %H:%M:%S', 'Europe/Berlin');
  assert.deepEqual(await timesOf(rig, ['2026-03-29 01:59:59 a', '2026-03-29 03:00:00 b', '2026-03-29 02:30:00 never', '2026-03-29 03:31:00 c']), [
    ['2026-03-29 01:59:59 a', '2026-03-29T00:59:59.000Z'], ['2026-03-29 03:00:00 b', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29 02:30:00 never', '2026-03-29T01:30:00.000Z'], ['2026-03-29 03:31:00 c', '2026-03-29T01:31:00.000Z'],
  ]);
});

test('L49 `Local` is the zone of the host, by its rules', async (t) => {
  wallClock(t, '2026-11-01T08:00:00Z');
  const rig = await stampedRig(t, '%m/%d/%Y %H:%M:%S', 'Local', { localZone: 'America/New_York' });
  assert.deepEqual(await timesOf(rig, ['11/01/2026 01:30:00 first', '11/01/2026 01:10:00 second', '11/01/2026 02:00:00 after']), [
    ['11/01/2026 01:30:00 first', '2026-11-01T05:30:00.000Z'], ['11/01/2026 01:10:00 second', '2026-11-01T06:10:00.000Z'], ['11/01/2026 02:00:00 after', '2026-11-01T07:00:00.000Z'],
  ]);
});

test('L50 dates without a year over New Year: each in its own year, live', async (t) => {
  wallClock(t, '2027-01-01T00:05:00Z');
  const rig = await stampedRig(t, '%b %d %H:%M:%S', 'UTC');
  assert.deepEqual(await timesOf(rig, ['Dec 31 23:59:58 old', 'Dec 31 23:59:59 year', 'Jan  1 00:00:00 new', 'Jan  1 00:04:00 year']), [
    ['Dec 31 23:59:58 old', '2026-12-31T23:59:58.000Z'], ['Dec 31 23:59:59 year', '2026-12-31T23:59:59.000Z'],
    ['Jan  1 00:00:00 new', '2027-01-01T00:00:00.000Z'], ['Jan  1 00:04:00 year', '2027-01-01T00:04:00.000Z'],
  ]);
});

test('L50 a file of December that is read in January: its dates lie in December of its own year', async (t) => {
  wallClock(t, '2027-01-06T12:00:00Z');
  const rig = await stampedRig(t, '%b %d %H:%M:%S', 'UTC');
  const lines = ['Dec 28 10:00:00 a', 'Dec 28 11:00:00 b'];
  assert.deepEqual(await timesOf(rig, lines, Date.parse('2026-12-28T11:00:01Z')), lines.map((line, i) => [line, `2026-12-28T1${i}:00:00.000Z`]));
});

test('L50 29 February without a year', async (t) => {
  wallClock(t, '2028-03-01T00:10:00Z');
  const rig = await stampedRig(t, '%b %d %H:%M:%S', 'UTC');
  assert.deepEqual(await timesOf(rig, ['Feb 29 23:59:59 leap', 'Mar  1 00:00:01 next']), [['Feb 29 23:59:59 leap', '2028-02-29T23:59:59.000Z'], ['Mar  1 00:00:01 next', '2028-03-01T00:00:01.000Z']]);
});

test('L51 lines without a time among good ones: they carry the time before them, in their place, counted and said', async (t) => {
  wallClock(t, '2026-11-20T12:00:00Z');
  const rig = await stampedRig(t, '%Y-%m-%dT%H:%M:%S', 'UTC');
  const lines = ['2026-11-20T11:00:00 one', 'no time at all', '2026-13-77T99:00:00 no such time', '2026-11-20T11:00:05 two', 'end'];
  const at = (seconds: number): string => `2026-11-20T11:00:0${seconds}.000Z`;
  assert.deepEqual(await timesOf(rig, lines), lines.map((line, i) => [line, at(i < 3 ? 0 : 5)]));
  assert.equal(rig.report.untimedEvents, 3);
  await rig.says(/app\.log: events without a time that fits timestamp_format/);
});

for (const [what, hours] of [['back by two hours', -2], ['forward by two hours', 2], ['back by five hours', -5], ['forward by five hours', 5]] as const) {
  test(`L52 the clock of the host jumps ${what} and returns: every event arrives in order, as fast as before, with a time the service takes`, async (t) => {
    const clock = wallClock(t, null);
    const rig = await startRig(t, { entries: [{ path: 'app.log', start: { kind: 'line' } }], endpointOptions: { now: () => Date.now() } });
    const arrivals = arrivalsOf(rig);
    const lines: string[] = [];
    const add = async (line: string): Promise<void> => {
      lines.push(line);
      append(rig.path('app.log'), [line]);
      const began = performance.now();
      await rig.count('g', 's', lines.length);
      assertQuick(performance.now() - began, 1_500, line);
      assertSame(messagesIn(arrivals), lines, 'in the order of arrival');
      const { timestamp } = rig.events('g', 's').find(({ message }) => message === line)!;
      assert.ok(Math.abs(timestamp - Date.now()) <= 62_000, `${line}: ${timestamp - Date.now()} ms from the clock`);
    };
    await add('before');
    clock.step(hours * HOUR);
    await add('during 1');
    await add('during 2');
    clock.step(-hours * HOUR);
    await add('after 1');
    await add('after 2');
    await rig.stop();
    assert.equal(rig.report.drops.size, 0, 'nothing was too old or too new');
  });
}

test('L52 a clock that is set back by a few seconds does not turn the stream back', async (t) => {
  const clock = wallClock(t, null);
  const rig = await startRig(t, { entries: [{ path: 'app.log', start: { kind: 'line' } }], endpointOptions: { now: () => Date.now() } });
  const lines: string[] = [];
  for (let i = 0; i < 4; i++) {
    lines.push(`line ${i}`);
    append(rig.path('app.log'), [`line ${i}`]);
    await rig.arrived(lines);
    clock.step(-10_000);
  }
  await rig.stop();
  const times = rig.events('g', 's').map(({ timestamp }) => timestamp);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
});

test('L52 times in the lines are judged by the clock as it is now: after the jump back they are in the future, and handled by policy', async (t) => {
  const clock = wallClock(t, null);
  const rig = await stampedRig(t, '%Y-%m-%dT%H:%M:%S.%f', 'UTC');
  const line = (text: string): string => `${new Date(Date.now()).toISOString().slice(0, 23)} ${text}`;
  await rig.start();
  append(rig.path('app.log'), [line('one')]);
  await rig.count('g', 's', 1);
  const ahead = `${new Date(Date.now() + 3 * HOUR).toISOString().slice(0, 23)} three hours ahead`;
  append(rig.path('app.log'), [ahead, line('two')]);
  await rig.count('g', 's', 2);
  assert.equal(rig.report.drops.get('too-new')?.events, 1);
  clock.step(3 * HOUR);
  append(rig.path('app.log'), [ahead, line('three')]);
  await rig.count('g', 's', 4);
  assert.equal(rig.report.drops.get('too-new')?.events, 1, 'now it is the present');
  await rig.stop();
});

test('a timestamp cut out from behind other text is no truncation: nothing comes twice, running or after a restart', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', start: { kind: 'line' }, timestamp: { format: '%Y-%m-%dT%H:%M:%S.%f', zone: 'UTC', trim: true } }] });
  const write = (text: string): void => { append(rig.path('app.log'), [`lead ${new Date().toISOString().slice(0, 23)} ${text}`]); };
  write('one');
  await rig.arrived(['lead  one']);
  write('two');
  await rig.arrived(['lead  one', 'lead  two']);
  await rig.restart();
  write('three');
  await rig.arrived(['lead  one', 'lead  two', 'lead  three']);
  await rig.stop();
});

test('numbers since 1970 are times: at the front, in the middle, as the beginning of an event, and cut out', async (t) => {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const rig = await startRig(t, { entries: [{ path: 'app.log', start: { kind: 'timestamp' }, timestamp: { format: 'epoch_ms', zone: 'UTC', trim: true } }] });
  append(rig.path('app.log'), [`${now - 3_000} one`, ' more 17', `id=7 ${now - 2_000} two`, `${now - 1_000} three`]);
  await rig.arrived(['one\n more 17', 'id=7  two', 'three']);
  assert.deepEqual(rig.events('g', 's').map(({ timestamp }) => timestamp), [now - 3_000, now - 2_000, now - 1_000]);
});

test('L51 events that are JSON objects have the time of a field; others that of the event before them, and that is said', async (t) => {
  const now = Date.now();
  const rig = await startRig(t, { entries: [{ path: 'app.log', start: { kind: 'line' }, timestamp: { format: null, field: 'log.ts', zone: 'UTC', trim: false } }] });
  const lines = [`{"msg":"2020","log":{"ts":"${new Date(now - 5_000).toISOString()}"}}`, `{"log":{"level":"info"}}`, 'no JSON', `{"log.ts":${now - 1_000},"msg":"é"}`];
  append(rig.path('app.log'), lines);
  await rig.arrived(lines);
  assert.deepEqual(rig.events('g', 's').map(({ timestamp }) => timestamp), [now - 5_000, now - 5_000, now - 5_000, now - 1_000]);
  assert.equal(rig.report.untimedEvents, 2);
  await rig.says(/without their timestamp_field; they carry the time of the event before/);
});

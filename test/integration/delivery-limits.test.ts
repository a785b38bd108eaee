// The limits of PutLogEvents, from the file to the service that enforces them: nothing is ever refused for one of them.
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { arrivalsOf, errorsOf } from '../support/arrivals.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered, textOf } from '../support/log-files.ts';
import { rigFor, until, startRig } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const BATCH_BYTES = 1_048_576;
const OVERHEAD = 26;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LINE = { path: 'app.log', start: { kind: 'line' } } as const;
const STAMPED = { ...LINE, timestamp: { format: '%Y-%m-%dT%H:%M:%S.%f', zone: 'UTC', trim: false } } as const;
const stamp = (time: number): string => new Date(time).toISOString().slice(0, 23);

/** No answer of the service was a refusal but the first one, for a stream that was not there yet. */
function assertNothingRefused(rig: Rig): void {
  const { ResourceNotFoundException: _missing, ...refusals } = errorsOf(rig);
  assert.deepEqual(refusals, {});
  assert.equal(rig.report.drops.size, 0, `dropped: ${[...rig.report.drops.keys()].join(', ')}`);
}

test('L37 a backlog of several days is cut where a batch would span 24 hours: nothing refused, everything in order', async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED] });
  const arrivals = arrivalsOf(rig);
  const start = Date.now() - 10 * DAY;
  const lines = Array.from({ length: 400 }, (_, i) => `${stamp(start + i * 35 * 60_000)} event ${i}`);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines);
  await rig.stop();
  for (const { times } of arrivals) assert.ok(times.at(-1)! - times[0]! < DAY, 'spans less than a day');
  assert.ok(arrivals.length >= 10 && arrivals.length <= 12, `${arrivals.length} requests for ten days`);
  assertNothingRefused(rig);
});

test('L37 times that jump by days between lines, as in merged files: nothing refused, every event arrives with its time', async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED] });
  const now = Date.now();
  const lines = Array.from({ length: 60 }, (_, i) => `${stamp(now - (i % 5) * 2 * DAY - 1_000 + i)} event ${i}`);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.count('g', 's', 60);
  await rig.stop();
  assert.deepEqual(rig.messages().toSorted(), lines.toSorted());
  for (const { timestamp, message } of rig.events('g', 's')) assert.equal(message.slice(0, 23), stamp(timestamp));
  assertNothingRefused(rig);
});

test('L38 unsorted times in one batch: sent in order of time, equal times in order of the file, none refused', async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED] });
  const arrivals = arrivalsOf(rig);
  const now = Date.now() - 60_000;
  const times = Array.from({ length: 3_000 }, (_, i) => now + ((i * 7_919) % 97));
  const lines = times.map((time, i) => `${stamp(time)} event ${i}`);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines.map((line, i) => ({ line, time: times[i]! })).sort((a, b) => a.time - b.time).map(({ line }) => line));
  await rig.stop();
  assert.equal(arrivals.length, 1, 'one batch, sorted as a whole');
  assertNothingRefused(rig);
});

/** A message of pieces, put together; every piece within `most` bytes, valid, and marked where it goes on. */
function reassembled(pieces: readonly string[], most: number): string {
  let whole = '';
  for (const [i, piece] of pieces.entries()) {
    const [last, first] = [i === pieces.length - 1, i === 0];
    assert.ok(Buffer.byteLength(piece) <= most, `${Buffer.byteLength(piece)} bytes`);
    assert.ok(isUtf8(Buffer.from(piece)) && !piece.includes('\ufffd'));
    if (!first) assert.ok(piece.startsWith('[...Continued]'));
    if (!last) assert.ok(piece.endsWith('[Truncated...]'));
    whole += piece.slice(first ? 0 : 14, last ? undefined : -14);
  }
  return whole;
}

for (const [what, maxEventBytes] of [['the default limit', 262_144], ["the service's own limit", BATCH_BYTES]] as const) {
  test(`L39 one event of 3 MB under ${what}: marked pieces of at most ${maxEventBytes - OVERHEAD} bytes, which together are the event`, async (t) => {
    const rig = await rigFor(t, { entries: [{ ...LINE, maxEventBytes }] });
    const large = Array.from({ length: 300_000 }, (_, i) => String(i).padStart(10, '0')).join('');
    append(rig.path('app.log'), ['before', large, 'after']);
    await rig.start();
    const count = Math.ceil(large.length / (maxEventBytes - OVERHEAD - 28));
    await rig.count('g', 's', count + 2);
    await rig.stop();
    const messages = rig.messages();
    assert.deepEqual([messages.length, messages[0], messages.at(-1)], [count + 2, 'before', 'after']);
    assert.equal(reassembled(messages.slice(1, -1), maxEventBytes - OVERHEAD), large);
    assertNothingRefused(rig);
  });
}

test('L39 an event of exactly the largest size is one event, and a restart inside a longer one goes on in its middle', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [{ ...LINE, maxEventBytes: 1_026 }], delivery: { maxBatchBytes: 2_100 } });
  const exact = 'x'.repeat(1_000);
  const large = numbered('word', 2_000).join('');
  writeFileSync(rig.path('app.log'), textOf([exact, large, 'after']));
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  rig.endpoint.faults.add({ operation: 'PutLogEvents', kind: 'error', skip: 6 });
  served();
  await rig.count('g', 's', 10);
  // Stored is not yet acknowledged: a crash in between would send one batch twice, as it must.
  await until('the answers to arrive', () => rig.report.deliveredEvents >= 10);
  await rig.crash();
  rig.endpoint.faults.clear();
  const count = Math.ceil(large.length / (1_000 - 28));
  await rig.start();
  await rig.count('g', 's', count + 2);
  await rig.stop();
  const messages = rig.messages();
  assert.deepEqual([messages.length, messages[0], messages.at(-1)], [count + 2, exact, 'after']);
  assert.equal(reassembled(messages.slice(1, -1), 1_000), large);
});

test('L40 300,000 emoji of 4 bytes in one line: cut between code points, valid on both sides, all there', async (t) => {
  const rig = await rigFor(t, { entries: [{ ...LINE, maxEventBytes: BATCH_BYTES }] });
  const line = `x${'😀'.repeat(300_000)}`;
  append(rig.path('app.log'), [line]);
  await rig.start();
  await rig.count('g', 's', 2);
  await rig.stop();
  assert.equal(rig.messages().length, 2);
  assert.equal(reassembled(rig.messages(), BATCH_BYTES - OVERHEAD), line);
  assertNothingRefused(rig);
});

test('L40 bytes that are no UTF-8, which the service counts threefold: repaired before they are measured, none refused', async (t) => {
  const rig = await rigFor(t, { entries: [{ ...LINE, maxEventBytes: BATCH_BYTES }] });
  writeFileSync(rig.path('app.log'), Buffer.concat([Buffer.alloc(700_000, 0xff), Buffer.from('\nend\n')]));
  await rig.start();
  await rig.settled();
  await rig.stop();
  const damaged = rig.messages().slice(0, -1).map((piece) => piece.replace(/^\[\.\.\.Continued\]/, '').replace(/\[Truncated\.\.\.\]$/, '')).join('');
  assert.equal(damaged, '\ufffd'.repeat(700_000));
  assert.equal(rig.messages().at(-1), 'end');
  assertNothingRefused(rig);
});

test('L42 batches are packed to exactly 1,048,576 bytes with 26 for each event, and to 10,000 events', async (t) => {
  const rig = await rigFor(t, { entries: [LINE] });
  const arrivals = arrivalsOf(rig);
  const lines = [...Array.from({ length: 8 }, (_, i) => String(i).repeat(262_144 - OVERHEAD)), ...numbered('short', 25_000)];
  writeFileSync(rig.path('app.log'), textOf(lines));
  await rig.start();
  await rig.arrived(lines);
  await rig.stop();
  assert.deepEqual(arrivals.slice(0, 2).map(({ bytes }) => bytes), [BATCH_BYTES, BATCH_BYTES]);
  assert.deepEqual(arrivals.slice(2).map(({ messages }) => messages.length), [10_000, 10_000, 5_000]);
  assertNothingRefused(rig);
});

test('L42 lines of every length, hundreds of them per batch: each batch is full: the next line did not fit, or less than 256 bytes were left', async (t) => {
  const rig = await startRig(t, { entries: [LINE] });
  const arrivals = arrivalsOf(rig);
  const lines = Array.from({ length: 9_000 }, (_, i) => `${i} ${'é"\\\t'.repeat((i * 37) % 120)}`);
  append(rig.path('app.log'), lines);
  await rig.arrived(lines);
  await rig.stop();
  const sizes = lines.map((line) => Buffer.byteLength(line) + OVERHEAD);
  let sent = 0;
  for (const { messages, bytes } of arrivals.slice(0, -1)) {
    sent += messages.length;
    assert.ok(bytes <= BATCH_BYTES && (bytes + sizes[sent]! > BATCH_BYTES || BATCH_BYTES - bytes < 256), `${bytes} bytes, the next line has ${sizes[sent]}`);
  }
  assert.ok(arrivals.length >= 3);
  assertNothingRefused(rig);
});

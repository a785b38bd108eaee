import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sliceEvents, joinEvents, sortByTime } from '../../../src/batching/events.ts';
import { BufferPool, LogBatch, bodyHeader } from '../../../src/batching/log-batch.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { ScriptKernel, createKernel } from '../../../src/kernel/kernel.ts';
import type { Event } from '../../support/arena-frames.ts';
import { layOut } from '../../support/arena-frames.ts';
import { destinationFor } from '../../support/destination.ts';

// The service's numbers (aws-api §1.2), written again here: the test is no copy of limits.ts.
const BATCH_BYTES = 1_048_576;
const OVERHEAD = 26;
const EVENTS = 10_000;
const DAY = 86_400_000;
const T0 = 1_760_000_000_000;

const DESTINATION = destinationFor('g"\\ü', 's/1');
const HEADER = bodyHeader(DESTINATION);
const arena = new Arena(400_000);
const wasm = createKernel(arena);
const script = new ScriptKernel(arena);
const SOURCE = {};

/** What Lane does when it seals: a stable sort if a time went back. */
function seal(batch: LogBatch): void {
  if (batch.ascending) return;
  const events = batch.events();
  const sorted = sortByTime(sliceEvents(events));
  batch.order = sorted.map((slice) => slice.index);
  batch.replaceEvents(joinEvents(events, sorted));
}

interface Request { readonly logGroupName: string; readonly logStreamName: string; readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[] }
const sizeOf = (events: readonly Event[]): number => events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + OVERHEAD, 0);
const batchOf = (maxBytes = BATCH_BYTES): LogBatch => new LogBatch(HEADER, maxBytes, new BufferPool(1 << 23));

/** Appends all events, in arena loads, until the batch takes no more; gives how many it took. */
function fill(batch: LogBatch, events: readonly Event[], kernel = wasm, load = events.length): number {
  let taken = 0;
  while (taken < events.length) {
    const laid = layOut(arena, events.slice(0, taken + load), taken) - taken;
    const next = batch.append(arena, kernel, 0, laid, SOURCE, 0);
    taken += next;
    if (next < laid) break;
  }
  return taken;
}

/** A batch in all its limits, whose body says exactly what was taken, in order of time. */
function check(batch: LogBatch, taken: readonly Event[], maxBytes: number): void {
  seal(batch);
  const request = JSON.parse(batch.body().toString('utf8')) as Request;
  assert.equal(request.logGroupName, DESTINATION.group);
  assert.equal(request.logStreamName, DESTINATION.stream);
  const expected = taken.map(({ message, time }) => ({ timestamp: time, message })).sort((a, b) => a.timestamp - b.timestamp);
  assert.deepEqual(request.logEvents, expected);
  assert.equal(batch.count, taken.length);
  assert.equal(batch.bytes, sizeOf(taken));
  assert.ok(batch.bytes <= maxBytes && batch.count <= EVENTS);
  if (taken.length > 0) assert.ok(expected.at(-1)!.timestamp - expected[0]!.timestamp < DAY, 'spans less than 24 hours');
}

const nasty = fc.constantFrom('"},{"timestamp":1', '\\', '\\"', '\u0000\u001f\u007f', '\t\r\n', '\u2028', '😀', 'ä€', '"', '{"a":"b"}', ']}');
const message = fc.array(fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), nasty), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('').toWellFormed());
const time = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: T0, max: T0 + 2_000 }) }, { weight: 1, arbitrary: fc.integer({ min: T0 - DAY, max: T0 + DAY }) });
const events = fc.array(fc.record({ message, time }), { minLength: 1, maxLength: 60 });

test('every body is valid JSON that says what was added, within all limits and, sealed, in order of time; a batch takes all that fits', () => {
  fc.assert(fc.property(events, fc.integer({ min: 200, max: 3_000 }), fc.integer({ min: 1, max: 60 }), fc.boolean(), (list, maxBytes, load, compiled) => {
    const batch = batchOf(maxBytes);
    const taken = fill(batch, list, compiled ? wasm : script, load);
    check(batch, list.slice(0, taken), maxBytes);
    if (taken === list.length) return;
    const more = list.slice(0, taken + 1);
    const times = more.map((event) => event.time);
    assert.ok(sizeOf(more) > maxBytes || Math.max(...times) - Math.min(...times) >= DAY, 'the first event left out would have broken a limit');
  }), { numRuns: 400 });
});

test('equal times keep the order of arrival, and order leads from a place in the body back to the arrival', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 80 }), (offsets) => {
    const list = offsets.map((offset, i) => ({ message: `n${i}`, time: T0 + offset }));
    const batch = batchOf();
    fill(batch, list);
    const wasAscending = offsets.every((offset, i) => i === 0 || offset >= offsets[i - 1]!);
    assert.equal(batch.ascending, wasAscending);
    check(batch, list, BATCH_BYTES);
    assert.equal(batch.order === null, wasAscending);
    const body = JSON.parse(batch.body().toString('utf8')) as Request;
    for (const [i, arrived] of (batch.order ?? []).entries()) assert.equal(body.logEvents[i]!.message, `n${arrived}`);
  }), { numRuns: 200 });
});

test('segments tell the source of every event, whatever the order of sources', () => {
  fc.assert(fc.property(fc.array(fc.record({ source: fc.integer({ min: 0, max: 2 }), count: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 12 }), (runs) => {
    const sources = [{}, {}, {}];
    const batch = batchOf();
    const owners: object[] = [];
    for (const { source, count } of runs) {
      layOut(arena, Array.from({ length: count }, () => ({ message: 'm', time: T0 })));
      batch.append(arena, wasm, 0, count, sources[source]!, 0);
      for (let i = 0; i < count; i++) owners.push(sources[source]!);
    }
    assert.deepEqual(owners.map((owner, i) => batch.segments.find(({ until }) => i < until)!.source === owner), owners.map(() => true));
  }), { numRuns: 100 });
});

test('a batch is packed to exactly 1,048,576 bytes, 26 for each event, and takes not one byte more', () => {
  for (const kernel of [wasm, script]) {
    const event = (bytes: number): Event => ({ message: 'x'.repeat(bytes - OVERHEAD), time: T0 });
    const exact = [262_144, 262_144, 262_144, 262_144].map(event);
    const full = batchOf();
    assert.equal(fill(full, [...exact, event(OVERHEAD + 1)], kernel), 4);
    check(full, exact, BATCH_BYTES);
    assert.equal(full.bytes, BATCH_BYTES);
    const over = batchOf();
    assert.equal(fill(over, [...exact.slice(1), event(262_145)], kernel), 3, 'one byte more does not fit');
  }
});

test('the largest event, 1,048,550 bytes of message, fills a batch alone', () => {
  const large = new Arena(1_048_550 + 100);
  const kernel = createKernel(large);
  const list = [{ message: `\u0001${'"'.repeat(524_274)}${'é'.repeat(262_137)}x`, time: T0 }];
  assert.equal(Buffer.byteLength(list[0]!.message), 1_048_550);
  layOut(large, list);
  const batch = batchOf();
  assert.equal(batch.append(large, kernel, 0, 1, SOURCE, 0), 1);
  check(batch, list, BATCH_BYTES);
  assert.equal(batch.bytes, BATCH_BYTES);
});

test('10,000 events of 1,048,576 bytes together are one batch, the 10,001st is not in it', () => {
  const list = Array.from({ length: EVENTS + 1 }, (_, i) => ({ message: 'y'.repeat(i < 8_576 ? 79 : 78), time: T0 + i }));
  assert.equal(sizeOf(list.slice(0, EVENTS)), BATCH_BYTES);
  const batch = batchOf();
  assert.equal(fill(batch, list), EVENTS);
  check(batch, list.slice(0, EVENTS), BATCH_BYTES);
  const small = batchOf();
  assert.equal(fill(small, list.map(({ time: at }) => ({ message: 'z', time: at })), wasm, 777), EVENTS, 'the count alone stops it too');
});

test('times of one batch span less than 24 hours, in both directions', () => {
  const at = (...times: number[]): Event[] => times.map((t) => ({ message: 'm', time: t }));
  const take = (list: Event[]): number => fill(batchOf(), list);
  assert.equal(take(at(T0, T0 + DAY - 1)), 2);
  assert.equal(take(at(T0, T0 + DAY)), 1);
  assert.equal(take(at(T0, T0 - DAY + 1)), 2);
  assert.equal(take(at(T0, T0 - DAY)), 1);
  assert.equal(take(at(T0, T0 - DAY / 2, T0 + DAY / 2, T0)), 2);
  const batch = batchOf();
  fill(batch, at(T0));
  assert.equal(fill(batch, at(T0 + DAY)), 0, 'the span counts from what an earlier call added');
});

test('the entity of a destination is in its body', () => {
  const entity = { keyAttributes: { Type: 'Service', Name: 'a"b', Environment: 'e' }, attributes: {} };
  const batch = new LogBatch(bodyHeader({ ...DESTINATION, entity }), BATCH_BYTES, new BufferPool(1 << 20));
  fill(batch, [{ message: 'm', time: T0 }]);
  assert.deepEqual((JSON.parse(batch.body().toString()) as { entity: unknown }).entity, entity);
});

test('a pool gives a body out again for the same size class, and never keeps more bytes than its limit', () => {
  const pool = new BufferPool(300_000);
  const [a, b, c] = [pool.take(100_000), pool.take(100_000), pool.take(100_000)];
  assert.deepEqual([a, b, c].map((buffer) => buffer.length), [131_072, 131_072, 131_072]);
  assert.deepEqual([a, b, c].map((buffer) => pool.give(buffer)), [true, true, false]);
  assert.ok(pool.take(90_000) === b);
  assert.ok(pool.take(131_072) === a);
  assert.ok(pool.take(90_000) !== c);
  assert.ok(pool.give(a));
  assert.ok(pool.take(1_000) !== a, 'a large buffer is not spent on a small body');
  assert.ok(pool.take(200_000) !== a, 'a small one is not given for a large body');
  assert.equal(pool.take(600_000).length, 786_432, 'large bodies grow by steps, not by doubling');
});

test('what the pool does not keep of a released body is free at once, without the garbage collector', () => {
  const batch = new LogBatch(HEADER, BATCH_BYTES, new BufferPool(0));
  fill(batch, [{ message: 'x'.repeat(200_000), time: T0 }]);
  const { capacity } = batch;
  const held = process.memoryUsage().arrayBuffers;
  batch.release();
  assert.equal(held - process.memoryUsage().arrayBuffers, capacity);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { joinEvents, messageOf, sliceEvents, sortByTime } from '../../../src/batching/events.ts';

interface Encoded { readonly timestamp: number; readonly message: string }
/** As the kernel writes events; its own escaping is the kernel's test. */
const encode = (events: readonly Encoded[]): Buffer => Buffer.from(events.map(({ timestamp, message }) => `{"timestamp":${timestamp},"message":${JSON.stringify(message)}}`).join(','));
const parse = (events: Buffer): Encoded[] => JSON.parse(`[${events.toString('utf8')}]`) as Encoded[];

const tricky = fc.constantFrom('"},{"timestamp":', '\\"},{\\"timestamp\\":1,', '\\', '\\\\"', '","message":"', '},', 'é😀', '\n');
const message = fc.oneof(fc.string({ minLength: 1 }), fc.array(tricky, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')));
const list = fc.array(fc.record({ timestamp: fc.integer({ min: 1_000_000_000_000, max: 1_000_000_000_050 }), message }), { maxLength: 30 });

test('slices are the events that JSON.parse finds: place, time and message', () => {
  fc.assert(fc.property(list, (events) => {
    const encoded = encode(events);
    const slices = sliceEvents(encoded);
    assert.deepEqual(slices.map((slice) => ({ timestamp: slice.time, message: messageOf(encoded, slice) })), parse(encoded));
    assert.deepEqual(slices.map(({ index }) => index), events.map((_, i) => i));
    for (const { from, to } of slices) assert.equal(parse(encoded.subarray(from, to)).length, 1);
  }), { numRuns: 300 });
});

test('joined in any order and number, slices are the same events, valid JSON', () => {
  fc.assert(fc.property(list, fc.array(fc.nat()), (events, picks) => {
    const encoded = encode(events);
    const slices = sliceEvents(encoded);
    const chosen = events.length === 0 ? [] : picks.map((pick) => slices[pick % slices.length]!);
    const all = parse(encoded);
    assert.deepEqual(parse(joinEvents(encoded, chosen)), chosen.map(({ index }) => all[index]));
    assert.deepEqual(joinEvents(encoded, slices), encoded);
  }), { numRuns: 200 });
});

test('sorting is by time and stable', () => {
  fc.assert(fc.property(list, (events) => {
    const encoded = encode(events);
    const sorted = parse(joinEvents(encoded, sortByTime(sliceEvents(encoded))));
    assert.deepEqual(sorted, parse(encoded).sort((a, b) => a.timestamp - b.timestamp));
  }), { numRuns: 200 });
});

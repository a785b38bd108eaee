import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { complement } from '../../../src/delivery/line-removal.ts';
import { recordOf } from '../../../src/delivery/quarantined.ts';

test('what stays of a file is every byte that no range has, once and in order', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(20)).map(([from, length]) => ({ from, to: from + length }));
  fc.assert(fc.property(fc.array(range, { maxLength: 12 }), fc.nat(70), (ranges, size) => {
    const expected = Array.from({ length: size }, (_, at) => at).filter((at) => !ranges.some(({ from, to }) => at >= from && at < to));
    const kept = complement(ranges, size).flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    assert.deepEqual(kept, expected);
  }));
});

test('a line of the quarantine is a record exactly when all of it is there; nothing else throws', () => {
  const text = fc.string({ unit: 'grapheme' });
  const record = fc.record({ time: fc.integer({ min: 0, max: 4e12 }), group: text, stream: text, file: text, reason: text, timestamp: fc.integer(), message: text });
  fc.assert(fc.property(record, fc.option(text, { nil: undefined }), (one, service) => {
    const whole = { ...one, ...(service === undefined ? {} : { service }) };
    const line = Buffer.from(JSON.stringify({ ...whole, time: new Date(one.time).toISOString() }));
    assert.deepEqual(recordOf(line), whole);
    assert.equal(recordOf(line.subarray(0, -1)), null);
  }));
  fc.assert(fc.property(fc.oneof(fc.json(), text), (other) => { assert.equal(recordOf(Buffer.from(other)), null); }));
});

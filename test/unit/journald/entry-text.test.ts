import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { entryText } from '../../../src/journald/entry-text.ts';
import type { JournalEntry } from '../../../src/journald/export-entries.ts';

const entryOf = (fields: readonly (readonly [string, Buffer | string])[]): JournalEntry => ({
  cursor: 's=1', time: 0, bytes: 0, fields: fields.map(([name, value]) => ({ name, value: Buffer.from(value as string), cut: 0 })),
});

test('an entry is its fields as JSON: texts, bytes that are no text, and lists where a field occurs more than once', () => {
  const { text, cut } = entryText(entryOf([['__CURSOR', 's=1'], ['__REALTIME_TIMESTAMP', '1'], ['A', 'x'], ['B', Buffer.from([255, 10])], ['A', 'y']]), 1_000);
  assert.deepEqual([text, cut], ['{"__CURSOR":"s=1","A":["x","y"],"B":[255,10]}', 0]);
});

test('it is JSON of at most the bytes that are allowed, whatever is in it, and tells all or counts what it leaves out', () => {
  const values = fc.oneof(fc.string({ unit: 'binary', maxLength: 3_000 }), fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)), fc.integer({ min: 0, max: 6_000 }).map((length) => '\u0001'.repeat(length)));
  fc.assert(fc.property(fc.array(fc.tuple(fc.stringMatching(/^[A-Z]{1,3}$/), values), { maxLength: 8 }), values, fc.integer({ min: 2_000, max: 20_000 }), (others, message, maxBytes) => {
    const entry = entryOf([['__CURSOR', 's=1'], ...others, ['MESSAGE', message]]);
    const { text, cut } = entryText(entry, maxBytes);
    const told = JSON.parse(text) as Record<string, unknown>;
    assert.ok(Buffer.byteLength(text) <= maxBytes, `${Buffer.byteLength(text)} of ${maxBytes}`);
    assert.equal(told['__CURSOR'], 's=1');
    const bytes = Buffer.from(message as string);
    if (cut === 0) assert.deepEqual(told['MESSAGE'], isUtf8(bytes) ? bytes.toString() : [...bytes]);
    else assert.ok(Object.values(told).includes(null) || String(told['MESSAGE']).endsWith('[Truncated...]'));
  }), { numRuns: 60 });
});

test('large fields make way before the message does', () => {
  const told = JSON.parse(entryText(entryOf([['COREDUMP', 'x'.repeat(9_000)], ['SMALL', 'y'.repeat(4_000)], ['MESSAGE', 'm'.repeat(4_500)]]), 9_000).text) as Record<string, unknown>;
  assert.deepEqual([told['COREDUMP'], String(told['SMALL']).length, String(told['MESSAGE']).length], [null, 4_000, 4_500]);
});

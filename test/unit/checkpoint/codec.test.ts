import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Checkpoint } from '../../../src/flow.ts';
import { decodeFile, encodeDefinition, encodeForget, encodeHeader, encodeMove, encodeSnapshot } from '../../../src/checkpoint/codec.ts';
import type { CheckpointRecord } from '../../../src/checkpoint/codec.ts';

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const crc = fc.nat({ max: 0xffffffff });
const progress = {
  offset: count, windowCrc: crc, windowLength: count, ended: fc.boolean(), updatedAt: count,
  split: fc.option(fc.record({ piece: count, time: fc.maxSafeInteger() })),
};
/** A position in a file, or in a journal. */
const withCursor = <T extends object>(position: fc.Arbitrary<T>): fc.Arbitrary<T> => fc.oneof(position, fc.tuple(position, fc.string({ unit: 'binary' })).map(([one, cursor]) => ({ ...one, split: null, cursor })));
const checkpoint: fc.Arbitrary<Checkpoint> = withCursor(fc.record({
  ...progress, entry: fc.string({ unit: 'binary' }), path: fc.string({ unit: 'binary' }),
  id: fc.record({ device: count, inode: count, headHash: fc.string(), headLength: count }),
}));
const record: fc.Arbitrary<CheckpointRecord> = fc.oneof(
  fc.record({ kind: fc.constant('define' as const), number: count, checkpoint }),
  fc.record({ kind: fc.constant('move' as const), number: count, progress: withCursor(fc.record(progress)) }),
  fc.record({ kind: fc.constant('forget' as const), number: count }),
);

function encode(one: CheckpointRecord): string {
  switch (one.kind) {
    case 'define': return encodeDefinition(one.number, one.checkpoint);
    case 'move': return encodeMove(one.number, one.progress);
    case 'forget': return encodeForget(one.number);
  }
}
const header = { kind: 'journal', sequence: 7, next: 3, fresh: false } as const;
const journal = (records: readonly CheckpointRecord[]): Buffer => Buffer.from(encodeHeader(header) + records.map(encode).join(''));
/** Generated objects have no prototype; what was decoded is compared as data. */
const data = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a journal and a snapshot decode to what was encoded, whatever the names and numbers are', () => {
  fc.assert(fc.property(fc.array(record, { maxLength: 8 }), fc.array(checkpoint, { maxLength: 8 }), (records, checkpoints) => {
    const bytes = journal(records);
    const decoded = decodeFile(bytes);
    assert.deepEqual(data(decoded.records), data(records));
    assert.deepEqual([decoded.header, decoded.badLines, decoded.intactLength, decoded.complete], [header, 0, bytes.length, false]);
    const snapshot = decodeFile(encodeSnapshot({ sequence: 7, next: 3 }, checkpoints.map((one, number) => [number, one] as const)));
    assert.equal(snapshot.complete, true);
    assert.deepEqual(data(snapshot.records), data(checkpoints.map((one, number) => ({ kind: 'define', number, checkpoint: one }))));
  }), { numRuns: 150 });
});

test('L24: any prefix of a journal decodes to a prefix of its records, and the torn line is no damage', () => {
  fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 6 }), fc.double({ min: 0, max: 1, noNaN: true }), (records, part) => {
    const bytes = journal(records);
    const cut = Math.floor(bytes.length * part);
    const decoded = decodeFile(bytes.subarray(0, cut));
    assert.deepEqual(data(decoded.records), data(records.slice(0, decoded.records.length)));
    assert.equal(decoded.badLines, 0);
    assert.ok(decoded.intactLength <= cut);
    assert.equal(bytes[decoded.intactLength - 1] ?? 0x0a, 0x0a);
  }), { numRuns: 300 });
});

test('L54: a single corrupted byte never yields a wrong record, and is counted unless it is in the last line', () => {
  fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (records, where, flip) => {
    const bytes = journal(records);
    const known = decodeFile(bytes).records.map((one) => JSON.stringify(one));
    const at = where % bytes.length;
    bytes[at] = bytes[at]! ^ flip;
    const decoded = decodeFile(bytes);
    let from = 0;
    for (const one of decoded.records) {
      const found = known.indexOf(JSON.stringify(one), from);
      assert.ok(found >= from, `decoded a record that was never written: ${JSON.stringify(one)}`);
      from = found + 1;
    }
    const lastIntact = decoded.records.length > 0 && JSON.stringify(decoded.records.at(-1)) === known.at(-1);
    if (decoded.records.length < records.length && lastIntact) assert.ok(decoded.badLines > 0);
  }), { numRuns: 400 });
});

test('L54: a snapshot with any byte changed or cut off is not complete', () => {
  const snapshot = encodeSnapshot({ sequence: 1, next: 2 }, [[1, { entry: '/a', path: '/a', id: { device: 1, inode: 2, headHash: 'ff', headLength: 1 }, offset: 9, windowCrc: 8, windowLength: 7, split: null, ended: false, updatedAt: 6 }]]);
  assert.equal(decodeFile(snapshot).complete, true);
  for (let at = 0; at < snapshot.length; at++) {
    const changed = Buffer.from(snapshot);
    changed[at] = changed[at]! ^ 0x20;
    assert.equal(decodeFile(changed).complete, false, `byte ${at}`);
    assert.equal(decodeFile(snapshot.subarray(0, at)).complete, false, `cut at ${at}`);
  }
});

test('an empty, foreign or newer file is told apart from an intact one', () => {
  for (const text of ['', '\n', '25\n/var/log/a.log\n0-4', '{"format":"unified-agent-checkpoints","version":1}\n', '\0'.repeat(4096)]) assert.equal(decodeFile(Buffer.from(text)).header, 'unreadable');
  const newer = encodeHeader(header).replace('"version":1', '"version":2').slice(9);
  assert.equal(decodeFile(Buffer.from(`00000000 ${newer}`)).header, 'unreadable', 'a version without its checksum is not believed');
  const payload = '{"format":"unified-agent-checkpoints","version":2}';
  assert.deepEqual(decodeFile(Buffer.from(`CRC ${payload}\n`.replace('CRC', crcOf(payload)))).header, { newer: 2 });
});

/** Bitwise crc32 (IEEE 802.3), independent of the one under test. */
function crcOf(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

test('garbage of any kind decodes to nothing and never throws', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    assert.deepEqual(decodeFile(Buffer.from(bytes)).records, []);
  }), { numRuns: 200 });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ExportEntries, ExportFormatError } from '../../../src/journald/export-entries.ts';
import type { JournalEntry } from '../../../src/journald/export-entries.ts';

interface Written { readonly name: string; readonly value: Buffer; readonly sized: boolean }

const HEAD = [['__CURSOR', 's=1;i=1'], ['__REALTIME_TIMESTAMP', '1700000000123456']] as const;

function fieldBytes({ name, value, sized }: Written): Buffer {
  if (!sized && !value.includes(10)) return Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from('\n')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')]);
}

const entryBytes = (fields: readonly Written[]): Buffer => Buffer.concat([Buffer.from(HEAD.map(([name, value]) => `${name}=${value}\n`).join('')), ...fields.map(fieldBytes), Buffer.from('\n')]);

const field = fc.record({ name: fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/), value: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)), sized: fc.boolean() });

function pushed(parser: ExportEntries, bytes: Buffer, cuts: readonly number[]): readonly JournalEntry[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).flatMap((to, i) => parser.push(Buffer.from(bytes.subarray(places[i], to))));
}

test('entries come out as they were written, whatever their bytes are and in whatever pieces they come', () => {
  fc.assert(fc.property(fc.array(fc.array(field, { maxLength: 5 }), { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), (entries, cuts) => {
    const bytes = entries.map(entryBytes);
    const got = pushed(new ExportEntries(10_000), Buffer.concat(bytes), cuts);
    assert.deepEqual(got.map(({ fields }) => fields.slice(HEAD.length).map(({ name, value, cut }) => [name, value.toString('hex'), cut])), entries.map((fields) => fields.map(({ name, value }) => [name, value.toString('hex'), 0])));
    assert.deepEqual(got.map((entry) => [entry.cursor, entry.time, entry.bytes]), bytes.map(({ length }) => ['s=1;i=1', 1_700_000_000_123, length]));
  }));
});

test('no more of a value is kept than is allowed, the rest is counted, and the entries behind it are whole', () => {
  fc.assert(fc.property(field, fc.integer({ min: 50, max: 60 }), fc.array(fc.nat(), { maxLength: 8 }), ({ name, value, sized }, maxBytes, cuts) => {
    const long = { name, value: Buffer.concat([value.map((byte) => (byte === 10 ? 11 : byte)), Buffer.alloc(100, 'x')]), sized };
    const message = { name: 'MESSAGE', value: Buffer.from('all of it'), sized: false };
    const bytes = [entryBytes([long, message]), entryBytes([message])];
    const got = pushed(new ExportEntries(maxBytes), Buffer.concat(bytes), cuts);
    assert.deepEqual(got.map((entry) => entry.bytes), bytes.map(({ length }) => length));
    const [first, second] = got.map(({ fields }) => fields.slice(HEAD.length));
    assert.equal(first![0]!.value.length + first![0]!.cut, long.value.length);
    assert.ok(first![0]!.value.length <= maxBytes);
    assert.ok(first![0]!.cut > 0);
    if (name !== 'MESSAGE') assert.equal(first![1]!.value.toString(), 'all of it');
    assert.equal(second![0]!.value.toString(), 'all of it');
  }));
});

test('what is not the export format is refused, and never kept without end', () => {
  assert.throws(() => new ExportEntries(100).push(Buffer.from('x'.repeat(300))), ExportFormatError);
  assert.throws(() => new ExportEntries(100).push(entryBytes([]).subarray('__CURSOR=s=1;i=1\n'.length)), ExportFormatError);
  const unending = Buffer.from(`MESSAGE\n\x03\0\0\0\0\0\0\0abcd\n\n`);
  assert.throws(() => new ExportEntries(100).push(unending), ExportFormatError);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
    try {
      pushed(new ExportEntries(100), Buffer.from(bytes), cuts);
    } catch (error) {
      assert.ok(error instanceof ExportFormatError);
    }
  }));
});

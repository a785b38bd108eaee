import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AuditReader, auditDestination, auditFile, auditHeader, auditRange, speaksOf } from '../../../src/checkpoint/audit-codec.ts';
import type { AuditedFile, AuditedRange } from '../../../src/checkpoint/audit-codec.ts';
import type { SettledRange } from '../../../src/checkpoint/settled-range.ts';

const PLAIN = { noNullPrototype: true } as const;
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const count = fc.nat({ max: 2 ** 45 });
const file: fc.Arbitrary<AuditedFile> = fc.record({ number: fc.nat(5), entry: text, path: text, id: fc.record({ device: count, inode: count, headHash: text, headLength: fc.nat(1024) }, PLAIN) }, PLAIN);
const range: fc.Arbitrary<SettledRange> = fc.record({
  from: count, to: count, at: count,
  losses: fc.array(fc.record({ reason: fc.constantFrom('filtered', 'too-old', 'hole'), events: fc.nat(), bytes: count }, PLAIN), { maxLength: 3 }),
  cursors: fc.record({ behind: text, upTo: text }, PLAIN),
  sent: fc.option(fc.record({ group: text, stream: text, service: fc.option(text), at: count, requestId: fc.option(text), events: fc.nat() }, PLAIN)),
}, { ...PLAIN, requiredKeys: ['from', 'to', 'at', 'losses', 'sent'] });

/** The ranges of a text, line by line. */
function readAll(bytes: Buffer): { readonly ranges: readonly AuditedRange[]; readonly badLines: number } {
  const reader = new AuditReader();
  const ranges: AuditedRange[] = [];
  for (let from = 0, to = bytes.indexOf(10); to >= 0; from = to + 1, to = bytes.indexOf(10, from)) {
    const read = reader.read(bytes, from, to);
    if (read !== null) ranges.push(read);
  }
  return { ranges, badLines: reader.badLines };
}

const linesOf = (all: readonly (readonly [AuditedFile, SettledRange])[]): readonly string[] => [auditHeader(), ...all.flatMap(([of, one]) => [
  auditFile(of), ...(one.sent === null ? [] : [auditDestination(3, one.sent)]), auditRange(of.number, one, 3),
])];

test('what is written of a range is read again, with its file and its destination', () => {
  fc.assert(fc.property(fc.array(fc.tuple(file, range), { maxLength: 8 }), (all) => {
    assert.deepEqual(readAll(Buffer.from(linesOf(all).join(''))), { ranges: all.map(([of, one]) => ({ file: of, range: one })), badLines: 0 });
  }));
});

test('whatever a crash or the disk makes of the journal, no range is read that was not written, and nothing throws', () => {
  fc.assert(fc.property(fc.array(fc.tuple(file, range), { minLength: 1, maxLength: 5 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(), (all, damages, cut) => {
    const bytes = Buffer.from(linesOf(all).join(''));
    for (const [at, value] of damages) bytes[at % bytes.length] = value;
    const written = new Set(all.map(([of, one]) => JSON.stringify([of.number, one.from, one.to, one.at, one.losses, one.sent === null])));
    for (const { file: of, range: one } of readAll(bytes.subarray(0, cut % (bytes.length + 1))).ranges) {
      assert.ok(written.has(JSON.stringify([of.number, one.from, one.to, one.at, one.losses, one.sent === null])));
    }
  }));
});

test('after a header nothing counts that was defined before it: a range of an undefined file is a bad line', () => {
  const of = { number: 1, entry: 'e', path: '/p', id: { device: 1, inode: 2, headHash: 'h', headLength: 3 } };
  const one: SettledRange = { from: 0, to: 5, at: 9, sent: null, losses: [] };
  assert.deepEqual(readAll(Buffer.from(auditFile(of) + auditHeader() + auditRange(1, one, 0))), { ranges: [], badLines: 1 });
});

test('a line tells by its first characters whether it is a range, and of which file', () => {
  fc.assert(fc.property(fc.nat(), range, (number, one) => {
    assert.deepEqual(speaksOf(Buffer.from(`…${auditRange(number, one, 3)}`).subarray(3), 0), { kind: 'range', file: number });
  }));
  const of = { number: 7, entry: 'e', path: '/p', id: { device: 1, inode: 2, headHash: 'h', headLength: 3 } };
  assert.deepEqual([auditFile(of), auditHeader(), auditDestination(1, { group: 'g', stream: 's', service: null })].map((line) => speaksOf(Buffer.from(line), 0).kind), ['file', 'other', 'other']);
});

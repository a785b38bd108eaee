import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LineBuffer } from '../../../../src/metrics/emf/line-buffer.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', 'ü'), maxLength: 60 });
const cuts = fc.array(fc.nat(80), { maxLength: 8 });

/** The bytes in pieces, cut at these places. */
function pieces(bytes: Buffer, at: readonly number[]): readonly Buffer[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, i) => Buffer.from(bytes.subarray(places[i], to)));
}

test('lines are the same however the bytes are cut on their way; too long ones are counted, and all bytes accounted for', () => {
  fc.assert(fc.property(text, cuts, fc.integer({ min: 1, max: 12 }), (whole, at, most) => {
    const bytes = Buffer.from(whole);
    const buffer = new LineBuffer(most);
    const lines = [...pieces(bytes, at).flatMap((piece) => buffer.push(piece).map(String)), ...buffer.end().map(String)];
    const all = whole.split('\n').map((line) => Buffer.from(line));
    const short = all.filter(({ length }) => length <= most).map((line) => String(line).replace(/\r$/, '')).filter((line) => line !== '');
    const long = all.filter(({ length }) => length > most);
    assert.deepEqual(lines, short);
    assert.deepEqual(buffer.takeTooLong(), { lines: long.length, bytes: long.reduce((sum, { length }) => sum + length, 0) });
    assert.equal(buffer.held, 0);
  }));
});

test('no more is held than one unfinished line', () => {
  fc.assert(fc.property(text, cuts, (whole, at) => {
    const buffer = new LineBuffer(10);
    for (const piece of pieces(Buffer.from(whole), at)) {
      buffer.push(piece);
      assert.ok(buffer.held <= 10);
    }
  }));
});

test('a line stays what it was while more comes in', () => {
  const buffer = new LineBuffer(100);
  buffer.push(Buffer.from('be'));
  const [line] = buffer.push(Buffer.from('gun\nnex'));
  buffer.push(Buffer.from('t\n'));
  assert.equal(String(line), 'begun');
});

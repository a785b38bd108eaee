import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LineDecoder, byteOrderMark, codePointCut, repairUtf8, resolveEncoding } from '../../../src/framing/encodings.ts';
import type { Encoding } from '../../../src/framing/encodings.ts';

function encoding(label: string): Encoding {
  const resolved = resolveEncoding(label);
  if ('problem' in resolved) throw new Error(resolved.problem);
  return resolved;
}

/** Decodes with a guard on both sides of the target, which must stay untouched. */
function decode(label: string, source: Uint8Array): string {
  const target = Buffer.alloc(3 * source.length + 3 + 8, 0x7e);
  const padded = Buffer.concat([Buffer.from([0x80]), source, Buffer.from([0x80])]);
  const end = new LineDecoder(encoding(label)).decode(padded, 1, 1 + source.length, target, 4);
  assert.ok(end <= target.length - 4);
  assert.equal(target.toString('latin1', 0, 4), '~~~~');
  assert.equal(target.toString('latin1', target.length - 4), '~~~~');
  return target.toString('utf8', 4, end);
}

const bytes = fc.uint8Array({ maxLength: 40 });
/** Bytes that look like UTF-8 more often than chance would have it. */
const almostUtf8 = fc.array(fc.oneof(
  fc.constantFrom(0x61, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xa0, 0x9f, 0xed, 0xef, 0xf0, 0x90, 0x8f, 0xf4, 0xf5, 0xff).map((byte) => [byte]),
  fc.constantFrom('é', '€', '😀', '\u{10ffff}').map((char) => [...Buffer.from(char)]),
), { maxLength: 20 }).map((parts) => Buffer.from(parts.flat()));

test('every WHATWG encoding decodes as TextDecoder does, whatever the bytes', () => {
  const labels = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'windows-1255', 'iso-8859-7', 'koi8-r', 'macintosh', 'x-user-defined', 'gbk', 'gb18030', 'big5', 'shift_jis', 'euc-jp', 'euc-kr', 'iso-2022-jp'];
  fc.assert(fc.property(fc.constantFrom(...labels), fc.oneof(bytes, almostUtf8), (label, source) => {
    assert.equal(decode(label, source), new TextDecoder(label, { ignoreBOM: true }).decode(source).toWellFormed());
  }), { numRuns: 500 });
});

test('invalid UTF-8 is repaired exactly as WHATWG does, and what it gives is valid', () => {
  fc.assert(fc.property(fc.oneof(bytes, almostUtf8), (source) => {
    const target = Buffer.alloc(3 * source.length);
    const end = repairUtf8(Buffer.from(source), 0, source.length, target, 0);
    assert.deepEqual(target.subarray(0, end), Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(source)));
  }), { numRuns: 500 });
});

test('a cut lies on a code point, as far as the limit allows, and always makes progress', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 2, maxLength: 20 }), fc.nat(), (text, seed) => {
    const source = Buffer.from(`${text}!`);
    const limit = Math.min(source.length - 1, 4 + (seed % source.length));
    const cut = codePointCut(source, 0, limit);
    assert.ok(cut > 0 && cut <= limit && limit - cut < 4);
    assert.equal(source.toString('utf8', 0, cut) + source.toString('utf8', cut), source.toString('utf8'));
  }));
  fc.assert(fc.property(bytes, fc.nat(40), fc.nat(40), (source, a, b) => {
    const [from, limit] = [Math.min(a, b), Math.max(a, b) + 1];
    const cut = codePointCut(Buffer.from(source), from, limit);
    assert.ok(cut > from && cut <= limit);
  }));
});

test('labels are those of WHATWG and IANA, and a name resolves to itself', () => {
  const names = { 'UTF_8': 'utf-8', ascii: 'utf-8', '': 'utf-8', Latin1: 'windows-1252', 'ISO-8859-1': 'windows-1252', 'us-ascii': 'windows-1252', GB2312: 'gbk', CP936: 'gbk', cp1251: 'windows-1251', 'UTF-16': 'utf-16', 'Utf-16LE': 'utf-16le', 'utf-16be': 'utf-16be', sjis: 'shift_jis', IBM437: 'ibm437', cp850: 'ibm850', IBM00858: 'ibm858', IBM866: 'ibm866' };
  for (const [label, name] of Object.entries(names)) {
    assert.equal(encoding(label).name, name, label);
    assert.deepEqual(encoding(name), encoding(label));
  }
  assert.deepEqual([encoding('utf-16').unit, encoding('utf-16be').bigEndian, encoding('gbk').unit], [2, true, 1]);
});

test('an unknown label is refused with the nearest one', () => {
  const answers = { 'utf16-le': 'utf-16le', utf9: 'utf-8', 'shift-jiss': 'shift_jis', klingon: null, IBM037: null, 'iso-2022-kr': 'iso-2022-jp' };
  for (const [label, didYouMean] of Object.entries(answers)) {
    const resolved = resolveEncoding(label);
    assert.ok('problem' in resolved, label);
    assert.equal(resolved.didYouMean, didYouMean, label);
    assert.match(resolved.problem, new RegExp(label));
  }
});

test('byte 0x80 of latin1 is the euro sign, as in the CloudWatch agent', () => {
  assert.equal(decode('iso-8859-1', Uint8Array.of(0x80, 0xe9)), '€é');
});

test('DOS code pages are read', () => {
  assert.equal(decode('cp437', Uint8Array.of(0x41, 0x81, 0xe1, 0xff)), 'Aüß\u00a0');
  assert.equal(decode('cp858', Uint8Array.of(0xd5)), '€');
  assert.equal(decode('cp855', Uint8Array.of(0xe0)), 'Я');
});

test('L45: a byte order mark decides utf-16, and is told apart from text', () => {
  const big = Buffer.from([0xfe, 0xff, 0x00, 0x61]);
  const little = Buffer.from([0xff, 0xfe, 0x61, 0x00]);
  assert.deepEqual(byteOrderMark(encoding('utf-16'), big, 0, 4), { length: 2, encoding: encoding('utf-16be') });
  assert.deepEqual(byteOrderMark(encoding('utf-16'), little, 0, 4), { length: 2, encoding: encoding('utf-16') });
  assert.equal(byteOrderMark(encoding('utf-16le'), big, 0, 4).length, 0);
  assert.equal(byteOrderMark(encoding('utf-16'), Buffer.from('ab'), 0, 2).length, 0);
  assert.equal(byteOrderMark(encoding('utf-8'), Buffer.from('\ufeffa'), 0, 4).length, 3);
  assert.equal(byteOrderMark(encoding('utf-8'), Buffer.from('\ufeff'), 0, 2).length, 0);
  assert.equal(byteOrderMark(encoding('gb18030'), Buffer.from([0x84, 0x31, 0x95, 0x33]), 0, 4).length, 4);
});

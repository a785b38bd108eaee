import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { resolveEncoding } from '../../../src/framing/encodings.ts';
import { Framer } from '../../../src/framing/framer.ts';
import type { Flush, StartRule } from '../../../src/framing/framer.ts';
import { DecodedLines } from '../../../src/framing/transcode.ts';
import { Arena, MAX_FRAMES } from '../../../src/kernel/arena.ts';
import { ScriptKernel, createKernel } from '../../../src/kernel/kernel.ts';

const SUFFIX = '[Truncated...]';
const PREFIX = '[...Continued]';
const OVERHEAD = 26;

const arena = new Arena(100_000);
const kernels = [createKernel(arena), new ScriptKernel(arena)];

type Rule = 'nonspace' | 'line' | 'pattern';
/** A start pattern: lines that begin with `S`. */
const pattern: StartRule = { begin: () => undefined, starts: (i) => arena.from[i]! < arena.to[i]! && arena.bytes[arena.from[i]!] === 0x53 };

interface Setup { readonly rule: Rule; readonly max?: number; readonly encoding?: string; readonly kernel?: number }

function framerFor({ rule, max = 90_000, encoding = 'utf-8', kernel = 0 }: Setup): Framer {
  const resolved = resolveEncoding(encoding);
  if ('problem' in resolved) throw new Error(resolved.problem);
  const source = resolved.name === 'utf-8' ? null : new DecodedLines(resolved);
  return new Framer({ arena, kernel: kernels[kernel]!, start: rule === 'pattern' ? pattern : rule, maxEventBytes: max + OVERHEAD, source });
}

interface Piece { readonly bytes: Buffer; readonly continues: boolean }
interface Read { readonly upTo: number; readonly flush: Flush }

/** Feeds a file as a follower does: reads up to each place, cuts until nothing more comes, and reads what was not consumed again. */
function feed(framer: Framer, file: Buffer, reads: readonly Read[], startPieces = 0): { pieces: Piece[]; consumed: number } {
  const pieces: Piece[] = [];
  let offset = 0;
  let open = startPieces;
  framer.beginsWith(file.subarray(0, framer.headBytes));
  const cut = (upTo: number, flush: Flush): boolean => {
    if (offset >= upTo) return false;
    file.copy(arena.bytes, arena.input, offset, upTo);
    const limit = arena.input + upTo - offset;
    framer.cut(arena.input, limit, offset === 0, flush, open);
    assert.ok(framer.consumed >= 0 && framer.consumed <= upTo - offset, 'consumes no more than it was given');
    let end = 0;
    for (let i = 0; i < arena.count; i++) {
      assert.ok(arena.end[i]! >= end && arena.end[i]! <= framer.consumed, 'frames end in order, within what was consumed');
      end = arena.end[i]!;
      pieces.push({ bytes: Buffer.from(arena.bytes.subarray(arena.from[i], arena.to[i])), continues: framer.hasPieces && framer.continues[i] === 1 });
    }
    if (framer.consumed === 0) { assert.equal(arena.count, 0, 'frames without bytes'); return false; }
    offset += framer.consumed;
    open = framer.openPieces;
    return true;
  };
  for (const { upTo, flush } of reads) {
    while (cut(upTo, 'none'));
    if (flush !== 'none') while (cut(upTo, flush));
  }
  return { pieces, consumed: offset };
}

const whole = (file: Buffer): Read[] => [{ upTo: file.length, flush: 'end' }];
const textsOf = (pieces: readonly Piece[]): string[] => pieces.map(({ bytes }) => bytes.toString('utf8'));

/**
 * The same, said plainly: lines end at a newline, with one carriage return before it or not; a line that begins an event
 * ends the one before; others are appended with a newline, empty ones too; an event without text is nothing; NULs before
 * an event are a hole. `breaks`: offsets at which a held event was flushed.
 */
function naive(file: Buffer, rule: Rule, decode: (bytes: Buffer) => string, breaks: ReadonlySet<number> = new Set()): string[] {
  const events: string[] = [];
  let held: string | null = null;
  const publish = (): void => {
    const text = held?.replace(/^\0+/, '') ?? '';
    if (text !== '') events.push(text);
    held = null;
  };
  const lines: { text: string; at: number }[] = [];
  for (let at = 0; at < file.length;) {
    const newline = file.indexOf(10, at);
    const end = newline < 0 ? file.length : newline;
    lines.push({ text: decode(file.subarray(at, end)).replace(/\r$/, ''), at });
    at = end + 1;
  }
  for (const { text, at } of lines) {
    const begins = rule === 'line' || (rule === 'nonspace' ? /^[^ \t\r\n\f]/.test(text) : text.startsWith('S'));
    if (begins || breaks.has(at) || held === null || held === '') publish();
    held = held === null ? text : `${held}\n${text}`;
  }
  publish();
  return events;
}

const utf8 = (bytes: Buffer): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const rules = fc.constantFrom<Rule>('nonspace', 'line', 'pattern');
const line = fc.oneof(
  fc.constantFrom('', '', ' ', '\t', 'S', 'S1', 'a', ' at x', '\tat y', '\fz', 'ä€😀', '  '),
  fc.string({ maxLength: 10 }).map((text) => text.replaceAll(/[\r\n\0]/g, '')),
);
/** Line ends: mostly LF, sometimes CRLF, a lone CR, two CRs. */
const ending = fc.oneof({ weight: 6, arbitrary: fc.constant('\n') }, { weight: 2, arbitrary: fc.constant('\r\n') }, { weight: 1, arbitrary: fc.constantFrom('\r\r\n', '\r', '\n\n') });
const plainText = fc.tuple(fc.array(fc.tuple(line, fc.constant('\n')), { maxLength: 25 }), line).map(([lines, last]) => Buffer.from(lines.flat().join('') + last));
const mixedText = fc.tuple(fc.array(fc.tuple(line, ending), { maxLength: 25 }), line).map(([lines, last]) => Buffer.from(lines.flat().join('') + last));
const dirtyText = fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.tuple(line, ending).map((parts) => Buffer.from(parts.join(''))) },
  { weight: 1, arbitrary: fc.constantFrom([0], [0, 0, 0], [0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f], [0xed, 0xa0, 0x80]).map((bytes) => Buffer.from(bytes)) },
), { maxLength: 25 }).map((parts) => Buffer.concat(parts));
const anyText = fc.oneof(plainText, mixedText, dirtyText);
const cuts = fc.array(fc.nat(), { maxLength: 12 });
const readsOf = (file: Buffer, places: readonly number[], flush: Flush = 'none'): Read[] =>
  [...places.map((place) => place % (file.length + 1)).sort((a, b) => a - b).map((upTo) => ({ upTo, flush })), { upTo: file.length, flush: 'end' as const }];

test('read in whatever pieces, a file gives the messages that reading it plainly gives, and every byte is consumed', () => {
  fc.assert(fc.property(anyText, rules, cuts, fc.nat(1), (file, rule, places, kernel) => {
    const { pieces, consumed } = feed(framerFor({ rule, kernel }), file, readsOf(file, places));
    assert.deepEqual(textsOf(pieces), naive(file, rule, utf8));
    assert.equal(consumed, file.length);
    for (const piece of pieces) assert.equal(piece.continues, false);
  }), { numRuns: 1_000 });
});

test('a held event that is flushed ends there, and what follows is an event of its own', () => {
  fc.assert(fc.property(mixedText, rules, cuts, (file, rule, places) => {
    const reads = readsOf(file, places, 'lines');
    const { pieces } = feed(framerFor({ rule }), file, reads);
    const breaks = new Set(reads.slice(0, -1).map(({ upTo }) => file.subarray(0, upTo).lastIndexOf(10) + 1));
    assert.deepEqual(textsOf(pieces), naive(file, rule, utf8, breaks));
  }), { numRuns: 400 });
});

test('nothing is emitted of an event that may still go on, and a flush of lines leaves an unterminated one', () => {
  const framer = framerFor({ rule: 'nonspace' });
  const cut = (text: string, flush: Flush): { texts: string[]; consumed: number } => {
    const file = Buffer.from(text);
    const { pieces, consumed } = feed(framer, file, [{ upTo: file.length, flush }]);
    return { texts: textsOf(pieces), consumed };
  };
  assert.deepEqual(cut('a\n', 'none'), { texts: [], consumed: 0 });
  assert.deepEqual(cut('a\nb', 'none'), { texts: ['a'], consumed: 2 });
  assert.deepEqual(cut('a\nb\n c\nd', 'lines'), { texts: ['a', 'b\n c'], consumed: 7 });
  assert.deepEqual(cut('a\n b', 'lines'), { texts: ['a'], consumed: 2 });
  assert.deepEqual(cut('a\nb', 'partial'), { texts: ['a', `b${SUFFIX}`], consumed: 3 });
  assert.deepEqual(cut('a\nb', 'end'), { texts: ['a', 'b'], consumed: 3 });
  assert.deepEqual(cut('\n\n', 'none').texts, []);
});

test('an unterminated line that was sent, marked, goes on as a marked continuation', () => {
  const file = Buffer.from('one\ntwo and more\nthree\n');
  const { pieces } = feed(framerFor({ rule: 'nonspace' }), file, [{ upTo: 7, flush: 'partial' }, ...whole(file)]);
  assert.deepEqual(pieces.map(({ bytes, continues }) => [bytes.toString(), continues]), [['one', false], [`two${SUFFIX}`, false], [`${PREFIX} and more`, true], ['three', false]]);
});

/** Puts pieces together again: a message is a piece and those that continue it, without their marks, which must be there. */
function reassemble(pieces: readonly Piece[], max: number): string[] {
  const messages: string[] = [];
  for (const [i, { bytes, continues }] of pieces.entries()) {
    assert.ok(bytes.length <= max, `a piece of ${bytes.length} bytes where ${max} are allowed`);
    assert.ok(isUtf8(bytes), 'a piece is valid UTF-8');
    let text = bytes.toString('utf8');
    if (continues) { assert.ok(text.startsWith(PREFIX), `the mark of a continuation: ${text}`); text = text.slice(PREFIX.length); }
    if (pieces[i + 1]?.continues === true) { assert.ok(text.endsWith(SUFFIX), `the mark of a piece that goes on: ${text}`); text = text.slice(0, -SUFFIX.length); }
    if (continues) messages[messages.length - 1] += text;
    else messages.push(text);
  }
  return messages;
}

const longLine = fc.tuple(fc.constantFrom('S', 'x', ' ', ''), fc.array(fc.constantFrom('abcdefgh', 'é', '€€', '😀', '😀😀😀', ' ', 'xyz'), { maxLength: 60 })).map(([first, rest]) => first + rest.join(''));
const longText = fc.array(fc.oneof(longLine, line), { maxLength: 8 }).map((lines) => Buffer.from(lines.map((text) => `${text}\n`).join('')));

test('a message above the limit becomes marked pieces within it, of valid UTF-8, that together are the message', () => {
  fc.assert(fc.property(longText, rules, cuts, fc.integer({ min: 48, max: 160 }), fc.nat(1), (file, rule, places, max, kernel) => {
    const { pieces, consumed } = feed(framerFor({ rule, max, kernel }), file, readsOf(file, places));
    assert.equal(consumed, file.length);
    assert.deepEqual(reassemble(pieces, max), naive(file, rule, utf8));
  }), { numRuns: 600 });
});

test('carriage returns and bytes that are no UTF-8 in messages above the limit: repaired first, then measured, nothing cut off', () => {
  const dirtyLong = fc.array(fc.oneof(longLine.map((text) => Buffer.from(text)), fc.constantFrom([0xff], [0xc3], [0xff, 0xfe, 0xff, 0xfe, 0xff, 0xfe], [10], [13, 10], [13, 10]).map((bytes) => Buffer.from(bytes))), { maxLength: 14 }).map((parts) => Buffer.concat(parts));
  fc.assert(fc.property(dirtyLong, rules, cuts, fc.integer({ min: 60, max: 160 }), (file, rule, places, max) => {
    const { pieces, consumed } = feed(framerFor({ rule, max }), file, readsOf(file, places));
    assert.equal(consumed, file.length);
    // Where a piece is cut inside a broken code point its halves are repaired apart; all else is the same.
    const plain = (texts: readonly string[]): string[] => texts.map((text) => text.replaceAll(/\ufffd+/g, '\ufffd'));
    assert.deepEqual(plain(reassemble(pieces, max)), plain(naive(file, rule, utf8)));
  }), { numRuns: 400 });
});

test('flushing the lines of a message above the limit keeps every byte of it and of the line after it', () => {
  fc.assert(fc.property(longText, rules, cuts, fc.integer({ min: 60, max: 160 }), (file, rule, places, max) => {
    const { pieces, consumed } = feed(framerFor({ rule, max }), file, readsOf(file, places, 'lines'));
    assert.equal(consumed, file.length);
    const letters = (texts: readonly string[]): string => texts.join('').replaceAll('\n', '');
    assert.equal(letters(reassemble(pieces, max)), letters(naive(file, rule, utf8)));
  }), { numRuns: 400 });
});

test('a line that is sent before it is complete: what follows it is its continuation up to its newline, and no further', () => {
  fc.assert(fc.property(plainText, fc.constantFrom<Rule>('nonspace', 'line'), fc.nat(), (file, rule, place) => {
    const upTo = place % (file.length + 1);
    const { pieces, consumed } = feed(framerFor({ rule }), file, [{ upTo, flush: 'partial' }, ...whole(file)]);
    assert.equal(consumed, file.length);
    const letters = (texts: readonly string[]): string => texts.join('').replaceAll('\n', '');
    assert.equal(letters(pieces.map(({ bytes, continues }, i) => {
      let text = bytes.toString('utf8');
      if (continues) { assert.ok(text.startsWith(PREFIX)); text = text.slice(PREFIX.length); }
      if (i + 1 < pieces.length && pieces[i + 1]!.continues) assert.ok(text.endsWith(SUFFIX));
      return text.endsWith(SUFFIX) ? text.slice(0, -SUFFIX.length) : text;
    })), letters(naive(file, rule, utf8)));
    const newline = file.indexOf(10, upTo);
    const next = newline < 0 ? '' : utf8(file.subarray(newline + 1)).split('\n')[0]!;
    if (/^\S/.test(next)) assert.ok(textsOf(pieces).some((text) => text.startsWith(next)), `the next line begins a message: ${next}`);
  }), { numRuns: 300 });
});

test('a message of exactly the limit is one piece, one byte more is two', () => {
  for (const rule of ['nonspace', 'line', 'pattern'] as const) {
    for (const [length, count] of [[100, 1], [101, 2]] as const) {
      const file = Buffer.from(`${'S'.repeat(length)}\nS\n`);
      for (let upTo = 1; upTo <= file.length; upTo++) {
        const { pieces } = feed(framerFor({ rule, max: 100 }), file, [{ upTo, flush: 'none' }, ...whole(file)]);
        assert.equal(pieces.length, count + 1, `${rule}, ${length} bytes, first read to ${upTo}: ${textsOf(pieces).join(' | ')}`);
      }
    }
  }
});

test('a message without an end gives its pieces as it grows: what is held stays below the limit', () => {
  const max = 200;
  const file = Buffer.from('€'.repeat(5_000));
  const framer = framerFor({ rule: 'nonspace', max });
  for (let upTo = 3; upTo < file.length; upTo += 997) {
    const { consumed } = feed(framer, file, [{ upTo, flush: 'none' }]);
    assert.ok(upTo - consumed <= max + 2, `${upTo - consumed} bytes held of ${upTo}`);
  }
});

test('more lines than the columns hold are cut in rounds, none lost, joined as ever', () => {
  for (const rule of ['nonspace', 'line', 'pattern'] as const) {
    const lines = Array.from({ length: 2 * MAX_FRAMES + 10 }, (_, i) => (i % 1_000 === 999 ? ' ' : 'S'));
    const file = Buffer.from(`${lines.join('\n')}\r\n`);
    const { pieces, consumed } = feed(framerFor({ rule }), file, whole(file));
    assert.equal(consumed, file.length);
    assert.deepEqual(textsOf(pieces), naive(file, rule, utf8));
  }
});

test('a byte order mark at the start of the file is no text, elsewhere it is', () => {
  const mark = Buffer.from([0xef, 0xbb, 0xbf]);
  const file = Buffer.concat([mark, Buffer.from('a\nb\n'), mark, Buffer.from('c\n')]);
  for (const rule of ['nonspace', 'line'] as const) {
    for (let upTo = 0; upTo <= file.length; upTo++) {
      assert.deepEqual(textsOf(feed(framerFor({ rule }), file, [{ upTo, flush: 'none' }, ...whole(file)]).pieces), ['a', 'b', '\ufeffc'], `read to ${upTo} first`);
    }
  }
});

function encodeUtf16(text: string, bigEndian: boolean): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
}

test('UTF-16 in both orders, with and without its mark, read in whatever pieces, gives the text', () => {
  const text = fc.tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 15 }), line).map(([lines, last]) => lines.flat().join('') + last);
  fc.assert(fc.property(text, rules, cuts, fc.boolean(), fc.boolean(), (content, rule, places, bigEndian, marked) => {
    const file = encodeUtf16((marked ? '\ufeff' : '') + content, bigEndian);
    const { pieces, consumed } = feed(framerFor({ rule, encoding: marked ? 'utf-16' : bigEndian ? 'utf-16be' : 'utf-16le' }), file, readsOf(file, places));
    assert.equal(consumed, file.length);
    assert.deepEqual(textsOf(pieces), naive(Buffer.from(content), rule, utf8));
  }), { numRuns: 400 });
});

test('a newline byte inside a UTF-16 unit is no newline', () => {
  const content = 'a\u0a0ab\u010ac\u0a01\nd\n';
  for (const bigEndian of [false, true]) {
    const file = encodeUtf16(content, bigEndian);
    for (let upTo = 0; upTo <= file.length; upTo++) {
      const { pieces } = feed(framerFor({ rule: 'line', encoding: bigEndian ? 'utf-16be' : 'utf-16le' }), file, [{ upTo, flush: 'none' }, ...whole(file)]);
      assert.deepEqual(textsOf(pieces), ['a\u0a0ab\u010ac\u0a01', 'd']);
    }
  }
});

test('a single-byte encoding gives its characters, and long lines in pieces within the limit', () => {
  const bytes = fc.array(fc.oneof(fc.constantFrom(0x53, 0x20, 0x80, 0xe9, 0x41), fc.constant(10)), { maxLength: 400 }).map((list) => Buffer.from(list));
  const decode = (source: Buffer): string => new TextDecoder('windows-1252').decode(source);
  fc.assert(fc.property(bytes, rules, cuts, fc.integer({ min: 90, max: 200 }), (file, rule, places, max) => {
    const { pieces, consumed } = feed(framerFor({ rule, max, encoding: 'windows-1252' }), file, readsOf(file, places));
    assert.equal(consumed, file.length);
    assert.deepEqual(reassemble(pieces, max), naive(file, rule, decode));
  }), { numRuns: 300 });
});

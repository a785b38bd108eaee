import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StreamLines } from '../../../../src/metrics/statsd/stream-lines.ts';

/** What of a connection's bytes is taken, as lines, and what is cut. */
function linesOf(chunks: readonly Buffer[], finish: 'end' | 'broken' = 'end') {
  const lines: string[] = [];
  const cuts: string[] = [];
  const stream = new StreamLines({ take: (bytes, from, to) => { lines.push(...bytes.toString('latin1', from, to).split('\n').filter((line) => line !== '')); }, cut: (fault) => { cuts.push(fault); } });
  for (const chunk of chunks) stream.take(chunk);
  stream[finish]();
  return { lines, cuts };
}

/** The bytes in pieces, cut where `at` says. */
function pieces(bytes: Buffer, at: readonly number[]): readonly Buffer[] {
  const cuts = [0, ...at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

const anyLines = fc.array(fc.stringMatching(/^[a-z|:0-9]{1,20}$/), { minLength: 1, maxLength: 20 });
const anyCuts = fc.array(fc.nat(), { maxLength: 20 });

test('the lines of a connection are the same however its bytes arrive, the last one without its end', () => {
  fc.assert(fc.property(anyLines, anyCuts, fc.boolean(), (lines, at, ends) => {
    assert.deepEqual(linesOf(pieces(Buffer.from(lines.join('\n') + (ends ? '\n' : '')), at)), { lines, cuts: [] });
  }), { numRuns: 500 });
});

test('packets with their lengths before them are the same however their bytes arrive', () => {
  fc.assert(fc.property(anyLines, anyCuts, (lines, at) => {
    const bytes = Buffer.concat(lines.flatMap((line) => { const length = Buffer.alloc(4); length.writeUInt32LE(line.length); return [length, Buffer.from(line)]; }));
    assert.deepEqual(linesOf(pieces(bytes, at)), { lines, cuts: [] });
  }), { numRuns: 500 });
});

test('a line or packet that is too long is left out and said once; what follows is taken', () => {
  assert.deepEqual(linesOf([Buffer.from('a:1\n'), Buffer.alloc(60_000, 'x'), Buffer.alloc(60_000, 'x'), Buffer.from('y\nb:1\n'), Buffer.from('c:1\n')]), { lines: ['a:1', 'b:1', 'c:1'], cuts: ['long-line'] });
  const packet = (text: string): Buffer => { const length = Buffer.alloc(4); length.writeUInt32LE(text.length); return Buffer.concat([length, Buffer.from(text)]); };
  const whole = Buffer.concat([packet('a:1'), packet('x'.repeat(70_000)), packet('b:1')]);
  for (const at of [[], [5], [9, 40_000], [whole.length - 8, whole.length - 5]]) assert.deepEqual(linesOf(pieces(whole, at)), { lines: ['a:1', 'b:1'], cuts: ['long-line'] });
});

test('what a broken connection leaves is no line: a number may lack its end', () => {
  assert.deepEqual(linesOf([Buffer.from('a:1\nb:12')], 'broken'), { lines: ['a:1'], cuts: ['cut-line'] });
  assert.deepEqual(linesOf([Buffer.from('a:1\n')], 'broken'), { lines: ['a:1'], cuts: [] });
});

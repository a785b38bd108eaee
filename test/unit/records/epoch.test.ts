import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ChunkText } from '../../../src/records/chunk-text.ts';
import { EPOCH_DIGITS, EpochParser, epochMs } from '../../../src/records/epoch.ts';
import type { EpochFormat } from '../../../src/records/epoch.ts';
import { compileFormat } from '../../../src/records/timestamp.ts';
import { framesOf } from './frames.ts';

/** The time in a text and the text it was read from, or null. */
function read(format: EpochFormat, text: string): readonly [number, string] | null {
  const parser = new EpochParser(format);
  const bytes = Buffer.from(`9 ${text} 1700000000`);
  const time = parser.parse(bytes, 2, bytes.length - 11);
  return Number.isNaN(time) ? null : [time, bytes.toString('utf8', parser.matchFrom, parser.matchTo)];
}

test('a number of each unit is read, with all its digits, to the millisecond', () => {
  assert.deepEqual(read('epoch_s', 'at 1700000000 x'), [1_700_000_000_000, '1700000000']);
  assert.deepEqual(read('epoch_s', '1364481363.243 [x'), [1_364_481_363_243, '1364481363.243']);
  assert.deepEqual(read('epoch_s', 'audit(1364481363.2:24)'), [1_364_481_363_200, '1364481363.2']);
  assert.deepEqual(read('epoch_s', '1700000000.1234567891'), [1_700_000_000_123, '1700000000.1234567891']);
  assert.deepEqual(read('epoch_s', 'until 1700000000.'), [1_700_000_000_000, '1700000000']);
  assert.deepEqual(read('epoch_ms', '{"t":1700000000123}'), [1_700_000_000_123, '1700000000123']);
  assert.deepEqual(read('epoch_us', '1700000000123999'), [1_700_000_000_123, '1700000000123999']);
  assert.deepEqual(read('epoch_ns', '1700000000123999999'), [1_700_000_000_123, '1700000000123999999']);
  assert.deepEqual(read('epoch_s', '9999999999'), [9_999_999_999_000, '9999999999']);
});

test('a number of other digits, or with anything beside it, is passed over', () => {
  for (const text of ['170000000', '17000000000', '0700000000', 'x1700000000', '1700000000x', '_1700000000', '1.1700000000', '1700000000.5.5', '1700000000.5x', 'é1700000000', '']) assert.equal(read('epoch_s', text), null, text);
  for (const text of ['1700000000123.5', '1700000000']) assert.equal(read('epoch_ms', text), null, text);
  assert.deepEqual(read('epoch_s', '0700000000 1700000000'), [1_700_000_000_000, '1700000000']);
  assert.deepEqual(read('epoch_s', 'id 17000000001 x1700000002 1700000003 1700000004'), [1_700_000_003_000, '1700000003']);
});

test('what is found is what a regular expression finds, in any text', () => {
  const patterns = { epoch_s: /(?<![\w.\x80-\uffff])([1-9]\d{9})(?:\.\d+|(?!\.\d))(?![\w\x80-\uffff]|\.\d)/, epoch_ms: /(?<![\w.\x80-\uffff])([1-9]\d{12})(?![\w\x80-\uffff]|\.\d)/ };
  const text = fc.array(fc.constantFrom('1', '0', '.', ' ', 'a', '_', 'é', '-', '1700000000', '1700000000123', '170000'), { maxLength: 12 }).map((parts) => parts.join(''));
  for (const [format, pattern] of Object.entries(patterns)) {
    fc.assert(fc.property(text, (one) => { assert.equal(read(format as EpochFormat, one)?.[1] ?? null, pattern.exec(one)?.[0] ?? null); }), { numRuns: 2_000 });
  }
});

test('every millisecond of the range is read back from each unit', () => {
  fc.assert(fc.property(fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }), (time) => {
    const texts = { epoch_s: `${Math.floor(time / 1000)}.${String(time % 1000).padStart(3, '0')}`, epoch_ms: `${time}`, epoch_us: `${time}999`, epoch_ns: `${time}000001` };
    for (const [format, text] of Object.entries(texts)) {
      assert.equal(read(format as EpochFormat, text)?.[0], time);
      assert.equal(epochMs(Buffer.from(text), 0, text.length), time);
    }
  }));
});

test('frames of a chunk get their times, places and beginnings, and a fork has no memory', () => {
  const compiled = compileFormat('epoch_ms', 'UTC', 'UTC');
  assert.ok(!('problem' in compiled));
  const frames = framesOf(['1700000000123 a', 'none', 'b 1700000000456']);
  const text = new ChunkText();
  text.reset(frames);
  const spans = { from: new Int32Array(3), to: new Int32Array(3) };
  compiled.parseAll(text, 0, spans);
  assert.deepEqual([...frames.time], [1_700_000_000_123, Number.NaN, 1_700_000_000_456]);
  assert.deepEqual([...spans.from].map((from, i) => (from < 0 ? '' : frames.bytes.toString('utf8', from, spans.to[i]))), ['1700000000123', '', '1700000000456']);
  const begins = new Uint8Array(3);
  compiled.foundAll(text, begins);
  assert.deepEqual([...begins], [1, 0, 1]);
  assert.equal(compiled.previous, 1_700_000_000_456);
  assert.equal(compiled.fork().previous, Number.NaN);
});

test('a misspelt number format is told what there is', () => {
  assert.deepEqual(compileFormat('epoch_sec', 'UTC', 'UTC'), { problem: '"epoch_sec" is no format of a number; write epoch_s, epoch_ms, epoch_us or epoch_ns' });
  assert.equal(Object.keys(EPOCH_DIGITS).length, 4);
});

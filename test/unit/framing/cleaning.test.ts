import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cleaning, isClean } from '../../../src/framing/cleaning.ts';
import { Arena } from '../../../src/kernel/arena.ts';

const arena = new Arena(1000);

function clean(...texts: readonly string[]): { texts: string[]; ends: number[]; continues: number[]; holeBytes: number; dirty: boolean } {
  let at = arena.input;
  arena.count = 0;
  arena.spillAt = arena.spill;
  const continues = new Uint8Array(texts.length);
  for (const [i, text] of texts.entries()) {
    arena.from[i] = at;
    at += arena.bytes.write(text, at, 'latin1');
    arena.to[i] = at;
    arena.end[i] = at - arena.input;
    continues[i] = i;
    arena.count++;
  }
  const cleaning = new Cleaning(arena);
  cleaning.clean(continues);
  const kept = Array.from({ length: arena.count }, (_, i) => i);
  return { texts: kept.map((i) => arena.bytes.toString('utf8', arena.from[i], arena.to[i])), ends: kept.map((i) => arena.end[i]!), continues: kept.map((i) => continues[i]!), holeBytes: cleaning.holeBytes, dirty: cleaning.dirty };
}

test('carriage returns before inner newlines go, others stay; the input was changed then', () => {
  assert.deepEqual(clean('a\r\nb\r\n\r\nc', 'd\re\r'), { texts: ['a\nb\n\nc', 'd\re\r'], ends: [9, 13], continues: [0, 1], holeBytes: 0, dirty: true });
});

test('a hole of NULs before a message goes and is counted; a frame of nothing else is none', () => {
  assert.deepEqual(clean('\0\0\0', '\0a\0b', 'c'), { texts: ['a\0b', 'c'], ends: [7, 8], continues: [1, 2], holeBytes: 4, dirty: false });
});

test('invalid UTF-8 is repaired in the spill, and the source bytes stay as they are', () => {
  assert.deepEqual(clean('a\xff\xfeb').texts, ['a\ufffd\ufffdb']);
  assert.equal(arena.bytes.toString('latin1', arena.input, arena.input + 4), 'a\xff\xfeb');
});

test('clean is what needs none of this', () => {
  const verdicts = ['plain\nté'].map((text) => Buffer.from(text)).concat(['a\rb', 'a\0b', 'a\xff'].map((text) => Buffer.from(text, 'latin1'))).map((bytes) => isClean(bytes, 0, bytes.length));
  assert.deepEqual(verdicts, [true, false, false, false]);
});

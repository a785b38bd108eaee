import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Pieces } from '../../../src/framing/pieces.ts';
import { Arena, MAX_FRAMES } from '../../../src/kernel/arena.ts';

const SUFFIX = '[Truncated...]';
const PREFIX = '[...Continued]';
const arena = new Arena(100_000);
const START = arena.input;

interface Frame { readonly text: string; readonly end: number; readonly continues: boolean }

/** Splits whole messages that stand one after the other, newlines between them. */
function split(messages: readonly string[], max: number, { before = 0, unterminated = false, open = '' } = {}): { frames: Frame[]; consumed: number; open: number; any: boolean } {
  arena.count = 0;
  arena.spillAt = arena.spill;
  let at = START;
  for (const message of messages) {
    arena.from[arena.count] = at;
    at += arena.bytes.write(message, at);
    arena.to[arena.count] = at;
    arena.bytes[at++] = 10;
    arena.end[arena.count++] = at - START;
  }
  const openTo = at + arena.bytes.write(open, at);
  const pieces = new Pieces(arena, max, true);
  pieces.split(START, at - START, at, openTo, before, unterminated, false);
  const frames = Array.from({ length: arena.count }, (_, i) => ({ text: arena.bytes.toString('utf8', arena.from[i], arena.to[i]), end: arena.end[i]!, continues: pieces.any && pieces.continues[i] === 1 }));
  return { frames, consumed: pieces.consumed, open: pieces.open, any: pieces.any };
}

test('messages within the limit are left as they are', () => {
  const { frames, any, open } = split(['one', 'x'.repeat(50)], 50);
  assert.deepEqual([any, open, frames.map(({ text }) => text)], [false, 0, ['one', 'x'.repeat(50)]]);
});

test('pieces are within the limit, marked on the sides that go on, and give the message again', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((text) => !/[\n\r]/.test(text)), { minLength: 1, maxLength: 5 }), fc.integer({ min: 40, max: 90 }), fc.nat({ max: 2 }), (messages, max, before) => {
    const { frames, open } = split(messages, max, { before });
    assert.equal(open, 0);
    const joined: string[] = [];
    for (const [i, { text, continues }] of frames.entries()) {
      assert.ok(Buffer.byteLength(text) <= max && isUtf8(Buffer.from(text)));
      const more = frames[i + 1]?.continues === true;
      const bare = text.slice(continues ? PREFIX.length : 0, more ? -SUFFIX.length : undefined);
      assert.equal(text, `${continues ? PREFIX : ''}${bare}${more ? SUFFIX : ''}`);
      if (continues && i > 0) joined.push(`${joined.pop()!}${bare}`);
      else joined.push(bare);
    }
    assert.equal(frames[0]!.continues, before > 0);
    assert.deepEqual(joined, messages);
  }), { numRuns: 200 });
});

test('an open event above the limit goes out piece by piece, and a cut inside of it says how many came before', () => {
  const { frames, consumed, open } = split([], 48, { before: 3, open: 'y'.repeat(100) });
  assert.deepEqual(frames, [20, 40, 60].map((end) => ({ text: `${PREFIX}${'y'.repeat(20)}${SUFFIX}`, end, continues: true })));
  assert.deepEqual([consumed, open], [60, 6], 'the rest is not above the limit any more');
});

test('more pieces than columns: the rest is left for the next cut, which goes on with the number reached', () => {
  const { frames, consumed, open } = split(['z'.repeat(60_000)], 30);
  assert.deepEqual([frames.length, consumed, open], [MAX_FRAMES, 2 * MAX_FRAMES, MAX_FRAMES]);
});

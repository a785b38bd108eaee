import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Grouping } from '../../../src/framing/grouping.ts';
import type { StartRule } from '../../../src/framing/grouping.ts';
import { Arena } from '../../../src/kernel/arena.ts';

const arena = new Arena(1000);
const START = arena.input;

/** Lays the lines out as the kernel does, groups them, and gives the frames' texts. */
function group(rule: StartRule, lines: readonly string[], { flush = false, continuing = false, tailed = false } = {}): { frames: string[]; consumed: number; openAt: number | null } {
  arena.count = 0;
  let at = START;
  for (const line of lines) {
    arena.from[arena.count] = at;
    at += arena.bytes.write(`${line}\n`, at);
    arena.to[arena.count] = at - 1;
    arena.end[arena.count++] = at - START;
  }
  const grouping = new Grouping(arena, rule);
  grouping.group(START, at - START, flush, continuing, tailed);
  const frames = Array.from({ length: arena.count }, (_, i) => arena.bytes.toString('latin1', arena.from[i], arena.to[i]));
  return { frames, consumed: grouping.consumed, openAt: grouping.openFrom === 0 ? null : grouping.openFrom - START };
}

test('a line that begins an event completes the one before; the last one stays open until it is flushed', () => {
  assert.deepEqual(group('nonspace', ['one', ' more', 'two', ' open']), { frames: ['one\n more'], consumed: 10, openAt: 10 });
  assert.deepEqual(group('nonspace', ['one', ' more', 'two', ' open'], { flush: true }), { frames: ['one\n more', 'two\n open'], consumed: 20, openAt: null });
  assert.deepEqual(group('line', ['one', ' more']), { frames: ['one', ' more'], consumed: 10, openAt: null });
});

test('a rule of one\'s own is asked once for each line, after it was told of a new chunk', () => {
  const asked: (number | 'begin')[] = [];
  const rule: StartRule = { begin: () => { asked.push('begin'); }, starts: (i) => { asked.push(i); return i !== 1; } };
  assert.deepEqual(group(rule, ['a', 'b', 'c']).frames, ['a\nb']);
  assert.deepEqual(asked, ['begin', 0, 1, 2]);
});

test('an event without text is not sent: what follows takes its place, unless the chunk begins inside of a message', () => {
  assert.deepEqual(group('nonspace', ['', '', 'one', 'two']), { frames: ['one'], consumed: 6, openAt: 6 });
  assert.deepEqual(group('nonspace', ['', ''], { flush: true }), { frames: [], consumed: 2, openAt: null });
  assert.deepEqual(group('nonspace', ['', 'one', 'two'], { continuing: true }).frames, ['', 'one']);
});

test('an incomplete last line completes the event before it if it begins one, and is no part of a frame itself', () => {
  assert.deepEqual(group('nonspace', ['one', 'tw'], { tailed: true }), { frames: ['one'], consumed: 4, openAt: 4 });
  assert.deepEqual(group('nonspace', ['one', ' tw'], { tailed: true }), { frames: [], consumed: 0, openAt: 0 });
});

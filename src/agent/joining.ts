// A message may begin at the end of one generation and go on at the start of the next.

import { readSync } from 'node:fs';
import type { Generation, Step } from './generation.ts';
import { CHUNK_BYTES } from './stages.ts';
import type { Stages } from './stages.ts';

const NEWLINE = 10;

/** What is held at the end of a generation is a message of complete lines, which may go on in the one that follows. */
export function holdsLines(g: Generation, stages: Stages): boolean { return stages.framer.mapped && readHeld(g, stages) > 0; }

/**
 * Frames what the generation before holds together with the first chunk of this one (`fd`), as far as both are one text.
 * Null: there is nothing to join, and from now on there is no generation before.
 */
export function join(g: Generation, fd: number, stages: Stages): Step | null {
  const { arena, framer, stamper, report, now } = stages;
  const { file } = g;
  const before = joinedTo(g);
  if (before === null) return null;
  const held = framer.mapped && !before.truncated && !before.released && g.offset === 0 ? readHeld(before, stages) : 0;
  if (held === 0) { g.predecessor = null; return null; }
  let got: number;
  try {
    got = readSync(fd, arena.bytes, arena.input + held, Math.min(CHUNK_BYTES, arena.inputSize - held), 0);
  } catch {
    g.predecessor = null;
    return null;
  }
  if (got > file.size) { file.size = got; file.grewAt = now(); }
  if (got === 0) return 'caught-up';
  framer.cut(arena.input, arena.input + held + got, false, 'none', before.marks.pieces);
  g.pending = got;
  if (framer.consumed === 0) return 'caught-up';
  const whole = stamper.stamp(framer, g, before.mark.split?.time ?? null);
  const { consumed } = framer;
  if (!whole && consumed === 0) return 'more';
  g.predecessor = null;
  report.read(consumed);
  before.marks.chunkAt(arena.input, arena.input, before.offset);
  const end = before.marks.at(Math.min(held, consumed), null);
  let first = 0;
  while (first < arena.count && arena.end[first]! <= held) first++;
  if (first > 0) g.outlet.add(0, first, before, before.file.grewAt);
  if (consumed > held) {
    g.marks.chunkAt(arena.input, arena.input + held, -held);
    const last = g.marks.afterConsumed();
    if (first < arena.count) {
      if (before.offset < end.offset) g.beginsIn(before, end);
      g.outlet.add(first, arena.count, g, file.grewAt);
    }
    g.marks.pieces = framer.openPieces;
    g.skip(last);
  }
  before.pending = Math.max(0, held - consumed);
  before.marks.pieces = 0;
  if (before.offset < end.offset) before.skip(end);
  // What is left of the held lines is joined by the next step.
  if (before.pending === 0) g.predecessor = null;
  return 'more';
}

/** The generation whose last message may go on in this one: a file that was rotated while empty hands on what came before it. */
function joinedTo(g: Generation): Generation | null {
  let before = g.predecessor;
  while (before !== null && before.file.size === 0 && before.predecessor !== null) before = before.predecessor;
  return before;
}

/** Reads complete lines that are held at the end of a generation to the arena's input; gives their length, or 0. */
function readHeld(g: Generation, { arena }: Stages): number {
  const { file } = g;
  const fd = file.descriptor();
  const length = file.size - g.offset;
  if (fd === null || g.pending === 0 || length !== g.pending || length > arena.inputSize / 4) return 0;
  try {
    const got = readSync(fd, arena.bytes, arena.input, length, g.offset - file.base);
    return got === length && arena.bytes[arena.input + got - 1] === NEWLINE ? got : 0;
  } catch {
    return 0;
  }
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { ChunkMarks } from '../../../src/agent/chunk-marks.ts';
import { Framer } from '../../../src/framing/framer.ts';
import { EVENT_OVERHEAD_BYTES } from '../../../src/plan.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { createKernel } from '../../../src/kernel/kernel.ts';

const OPEN_TIME = 77;
const arena = new Arena(10_000);
const closed = { base: 0, descriptor: () => null };

/** A chunk at offset 1000 of its file, `window` before it in the arena, cut into pieces of at most `most` bytes. */
function cut(window: string, text: string, most: number, pieces = 0): { readonly marks: ChunkMarks; readonly frames: number } {
  const framer = new Framer({ arena, kernel: createKernel(arena), start: 'line', maxEventBytes: most + EVENT_OVERHEAD_BYTES, source: null });
  arena.bytes.write(window + text, arena.input, 'latin1');
  const start = arena.input + window.length;
  const marks = new ChunkMarks({ arena, framer, stamper: { openTime: OPEN_TIME } as never }, closed, pieces);
  marks.chunkAt(start, arena.input, 1000);
  framer.cut(start, start + text.length, false, 'none', pieces);
  for (let i = 0; i < arena.count; i++) arena.time[i] = 100 + i;
  return { marks, frames: arena.count };
}

describe('the marks of a chunk', () => {
  it('a mark lies just after its frame, with the checksum of the 256 bytes before it', () => {
    const { marks } = cut('w'.repeat(256), 'one\ntwo\n', 5_000);
    assert.deepEqual(marks.afterFrame(0), { offset: 1004, windowCrc: crc32(`${'w'.repeat(252)}one\n`), windowLength: 256, split: null });
    assert.deepEqual(marks.afterConsumed(), { offset: 1008, windowCrc: crc32(`${'w'.repeat(248)}one\ntwo\n`), windowLength: 256, split: null });
  });

  it('near the start of what the arena holds the window is shorter', () => {
    const { marks } = cut('', 'one\n', 5_000);
    assert.deepEqual(marks.afterFrame(0), { offset: 1004, windowCrc: crc32('one\n'), windowLength: 4, split: null });
  });

  it('inside a message that was cut into pieces the mark has the pieces emitted so far and their time', () => {
    const { marks, frames } = cut('', `${'x'.repeat(250)}\n`, 100);
    assert.ok(frames >= 3);
    for (let i = 0; i < frames - 1; i++) assert.deepEqual(marks.afterFrame(i).split, { piece: i + 1, time: 100 + i });
    assert.equal(marks.afterFrame(frames - 1).split, null);
  });

  it('pieces emitted before the chunk are counted', () => {
    const { marks, frames } = cut('', `${'x'.repeat(250)}\n`, 100, 4);
    assert.ok(frames >= 3);
    assert.equal(marks.afterFrame(0).split?.piece, 5);
    assert.equal(marks.afterFrame(1).split?.piece, 6);
  });

  it('a message that goes on after the chunk leaves its pieces, and its time, in the last mark', () => {
    const { marks, frames } = cut('', 'x'.repeat(250), 100);
    assert.ok(frames > 0);
    assert.deepEqual(marks.afterConsumed().split, { piece: frames, time: OPEN_TIME });
  });

  it('a mark that cannot be read back from its file has no window', () => {
    const { marks } = cut('', 'one\n', 5_000);
    assert.deepEqual(marks.inFile(1004, null), { offset: 1004, windowCrc: 0, windowLength: 0, split: null });
  });
});

import { readSync } from 'node:fs';
import type { Mark } from '../checkpoint/ledger.ts';
import { WINDOW_BYTES } from '../files/file-id.ts';
import { windowOf } from '../files/tailer.ts';
import type { FollowedFile } from './followed-file.ts';
import type { Stages } from './stages.ts';

/**
 * The marks of one generation: where a frame of the chunk in the arena ends in its file, the window before that, and the
 * pieces of a split message it lies behind.
 */
export class ChunkMarks {
  /** Pieces emitted of the message that goes on at the generation's mark; 0 at a message boundary. */
  pieces: number;
  readonly #s: Pick<Stages, 'arena' | 'framer' | 'stamper'>;
  readonly #file: Pick<FollowedFile, 'base' | 'descriptor'>;
  #start = 0;
  #floor = 0;
  #offset = 0;

  constructor(stages: Pick<Stages, 'arena' | 'framer' | 'stamper'>, file: Pick<FollowedFile, 'base' | 'descriptor'>, pieces: number) {
    this.#s = stages;
    this.#file = file;
    this.pieces = pieces;
  }

  /** The chunk at arena address `start` begins at `offset` of the file; from `floor` on the arena holds bytes of the file. */
  chunkAt(start: number, floor: number, offset: number): void {
    this.#start = start;
    this.#floor = floor;
    this.#offset = offset;
  }

  /** The mark after frame `frame` of the arena. */
  afterFrame(frame: number): Mark { return this.at(this.#s.arena.end[frame]!, this.#splitAfter(frame)); }

  /** The mark after all that the framer consumed of the chunk. */
  afterConsumed(): Mark {
    const { framer, stamper } = this.#s;
    return this.at(framer.consumed, framer.openPieces > 0 ? { piece: framer.openPieces, time: stamper.openTime } : null);
  }

  /** The mark `end` bytes behind the chunk's start. */
  at(end: number, split: Mark['split']): Mark {
    const offset = this.#offset + end;
    if (this.#s.framer.dirty) return this.inFile(offset, split);
    const { crc, length } = windowOf(this.#s.arena.bytes, this.#floor, this.#start + end);
    return { offset, windowCrc: crc, windowLength: length, split };
  }

  /** The mark at an offset of the file, whatever the arena holds. */
  inFile(offset: number, split: Mark['split']): Mark {
    const position = offset - this.#file.base;
    const length = Math.min(WINDOW_BYTES, position);
    const bytes = Buffer.allocUnsafe(length);
    const fd = this.#file.descriptor();
    let got = 0;
    try {
      if (fd !== null) got = readSync(fd, bytes, 0, length, position - length);
    } catch { /* The next read says what is wrong. */ }
    const window = windowOf(bytes.subarray(0, got), 0, got);
    return { offset, windowCrc: got === length ? window.crc : 0, windowLength: got === length ? length : 0, split };
  }

  /** The split after frame i: how many pieces of its message were emitted if more of it follows. */
  #splitAfter(frame: number): Mark['split'] {
    const { framer, arena, stamper } = this.#s;
    if (!framer.hasPieces) return null;
    const more = frame + 1 < arena.count ? framer.continues[frame + 1] === 1 : framer.openPieces > 0;
    if (!more) return null;
    let piece = 1;
    let i = frame;
    while (i >= 0 && framer.continues[i] === 1) { piece++; i--; }
    if (i < 0) piece += this.pieces - 1;
    return { piece, time: arena.time[frame] ?? stamper.openTime };
  }
}

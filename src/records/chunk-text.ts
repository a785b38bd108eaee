import { isAscii } from 'node:buffer';
import type { Frames } from '../flow.ts';

const NEWLINE = 10;
const RETURN = 13;
const NOT_ASCII = /[\x80-\xff]/g;

/**
 * The frames of one chunk as text. All matchers of a chunk share one latin1 string of the memory from the first frame to
 * the last, in which an index is an offset in bytes, so that they need no string per record. Nothing is made before it is
 * asked for. Frames should follow each other in memory, each with \n (or \r\n) behind it; others are read correctly, but slowly.
 *
 * One object serves all chunks, of whatever file: `reset` for new bytes, `reframe` for other frames over the same bytes.
 */
export class ChunkText {
  #frames: Frames | null = null;
  #version = 0;
  #base = 0;
  #limit = 0;
  #latin1: string | null = null;
  #ascii: boolean | null = null;
  #lineFeed = -1;
  #lineFeedFrom = -1;
  #beyond = -1;
  #beyondFrom = -1;
  #decodedFrom = -1;
  #decodedTo = -1;
  #decoded = '';

  /** New frames, or frames whose bytes or places have changed (trimmed). */
  reset(frames: Frames): void {
    this.#frames = frames;
    this.#version += 1;
    this.#latin1 = null;
    this.#ascii = null;
    this.#decodedFrom = -1;
    this.#lineFeedFrom = -1;
    this.#beyondFrom = -1;
    this.#base = Infinity;
    this.#limit = 0;
    for (let i = 0; i < frames.count; i++) {
      if (frames.from[i]! < this.#base) this.#base = frames.from[i]!;
      if (frames.to[i]! > this.#limit) this.#limit = frames.to[i]!;
    }
    if (frames.count === 0) this.#base = 0;
  }

  /** Other frames over the same, unchanged bytes: lines joined to events, say. Keeps what was made where it can. */
  reframe(frames: Frames): void {
    const { count, from, to, bytes } = frames;
    let inside = this.#frames?.bytes === bytes;
    for (let i = 0; inside && i < count; i++) inside = from[i]! >= this.#base && to[i]! <= this.#limit;
    if (!inside) this.reset(frames);
    this.#frames = frames;
  }

  get frames(): Frames {
    if (this.#frames === null) throw new Error('ChunkText is read before its first reset');
    return this.#frames;
  }

  /** Grows with each `reset`: what a matcher remembers about the text is valid for one version. */
  get version(): number { return this.#version; }
  /** Offset in `frames.bytes` of the string's first character. */
  get base(): number { return this.#base; }
  get latin1(): string { return (this.#latin1 ??= this.frames.bytes.toString('latin1', this.#base, this.#limit)); }
  /** Whether no byte from the first frame to the last is above 0x7F. */
  get ascii(): boolean { return (this.#ascii ??= isAscii(this.frames.bytes.subarray(this.#base, this.#limit))); }

  /** Whether bytes[from, to) hold a byte above 0x7F. Cheap if asked in ascending order. */
  hasNonAscii(from: number, to: number): boolean {
    if (this.ascii) return false;
    if (this.#beyondFrom === -1 || from < this.#beyondFrom || this.#beyond < from) {
      NOT_ASCII.lastIndex = from - this.#base;
      this.#beyond = NOT_ASCII.test(this.latin1) ? this.#base + NOT_ASCII.lastIndex - 1 : Infinity;
      this.#beyondFrom = from;
    }
    return this.#beyond < to;
  }

  /** Whether bytes[from, to) hold a \n. Cheap if asked in ascending order. */
  hasNewline(from: number, to: number): boolean {
    if (this.#lineFeedFrom === -1 || from < this.#lineFeedFrom || this.#lineFeed < from) {
      const found = this.latin1.indexOf('\n', from - this.#base);
      this.#lineFeed = found === -1 ? Infinity : this.#base + found;
      this.#lineFeedFrom = from;
    }
    return this.#lineFeed < to;
  }

  /** Whether a line break, or nothing of this text, stands behind the frame that ends at `to`. */
  endsAtBreak(to: number): boolean {
    if (to >= this.#limit) return true;
    const next = this.frames.bytes[to];
    return next === NEWLINE || next === RETURN;
  }

  beginsAtBreak(from: number): boolean {
    return from <= this.#base || this.frames.bytes[from - 1] === NEWLINE;
  }

  /** bytes[from, to) as a string of its own. Bytes that are not UTF-8 become U+FFFD. */
  decode(from: number, to: number): string {
    if (from !== this.#decodedFrom || to !== this.#decodedTo) {
      this.#decoded = this.hasNonAscii(from, to) ? this.frames.bytes.toString('utf8', from, to) : this.latin1.slice(from - this.#base, to - this.#base);
      this.#decodedFrom = from;
      this.#decodedTo = to;
    }
    return this.#decoded;
  }
}

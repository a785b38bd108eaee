import type { Arena } from '../kernel/arena.ts';
import { MAX_FRAMES } from '../kernel/arena.ts';
import { LineDecoder, byteOrderMark } from './encodings.ts';
import type { Encoding } from './encodings.ts';

/** Cuts lines in an encoding other than UTF-8 and writes them decoded, joined by newlines, into the arena's spill. */
export interface LineSource {
  /** The next chunks are of the file that begins with these bytes: a byte order mark may stand there. */
  beginsWith(head: Buffer): void;
  /**
   * Fills the arena's columns with the lines of [start, limit). `tail`: the bytes after the last newline are a line too.
   * An unterminated line of more than `max` bytes is cut, so that it can be sent in pieces.
   */
  lines(arena: Arena, start: number, limit: number, atFileStart: boolean, tail: boolean, max: number): void;
  readonly consumed: number;
  /** The last line of the columns has no newline yet. */
  readonly unterminated: boolean;
}

/** Lines of one encoding; a byte order mark at a file's start may choose between the two orders of UTF-16. */
export class DecodedLines implements LineSource {
  readonly #encoding: Encoding;
  readonly #decoders = new Map<string, LineDecoder>();
  #unit: Encoding;
  #decoder: LineDecoder;
  #markLength = 0;
  consumed = 0;
  unterminated = false;

  constructor(encoding: Encoding) {
    this.#encoding = this.#unit = encoding;
    this.#decoder = this.#decoderOf(encoding);
  }

  /** The next chunks are of the file that begins with these bytes. */
  beginsWith(head: Buffer): void {
    const { length, encoding } = byteOrderMark(this.#encoding, head, 0, head.length);
    this.#markLength = length;
    this.#unit = encoding;
    this.#decoder = this.#decoderOf(encoding);
  }

  #decoderOf(encoding: Encoding): LineDecoder {
    let decoder = this.#decoders.get(encoding.name);
    if (decoder === undefined) this.#decoders.set(encoding.name, decoder = new LineDecoder(encoding));
    return decoder;
  }

  lines(a: Arena, start: number, limit: number, atFileStart: boolean, tail: boolean, max: number): void {
    const { unit: size } = this.#unit;
    // Half a mark is left for the next read.
    let from = start + (atFileStart && limit - start >= this.#markLength ? this.#markLength : 0);
    let count = 0;
    this.unterminated = false;
    // Decoded text may be three times as long as its source; what finds no room waits for the next round.
    const fits = (bytes: number): boolean => a.spillAt + 3 * bytes + 1 <= a.spill + a.spillSize;
    const push = (to: number, next: number): void => {
      a.from[count] = a.spillAt;
      const end = this.#decoder.decode(a.bytes, from, to, a.bytes, a.spillAt);
      a.to[count] = end;
      a.bytes[end] = 10;
      a.spillAt = end + 1;
      a.end[count] = next - start;
      count++;
      from = next;
    };
    while (count < MAX_FRAMES - 1) {
      const newline = this.#newline(a.bytes, from, limit);
      if (newline === -1 || !fits(newline - from)) break;
      push(newline, newline + size);
    }
    const rest = (limit - from) - ((limit - from) % size);
    if (this.#newline(a.bytes, from, limit) === -1 && rest > 0 && (tail || rest > max)) {
      // A third of the limit, so that the decoded piece fits whatever the encoding.
      const length = tail && 3 * rest <= max ? rest : Math.min(rest, Math.floor(max / 3 / size) * size);
      push(from + length, from + length);
      this.unterminated = true;
    }
    a.count = count;
    this.consumed = from - start;
  }

  #newline(bytes: Buffer, from: number, limit: number): number {
    const { unit: size, bigEndian } = this.#unit;
    const view = bytes.subarray(from, limit);
    if (size === 1) { const at = view.indexOf(10); return at === -1 ? -1 : from + at; }
    for (let at = view.indexOf(10); at !== -1; at = view.indexOf(10, at + 1)) {
      const unit = at - (at % 2);
      if (unit + 1 < view.length && view[bigEndian ? unit + 1 : unit] === 10 && view[bigEndian ? unit : unit + 1] === 0) return from + unit;
    }
    return -1;
  }
}

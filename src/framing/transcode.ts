import type { Arena } from '../kernel/arena.ts';
import { MAX_FRAMES } from '../kernel/arena.ts';
import type { LineDecoder } from './encodings.ts';

/** Cuts lines in an encoding other than UTF-8 and writes them decoded, joined by newlines, into the arena's spill. */
export interface LineSource {
  /**
   * Fills the arena's columns with the lines of [start, limit). `tail`: the bytes after the last newline are a line too.
   * An unterminated line of more than `max` bytes is cut, so that it can be sent in pieces.
   */
  lines(arena: Arena, start: number, limit: number, atFileStart: boolean, tail: boolean, max: number): void;
  readonly consumed: number;
  /** The last line of the columns has no newline yet. */
  readonly unterminated: boolean;
}

/** Bytes of one code unit, and its order. */
export interface CodeUnit { readonly size: 1 | 2; readonly bigEndian: boolean }

export class DecodedLines implements LineSource {
  readonly #decoder: LineDecoder;
  readonly #unit: CodeUnit;
  consumed = 0;
  unterminated = false;

  constructor(decoder: LineDecoder, unit: CodeUnit) {
    this.#decoder = decoder;
    this.#unit = unit;
  }

  lines(a: Arena, start: number, limit: number, atFileStart: boolean, tail: boolean, max: number): void {
    const { size } = this.#unit;
    let from = start + (atFileStart ? this.#markLength(a.bytes, start, limit) : 0);
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
    const { size, bigEndian } = this.#unit;
    const view = bytes.subarray(from, limit);
    if (size === 1) { const at = view.indexOf(10); return at === -1 ? -1 : from + at; }
    for (let at = view.indexOf(10); at !== -1; at = view.indexOf(10, at + 1)) {
      const unit = at - (at % 2);
      if (unit + 1 < view.length && view[bigEndian ? unit + 1 : unit] === 10 && view[bigEndian ? unit : unit + 1] === 0) return from + unit;
    }
    return -1;
  }

  #markLength(bytes: Buffer, start: number, limit: number): number {
    if (this.#unit.size !== 2 || limit - start < 2) return 0;
    const first = bytes.readUInt16BE(start);
    return first === 0xfeff || first === 0xfffe ? 2 : 0;
  }
}

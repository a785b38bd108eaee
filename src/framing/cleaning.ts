import { isUtf8 } from 'node:buffer';
import type { Arena } from '../kernel/arena.ts';
import { repairUtf8 } from './encodings.ts';

const NEWLINE = 10;
const RETURN = 13;

/** Bytes [from, to) are text as it is sent: no carriage return to judge, no NUL hole, valid UTF-8. */
export function isClean(bytes: Buffer, from: number, to: number): boolean {
  const text = bytes.subarray(from, to);
  return !text.includes(RETURN) && !text.includes(0) && isUtf8(text);
}

/** Removes what is no text from the frames: carriage returns before inner newlines, holes of NULs, invalid UTF-8. */
export class Cleaning {
  readonly #arena: Arena;
  /** Bytes of NUL holes that were dropped. */
  holeBytes = 0;
  readonly #holes: { readonly frame: number; readonly bytes: number }[] = [];
  /** Bytes of the input region were changed in place. */
  dirty = false;

  constructor(arena: Arena) { this.#arena = arena; }

  reset(): void {
    this.holeBytes = 0;
    this.#holes.length = 0;
    this.dirty = false;
  }

  /** Only the first `count` frames are left. */
  shorten(count: number): void {
    this.holeBytes = this.#holes.reduce((sum, { frame, bytes }) => frame < count ? sum + bytes : sum, 0);
  }

  /** Cleans the frames of the columns, and drops those that are left without text. @param continues kept in step with them. */
  clean(continues: Uint8Array): void {
    const a = this.#arena;
    let kept = 0;
    for (let i = 0; i < a.count; i++) {
      let from = a.from[i]!;
      let to = a.to[i]!;
      if (a.bytes[from] === 0) {
        const begin = from;
        while (from < to && a.bytes[from] === 0) from++;
        this.holeBytes += from - begin;
        this.#holes.push({ frame: kept, bytes: from - begin });
      }
      if (a.bytes.subarray(from, to).includes('\r\n')) {
        to = dropReturns(a.bytes, from, to);
        this.dirty = true;
      }
      if (!isUtf8(a.bytes.subarray(from, to))) {
        const at = a.spillAt;
        a.spillAt = repairUtf8(a.bytes, from, to, a.bytes, at);
        from = at;
        to = a.spillAt;
      }
      if (from === to) continue;
      a.from[kept] = from;
      a.to[kept] = to;
      a.end[kept] = a.end[i]!;
      continues[kept] = continues[i]!;
      kept++;
    }
    a.count = kept;
  }
}

/** Moves bytes [from, to) together over the carriage returns before newlines; gives the new end. */
function dropReturns(bytes: Buffer, from: number, to: number): number {
  let out = from;
  for (let at = from; at < to; at++) {
    if (bytes[at] === RETURN && bytes[at + 1] === NEWLINE && at + 1 < to) continue;
    bytes[out++] = bytes[at]!;
  }
  return out;
}

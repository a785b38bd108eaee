import { isUtf8 } from 'node:buffer';
import { MAX_FRAMES } from '../kernel/arena.ts';
import type { Arena } from '../kernel/arena.ts';
import { codePointCut, repairUtf8 } from './encodings.ts';
import { PIECE_PREFIX, PIECE_SUFFIX } from './marks.ts';

const NEWLINE = 10;
const RETURN = 13;

interface Piece {
  readonly from: number;
  readonly to: number;
  /** Source bytes from the chunk's start on. */
  readonly end: number;
  /** Pieces of the same message before it. */
  readonly before: number;
  /** Another piece of the message follows. */
  readonly more: boolean;
}

/** Length of bytes [from, to) without the newline they may end with; a carriage return may have its newline to come. */
function textLength(bytes: Buffer, from: number, to: number): number {
  let end = to;
  if (end > from && bytes[end - 1] === NEWLINE) end--;
  if (end > from && bytes[end - 1] === RETURN) end--;
  return Math.max(0, end - from);
}

/** Cuts messages above the limit into marked pieces. */
export class Pieces {
  readonly #arena: Arena;
  readonly #max: number;
  /** Bytes of a piece between its marks. */
  readonly #room: number;
  readonly #mapped: boolean;
  /** Valid while `any`: see Scratch. */
  readonly continues: Uint8Array;
  any = false;
  /** Source bytes the frames take. */
  consumed = 0;
  /** Pieces of the message that `consumed` lies inside of; 0 at a message boundary. */
  open = 0;

  /** @param max bytes of the largest message. @param mapped the frames are source bytes, not decoded text. */
  constructor(arena: Arena, max: number, mapped: boolean) {
    this.#arena = arena;
    this.continues = arena.scratch.continues;
    this.#max = max;
    this.#room = max - PIECE_PREFIX.length - PIECE_SUFFIX.length;
    this.#mapped = mapped;
  }

  reset(): void {
    this.any = false;
    this.open = 0;
  }

  /**
   * Cuts frames above the limit, and the open event once it exceeds it. @param start address of the chunk.
   * @param consumed source bytes that the frames take. @param openFrom @param openTo addresses of the open event, as far as
   * it was read. @param before pieces of the message the chunk begins inside of. @param unterminated the last frame may go
   * on. @param stuck the open event has more lines than there are columns.
   */
  split(start: number, consumed: number, openFrom: number, openTo: number, before: number, unterminated: boolean, stuck: boolean): void {
    const a = this.#arena;
    const mapped = this.#mapped;
    this.consumed = consumed;
    const pendingLength = mapped ? textLength(a.bytes, openFrom, openTo) : 0;
    let longest = 0;
    for (let i = 0; i < a.count; i++) longest = Math.max(longest, a.to[i]! - a.from[i]!);
    // Bytes that are no UTF-8 may grow threefold when they are repaired.
    if (mapped && 3 * longest > this.#max && longest <= this.#max && !isUtf8(a.bytes.subarray(start, start + consumed))) longest = this.#longestRepaired();
    if (longest <= this.#max && pendingLength <= this.#max && before === 0 && !unterminated && !stuck) return;
    this.any = true;
    const pieces: Piece[] = [];
    let open = before;
    let endBefore = 0;
    const emit = (from: number, to: number, end: number, more: boolean): void => {
      pieces.push({ from, to, end, before: open, more });
      open = more ? open + 1 : 0;
    };
    const chop = (from: number, to: number, end: number, more: boolean): void => {
      let at = from;
      while (!this.#fits(at, to, open > 0 || more ? this.#room : this.#max)) {
        const cut = this.#pieceEnd(at, to);
        // No offset in decoded text is one in the source: until its end the message counts as not begun.
        emit(at, cut, mapped ? cut - start : endBefore, true);
        at = cut;
      }
      if (at < to) emit(at, to, end, more);
      else open = more ? open : 0;
    };
    for (let i = 0; i < a.count; i++) {
      chop(a.from[i]!, a.to[i]!, a.end[i]!, unterminated && i === a.count - 1);
      endBefore = a.end[i]!;
    }
    if (mapped && (pendingLength > this.#max || stuck)) {
      let at = openFrom;
      while (textLength(a.bytes, at, openTo) > this.#max) {
        const cut = this.#pieceEnd(at, openTo);
        emit(at, cut, cut - start, true);
        at = cut;
      }
      if (stuck && at < openTo) {
        chop(at, openTo, openTo - start, true);
        at = openTo;
      }
      this.consumed = Math.max(consumed, at - start);
    }
    this.open = this.consumed > 0 || a.count > 0 ? open : before;
    if (pieces.length > MAX_FRAMES) {
      pieces.length = MAX_FRAMES;
      const last = pieces[MAX_FRAMES - 1]!;
      this.consumed = last.end;
      this.open = last.more ? last.before + 1 : 0;
    }
    for (const [i, piece] of pieces.entries()) this.#place(i, piece);
    a.count = pieces.length;
  }

  /** Whether bytes [from, to) have at most `most` bytes as valid UTF-8. */
  #fits(from: number, to: number, most: number): boolean {
    if (to - from > most) return false;
    return 3 * (to - from) <= most || !this.#mapped || this.#repairedLength(from, to) <= most;
  }

  /** Where the piece that begins at `from` ends: on a code point, and not inside a CRLF. */
  #pieceEnd(from: number, to: number): number {
    const { bytes } = this.#arena;
    const room = this.#room;
    let cut = from + room < to ? codePointCut(bytes, from, from + room) : to;
    if (this.#mapped && this.#repairedLength(from, cut) > room) cut = codePointCut(bytes, from, from + Math.floor(room / 3));
    return bytes[cut - 1] === RETURN && bytes[cut] === NEWLINE && cut - 1 > from ? cut - 1 : cut;
  }

  #repairedLength(from: number, to: number): number {
    const { bytes, spillAt } = this.#arena;
    return isUtf8(bytes.subarray(from, to)) ? to - from : repairUtf8(bytes, from, to, bytes, spillAt) - spillAt;
  }

  #longestRepaired(): number {
    const a = this.#arena;
    let longest = 0;
    for (let i = 0; i < a.count; i++) longest = Math.max(longest, this.#repairedLength(a.from[i]!, a.to[i]!));
    return longest;
  }

  /** Makes the piece frame `i`; where marks belong to it, it is copied. */
  #place(i: number, { from, to, end, before, more }: Piece): void {
    const a = this.#arena;
    a.end[i] = end;
    this.continues[i] = before > 0 ? 1 : 0;
    a.from[i] = from;
    a.to[i] = to;
    if (before === 0 && !more) return;
    let at = a.spillAt;
    a.from[i] = at;
    if (before > 0) at += PIECE_PREFIX.copy(a.bytes, at);
    at += a.bytes.copy(a.bytes, at, from, to);
    if (more) at += PIECE_SUFFIX.copy(a.bytes, at);
    a.to[i] = at;
    a.spillAt = at;
  }
}

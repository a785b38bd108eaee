import { isUtf8 } from 'node:buffer';
import { MAX_FRAMES } from '../kernel/arena.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { EVENT_OVERHEAD_BYTES, PIECE_PREFIX, PIECE_SUFFIX } from './marks.ts';
import { codePointCut, repairUtf8 } from './encodings.ts';
import type { LineSource } from './transcode.ts';

/**
 * How much of what is held a cut may emit: complete events only; the held multi-line event too (its writer is quiet); an
 * unterminated line too, marked, because it may go on; or everything as it is, because nothing can follow.
 */
export type Flush = 'none' | 'lines' | 'partial' | 'end';

/** What begins an event: the implied rule, every line, or a test of line `i` of the arena's columns. */
export type StartRule = 'nonspace' | 'line' | { starts(i: number): boolean; begin(): void };

export interface FramerOptions {
  readonly arena: Arena;
  readonly kernel: Kernel;
  readonly start: StartRule;
  /** Largest event, EVENT_OVERHEAD_BYTES included. */
  readonly maxEventBytes: number;
  /** Set for encodings other than UTF-8: cuts and decodes the lines itself. */
  readonly source: LineSource | null;
}

const NEWLINE = 10;
/** Length of bytes [from, to) without the newline they may end with; a carriage return may have its newline to come. */
function textLength(bytes: Buffer, from: number, to: number): number {
  let end = to;
  if (end > from && bytes[end - 1] === NEWLINE) end--;
  if (end > from && bytes[end - 1] === 13) end--;
  return Math.max(0, end - from);
}

/** The end of the last whole code point of bytes [from, to), or of the broken one there. */
function wholeTo(bytes: Buffer, from: number, to: number): number {
  for (let back = 1; back <= 3 && to - back >= from; back++) {
    const byte = bytes[to - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0xc2 || byte > 0xf4 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? to - back : to;
  }
  return to;
}

const isSpace = (b: number): boolean => b === 0x20 || b === NEWLINE || b === 0x0d || b === 0x09 || b === 0x0c;

/**
 * Cuts the bytes of a chunk into the frames of whole messages, column by column. It keeps nothing between two chunks: what
 * is not consumed is read again with the next one, so a held message costs no memory and a restart loses none.
 *
 * The common case (UTF-8, the implied start rule, no oddities) is one call of the kernel; everything else goes
 *
 *     lines ─► group (start rule) ─► pieces (too long) ─► clean (CR, NUL holes, invalid UTF-8)
 */
export class Framer {
  readonly #arena: Arena;
  readonly #kernel: Kernel;
  readonly #start: StartRule;
  readonly #max: number;
  readonly #source: LineSource | null;
  /** Bytes of a file's head that `beginsWith` wants; 0 where the head says nothing of the rest. */
  get headBytes(): number { return this.#source === null ? 0 : 4; }
  beginsWith(head: Buffer): void { this.#source?.beginsWith(head); }
  /** Offsets in the text are offsets in the source: false where lines are decoded. */
  get mapped(): boolean { return this.#source === null; }
  /** Source bytes the frames (and what was dropped between them) take. */
  consumed = 0;
  /** Pieces emitted of the message that `consumed` lies inside of; 0 at a message boundary. */
  openPieces = 0;
  /** While `hasPieces`: frame i continues the message of the frame before it (frame 0: of the split that was handed in). */
  readonly continues = new Uint8Array(MAX_FRAMES);
  hasPieces = false;
  /** Address of the first byte of the event that is not complete yet, blank lines before it left out. */
  #openFrom = 0;
  /** Bytes of NUL holes dropped by the last cut. */
  holeBytes = 0;
  /** The input region was changed in place: a window over it must be read again. */
  dirty = false;

  constructor(options: FramerOptions) {
    this.#arena = options.arena;
    this.#kernel = options.kernel;
    this.#start = options.start;
    this.#max = options.maxEventBytes - EVENT_OVERHEAD_BYTES;
    this.#source = options.source;
  }

  /**
   * Cuts arena bytes [start, limit). @param atFileStart a byte order mark may stand first.
   * @param piecesBefore pieces already emitted of the message the chunk begins inside of, else 0.
   */
  cut(start: number, limit: number, atFileStart: boolean, flush: Flush, piecesBefore: number): void {
    this.holeBytes = 0;
    this.openPieces = 0;
    this.hasPieces = false;
    this.dirty = false;
    this.#arena.spillAt = this.#arena.spill;
    if (!this.#cutPlain(start, limit, flush, piecesBefore, atFileStart)) this.#cutCarefully(start, limit, atFileStart, flush, piecesBefore);
  }

  #cutPlain(start: number, limit: number, flush: Flush, piecesBefore: number, atFileStart: boolean): boolean {
    if (this.#source !== null || typeof this.#start !== 'string' || piecesBefore > 0 || start === limit) return false;
    const { bytes } = this.#arena;
    if (bytes[start] === NEWLINE || (atFileStart && bytes[start] === 0xef)) return false;
    const lines = this.#start === 'line';
    this.#kernel.index(start, limit, !lines, flush !== 'none');
    const { consumed } = this.#kernel;
    this.consumed = consumed;
    const rest = limit - start - consumed;
    if (this.#kernel.longest > this.#max || rest > this.#max || ((flush === 'partial' || flush === 'end') && rest > 0)) return false;
    return this.#isPlain(start) && !(lines && bytes.subarray(start, start + consumed).includes('\n\n'));
  }

  #cutCarefully(start: number, limit: number, atFileStart: boolean, flush: Flush, piecesBefore: number): void {
    const a = this.#arena;
    let skipped = 0;
    if (this.#source === null) {
      if (atFileStart && start + 3 <= limit && a.bytes[start] === 0xef && a.bytes[start + 1] === 0xbb && a.bytes[start + 2] === 0xbf) skipped = 3;
      this.#kernel.index(start + skipped, limit, false, false);
      this.consumed = this.#kernel.consumed;
    } else {
      this.#source.lines(a, start, limit, atFileStart, flush === 'partial' || flush === 'end', this.#max);
      this.consumed = this.#source.consumed;
    }
    let unterminated = this.#source !== null && this.#source.unterminated;
    const full = a.count === MAX_FRAMES;
    const tailFrom = start + skipped + this.consumed;
    // What is sent before its line is complete ends with a whole code point: the rest of a half one may follow.
    const tailTo = flush === 'partial' ? wholeTo(a.bytes, tailFrom, limit) : limit;
    const tail = this.#source === null && !full ? tailTo - tailFrom : 0;
    // Whether an unterminated line begins an event is known from its first byte, or, for a pattern, once it is too long to wait for.
    const judged = tail > 0 && (typeof this.#start === 'string' || tail > this.#max);
    const sent = tail > 0 && (flush === 'partial' || flush === 'end');
    if (judged || sent) {
      a.from[a.count] = tailFrom;
      a.to[a.count] = tailTo;
      a.end[a.count] = tailTo - start - skipped;
      a.count++;
    }
    if (sent) {
      this.consumed = tailTo - start - skipped;
      unterminated = true;
    }
    for (let i = 0; i < a.count; i++) {
      a.end[i]! += skipped;
      if (a.to[i]! > a.from[i]! && a.bytes[a.to[i]! - 1] === 13) a.to[i]!--;
    }
    this.consumed += skipped;
    this.#group(start, flush !== 'none' || unterminated, piecesBefore > 0, judged && !sent);
    this.#split(start, judged ? tailTo : tailFrom, piecesBefore, unterminated && flush !== 'end', full);
    if (this.hasPieces || this.#source !== null || !this.#isPlain(start)) this.#clean();
  }

  /** Nothing in the consumed bytes needs cleaning. */
  #isPlain(start: number): boolean {
    const text = this.#arena.bytes.subarray(start, start + this.consumed);
    return !text.includes(13) && !text.includes(0) && isUtf8(text);
  }

  /**
   * Joins the lines of the columns into frames; `consumed` becomes the end of the last complete one.
   * @param continuing the first line goes on with a message. @param tailed the last line is there to be judged only.
   */
  #group(start: number, flush: boolean, continuing: boolean, tailed: boolean): void {
    const a = this.#arena;
    const rule = this.#start;
    if (typeof rule === 'object') rule.begin();
    let frames = 0;
    let endBefore = 0;
    const isEmpty = (frame: number): boolean => a.to[frame]! <= a.from[frame]! && !(continuing && frame === 0);
    const lines = tailed ? a.count - 1 : a.count;
    let closed = false;
    this.#openFrom = 0;
    for (let i = 0; i < a.count; i++) {
      const from = a.from[i]!;
      const to = a.to[i]!;
      const begins = rule === 'line' || (rule === 'nonspace' ? from < to && !isSpace(a.bytes[from]!) : rule.starts(i));
      // Until an event has text nothing is joined to it: one without text is never sent, and what follows takes its place.
      const empty = i > 0 && isEmpty(frames);
      if (i > 0 && begins && !empty) endBefore = a.end[frames++]!;
      if (i === lines) {
        closed = begins && !empty && i > 0;
        if (empty) this.#openFrom = from;
        break;
      }
      if (i === 0 || begins || empty) a.from[frames] = from;
      a.to[frames] = to;
      a.end[frames] = a.end[i]!;
    }
    if (lines > 0) {
      if (closed) this.#openFrom = a.from[lines]!;
      else if (flush || rule === 'line') {
        endBefore = a.end[frames]!;
        if (!isEmpty(frames)) frames++;
      } else if (this.#openFrom === 0) this.#openFrom = isEmpty(frames) ? start + a.end[frames]! : a.from[frames]!;
      this.consumed = endBefore;
    }
    a.count = frames;
  }

  /**
   * Cuts frames above the limit, and the open event once it exceeds it, into marked pieces.
   * @param openTo the bytes from `consumed` up to here belong to one event.
   */
  #split(start: number, openTo: number, piecesBefore: number, unterminated: boolean, full: boolean): void {
    const a = this.#arena;
    const mapped = this.#source === null;
    const pendingFrom = Math.max(start + this.consumed, this.#openFrom);
    const pendingLength = mapped ? textLength(a.bytes, pendingFrom, openTo) : 0;
    const stuck = full && a.count === 0;
    let longest = 0;
    for (let i = 0; i < a.count; i++) longest = Math.max(longest, a.to[i]! - a.from[i]!);
    // Bytes that are no UTF-8 may grow threefold when they are repaired.
    if (mapped && 3 * longest > this.#max && longest <= this.#max && !isUtf8(a.bytes.subarray(start, start + this.consumed))) longest = this.#longestRepaired();
    this.continues.fill(0, 0, a.count + 1);
    if (longest <= this.#max && pendingLength <= this.#max && piecesBefore === 0 && !unterminated && !stuck) return;
    this.hasPieces = true;
    const rows: { from: number; to: number; end: number; continues: boolean; marks: 'none' | 'prefix' | 'suffix' | 'both' }[] = [];
    let pieces = piecesBefore;
    const room = this.#max - PIECE_PREFIX.length - PIECE_SUFFIX.length;
    const emit = (from: number, to: number, end: number, more: boolean): void => {
      rows.push({ from, to, end, continues: pieces > 0, marks: pieces > 0 ? (more ? 'both' : 'prefix') : more ? 'suffix' : 'none' });
      pieces = more ? pieces + 1 : 0;
    };
    const chop = (from: number, to: number, end: number, endOf: (at: number) => number, more: boolean): void => {
      let at = from;
      while (!this.#fits(at, to, pieces > 0 || more ? room : this.#max)) {
        const cut = this.#pieceEnd(at, to, room);
        emit(at, cut, endOf(cut), true);
        at = cut;
      }
      if (at < to) emit(at, to, end, more);
      else pieces = more ? pieces : 0;
    };
    let endBefore = 0;
    for (let i = 0; i < a.count; i++) {
      const before = endBefore;
      chop(a.from[i]!, a.to[i]!, a.end[i]!, mapped ? (at) => at - start : () => before, unterminated && i === a.count - 1);
      endBefore = a.end[i]!;
    }
    if (mapped && (pendingLength > this.#max || stuck)) {
      let at = pendingFrom;
      while (textLength(a.bytes, at, openTo) > this.#max) {
        const cut = this.#pieceEnd(at, openTo, room);
        emit(at, cut, cut - start, true);
        at = cut;
      }
      if (stuck && at < openTo) {
        chop(at, openTo, openTo - start, (cut) => cut - start, true);
        at = openTo;
      }
      this.consumed = Math.max(this.consumed, at - start);
    }
    this.openPieces = this.consumed > 0 || a.count > 0 ? pieces : piecesBefore;
    if (rows.length > MAX_FRAMES) {
      rows.length = MAX_FRAMES;
      this.consumed = rows.at(-1)!.end;
      this.openPieces = rows.at(-1)!.marks === 'suffix' || rows.at(-1)!.marks === 'both' ? 1 : 0;
    }
    for (const [i, row] of rows.entries()) this.#place(i, row.from, row.to, row.end, row.continues, row.marks);
    a.count = rows.length;
  }

  /** Whether bytes [from, to) have at most `most` bytes as valid UTF-8. */
  #fits(from: number, to: number, most: number): boolean {
    if (to - from > most) return false;
    return 3 * (to - from) <= most || this.#source !== null || this.#repairedLength(from, to) <= most;
  }

  /** Where a piece of at most `room` bytes that begins at `from` ends: on a code point, and not inside a CRLF. */
  #pieceEnd(from: number, to: number, room: number): number {
    const { bytes } = this.#arena;
    let cut = from + room < to ? codePointCut(bytes, from, from + room) : to;
    if (this.#source === null && this.#repairedLength(from, cut) > room) cut = codePointCut(bytes, from, from + Math.floor(room / 3));
    return bytes[cut - 1] === 13 && bytes[cut] === NEWLINE && cut - 1 > from ? cut - 1 : cut;
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

  #place(i: number, from: number, to: number, end: number, continues: boolean, marks: 'none' | 'prefix' | 'suffix' | 'both'): void {
    const a = this.#arena;
    a.end[i] = end;
    this.continues[i] = continues ? 1 : 0;
    if (marks === 'none') { a.from[i] = from; a.to[i] = to; return; }
    let at = a.spillAt;
    a.from[i] = at;
    if (marks !== 'suffix') at += PIECE_PREFIX.copy(a.bytes, at);
    at += a.bytes.copy(a.bytes, at, from, to);
    if (marks !== 'prefix') at += PIECE_SUFFIX.copy(a.bytes, at);
    a.to[i] = at;
    a.spillAt = at;
  }

  /** Carriage returns before inner newlines, NUL holes and invalid UTF-8, frame by frame where there are any. */
  #clean(): void {
    const a = this.#arena;
    let kept = 0;
    for (let i = 0; i < a.count; i++) {
      let from = a.from[i]!;
      let to = a.to[i]!;
      if (a.bytes[from] === 0) {
        const begin = from;
        while (from < to && a.bytes[from] === 0) from++;
        this.holeBytes += from - begin;
      }
      const text = a.bytes.subarray(from, to);
      if (text.includes('\r\n')) {
        to = this.#dropCarriageReturns(from, to);
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
      this.continues[kept] = this.continues[i]!;
      kept++;
    }
    a.count = kept;
  }

  #dropCarriageReturns(from: number, to: number): number {
    const { bytes } = this.#arena;
    let out = from;
    for (let at = from; at < to; at++) {
      if (bytes[at] === 13 && bytes[at + 1] === NEWLINE && at + 1 < to) continue;
      bytes[out++] = bytes[at]!;
    }
    return out;
  }
}

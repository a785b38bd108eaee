import type { Arena } from '../kernel/arena.ts';
import { MAX_FRAMES } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { EVENT_OVERHEAD_BYTES } from '../plan.ts';
import { Cleaning, isClean } from './cleaning.ts';
import { Grouping } from './grouping.ts';
import type { StartRule } from './grouping.ts';
import { Pieces } from './pieces.ts';
import type { LineSource } from './transcode.ts';

export type { StartRule } from './grouping.ts';

/**
 * How much of what is held a cut may emit: complete events only; the held multi-line event too (its writer is quiet); an
 * unterminated line too, marked, because it may go on; or everything as it is, because nothing can follow.
 */
export type Flush = 'none' | 'lines' | 'partial' | 'end';

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
const RETURN = 13;

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
  readonly #grouping: Grouping;
  readonly #pieces: Pieces;
  readonly #cleaning: Cleaning;
  /** Source bytes the frames (and what was dropped between them) take. */
  consumed = 0;

  constructor({ arena, kernel, start, maxEventBytes, source }: FramerOptions) {
    this.#arena = arena;
    this.#kernel = kernel;
    this.#start = start;
    this.#max = maxEventBytes - EVENT_OVERHEAD_BYTES;
    this.#source = source;
    this.#grouping = new Grouping(arena, start);
    this.#pieces = new Pieces(arena, this.#max, source === null);
    this.#cleaning = new Cleaning(arena);
  }

  /** Bytes of a file's head that `beginsWith` wants; 0 where the head says nothing of the rest. */
  get headBytes(): number { return this.#source === null ? 0 : 4; }
  beginsWith(head: Buffer): void { this.#source?.beginsWith(head); }
  /** Offsets in the text are offsets in the source: false where lines are decoded. */
  get mapped(): boolean { return this.#source === null; }
  /** Some frames are no whole messages: see `continues`. */
  get hasPieces(): boolean { return this.#pieces.any; }
  /** While `hasPieces`: frame i continues the message of the frame before it (frame 0: of the split that was handed in). */
  get continues(): Uint8Array { return this.#pieces.continues; }
  /** Pieces emitted of the message that `consumed` lies inside of; 0 at a message boundary. */
  get openPieces(): number { return this.#pieces.open; }
  /** Bytes of NUL holes dropped by the last cut. */
  get holeBytes(): number { return this.#cleaning.holeBytes; }
  /** The input region was changed in place: a window over it must be read again. */
  get dirty(): boolean { return this.#cleaning.dirty; }
  /** A later stage has changed the input region. */
  soil(): void { this.#cleaning.dirty = true; }

  /**
   * Cuts arena bytes [start, limit). @param atFileStart a byte order mark may stand first.
   * @param piecesBefore pieces already emitted of the message the chunk begins inside of, else 0.
   */
  cut(start: number, limit: number, atFileStart: boolean, flush: Flush, piecesBefore: number): void {
    this.#pieces.reset();
    this.#cleaning.reset();
    this.#arena.spillAt = this.#arena.spill;
    if (!this.#cutPlain(start, limit, flush, piecesBefore, atFileStart)) this.#cutCarefully(start, limit, atFileStart, flush, piecesBefore);
  }

  /** Takes back all frames of the last cut but the first `count`: what is behind them is read again. Pieces of one message stay together. */
  shorten(count: number): void {
    this.consumed = count === 0 ? 0 : this.#arena.end[count - 1]!;
    this.#arena.count = count;
    this.#pieces.open = 0;
    this.#cleaning.shorten(count);
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
    return isClean(bytes, start, start + consumed) && !(lines && bytes.subarray(start, start + consumed).includes('\n\n'));
  }

  #cutCarefully(start: number, limit: number, atFileStart: boolean, flush: Flush, piecesBefore: number): void {
    const a = this.#arena;
    const source = this.#source;
    const sendTail = flush === 'partial' || flush === 'end';
    let skipped = 0;
    let linesEnd: number;
    let unterminated = false;
    if (source === null) {
      if (atFileStart && start + 3 <= limit && a.bytes[start] === 0xef && a.bytes[start + 1] === 0xbb && a.bytes[start + 2] === 0xbf) skipped = 3;
      this.#kernel.index(start + skipped, limit, false, false);
      linesEnd = start + skipped + this.#kernel.consumed;
    } else {
      source.lines(a, start, limit, atFileStart, sendTail, this.#max);
      linesEnd = start + source.consumed;
      unterminated = source.unterminated;
    }
    const full = a.count === MAX_FRAMES;
    // What is sent before its line is complete ends with a whole code point: the rest of a half one may follow.
    const tailTo = flush === 'partial' ? wholeTo(a.bytes, linesEnd, limit) : limit;
    const tail = source === null && !full ? tailTo - linesEnd : 0;
    const sent = tail > 0 && sendTail;
    // Whether an unterminated line begins an event is known from its first byte, or, for a pattern, once it is too long to wait for.
    const judged = tail > 0 && (typeof this.#start === 'string' || tail > this.#max);
    if (judged || sent) {
      a.from[a.count] = linesEnd;
      a.to[a.count] = tailTo;
      a.end[a.count] = tailTo - start - skipped;
      a.count++;
    }
    for (let i = 0; i < a.count; i++) {
      a.end[i]! += skipped;
      if (a.to[i]! > a.from[i]! && a.bytes[a.to[i]! - 1] === RETURN) a.to[i]!--;
    }
    unterminated ||= sent;
    this.#grouping.group(start, (sent ? tailTo : linesEnd) - start, flush !== 'none' || unterminated, piecesBefore > 0, judged && !sent);
    const { consumed, openFrom } = this.#grouping;
    this.#pieces.split(start, consumed, Math.max(start + consumed, openFrom), judged ? tailTo : linesEnd, piecesBefore, unterminated && flush !== 'end', full && a.count === 0);
    this.consumed = this.#pieces.consumed;
    if (this.#pieces.any || source !== null || !isClean(a.bytes, start, start + this.consumed)) this.#cleaning.clean(this.#pieces.continues);
  }
}

import { readSync } from 'node:fs';
import { readChunk } from '../files/tailer.ts';
import type { Destination } from '../flow.ts';
import type { Flush } from '../framing/framer.ts';
import { EVENT_OVERHEAD_BYTES } from '../plan.ts';
import type { FileEntryPlan } from '../plan.ts';
import { ChunkText } from '../records/chunk-text.ts';
import { compileFilters } from '../records/filter.ts';
import { redactText } from '../records/redact/redact-text.ts';
import type { RedactHit } from '../records/redact/redact-text.ts';
import { Redaction } from '../records/redact/redaction.ts';
import { zerosUntil } from './nul-hole.ts';
import { SHOWN_BYTES, shownText } from './preview-event.ts';
import type { PreviewedEvent, Verdict } from './preview-event.ts';
import type { PreviewReport } from './preview-report.ts';
import type { WatchedTimes } from './preview-times.ts';
import { CHUNK_BYTES } from './stages.ts';
import type { Stages } from './stages.ts';

const NO_WINDOW = { crc: 0, length: 0 };
const NEWLINE = 10;
const RETURN = 13;

const SENT: Verdict = { kind: 'sent' };

export interface ReadingSpec {
  readonly fd: number;
  readonly entry: FileEntryPlan;
  readonly stages: Stages;
  readonly report: PreviewReport;
  readonly path: string;
  readonly mtimeMs: number;
  /** Where an event of this time (epoch milliseconds) goes. */
  readonly destinationAt: (time: number) => Destination;
  /** Null: events carry the time of reading. */
  readonly times: WatchedTimes | null;
  /** Offsets of the file: where to begin, and where to stop. */
  readonly from: number;
  readonly to: number;
  /** The file ends at `to`: what waits there is shown too. */
  readonly isEnd: boolean;
  /** Line that begins at `from`, from 1; null where lines are not counted. */
  readonly line: number | null;
}

/** How the reading ended: how far, the NULs passed over (or found at the end), or the code of a read error. */
export interface ReadingEnd { readonly offset: number; readonly nulBytes: number; readonly failure: string | null }

interface Frame { readonly from: number; readonly to: number; readonly end: number; readonly continues: boolean }

/**
 * Reads a stretch of a file through the stages of its entry as a follower does (Generation.step), but hands the stamper one
 * frame at a time, which tells what becomes of each.
 */
export class PreviewReader {
  readonly #s: ReadingSpec;
  readonly #take: (event: PreviewedEvent) => void;
  readonly #filters: readonly ReturnType<typeof compileFilters>[];
  readonly #redaction: Redaction | null;
  readonly #text = new ChunkText();
  /** Pieces so far, time and verdict of the message under way. */
  #pieces = 0;
  #time: number | null = null;
  #verdict: Verdict = SENT;
  #line: number | null;

  constructor(spec: ReadingSpec, take: (event: PreviewedEvent) => void) {
    this.#s = spec;
    this.#take = take;
    this.#line = spec.line;
    const { redact, framing } = spec.entry;
    this.#redaction = redact.length === 0 ? null : new Redaction(redact, framing.maxEventBytes - EVENT_OVERHEAD_BYTES);
    this.#filters = spec.entry.filters.map((filter) => compileFilters([filter]));
  }

  run(): ReadingEnd {
    const { fd, from, to, isEnd } = this.#s;
    const { arena, framer, stamper } = this.#s.stages;
    let offset = from;
    let nulBytes = 0;
    let readSize = CHUNK_BYTES;
    let flush: Flush = 'none';
    if (framer.headBytes > 0) framer.beginsWith(headOf(fd, framer.headBytes));
    while (offset < to) {
      const read = readChunk(fd, arena, offset, 0, NO_WINDOW, readSize);
      if (read.kind === 'error') return { offset, nulBytes, failure: read.code };
      // Without a window nothing can be short or changed.
      if (read.kind !== 'bytes' || read.start === read.limit) break;
      const { start } = read;
      const limit = Math.min(read.limit, start + to - offset);
      const more = offset + (limit - start) < to;
      if (arena.bytes[start] === 0 && !stamper.wide) {
        const hole = zerosUntil(arena.bytes, start, limit) - start;
        nulBytes += hole;
        offset += hole;
        continue;
      }
      // The framer takes carriage returns out in place.
      const source = Buffer.from(arena.bytes.subarray(start, limit));
      framer.cut(start, limit, offset === 0, flush, this.#pieces);
      if (framer.consumed === 0) {
        if (!more) {
          if (flush === 'partial' || !isEnd) break;
          flush = flush === 'none' ? 'lines' : 'partial';
          continue;
        }
        if (readSize < arena.inputSize) { readSize = Math.min(2 * readSize, arena.inputSize); continue; }
        framer.cut(start, limit, offset === 0, 'partial', this.#pieces);
      }
      nulBytes += framer.holeBytes;
      const { consumed, openPieces } = framer;
      this.#stampEach(source.subarray(0, consumed), offset, flush);
      this.#pieces = openPieces;
      offset += consumed;
      readSize = CHUNK_BYTES;
    }
    return { offset, nulBytes, failure: null };
  }

  /** The frames of the columns, one after the other. @param source bytes of the file they were made of, which begin at `offset`. */
  #stampEach(source: Buffer, offset: number, flush: Flush): void {
    const { framer, stamper } = this.#s.stages;
    const open = framer.openPieces > 0;
    const frames = this.#frames();
    let at = 0;
    let pieces = this.#pieces;
    for (const [i, frame] of frames.entries()) {
      const begin = frame.continues ? at : pastBlank(source, at);
      this.#passLines(source, at, begin);
      const goesOn = i + 1 < frames.length ? frames[i + 1]!.continues : open;
      pieces = frame.continues ? pieces + 1 : goesOn ? 1 : 0;
      const event = this.#stamp(frame, { offset: offset + begin, line: this.#line, piece: pieces, waits: flush === 'lines' || flush === 'partial' ? flush : 'none' });
      this.#time = stamper.openTime;
      this.#take(event);
      this.#passLines(source, begin, frame.end);
      at = frame.end;
    }
    this.#passLines(source, at, source.length);
  }

  /** The columns as they are now: stamping one frame at a time writes over them. */
  #frames(): readonly Frame[] {
    const { arena, framer } = this.#s.stages;
    return Array.from({ length: arena.count }, (_, i) => ({ from: arena.from[i]!, to: arena.to[i]!, end: arena.end[i]!, continues: framer.hasPieces && framer.continues[i] === 1 }));
  }

  #stamp(frame: Frame, place: Pick<PreviewedEvent, 'offset' | 'line' | 'piece' | 'waits'>): PreviewedEvent {
    const { report, path, mtimeMs, times: parser, destinationAt } = this.#s;
    const { arena, framer, stamper } = this.#s.stages;
    const original = Buffer.from(arena.bytes.subarray(frame.from, frame.to));
    arena.from[0] = frame.from;
    arena.to[0] = frame.to;
    arena.end[0] = frame.end;
    framer.continues[0] = frame.continues ? 1 : 0;
    arena.count = 1;
    report.begin();
    const knewTime = parser !== null && !Number.isNaN(parser.previous);
    stamper.stamp(framer, { path, mtimeMs, parser, outlet: { destinationAt, admit: () => arena.count }, lost: () => {} }, frame.continues ? this.#time : null);
    const isKept = arena.count === 1;
    const from = arena.from[0];
    const to = arena.to[0];
    if (!frame.continues) this.#verdict = isKept ? SENT : report.age === null ? { kind: 'filtered', filter: this.#dropping() } : { kind: report.age };
    const isFound = parser !== null && !frame.continues && !report.isUntimed;
    const time = arena.time[0]!;
    const { group, stream } = destinationAt(time);
    return {
      ...place, group, stream, time,
      isUntimed: report.isUntimed,
      timeFrom: frame.continues ? 'piece' : report.isClamped ? 'clamped' : isFound ? 'text' : knewTime ? 'before' : 'reading',
      span: isFound && parser.from >= 0 ? spanOf(original, parser.from - frame.from, parser.to - frame.from) : null,
      redacted: report.redactions.size === 0 ? [] : this.#hits(shownText(original)),
      original: shownText(original), message: shownText(arena.bytes.subarray(from, to)),
      bytes: to - from + EVENT_OVERHEAD_BYTES,
      verdict: this.#verdict,
    };
  }

  /** Where the redaction that ran has struck, in the text as it was. */
  #hits(text: string): readonly RedactHit[] {
    return this.#redaction === null ? [] : redactText(this.#redaction, text).hits;
  }

  /** Which filter took out the frame that was stamped last: the first that drops it when asked alone. */
  #dropping(): number {
    const { arena } = this.#s.stages;
    arena.count = 1;
    this.#text.reset(arena);
    const keep = new Uint8Array(1);
    return this.#filters.findIndex((filter) => {
      keep[0] = 1;
      filter.narrow(this.#text, keep);
      return keep[0] === 0;
    });
  }

  #passLines(source: Buffer, from: number, to: number): void {
    if (this.#line === null) return;
    for (let at = source.indexOf(NEWLINE, from); at !== -1 && at < to; at = source.indexOf(NEWLINE, at + 1)) this.#line++;
  }
}

function headOf(fd: number, length: number): Buffer {
  const head = Buffer.alloc(length);
  return head.subarray(0, readSync(fd, head, 0, length, 0));
}

/** Blank lines before an event are no part of it. */
function pastBlank(source: Buffer, from: number): number {
  let at = from;
  while (source[at] === NEWLINE || source[at] === RETURN) at++;
  return at;
}

function spanOf(original: Buffer, from: number, to: number): PreviewedEvent['span'] {
  if (to > SHOWN_BYTES) return null;
  return { from: original.toString('utf8', 0, from).length, to: original.toString('utf8', 0, to).length };
}

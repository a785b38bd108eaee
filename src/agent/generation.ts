import { readSync } from 'node:fs';
import { Ledger } from '../checkpoint/ledger.ts';
import type { Mark } from '../checkpoint/ledger.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { Settlement, Source } from '../delivery/lane.ts';
import { WINDOW_BYTES } from '../files/file-id.ts';
import { readChunk } from '../files/tailer.ts';
import type { Checkpoint, FileId } from '../flow.ts';
import type { Flush } from '../framing/framer.ts';
import type { TimestampReader } from '../records/timestamp.ts';
import type { Loss } from '../report/report.ts';
import { Beat } from './beat.ts';
import { ChunkMarks } from './chunk-marks.ts';
import { FileTrail } from './file-trail.ts';
import { FollowedFile } from './followed-file.ts';
import type { FileStart } from './followed-file.ts';
import { holdsLines, join } from './joining.ts';
import { isZeroAt, zerosUntil } from './nul-hole.ts';
import type { Outlet } from './outlet.ts';
import { CHUNK_BYTES } from './stages.ts';
import type { Stages } from './stages.ts';
import type { Trail } from './trail.ts';

/** What a generation runs in: the stages of its entry, and who is told when it moves. */
export interface GenerationContext extends Stages {
  readonly settled: (generation: Generation) => void;
  /** What was read is to be read again: its follower may be waiting for the file to grow. */
  readonly rewound: (generation: Generation) => void;
  readonly trail: Trail;
}

/**
 * What one step found. `more`: read on; `caught-up`: nothing (new) to emit; `waiting`: what comes before it is read again
 * first; `truncated`: the bytes before the offset are gone; `unreadable`: the file cannot be opened or read now.
 */
export type Step = 'more' | 'caught-up' | 'waiting' | 'truncated' | 'unreadable';

export interface GenerationStart extends FileStart {
  readonly mark: Mark;
  readonly handle: TrackedCheckpoint;
  readonly outlet: Outlet;
}

/** The event under way began in the generation before, `before`: its bytes there, up to `end`, travel with the same batch. */
interface Joint {
  readonly before: Generation;
  readonly end: Mark;
  /** Null until the event is in one. */
  batch: object | null;
}

/**
 * One life of a file's bytes while it is followed: how far it was read, and what of it is still held. A step is
 * synchronous, from the read to the encoded events:
 *
 *     read ─► window check ─► Framer.cut ─► Stamper.stamp ─► Outlet.add ─► hold
 */
export class Generation implements Source {
  readonly file: FollowedFile;
  readonly outlet: Outlet;
  readonly handle: TrackedCheckpoint;
  readonly marks: ChunkMarks;
  /** Of its follower. */
  readonly beat = new Beat();
  waitsForRoom = false;
  /** The file's own timestamp parser: it remembers the last time read. */
  readonly parser: TimestampReader | null;
  readonly #ledger: Ledger;
  readonly #trail: FileTrail;
  readonly #s: GenerationContext;
  /** No byte before the offset can be read any more. */
  truncated = false;
  /** A copy of what was in it before is read on from its safe offset. */
  copied = false;
  /** Goes on with its bytes, in a copy of them or inside an archive. */
  continuedBy: Generation | null = null;
  /** Let go of with bytes unread. */
  released = false;
  /** The file was looked at after a read that found its end. */
  looked = false;
  /** What other lanes hold or have sent of it may be read, and come, twice: nothing waits for one that fails. */
  mayRepeat = false;
  /** Held back: bytes at the end that are no complete message yet. */
  pending = 0;
  /** The generation that must be read to its end before this one, while its last message may go on in this one. */
  predecessor: Generation | null = null;
  lastAckAt: number | null = null;
  #pendingTried: Flush = 'none';
  /** The last step could not hand on all that it read. */
  #refused = false;
  #readSize = CHUNK_BYTES;
  /** Offset up to which a hole of NULs was seen without an end. */
  #holeTo = 0;
  #savedOffset: number;
  #head: Buffer | null = null;
  #joint: Joint | null = null;
  #detached = false;

  constructor(start: GenerationStart, context: GenerationContext) {
    this.file = new FollowedFile(start, context);
    this.outlet = start.outlet;
    this.handle = start.handle;
    this.#ledger = new Ledger(start.mark);
    this.#trail = new FileTrail(context.trail, start.handle);
    this.#savedOffset = start.mark.offset;
    this.#s = context;
    this.parser = context.stamper.newParser();
    this.marks = new ChunkMarks(context, this.file, start.mark.split?.piece ?? 0);
  }

  get path(): string { return this.file.path; }
  get id(): FileId { return this.file.id; }
  get mtimeMs(): number { return this.file.mtimeMs; }
  /** How far the file was read and handed on. */
  get offset(): number { return this.#ledger.mark.offset; }
  get mark(): Mark { return this.#ledger.mark; }
  /** The mark, with whose it is. */
  get reached(): Checkpoint { return { entry: this.handle.entry, path: this.path, id: this.id, ...this.mark, ended: false, updatedAt: 0 }; }
  get safe(): Mark { return this.#ledger.safe; }
  get settled(): boolean { return this.#ledger.settled; }
  /** Bytes of the file, as last seen, that were not handed on; NULs at its end are none: nobody has written them yet. */
  get unread(): number { return Math.max(0, this.file.size - Math.max(this.offset, this.#holeTo)); }
  /** Where the content of its `size` bytes ends: NULs at the end are none. */
  contentEnd(size: number): number { return this.#holeTo >= size ? Math.min(this.offset, size) : size; }
  /** Bytes of the file, as it is now, that are not acknowledged. */
  get unacknowledged(): number { return Math.max(0, this.contentEnd(this.file.currentSize()) - this.safe.offset); }
  /** The open descriptor is the only way to its bytes: at the next start nobody finds them. */
  get isLastChance(): boolean { return !this.file.unpacked && !this.truncated && this.file.unlinked; }
  get isOnlyHeld(): boolean { return this.truncated && !this.copied; }
  /** What is held is a message of complete lines, which may go on in the generation that follows. */
  get holdsLines(): boolean { return holdsLines(this, this.#s); }
  canRewind(batches: ReadonlySet<object>): boolean {
    return !this.truncated && (this.mayRepeat || this.#ledger.rewindsOnly(batches)) && (this.#joint === null || this.#joint.before.canRewind(batches));
  }

  hold(frame: number, batch: object): void {
    const joint = this.#joint;
    if (joint !== null && joint.batch === null) {
      joint.before.#hold(joint.end, batch);
      joint.batch = batch;
    }
    this.#hold(this.marks.afterFrame(frame), batch);
  }

  #hold(mark: Mark, batch: object): void { this.#trail.held(batch, this.#ledger.hold(mark, batch)); }

  /** Left out of what was read last. */
  lost(loss: Loss): void { this.#trail.lost(loss); }
  /** Bytes that nobody can read any more. */
  losesBytes(from: number, to: number, reason: Loss['reason']): void { this.#trail.gone(from, to, reason); }

  settle(batch: object, settlement: Settlement): void {
    const range = this.#ledger.settle(batch);
    if (range !== null) this.#trail.settled(range, batch, settlement);
    if (this.#joint?.batch === batch) {
      const { before } = this.#joint;
      this.#joint = null;
      // The event is counted where it ends.
      before.settle(batch, { ...settlement, events: 0, losses: [] });
    }
    this.lastAckAt = Date.now();
    this.#saveSafe();
  }

  givenUp(batch: object, losses: readonly Loss[]): void {
    const range = this.#ledger.rangeOf(batch);
    if (range !== null) this.#trail.givenUp(range, losses);
  }

  rewind(): void {
    this.#joint?.before.rewind();
    this.#joint = null;
    const before = this.#ledger.mark.offset;
    const mark = this.#ledger.rewind();
    this.#trail.rewound(mark.offset);
    this.marks.pieces = mark.split?.piece ?? 0;
    this.pending = 0;
    this.#holeTo = 0;
    this.#readSize = CHUNK_BYTES;
    this.#pendingTried = 'none';
    this.#s.report.read(mark.offset - before);
    if (this.#detached) return;
    this.#s.rewound(this);
    this.#s.settled(this);
  }

  /** Its checkpoint is another's from now on; what a lane still holds of it is delivered without it. */
  detach(): void { this.#detached = true; }
  get detached(): boolean { return this.#detached; }

  /** The bytes up to `mark` need nothing more. */
  skip(mark: Mark): void {
    this.#trail.passed(this.#ledger.mark.offset, mark.offset);
    this.#ledger.skip(mark);
    if (this.#ledger.settled) this.#saveSafe();
  }

  /** The event that is added next began in the generation `before`, whose bytes up to `end` are of it. */
  beginsIn(before: Generation, end: Mark): void { this.#joint = { before, end, batch: null }; }

  /** Of a generation before it, bytes that can be read were not handed on: a lane has given them back. */
  #comesLater(): boolean {
    for (let before = this.predecessor; before !== null; before = before.predecessor) {
      if (before.unread > before.pending && !before.truncated && !before.released && before.file.lastError === null) return true;
    }
    return false;
  }

  /** Reads one chunk and hands its messages on. `flush` as in Framer.cut. */
  step(flush: Flush): Step {
    const { arena, framer, stamper, now, report } = this.#s;
    const { file } = this;
    this.#refused = false;
    // Given back, or known from elsewhere: another part of the archive is wanted.
    if (file.unpacked && (this.mark.offset - this.mark.windowLength < file.base || this.mark.offset > file.currentSize())) file.close();
    const fd = file.descriptor();
    if (fd === null) return 'unreadable';
    if (this.predecessor !== null) {
      if (this.#comesLater()) return 'waiting';
      const step = join(this, fd, this.#s);
      if (step !== null) return step;
    }
    const mark = this.#ledger.mark;
    // A file that was allocated ahead is written in place: what was a hole may be text by now.
    if (this.#holeTo > mark.offset && !isZeroAt(fd, mark.offset - file.base)) this.#holeTo = 0;
    const offset = Math.max(mark.offset, this.#holeTo);
    const inHole = offset > mark.offset;
    const window = inHole ? { crc: 0, length: 0 } : { crc: mark.windowCrc, length: mark.windowLength };
    const r = readChunk(fd, arena, offset, file.base, window, this.#readSize);
    switch (r.kind) {
      case 'error': file.lastError = r.code; file.close(); return 'unreadable';
      case 'short': case 'changed': return 'truncated';
      case 'bytes': break;
      default: r satisfies never;
    }
    if (file.lastError !== null) { file.lastError = null; report.recovered(`file ${file.path}`, `${file.path}: can be read again`); }
    const { start, limit } = r;
    // The NULs are cut off, and perhaps more: only a read behind the last text can tell.
    if (start === limit && inHole && file.currentSize() < offset) { this.#holeTo = 0; return 'more'; }
    const size = offset + (limit - start);
    if (size > file.size) {
      this.#pendingTried = 'none';
      file.grownTo(size, fd, r.more);
    } else if (!r.more) file.size = size;
    if (start === limit) { this.pending = 0; return 'caught-up'; }
    if (arena.bytes[start] === 0 && !stamper.wide) return this.#hole(start, limit, offset);
    if (inHole) { this.#skipHole(offset); return 'more'; }
    this.marks.chunkAt(start, arena.input, offset);
    if (framer.headBytes > 0) framer.beginsWith(this.#head ??= this.#readHead(fd, framer.headBytes));
    framer.cut(start, limit, offset === 0, flush, this.marks.pieces);
    if (framer.consumed === 0) {
      if (r.more) {
        if (this.#readSize + WINDOW_BYTES < arena.inputSize) { this.#readSize = Math.min(2 * this.#readSize, arena.inputSize - WINDOW_BYTES); return 'more'; }
        framer.cut(start, limit, offset === 0, 'partial', this.marks.pieces);
      } else { this.pending = limit - start; return 'caught-up'; }
    }
    this.#refused = !stamper.stamp(framer, this, mark.split?.time ?? null);
    const { consumed } = framer;
    if (this.#refused && consumed === 0) { this.pending = 0; return 'more'; }
    report.read(consumed);
    if (framer.holeBytes > 0) this.#dropHole(framer.holeBytes);
    const last = this.marks.afterConsumed();
    // The flush clock runs from the last byte; while there is more to read at once, from now, so that batches fill.
    this.outlet.add(0, arena.count, this, r.more ? now() : file.grewAt);
    this.marks.pieces = framer.openPieces;
    this.#readSize = CHUNK_BYTES;
    this.skip(last);
    this.pending = this.#refused ? 0 : limit - start - consumed;
    return r.more || this.#refused || this.pending > 0 ? 'more' : 'caught-up';
  }

  /** What a quiet file's held bytes want next, and when; null while nothing is held. */
  nextFlush(multilineMs: number, partialMs: number): { readonly at: number; readonly flush: Flush } | null {
    if (this.pending === 0 || this.#pendingTried === 'partial') return null;
    if (this.#pendingTried === 'none') return { at: this.file.grewAt + multilineMs, flush: 'lines' };
    return { at: this.file.grewAt + partialMs, flush: 'partial' };
  }

  /** The flush was tried: what is still pending waits for the next kind, or for growth. */
  flushed(flush: Flush): void { if (!this.#refused) this.#pendingTried = flush === 'lines' ? 'lines' : 'partial'; }

  /** Its identity covers more of its head, once more of that was handed on. */
  growHead(): void {
    if (this.file.growHead(this.offset)) this.handle.identify(this.file.id);
  }

  /** Closes the descriptor; the ledger lives on until what is held has settled. */
  close(): void { this.file.close(); }

  #readHead(fd: number, length: number): Buffer {
    const head = Buffer.alloc(length);
    // The rest of an unpacked archive has no head to ask.
    if (this.file.base > 0) return head;
    return head.subarray(0, readSync(fd, head, 0, length, 0));
  }

  /**
   * A run of NULs where a message should begin is a hole, left by a writer that kept its offset across a truncation; but
   * only once something follows it: a file may also be allocated ahead of being written.
   */
  #hole(start: number, limit: number, offset: number): Step {
    const at = zerosUntil(this.#s.arena.bytes, start, limit);
    this.#holeTo = offset + (at - start);
    if (at === limit) { this.pending = 0; return limit - start < this.#readSize ? 'caught-up' : 'more'; }
    this.#skipHole(this.#holeTo);
    return 'more';
  }

  #skipHole(end: number): void {
    const length = end - this.#ledger.mark.offset;
    this.#s.report.read(length);
    this.#dropHole(length);
    this.skip(this.marks.inFile(end, null));
  }

  #dropHole(bytes: number): void {
    this.#s.report.dropped('hole', 0, bytes, this.file.path);
    this.lost({ reason: 'hole', events: 0, bytes });
  }

  #saveSafe(): void {
    const { offset, windowCrc, windowLength, split } = this.#ledger.safe;
    if (offset !== this.#savedOffset) this.#s.report.settled(offset - this.#savedOffset);
    this.#savedOffset = offset;
    if (this.#detached) return;
    this.handle.update(offset, windowCrc, windowLength, split, this.file.seenAt);
    this.#s.settled(this);
  }
}

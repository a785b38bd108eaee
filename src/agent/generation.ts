import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { Ledger } from '../checkpoint/ledger.ts';
import type { Mark } from '../checkpoint/ledger.ts';
import type { Lane, Source } from '../delivery/lane.ts';
import type { Closable, Descriptors } from '../files/descriptors.ts';
import { WINDOW_BYTES } from '../files/file-id.ts';
import { openFile, readChunk, windowOf } from '../files/tailer.ts';
import type { Sleeper } from '../files/wake.ts';
import type { FileId } from '../flow.ts';
import type { Flush, Framer } from '../framing/framer.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Report } from '../report/report.ts';
import type { Stamper } from './stamper.ts';
import type { TimestampParser } from '../records/timestamp.ts';

/** First read of a chunk; a message that does not fit is read again with twice the size. */
const CHUNK_BYTES = 262_144;

/** Where a generation's safe offset goes. Implemented by the checkpoint store. */
export interface CheckpointHandle {
  update(offset: number, windowCrc: number, windowLength: number, split: Mark['split']): void;
  rename(path: string): void;
  identify(id: FileId): void;
  end(): void;
  forget(): void;
}

/** What the stages of one entry share. */
export interface EntryStages {
  readonly arena: Arena;
  readonly framer: Framer;
  readonly stamper: Stamper;
  readonly descriptors: Descriptors;
  readonly report: Report;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  readonly settled: (generation: Generation) => void;
  /** What was read is to be read again: its follower may be waiting for the file to grow. */
  readonly rewound: (generation: Generation) => void;
}

/**
 * What one step found. `more`: read on; `caught-up`: nothing (new) to emit; `truncated`: the bytes before the offset are
 * gone; `unreadable`: the file cannot be opened or read now.
 */
export type Step = 'more' | 'caught-up' | 'truncated' | 'unreadable';

/** A name, or how the file lost it. */
export type Attachment = 'attached' | 'renamed' | 'deleted';

export interface GenerationStart {
  readonly path: string;
  readonly id: FileId;
  readonly mark: Mark;
  readonly handle: CheckpointHandle;
  readonly lane: Lane;
  /** Offset of the descriptor's first byte: not 0 for the rest of an unpacked archive. */
  readonly base: number;
  /** It is read from an archive, unpacked into a file without a name. */
  readonly unpacked: boolean;
  /** An open descriptor to take over, or null: it is opened by its path. */
  readonly fd: number | null;
}

const ZEROS = Buffer.alloc(65_536);

/** End of the run of NULs that begins at `start`. Whole blocks are compared at the speed of memory. */
function zerosUntil(bytes: Buffer, start: number, limit: number): number {
  let at = start;
  while (at < limit && bytes.compare(ZEROS, 0, Math.min(ZEROS.length, limit - at), at, Math.min(at + ZEROS.length, limit)) === 0) at = Math.min(at + ZEROS.length, limit);
  while (at < limit && bytes[at] === 0) at++;
  return at;
}

/** The byte at `position` is NUL, or cannot be read. */
function isZeroAt(fd: number, position: number): boolean {
  const byte = Buffer.alloc(1);
  try {
    readSync(fd, byte, 0, 1, position);
  } catch { /* The next read says what is wrong. */ }
  return byte[0] === 0;
}

/**
 * One life of a file's bytes while it is followed: its name, its open descriptor, how far it was read, and what of it is
 * still held. A step is synchronous, from the read to the encoded events:
 *
 *     read ─► window check ─► Framer.cut ─► Stamper.stamp ─► Lane.add ─► hold
 */
export class Generation implements Source, Sleeper, Closable {
  path: string;
  id: FileId;
  readonly lane: Lane;
  readonly handle: CheckpointHandle;
  readonly #ledger: Ledger;
  readonly #s: EntryStages;
  readonly #base: number;
  readonly unpacked: boolean;
  attachment: Attachment = 'attached';
  /** No byte before the offset can be read any more. */
  truncated = false;
  /** Size of the file when last looked at, bytes. */
  size = 0;
  /** Monotonic time of the last growth. */
  grewAt: number;
  /** Held back: bytes at the end that are no complete message yet. */
  pending = 0;
  #pendingTried: Flush = 'none';
  #readSize = CHUNK_BYTES;
  /** Offset up to which a hole of NULs was seen without an end. */
  #holeTo = 0;
  /** Values of the chunk under way, for `hold`. */
  #chunkStart = 0;
  #chunkOffset = 0;
  #floor = 0;
  #pieces = 0;
  #savedOffset: number;
  #head: Buffer | null = null;
  /** The event under way began in the generation before: its bytes there travel with the same batch. */
  #joining: { readonly before: Generation; readonly end: Mark } | null = null;
  #joined: { readonly before: Generation; readonly batch: object } | null = null;
  lastError: string | null = null;
  lastAckAt: number | null = null;
  lateBytes = 0;
  /** The file was looked at after a read that found its end. */
  looked = false;
  /** Epoch milliseconds at which the file was last found to be this generation, under its name. */
  seenAt: number;
  /** Let go of with bytes unread. */
  released = false;
  /** The generation that must be read to its end before this one, while its last message may go on in this one. */
  predecessor: Generation | null = null;
  /** Epoch milliseconds, as last seen. */
  mtimeMs = 0;
  /** The file's own timestamp parser: it remembers the last time read. */
  readonly parser: TimestampParser | null;

  constructor(start: GenerationStart, stages: EntryStages) {
    this.path = start.path;
    this.id = start.id;
    this.lane = start.lane;
    this.handle = start.handle;
    this.#base = start.base;
    this.#ledger = new Ledger(start.mark);
    this.#savedOffset = start.mark.offset;
    this.#s = stages;
    this.parser = stages.stamper.newParser();
    this.grewAt = stages.now();
    this.seenAt = stages.wallNow();
    this.#pieces = start.mark.split?.piece ?? 0;
    this.unpacked = start.unpacked;
    if (start.fd !== null) stages.descriptors.put(this, start.fd);
  }

  /** How far the file was read and handed on. */
  get offset(): number { return this.#ledger.mark.offset; }
  get mark(): Mark { return this.#ledger.mark; }
  get safe(): Mark { return this.#ledger.safe; }
  get settled(): boolean { return this.#ledger.settled; }
  get base(): number { return this.#base; }
  /** A deleted file's descriptor is all there is of it. */
  get pinned(): boolean { return this.attachment === 'deleted' || this.unpacked; }
  /** The open descriptor is the only way to its bytes: at the next start nobody finds them. */
  get isLastChance(): boolean {
    if (this.unpacked || this.truncated) return false;
    if (this.attachment === 'deleted') return true;
    const fd = this.#s.descriptors.get(this);
    try {
      return fd !== null && fstatSync(fd).nlink === 0;
    } catch {
      return false;
    }
  }
  get canRewind(): boolean { return !this.truncated && (this.#joined === null || this.#joined.before.canRewind); }

  hold(frame: number, batch: object): void {
    if (this.#joining !== null) {
      const { before, end } = this.#joining;
      before.#ledger.hold(end, batch);
      this.#joined = { before, batch };
      this.#joining = null;
    }
    this.#ledger.hold(this.#markAt(this.#s.arena.end[frame]!, this.#splitAt(frame)), batch);
  }

  settle(batch: object): void {
    this.#ledger.settle(batch);
    if (this.#joined?.batch === batch) {
      const { before } = this.#joined;
      this.#joined = null;
      before.settle(batch);
    }
    this.lastAckAt = Date.now();
    this.#saveSafe();
  }

  rewind(): void {
    this.#joined?.before.rewind();
    this.#joined = null;
    const before = this.#ledger.mark.offset;
    const mark = this.#ledger.rewind();
    this.#pieces = mark.split?.piece ?? 0;
    this.#readSize = CHUNK_BYTES;
    this.#pendingTried = 'none';
    this.#s.report.read(mark.offset - before);
    this.#s.rewound(this);
    this.#s.settled(this);
  }

  /** Reads one chunk and hands its messages on. `flush` as in Framer.cut. */
  step(flush: Flush): Step {
    const { arena, framer, stamper, descriptors, now, report } = this.#s;
    const fd = descriptors.get(this) ?? this.#reopen();
    if (fd === null) return 'unreadable';
    if (this.predecessor !== null) {
      let before = this.predecessor;
      // A file that was rotated while empty hands on what came before it.
      while (before.size === 0 && before.predecessor !== null) before = before.predecessor;
      const step = this.#join(before, fd);
      if (step !== null) return step;
    }
    const mark = this.#ledger.mark;
    // A file that was allocated ahead is written in place: what was a hole may be text by now.
    if (this.#holeTo > mark.offset && !isZeroAt(fd, mark.offset - this.#base)) this.#holeTo = 0;
    const offset = Math.max(mark.offset, this.#holeTo);
    const inHole = offset > mark.offset;
    const window = inHole ? { crc: 0, length: 0 } : { crc: mark.windowCrc, length: mark.windowLength };
    const r = readChunk(fd, arena, offset, this.#base, window, this.#readSize);
    switch (r.kind) {
      case 'error': this.lastError = r.code; descriptors.close(this); return 'unreadable';
      case 'short': case 'changed': return 'truncated';
      case 'bytes': break;
      default: r satisfies never;
    }
    if (r.kind !== 'bytes') return 'unreadable';
    if (this.lastError !== null) { this.lastError = null; report.recovered(`file ${this.path}`, `${this.path}: can be read again`); }
    const { start, limit } = r;
    const size = offset + (limit - start);
    if (size > this.size) {
      this.#grownTo(size, fd, r.more);
    } else if (!r.more) this.size = size;
    if (start === limit) { this.pending = mark.offset < size ? size - mark.offset : 0; return 'caught-up'; }
    if (arena.bytes[start] === 0 && !stamper.wide) {
      const kind = this.#hole(start, limit, offset);
      if (kind !== null) return kind;
      return 'more';
    }
    if (inHole) { this.#skipTo(offset); return 'more'; }
    this.#chunkStart = start;
    this.#chunkOffset = offset;
    this.#floor = arena.input;
    if (framer.headBytes > 0) framer.beginsWith(this.#head ??= this.#readHead(fd, framer.headBytes));
    framer.cut(start, limit, offset === 0, flush, this.#pieces);
    if (framer.consumed === 0) {
      if (r.more) {
        if (this.#readSize + WINDOW_BYTES < arena.inputSize) { this.#readSize = Math.min(2 * this.#readSize, arena.inputSize - WINDOW_BYTES); return 'more'; }
        framer.cut(start, limit, offset === 0, 'partial', this.#pieces);
      } else { this.pending = limit - start; return 'caught-up'; }
    }
    const { consumed } = framer;
    report.read(consumed);
    if (framer.holeBytes > 0) report.dropped('hole', 0, framer.holeBytes, this.path);
    stamper.stamp(framer, this, mark.split?.time ?? null);
    const last = this.#markAt(consumed, framer.openPieces > 0 ? { piece: framer.openPieces, time: stamper.openTime } : null);
    // The flush clock runs from the last byte; while there is more to read at once, from now, so that batches fill.
    this.lane.add(0, arena.count, this, r.more ? now() : this.grewAt);
    this.#ledger.skip(last);
    this.#pieces = framer.openPieces;
    this.#readSize = CHUNK_BYTES;
    if (this.#ledger.settled) this.#saveSafe();
    if (this.attachment !== 'attached') this.lateBytes += consumed;
    this.pending = limit - start - consumed;
    return r.more || this.pending > 0 ? 'more' : 'caught-up';
  }

  /**
   * A message may begin at the end of one generation and go on at the start of the next: the held bytes of the one
   * before are framed together with the first chunk of this one. Null: there is nothing to join.
   */
  #join(before: Generation, fd: number): Step | null {
    const { arena, framer, stamper, report, now } = this.#s;
    const held = framer.mapped && !before.truncated && !before.released && this.offset === 0 ? before.#readHeld() : 0;
    if (held === 0) { this.predecessor = null; return null; }
    let got: number;
    try {
      got = readSync(fd, arena.bytes, arena.input + held, Math.min(CHUNK_BYTES, arena.inputSize - held), 0);
    } catch {
      this.predecessor = null;
      return null;
    }
    if (got > this.size) { this.size = got; this.grewAt = now(); }
    if (got === 0) return 'caught-up';
    framer.cut(arena.input, arena.input + held + got, false, 'none', before.#pieces);
    this.pending = got;
    if (framer.consumed === 0) return 'caught-up';
    this.predecessor = null;
    const { consumed } = framer;
    report.read(consumed);
    stamper.stamp(framer, this, before.mark.split?.time ?? null);
    before.#chunkStart = before.#floor = arena.input;
    before.#chunkOffset = before.offset;
    const end = before.#markAt(Math.min(held, consumed), null);
    let first = 0;
    while (first < arena.count && arena.end[first]! <= held) first++;
    if (first > 0) this.lane.add(0, first, before, before.grewAt);
    if (consumed > held) {
      this.#chunkStart = arena.input;
      this.#chunkOffset = -held;
      this.#floor = arena.input + held;
      const last = this.#markAt(consumed, framer.openPieces > 0 ? { piece: framer.openPieces, time: stamper.openTime } : null);
      if (before.offset < end.offset) this.#joining = { before, end };
      if (first < arena.count) this.lane.add(first, arena.count, this, this.grewAt);
      this.#ledger.skip(last);
      this.#pieces = framer.openPieces;
    }
    if (this.#joining !== null || before.offset < end.offset) before.#ledger.skip(end);
    this.#joining = null;
    before.pending = 0;
    before.#pieces = 0;
    if (before.settled) before.#saveSafe();
    if (this.settled) this.#saveSafe();
    return 'more';
  }

  /** What is held is a message of complete lines, which may go on in the generation that follows. */
  get holdsLines(): boolean { return this.#s.framer.mapped && this.#readHeld() > 0; }

  /** Reads complete lines that are held at the end of this generation to the arena's input; gives their length, or 0. */
  #readHeld(): number {
    const { arena, descriptors } = this.#s;
    const fd = descriptors.get(this) ?? this.#reopen();
    const length = this.size - this.offset;
    if (fd === null || this.pending === 0 || length !== this.pending || length > arena.inputSize / 4) return 0;
    try {
      const got = readSync(fd, arena.bytes, arena.input, length, this.offset - this.#base);
      return got === length && arena.bytes[arena.input + got - 1] === 10 ? got : 0;
    } catch {
      return 0;
    }
  }

  /** What a quiet file's held bytes want next, and when; null while nothing is held. */
  nextFlush(multilineMs: number, partialMs: number): { readonly at: number; readonly flush: Flush } | null {
    if (this.pending === 0 || this.#pendingTried === 'partial') return null;
    if (this.#pendingTried === 'none') return { at: this.grewAt + multilineMs, flush: 'lines' };
    return { at: this.grewAt + partialMs, flush: 'partial' };
  }

  /** The flush was tried: what is still pending waits for the next kind, or for growth. */
  flushed(flush: Flush): void { this.#pendingTried = flush === 'lines' ? 'lines' : 'partial'; }

  grew(): boolean {
    const fd = this.#s.descriptors.get(this);
    if (fd === null) return this.#changedAtPath();
    try {
      return fstatSync(fd).size + this.#base !== this.size;
    } catch {
      return true;
    }
  }

  changed(): boolean { return this.attachment === 'attached' ? this.#changedAtPath() : this.grew(); }

  #changedAtPath(): boolean {
    try {
      const { ino, size, mtimeMs } = statSync(this.path);
      const touched = mtimeMs !== this.mtimeMs;
      this.mtimeMs = mtimeMs;
      return touched || ino !== this.id.inode || size !== this.size;
    } catch {
      return true;
    }
  }

  /** Size of the file now, bytes; what was last seen if it cannot be asked. */
  currentSize(): number {
    const fd = this.#s.descriptors.get(this);
    try {
      return fd === null ? this.size : fstatSync(fd).size + this.#base;
    } catch {
      return this.size;
    }
  }

  /** Closes the descriptor; the ledger lives on until what is held has settled. */
  close(): void { this.#s.descriptors.close(this); }

  /** The open descriptor, opened again if it was closed. */
  descriptor(): number | null { return this.#s.descriptors.get(this) ?? this.#reopen(); }

  #readHead(fd: number, length: number): Buffer {
    const head = Buffer.alloc(length);
    // The rest of an unpacked archive has no head to ask.
    if (this.#base > 0) return head;
    return head.subarray(0, readSync(fd, head, 0, length, 0));
  }

  /** The last byte was written when the file says so: an old file's last message has waited long enough already. */
  #grownTo(size: number, fd: number, more: boolean): void {
    this.size = size;
    this.#pendingTried = 'none';
    const now = this.#s.now();
    if (more) { this.grewAt = now; return; }
    try {
      this.mtimeMs = fstatSync(fd).mtimeMs;
      this.grewAt = now - Math.max(0, this.#s.wallNow() - this.mtimeMs);
    } catch {
      this.grewAt = now;
    }
  }

  #reopen(): number | null {
    if (this.pinned) { this.lastError = 'ENOENT'; return null; }
    const opened = openFile(this.path);
    if ('error' in opened) { this.lastError = opened.error; return null; }
    if (opened.inode !== this.id.inode) {
      closeSync(opened.fd);
      this.lastError = 'ESTALE';
      return null;
    }
    this.#s.descriptors.put(this, opened.fd);
    return opened.fd;
  }

  /**
   * A run of NULs where a message should begin is a hole, left by a writer that kept its offset across a truncation; but
   * only once something follows it: a file may also be allocated ahead of being written.
   */
  #hole(start: number, limit: number, offset: number): Step | null {
    const at = zerosUntil(this.#s.arena.bytes, start, limit);
    this.#holeTo = offset + (at - start);
    if (at === limit) { this.pending = 0; return limit - start < this.#readSize ? 'caught-up' : 'more'; }
    this.#skipTo(this.#holeTo);
    return null;
  }

  #skipTo(offset: number): void {
    const from = this.#ledger.mark.offset;
    this.#s.report.read(offset - from);
    this.#s.report.dropped('hole', 0, offset - from, this.path);
    this.#ledger.skip(this.#markFromFile(offset, null));
    if (this.#ledger.settled) this.#saveSafe();
  }

  #markAt(end: number, split: Mark['split']): Mark {
    const offset = this.#chunkOffset + end;
    if (this.#s.framer.dirty) return this.#markFromFile(offset, split);
    const { crc, length } = windowOf(this.#s.arena.bytes, this.#floor, this.#chunkStart + end);
    return { offset, windowCrc: crc, windowLength: length, split };
  }

  #markFromFile(offset: number, split: Mark['split']): Mark {
    const length = Math.min(WINDOW_BYTES, offset - this.#base);
    const bytes = Buffer.allocUnsafe(length);
    const fd = this.#s.descriptors.get(this);
    let got = 0;
    try {
      if (fd !== null) got = readSync(fd, bytes, 0, length, offset - this.#base - length);
    } catch { /* The next read says what is wrong. */ }
    const window = windowOf(bytes.subarray(0, got), 0, got);
    return { offset, windowCrc: got === length ? window.crc : 0, windowLength: got === length ? length : 0, split };
  }

  /** The split mark after frame i: how many pieces of its message were emitted if more of it follows. */
  #splitAt(frame: number): Mark['split'] {
    const { framer, arena, stamper } = this.#s;
    if (!framer.hasPieces) return null;
    const more = frame + 1 < arena.count ? framer.continues[frame + 1] === 1 : framer.openPieces > 0;
    if (!more) return null;
    let piece = 1;
    let i = frame;
    while (i >= 0 && framer.continues[i] === 1) { piece++; i--; }
    if (i < 0) piece += this.#pieces - 1;
    return { piece, time: arena.time[frame] ?? stamper.openTime };
  }

  #saveSafe(): void {
    const { offset, windowCrc, windowLength, split } = this.#ledger.safe;
    if (offset !== this.#savedOffset) this.#s.report.settled(offset - this.#savedOffset);
    this.#savedOffset = offset;
    this.handle.update(offset, windowCrc, windowLength, split);
    this.#s.settled(this);
  }
}

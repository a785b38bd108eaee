// Events that can never be delivered, kept for a person: one JSON object a line in `quarantine.jsonl` of the state
// directory. Never in the way of delivery: it is bounded in memory and on disk, and its errors are counted and reported.
import { chmodSync, closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeRanges } from './line-removal.ts';
import type { ByteRange } from './line-removal.ts';

/** Default bound of the file, bytes; with the one before it the folder holds twice as much. */
export const QUARANTINE_BYTES = 64 << 20;
/** Bytes that wait for the end of the turn, or for a disk that fails; in that case what comes on top is dropped and counted. */
const PENDING_BYTES = 8 << 20;

export interface QuarantinedRecord {
  /** When it was given up, epoch ms. */
  readonly time: number;
  readonly group: string;
  readonly stream: string;
  /** As ServicePlan.label; none: that of most entries. */
  readonly service?: string;
  /** Path of its source file. */
  readonly file: string;
  readonly reason: string;
  /** Event time, epoch ms. */
  readonly timestamp: number;
  readonly message: string;
}

export interface QuarantineReport {
  /** Called when writing begins to fail, or the oldest events are dropped for the first time. */
  quarantineTrouble(message: string): void;
  /** Called when writing works again. */
  quarantineRecovered(message: string): void;
}

/** Since the start. Bytes are of the lines in the file. */
export interface QuarantineCounters {
  /** Taken over by `add`. */
  readonly events: number;
  readonly bytes: number;
  /** Lost to the bound of the file: they were in the older file when it was replaced. */
  readonly rotatedEvents: number;
  readonly rotatedBytes: number;
  /** Never written: the disk failed and memory is bounded. */
  readonly lostEvents: number;
  readonly lostBytes: number;
  /** Sent again, and removed for that. */
  readonly replayedEvents: number;
  readonly replayedBytes: number;
}

interface Size { events: number; bytes: number }

/** Lines of an open file, in pieces. */
function linesIn(fd: number): number {
  const piece = Buffer.allocUnsafe(1 << 18);
  let lines = 0;
  let offset = 0;
  for (let read = readSync(fd, piece, 0, piece.length, 0); read > 0; read = readSync(fd, piece, 0, piece.length, offset)) {
    offset += read;
    for (let at = piece.indexOf(0x0a); at >= 0 && at < read; at = piece.indexOf(0x0a, at + 1)) lines++;
  }
  return lines;
}

/**
 * Writes are synchronous, one for all records of a turn: whoever gives up events faster than the disk takes them waits for
 * it, and none has to be let go.
 */
export class Quarantine {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #report: QuarantineReport;
  readonly #counters = { events: 0, bytes: 0, rotatedEvents: 0, rotatedBytes: 0, lostEvents: 0, lostBytes: 0, replayedEvents: 0, replayedBytes: 0 };
  /** As the file was left by the last write; null before the first. */
  #current: Size | null = null;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #turnEnd: NodeJS.Immediate | null = null;
  #failing = false;
  #saidFull = false;

  private constructor(directory: string, maxBytes: number, report: QuarantineReport) {
    this.#path = join(directory, 'quarantine.jsonl');
    this.#maxBytes = maxBytes;
    this.#report = report;
  }

  /** The quarantine of a state directory; no file is created before the first record. Never throws. */
  static open(directory: string, { report, maxBytes = QUARANTINE_BYTES }: { readonly report: QuarantineReport; readonly maxBytes?: number }): Quarantine {
    return new Quarantine(directory, maxBytes, report);
  }

  get counters(): QuarantineCounters { return this.#counters; }
  get directory(): string { return dirname(this.#path); }

  /** Removes lines that were delivered, by path and mark of their file (see fileMark). Throws the system's error; then they stay, and are sent twice. */
  remove(path: string, mark: string, lines: readonly ByteRange[]): void {
    if (lines.length === 0 || !this.#isThere(path, mark, lines)) return;
    this.#counters.replayedEvents += lines.length;
    this.#counters.replayedBytes += lines.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** The file may have become the older one since it was read. */
  #isThere(path: string, mark: string, lines: readonly ByteRange[]): boolean {
    this.#current = null;
    return removeRanges(path, mark, lines) || removeRanges(`${this.#path}.1`, mark, lines);
  }

  /** Takes a record over; it is written at the end of the turn, or at once when many wait. Never throws. */
  add(record: QuarantinedRecord): void {
    const { time, group, stream, service, file, reason, timestamp, message } = record;
    const line = Buffer.from(`${JSON.stringify({ time: new Date(time).toISOString(), group, stream, service, file, reason, timestamp, message })}\n`);
    this.#counters.events++;
    this.#counters.bytes += line.length;
    if (this.#pendingBytes + line.length > PENDING_BYTES && !this.#failing) this.flush();
    if (this.#pendingBytes + line.length > PENDING_BYTES) {
      this.#counters.lostEvents++;
      this.#counters.lostBytes += line.length;
    } else {
      this.#pending.push(line);
      this.#pendingBytes += line.length;
    }
    // While it fails each turn with a new record is a new try: there is no timer for what may stay broken for long.
    this.#turnEnd ??= setImmediate(() => { this.flush(); });
  }

  /** Writes what was added now; a failure is reported. Never throws. */
  flush(): void {
    if (this.#turnEnd !== null) clearImmediate(this.#turnEnd);
    this.#turnEnd = null;
    if (this.#pending.length === 0) return;
    try {
      while (this.#pending.length > 0) this.#writeSome();
      if (this.#failing) {
        this.#failing = false;
        this.#report.quarantineRecovered(`${this.#path} is written again`);
      }
    } catch (error) {
      if (!this.#failing) {
        this.#failing = true;
        this.#report.quarantineTrouble(`undeliverable events cannot be written to ${this.#path}: ${(error as Error).message}. Delivery goes on; up to ${PENDING_BYTES >> 20} MiB of them wait in memory, more are dropped and counted. Check the free space and the disk`);
      }
    }
  }

  /** Writes as many pending lines as fit into the file, at least one, after a rotation if none fits. */
  #writeSome(): void {
    const fd = openSync(this.#path, 'a+', 0o600);
    try {
      const { events, bytes } = this.#lookAt(fd);
      if (bytes > 0 && bytes + this.#pending[0]!.length > this.#maxBytes) { this.#rotate(); return; }
      let count = 0;
      let length = 0;
      for (const line of this.#pending) {
        if (count > 0 && bytes + length + line.length > this.#maxBytes) break;
        count++;
        length += line.length;
      }
      this.#append(fd, Buffer.concat(this.#pending.slice(0, count)), bytes);
      this.#pending = this.#pending.slice(count);
      this.#pendingBytes -= length;
      this.#current = { events: events + count, bytes: bytes + length };
    } finally {
      closeSync(fd);
    }
  }

  /**
   * What the file holds now. A person may have moved it away, and an earlier run may have left it with a line torn by a crash:
   * that line is ended, so that it spoils no other.
   */
  #lookAt(fd: number): Size {
    const { size } = fstatSync(fd);
    if (size === this.#current?.bytes) return this.#current;
    if (size === 0) return { events: 0, bytes: 0 };
    chmodSync(this.#path, 0o600);
    const last = Buffer.alloc(1);
    readSync(fd, last, 0, 1, size - 1);
    if (last[0] !== 0x0a) this.#append(fd, Buffer.from('\n'), size);
    return { events: linesIn(fd), bytes: fstatSync(fd).size };
  }

  #append(fd: number, lines: Buffer, size: number): void {
    try {
      for (let written = 0; written < lines.length;) written += writeSync(fd, lines, written);
    } catch (error) {
      // A piece may have been written; a torn line must not swallow the next one.
      try { ftruncateSync(fd, size); } catch { /* The file is looked at before the next write. */ }
      throw error;
    }
  }

  #rotate(): void {
    const older = `${this.#path}.1`;
    const dropped = this.#olderFile(older);
    renameSync(this.#path, older);
    this.#current = { events: 0, bytes: 0 };
    this.#counters.rotatedEvents += dropped.events;
    this.#counters.rotatedBytes += dropped.bytes;
    if (dropped.events > 0 && !this.#saidFull) {
      this.#saidFull = true;
      this.#report.quarantineTrouble(`${this.#path} is full (${this.#maxBytes} bytes): its oldest ${dropped.events} events were dropped, and more will be. Move the files away after looking at them`);
    }
  }

  #olderFile(path: string): Size {
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { events: 0, bytes: 0 };
      throw error;
    }
    try {
      return { events: linesIn(fd), bytes: fstatSync(fd).size };
    } finally {
      closeSync(fd);
    }
  }
}

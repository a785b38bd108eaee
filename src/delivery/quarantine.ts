// Events that can never be delivered, kept for a person: one JSON object a line in `quarantine.jsonl` of the state
// directory. Never in the way of delivery: it is bounded in memory and on disk, and its errors are counted and reported.
import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Default bound of the file, bytes; with the one before it the folder holds twice as much. */
export const QUARANTINE_BYTES = 64 << 20;
/** Bytes that wait for the disk at most; what comes on top is dropped and counted. */
const PENDING_BYTES = 8 << 20;

export interface QuarantinedRecord {
  /** When it was given up, epoch ms. */
  readonly time: number;
  readonly group: string;
  readonly stream: string;
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
}

interface Size { events: number; bytes: number }

/** Lines and bytes of a file, in pieces. */
async function sizeOf(path: string): Promise<Size> {
  const size: Size = { events: 0, bytes: 0 };
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return size;
    throw error;
  }
  try {
    const piece = Buffer.allocUnsafe(1 << 18);
    for (let read = await handle.read(piece); read.bytesRead > 0; read = await handle.read(piece)) {
      size.bytes += read.bytesRead;
      for (let at = piece.indexOf(0x0a); at >= 0 && at < read.bytesRead; at = piece.indexOf(0x0a, at + 1)) size.events++;
    }
  } finally {
    await handle.close();
  }
  return size;
}

export class Quarantine {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #report: QuarantineReport;
  readonly #counters = { events: 0, bytes: 0, rotatedEvents: 0, rotatedBytes: 0, lostEvents: 0, lostBytes: 0 };
  /** Of the file being written, and of the one before it. */
  #current: Size | null = null;
  #previous: Size = { events: 0, bytes: 0 };
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | null = null;
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

  /** Takes a record over; it is written soon. Never throws and never waits. */
  add(record: QuarantinedRecord): void {
    const { time, group, stream, file, reason, timestamp, message } = record;
    const line = Buffer.from(`${JSON.stringify({ time: new Date(time).toISOString(), group, stream, file, reason, timestamp, message })}\n`);
    this.#counters.events++;
    this.#counters.bytes += line.length;
    if (this.#pendingBytes + line.length > PENDING_BYTES) {
      this.#counters.lostEvents++;
      this.#counters.lostBytes += line.length;
      return;
    }
    this.#pending.push(line);
    this.#pendingBytes += line.length;
    // While it fails each new record is a new try: there is no timer for what may stay broken for long.
    this.#writing ??= this.#writePending();
  }

  /** Resolves when what was added is written, or its write has failed (which is reported). */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#pending.length > 0) await (this.#writing ??= this.#writePending());
  }

  async #writePending(): Promise<void> {
    try {
      await Promise.resolve(); // records added in the same turn share one write
      while (this.#pending.length > 0) await this.#writeSome();
      if (this.#failing) {
        this.#failing = false;
        this.#report.quarantineRecovered(`${this.#path} is written again`);
      }
    } catch (error) {
      if (!this.#failing) {
        this.#failing = true;
        this.#report.quarantineTrouble(`undeliverable events cannot be written to ${this.#path}: ${(error as Error).message}. Delivery goes on; up to ${PENDING_BYTES >> 20} MiB of them wait in memory, more are dropped and counted. Check the free space and the disk`);
      }
    } finally {
      this.#writing = null;
    }
  }

  /** Writes as many pending lines as fit into the file, at least one, after a rotation if none fits. */
  async #writeSome(): Promise<void> {
    this.#current ??= await this.#takeOver();
    if (this.#current.bytes > 0 && this.#current.bytes + this.#pending[0]!.length > this.#maxBytes) await this.#rotate();
    let count = 0;
    let bytes = 0;
    for (const line of this.#pending) {
      if (count > 0 && this.#current.bytes + bytes + line.length > this.#maxBytes) break;
      count++;
      bytes += line.length;
    }
    const handle = await open(this.#path, 'a', 0o600);
    try {
      await handle.writeFile(Buffer.concat(this.#pending.slice(0, count)));
    } catch (error) {
      // A piece may have been written; a torn line must not swallow the next one.
      await handle.truncate(this.#current.bytes).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    this.#pending = this.#pending.slice(count);
    this.#pendingBytes -= bytes;
    this.#current.events += count;
    this.#current.bytes += bytes;
  }

  /** What an earlier run left. Its last line may be torn by a crash: it is ended, so that it spoils no other. */
  async #takeOver(): Promise<Size> {
    this.#previous = await sizeOf(`${this.#path}.1`);
    const size = await sizeOf(this.#path);
    if (size.bytes === 0) return size;
    const handle = await open(this.#path, 'r+');
    try {
      await handle.chmod(0o600);
      const last = Buffer.alloc(1);
      await handle.read(last, 0, 1, size.bytes - 1);
      if (last[0] === 0x0a) return size;
      await handle.write('\n', size.bytes);
      return { events: size.events + 1, bytes: size.bytes + 1 };
    } finally {
      await handle.close();
    }
  }

  async #rotate(): Promise<void> {
    await rename(this.#path, `${this.#path}.1`);
    this.#counters.rotatedEvents += this.#previous.events;
    this.#counters.rotatedBytes += this.#previous.bytes;
    if (this.#previous.events > 0 && !this.#saidFull) {
      this.#saidFull = true;
      this.#report.quarantineTrouble(`${this.#path} is full (${this.#maxBytes} bytes): its oldest ${this.#previous.events} events were dropped, and more will be. Move the files away after looking at them`);
    }
    this.#previous = this.#current ?? { events: 0, bytes: 0 };
    this.#current = { events: 0, bytes: 0 };
  }
}

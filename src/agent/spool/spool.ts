import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmdirSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spoolFolder } from '../../naming/spool-path.ts';
import type { Spooled } from '../../naming/spool-path.ts';
import type { Report } from '../../report/report.ts';

/** A file is written up to this size, or this part of the spool; then it can be deleted as soon as its last byte is acknowledged. */
const FILE_BYTES = 8_388_608;
const FILE_PART = 1 / 16;
/** A file counts as at least so much, so that the bound on bytes is one on files too: 4,096 with 256 MiB. */
const LEAST_CHARGE = 65_536;
/** Files open for writing; of more destinations the one written to longest ago is closed, and opened again when its turn comes. */
const MAX_OPEN = 64;
/** A file that nothing came for in this time is written no further. */
const IDLE_MS = 60_000;
/** A file begins with one empty line for each, by its number: so two that follow each other differ, whatever is in them. */
const DISTINCT_HEADS = 251;
/** Ends the names of the files; fixed, and so is the length of the number before it: no name looks like a rotation of another. */
export const SPOOL_SUFFIX = '.emf';
const NUMBER_DIGITS = 14;

export interface SpoolOptions {
  /** Made when something is first put into it. */
  readonly directory: string;
  /** See SpoolPlan. */
  readonly maxBytes: number;
  readonly report: Report;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
}

interface Writer {
  readonly path: string;
  /** Comes before its first line. */
  readonly head: Uint8Array;
  fd: number | null;
  size: number;
  usedAt: number;
}

/**
 * Files for events that come in without one: what is taken is in its file before `append` returns, and the log pipeline
 * follows these files as any others. So a kill of the agent loses nothing that was taken; a power cut may lose what the
 * kernel had not written yet, as with any log file.
 *
 *     append ─► <group and stream>/<number>.emf ─► LogPipeline ─► acknowledged to the end, written no more ─► deleted
 */
export class Spool implements Disposable {
  readonly directory: string;
  readonly #o: SpoolOptions;
  /** By destination; the one used last is the last. */
  readonly #writers = new Map<string, Writer>();
  /** Paths of the writers' files. */
  readonly #written = new Set<string>();
  /** What each file counts as. */
  readonly #charges = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #maxBytes: number;
  #used = 0;
  #number = 0;
  /** The disk refused the last time. */
  #isFailing = false;

  constructor(options: SpoolOptions) {
    this.#o = options;
    this.directory = options.directory;
    this.#maxBytes = options.maxBytes;
    this.#recount();
  }

  /** Bytes of its files, each with at least LEAST_CHARGE. */
  get used(): number { return this.#used; }
  get files(): number { return this.#charges.size; }
  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
    this.#wake();
  }

  /**
   * Puts lines, each with its newline, behind what is there for the group and stream. False, and nothing of them is kept,
   * when the spool is full or the disk refuses: the caller keeps them, or counts them as dropped (`spool-full`).
   */
  append(to: Spooled, lines: Uint8Array): boolean {
    const key = JSON.stringify([to.group, to.stream]);
    const known = this.#writers.get(key);
    if (this.#used + (known === undefined ? Math.max(LEAST_CHARGE, lines.length) : this.#growth(known, lines.length)) > this.#maxBytes) {
      this.#o.report.trouble('spool full', `${this.directory}: the spool is full (${this.#maxBytes} bytes) and takes no more until some are delivered; senders over TCP wait, what comes over UDP is dropped and counted. \`agent status\` says what holds delivery up; logs.max_spool_bytes allows more`);
      // A file that is written no more makes room once it is delivered.
      this.seal();
      return false;
    }
    try {
      const writer = known ?? this.#begin(to);
      this.#writers.delete(key);
      this.#writers.set(key, writer);
      this.#write(writer, writer.size > 0 ? lines : Buffer.concat([writer.head, lines]));
      if (writer.size >= Math.min(FILE_BYTES, this.#maxBytes * FILE_PART)) this.#seal(key, writer);
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      this.#isFailing = true;
      // Somebody else deleted it: the next try begins another.
      if (code === 'ENOENT' && known !== undefined) this.#seal(key, known);
      this.#o.report.trouble('spool write', `${this.directory}: cannot be written (${code}); senders over TCP wait, what comes over UDP is dropped and counted. Make room on the disk, or give the agent write access`);
      return false;
    }
    this.#isFailing = false;
    this.#o.report.recovered('spool full', `${this.directory}: the spool takes events again`);
    this.#o.report.recovered('spool write', `${this.directory}: can be written again`);
    return true;
  }

  /** Calls back, once, when it is worth trying again what was refused. */
  whenRoom(retry: () => void): void { this.#waiting.add(retry); }

  /** Writes none of its files any further; what comes next begins new ones. */
  seal(): void { for (const [key, writer] of this.#writers) this.#seal(key, writer); }

  /** Nothing more will be written to it. */
  isSealed(path: string): boolean { return !this.#written.has(path); }

  /** The file was deleted: its folder goes too, unless there is another in it. */
  removed(path: string): void {
    this.#used -= this.#charges.get(path) ?? 0;
    this.#charges.delete(path);
    for (let folder = dirname(path); folder.length > this.directory.length; folder = dirname(folder)) {
      try { rmdirSync(folder); } catch { break; }
    }
    this.#wake();
  }

  /** To be called about each second. */
  keepHouse(): void {
    const now = this.#o.now();
    for (const [key, writer] of this.#writers) if (now - writer.usedAt >= IDLE_MS) this.#seal(key, writer);
    if (this.#waiting.size === 0) return;
    const before = this.#used;
    this.#recount();
    // What others deleted makes room too, and what the disk refused it may take now.
    if (this.#isFailing || this.#used < before) this.#wake();
  }

  [Symbol.dispose](): void {
    this.seal();
    this.#waiting.clear();
  }

  #begin(to: Spooled): Writer {
    const folder = join(this.directory, spoolFolder(to));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#number = Math.max(this.#number + 1, this.#o.wallNow() * 1_000);
    const path = join(folder, `${this.#number.toString(16).padStart(NUMBER_DIGITS, '0')}${SPOOL_SUFFIX}`);
    const fd = this.#open(path, 'ax');
    this.#charge(path, 0);
    this.#written.add(path);
    return { path, head: Buffer.alloc(this.#number % DISTINCT_HEADS, '\n'), fd, size: 0, usedAt: this.#o.now() };
  }

  /** All of it or, with an error, nothing. */
  #write(writer: Writer, bytes: Uint8Array): void {
    const fd = writer.fd ??= this.#open(writer.path, 'a');
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(fd, bytes, at);
    } catch (error) {
      if (at > 0) ftruncateSync(fd, writer.size);
      throw error;
    }
    writer.size += bytes.length;
    writer.usedAt = this.#o.now();
    this.#charge(writer.path, writer.size);
  }

  #open(path: string, flags: 'a' | 'ax'): number {
    const open = [...this.#writers.values()].filter(({ fd }) => fd !== null);
    for (const writer of open.slice(0, Math.max(0, open.length + 1 - MAX_OPEN))) close(writer);
    return openSync(path, flags, 0o600);
  }

  #seal(key: string, writer: Writer): void {
    this.#writers.delete(key);
    this.#written.delete(writer.path);
    close(writer);
  }

  #growth({ path, size }: Writer, more: number): number { return Math.max(LEAST_CHARGE, size + more) - (this.#charges.get(path) ?? 0); }

  #charge(path: string, size: number): void {
    const charge = Math.max(LEAST_CHARGE, size);
    this.#used += charge - (this.#charges.get(path) ?? 0);
    this.#charges.set(path, charge);
  }

  /** Looks at what there is. */
  #recount(): void {
    this.#charges.clear();
    this.#used = 0;
    for (const path of filesBelow(this.directory)) this.#charge(path, statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const retry of waiting) retry();
  }
}

function close(writer: Writer): void {
  if (writer.fd !== null) closeSync(writer.fd);
  writer.fd = null;
}

/** The files of earlier runs. */
function filesBelow(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(SPOOL_SUFFIX)).map((name) => join(directory, name));
  } catch {
    return [];
  }
}

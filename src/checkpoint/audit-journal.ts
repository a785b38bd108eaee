import { chmodSync, closeSync, fstatSync, openSync, readSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { auditDestination, auditFile, auditHeader, auditRange } from './audit-codec.ts';
import type { AuditedFile } from './audit-codec.ts';
import type { SettledRange } from './settled-range.ts';

/** Bytes of all parts together; the oldest part goes when the next one begins. */
export const AUDIT_BYTES = 64 << 20;
const PARTS = 8;
/** What waits for the next `write` is written at once beyond this part of a part, and beyond so many bytes. */
const PENDING_PART = 1 / 8;
const PENDING_BYTES = 1 << 16;
const PART_NAME = /^audit-(\d+)\.log$/;

export interface AuditReport {
  /** Called when writing begins to fail. */
  auditTrouble(message: string): void;
  /** Called when writing works again. */
  auditRecovered(message: string): void;
}

/** The parts of a state directory's journal, oldest first. Throws the system's error; there may be none. */
export function auditParts(directory: string): readonly string[] {
  return readdirSync(directory).flatMap((name) => {
    const match = PART_NAME.exec(name);
    return match === null ? [] : [{ name, number: Number(match[1]) }];
  }).toSorted((a, b) => a.number - b.number).map(({ name }) => join(directory, name));
}

/**
 * The journal of what became of each file's bytes, bounded: what `agent audit` reads. It has no part in delivery. Nothing is synced:
 * a power cut may take the last seconds of it, and a disk that fails takes what comes meanwhile, which is a gap then.
 */
export class AuditJournal {
  readonly #directory: string;
  readonly #partBytes: number;
  readonly #mostPending: number;
  readonly #report: AuditReport;
  /** By number, as they were defined in the present part last. */
  readonly #files = new Map<number, Pick<AuditedFile, 'path' | 'id'>>();
  readonly #destinations = new Map<string, number>();
  #part: number | null = null;
  #size = 0;
  #pending: string[] = [];
  #pendingBytes = 0;
  #failing = false;

  /** Opens no file before the first range. @param maxBytes of all parts together */
  constructor(directory: string, report: AuditReport, maxBytes: number = AUDIT_BYTES) {
    this.#directory = directory;
    this.#report = report;
    this.#partBytes = Math.floor(maxBytes / PARTS);
    this.#mostPending = Math.min(PENDING_BYTES, this.#partBytes * PENDING_PART);
  }

  /** Takes a range over; it is on its way to the disk after the next `write`. Never throws. */
  append(file: AuditedFile, range: SettledRange): void {
    if (this.#pending.length === 0 && this.#files.size === 0) this.#say(auditHeader());
    const known = this.#files.get(file.number);
    // Both are replaced when they change, never written to.
    if (known?.id !== file.id || known.path !== file.path) {
      this.#files.set(file.number, { path: file.path, id: file.id });
      this.#say(auditFile(file));
    }
    this.#say(auditRange(file.number, range, range.sent === null ? 0 : this.#destination(range.sent)));
    if (this.#pendingBytes >= this.#mostPending) this.write();
  }

  /** Writes what was appended. To be called about each second, and before the end. Never throws. */
  write(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      this.#part ??= this.#latest();
      this.#writeTo(join(this.#directory, `audit-${this.#part}.log`), bytes);
      if (this.#failing) this.#report.auditRecovered(`the audit in ${this.#directory} is written again`);
      this.#failing = false;
      if (this.#size + this.#mostPending > this.#partBytes) this.#next();
    } catch (error) {
      // What was defined in it is lost with it.
      this.#forget();
      if (!this.#failing) this.#report.auditTrouble(`the audit in ${this.#directory} cannot be written (${(error as Error).message}): delivery goes on, and \`agent audit\` will say of the present that it does not know. Check the free space and the disk`);
      this.#failing = true;
    }
  }

  #destination({ group, stream, service }: NonNullable<SettledRange['sent']>): number {
    const key = JSON.stringify([group, stream, service]);
    let number = this.#destinations.get(key);
    if (number === undefined) {
      number = this.#destinations.size;
      this.#destinations.set(key, number);
      this.#say(auditDestination(number, { group, stream, service }));
    }
    return number;
  }

  #say(line: string): void {
    this.#pending.push(line);
    this.#pendingBytes += line.length;
  }

  #writeTo(path: string, bytes: Buffer): void {
    const fd = openSync(path, 'a+', 0o600);
    try {
      const { size } = fstatSync(fd);
      if (size !== this.#size) endTornLine(fd, path, size);
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
      this.#size = fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  }

  /** The part to go on with; what an earlier run has defined there counts no more. */
  #latest(): number {
    const last = auditParts(this.#directory).at(-1);
    return last === undefined ? 1 : Number(/(\d+)\.log$/.exec(last)![1]);
  }

  /** Begins another part, and removes the oldest beyond the bound. */
  #next(): void {
    this.#part = this.#part! + 1;
    this.#size = 0;
    this.#forget();
    const parts = auditParts(this.#directory);
    for (const path of parts.slice(0, Math.max(0, parts.length - (PARTS - 1)))) rmSync(path, { force: true });
  }

  #forget(): void {
    this.#files.clear();
    this.#destinations.clear();
  }
}

/** A crash may have torn the last line, or a full disk: what comes next must not be part of it. */
function endTornLine(fd: number, path: string, size: number): void {
  if (size === 0) return;
  chmodSync(path, 0o600);
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  if (last[0] !== 0x0a) writeSync(fd, '\n');
}

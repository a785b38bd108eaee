import { closeSync, readFileSync } from 'node:fs';
import type { Report } from '../report/report.ts';

/** Descriptors the process needs for itself: sockets, the journal, watches, the console. */
const RESERVED = 40;
/** More open files than this bring nothing: opening a quiet file again costs microseconds. */
const MOST = 1_024;

/** How many log files may be open at once under the process's own limit (`ulimit -n`). */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Math.max(4, Math.min(MOST, Number(soft ?? 1_024) - RESERVED));
  } catch {
    return 64;
  }
}

/** What may be closed and opened again: the file can be found by its path. */
export interface Closable {
  readonly path: string;
  readonly pinned: boolean;
  /** Not even closing it is sure to end: a server or a process is told of it. */
  readonly isOutOfReach: boolean;
}

/** A bounded, least-recently-used set of open descriptors. Pinned ones (deleted files) are never closed by it. */
export class Descriptors {
  readonly #limit: number;
  readonly #report: Pick<Report, 'debug'>;
  /** Insertion order is the order of use. */
  readonly #open = new Map<Closable, number>();
  /** To be closed once they are in reach. */
  #late: { readonly owner: Closable; readonly fd: number }[] = [];

  constructor(limit: number, report: Pick<Report, 'debug'>) {
    this.#limit = limit;
    this.#report = report;
  }

  get count(): number { return this.#open.size; }

  /** The open descriptor of `owner`, which becomes the most recently used, or null. */
  get(owner: Closable): number | null {
    const fd = this.#open.get(owner);
    if (fd === undefined) return null;
    if (this.#open.size >= this.#limit) { this.#open.delete(owner); this.#open.set(owner, fd); }
    return fd;
  }

  /** Takes over an open descriptor and closes the least recently used ones beyond the limit. */
  put(owner: Closable, fd: number): void {
    this.close(owner);
    this.#open.set(owner, fd);
    this.#report.debug(() => `${owner.path}: opened (${this.#open.size} of ${this.#limit})`);
    if (this.#open.size <= this.#limit) return;
    for (const [candidate] of this.#open) {
      if (candidate === owner || candidate.pinned) continue;
      this.close(candidate);
      if (this.#open.size <= this.#limit) return;
    }
  }

  /** The open descriptor, which is the caller's from now on, or null. */
  take(owner: Closable): number | null {
    const fd = this.#open.get(owner) ?? null;
    this.#open.delete(owner);
    return fd;
  }

  close(owner: Closable): void {
    const fd = this.#open.get(owner);
    if (fd === undefined) return;
    this.#open.delete(owner);
    if (owner.isOutOfReach) { this.#late.push({ owner, fd }); return; }
    closeSync(fd);
    this.#report.debug(() => `${owner.path}: closed`);
  }
  /** Closes what was out of reach and is not any more. To be called about each second. */
  closeLate(): void {
    const late = this.#late;
    this.#late = late.filter(({ owner }) => owner.isOutOfReach);
    for (const { owner, fd } of late) if (!owner.isOutOfReach) closeSync(fd);
  }
}

import { closeSync, open, read } from 'node:fs';

/** Longer than any file takes that does not hang, on a machine that is very busy. */
const PATIENCE_MS = 2_000;
const FIRST_BYTES = 4_096;

/** What came of it. `hangs`: it did not answer in time, or another file hangs and holds the thread. */
export type PatientRead = { readonly text: string } | { readonly error: NodeJS.ErrnoException } | 'hangs';
type Answer = Exclude<PatientRead, 'hangs'>;

interface Job { readonly path: string; readonly maxBytes: number; readonly resolve: (found: PatientRead) => void }

/**
 * Reads small files that may never answer: `cmdline` and `smaps_rollup` of a process whose memory map is locked while it waits for a
 * dead mount, a pid file on such a mount. They are read by the thread pool, one at a time. One that hangs is waited for no longer than
 * two seconds, and until it has answered none is read: of the four threads the pool never loses a second.
 */
export class PatientReads {
  readonly #patienceMs: number;
  #waiting: Job[] = [];
  #reading: { readonly job: Job; began: number } | null = null;
  #hanging: string | null = null;
  /** There is one timer for all that wait: one for each would cost as much as the reading. */
  #watched = false;
  /** Of that timer, monotonic milliseconds. */
  #lookAt = 0;

  constructor(patienceMs = PATIENCE_MS) { this.#patienceMs = patienceMs; }

  /** The file that is waited for in vain. */
  get hanging(): string | null { return this.#hanging; }

  /** The first `maxBytes` of the file, as UTF-8. Never rejects. */
  read(path: string, maxBytes: number): Promise<PatientRead> {
    if (this.#hanging !== null) return Promise.resolve('hangs');
    const { promise, resolve } = Promise.withResolvers<PatientRead>();
    this.#waiting.push({ path, maxBytes, resolve });
    if (this.#reading === null) this.#next();
    return promise;
  }

  #next(): void {
    const job = this.#waiting.shift();
    this.#reading = job === undefined ? null : { job, began: performance.now() };
    if (job === undefined) return;
    if (!this.#watched) this.#watch(this.#patienceMs);
    readStart(job, (found) => {
      job.resolve(found);
      this.#hanging = null;
      this.#next();
    });
  }

  #watch(ms: number): void {
    this.#watched = true;
    this.#lookAt = performance.now() + ms;
    setTimeout(() => { this.#look(); }, ms).unref();
  }

  /** Gives up on a file that hangs, and on those behind it. */
  #look(): void {
    this.#watched = false;
    if (this.#reading === null) return;
    // The process stood still itself (a debugger, a paused machine): the answer may be there.
    if (performance.now() - this.#lookAt > this.#patienceMs / 2) this.#reading.began = performance.now();
    const left = this.#reading.began + this.#patienceMs - performance.now();
    if (left > 0) {
      this.#watch(left);
      return;
    }
    this.#hanging = this.#reading.job.path;
    for (const { resolve } of [this.#reading.job, ...this.#waiting]) resolve('hangs');
    this.#waiting = [];
  }
}

/** With callbacks, and closed at once (nothing was written): a third of the time of node:fs/promises. */
function readStart({ path, maxBytes }: Job, done: (found: Answer) => void): void {
  open(path, 'r', (openError, fd) => {
    if (openError !== null) {
      done({ error: openError });
      return;
    }
    const readOn = (bytes: Buffer, filled: number): void => {
      read(fd, bytes, filled, bytes.length - filled, null, (error, count) => {
        const total = filled + (error === null ? count : 0);
        if (error === null && total === bytes.length && total < maxBytes) {
          readOn(Buffer.concat([bytes], Math.min(2 * total, maxBytes)), total);
          return;
        }
        closeSync(fd);
        done(error === null ? { text: bytes.toString('utf8', 0, total) } : { error });
      });
    };
    readOn(Buffer.allocUnsafe(Math.min(FIRST_BYTES, maxBytes)), 0);
  });
}

import { close, open, read } from 'node:fs';

/** Longer than any file takes that does not hang, on a machine that is very busy. */
const PATIENCE_MS = 2_000;
const FIRST_BYTES = 4_096;

/** What came of it. `hangs`: it did not answer in time, or another file hangs and holds the thread. */
export type PatientRead = { readonly text: string } | { readonly error: NodeJS.ErrnoException } | 'hangs';

/**
 * Reads small files that may never answer: `cmdline` and `smaps_rollup` of a process whose memory map is locked while it waits for a
 * dead mount, a pid file on such a mount. They are read by the thread pool, one at a time. One that hangs is waited for no longer than
 * two seconds, and until it has answered none is read: of the four threads the pool never loses a second.
 */
export class PatientReads {
  readonly #patienceMs: number;
  #turn: Promise<unknown> = Promise.resolve();
  #hanging: string | null = null;

  constructor(patienceMs = PATIENCE_MS) { this.#patienceMs = patienceMs; }

  /** The file that is waited for in vain. */
  get hanging(): string | null { return this.#hanging; }

  /** The first `maxBytes` of the file, as UTF-8. Never rejects. */
  read(path: string, maxBytes: number): Promise<PatientRead> {
    const turn = this.#turn.then(() => this.#read(path, maxBytes));
    this.#turn = turn;
    return turn;
  }

  async #read(path: string, maxBytes: number): Promise<PatientRead> {
    if (this.#hanging !== null) return 'hangs';
    const reading = readStart(path, maxBytes);
    const { promise: patience, resolve } = Promise.withResolvers<'hangs'>();
    const timer = setTimeout(resolve, this.#patienceMs, 'hangs');
    const found = await Promise.race([reading, patience]);
    clearTimeout(timer);
    if (found === 'hangs') {
      this.#hanging = path;
      void reading.then(() => { this.#hanging = null; });
    }
    return found;
  }
}

/** With callbacks: a third of the time of node:fs/promises. */
function readStart(path: string, maxBytes: number): Promise<Exclude<PatientRead, 'hangs'>> {
  const { promise, resolve } = Promise.withResolvers<Exclude<PatientRead, 'hangs'>>();
  open(path, 'r', (openError, fd) => {
    if (openError !== null) return resolve({ error: openError });
    const readOn = (bytes: Buffer, filled: number): void => {
      read(fd, bytes, filled, bytes.length - filled, null, (readError, count) => {
        const total = filled + (count ?? 0);
        if (readError === null && total === bytes.length && total < maxBytes) return readOn(Buffer.concat([bytes], Math.min(2 * total, maxBytes)), total);
        close(fd, () => resolve(readError === null ? { text: bytes.toString('utf8', 0, total) } : { error: readError }));
      });
    };
    readOn(Buffer.allocUnsafe(Math.min(FIRST_BYTES, maxBytes)), 0);
  });
  return promise;
}

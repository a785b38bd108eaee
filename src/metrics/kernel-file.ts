import { closeSync, openSync, readSync } from 'node:fs';

/** A page: most of these files fit, and others make it grow. */
const FIRST_BYTES = 4096;
/** Far above what any of these files has (mountinfo of 100,000 mounts: 20 MB). */
const MAX_BYTES = 64 << 20;

/**
 * A small file that the kernel writes anew for each reading of it, held open. Reading it never waits for a disk, and costs
 * less than a hop through the thread pool would.
 */
export class KernelFile implements Disposable {
  readonly path: string;
  #fd: number | null = null;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);

  constructor(path: string) { this.path = path; }

  /** Its text now. Throws an error that names the file and the cause. */
  read(): string {
    try {
      return this.#readAgain();
    } catch (error) {
      throw new Error(`${this.path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, { cause: error });
    }
  }

  /** What was held open may be about something that is gone; the name may lead to its successor. */
  #readAgain(): string {
    if (this.#fd !== null) {
      try {
        return this.#readAll(this.#fd);
      } catch {
        this[Symbol.dispose]();
      }
    }
    this.#fd = openSync(this.path, 'r');
    return this.#readAll(this.#fd);
  }

  #readAll(fd: number): string {
    let length = 0;
    for (;;) {
      const count = readSync(fd, this.#buffer, length, this.#buffer.length - length, length);
      if (count === 0) return this.#buffer.toString('utf8', 0, length);
      length += count;
      if (length < this.#buffer.length) continue;
      if (length >= MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
      this.#buffer = Buffer.concat([this.#buffer], this.#buffer.length * 2);
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd === null) return;
    const fd = this.#fd;
    this.#fd = null;
    closeSync(fd);
  }
}

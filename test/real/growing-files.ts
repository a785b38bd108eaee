// Many files that grow at a steady pace, each line with the number of its file and its own.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const TICK_MS = 10;
const TEXT = 'request served from cache in 3 ms, upstream not asked, 5316 bytes';

/** `0123 00004567 text`: file and line number. */
export const lineOf = (file: number, line: number): string => `${String(file).padStart(4, '0')} ${String(line).padStart(8, '0')} ${TEXT}`;

export class GrowingFiles {
  readonly #fds: readonly number[];
  readonly #burst: number;
  readonly #perTick: number;
  /** Lines by file. */
  readonly written: Int32Array;
  bytes = 0;
  #bursts = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param linesPerSecond of each file, written in bursts of `burst`. */
  constructor(folder: string, files: number, linesPerSecond: number, burst: number) {
    this.#fds = Array.from({ length: files }, (_, i) => openSync(join(folder, `app-${String(i).padStart(4, '0')}.log`), 'a'));
    this.written = new Int32Array(files);
    this.#burst = burst;
    this.#perTick = ((files * linesPerSecond) / burst / 1_000) * TICK_MS;
  }

  get total(): number { return this.written.reduce((a, b) => a + b, 0); }

  start(): void {
    const began = performance.now();
    const before = this.#bursts;
    this.#timer = setInterval(() => {
      const due = before + Math.floor(((performance.now() - began) / TICK_MS) * this.#perTick);
      while (this.#bursts < due) this.#write(this.#bursts++ % this.#fds.length);
    }, TICK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.stop();
    for (const fd of this.#fds) closeSync(fd);
  }

  #write(file: number): void {
    let text = '';
    for (let i = 0; i < this.#burst; i++) text += `${lineOf(file, this.written[file]!++)}\n`;
    this.bytes += writeSync(this.#fds[file]!, text);
  }
}

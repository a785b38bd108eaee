import { closeSync, copyFileSync, existsSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** As logrotate does it: `create` renames the file and makes a new one, `copytruncate` copies it and empties it. */
export type RotationStyle = 'create' | 'copytruncate';

export interface WriterOptions {
  readonly path: string;
  readonly name: string;
  readonly style: RotationStyle;
  readonly linesPerSecond: number;
  readonly rotateEveryMs: number;
}

/** A writer goes on in the renamed file for this long, until it is told to open the new one. */
const REOPEN_MS = 100;
/** Rotated files kept: `app.log.1` to `app.log.5`. */
const KEPT = 5;
/** Every so many lines one is a message of three, as of a stack trace. */
const TRACE_EVERY = 40;
const WORDS = ['accepted', 'cache "warm"', 'retry\tlater', 'déjà vu', 'path C:\\logs', '日本語', 'ok 🙂', 'took 12 ms'];

/** The number of a line, as `NumberedReceipt` finds it. */
export const LINE_NUMBER = /\bline (\d+)\b/g;

/** Appends numbered lines to a log file and rotates it. Driven by `tick`, so copy and truncation meet no writer at work. */
export class RotatingWriter {
  readonly #o: WriterOptions;
  #fd: number;
  #startedAt: number | null = null;
  #rotateAt = Infinity;
  #reopenAt = Infinity;
  /** Lines written. */
  lines = 0;
  bytes = 0;
  rotations = 0;

  constructor(options: WriterOptions) {
    this.#o = options;
    this.#fd = openSync(options.path, 'a', 0o600);
  }

  get path(): string { return this.#o.path; }
  get style(): RotationStyle { return this.#o.style; }

  /** Writes what is due by `now` (monotonic milliseconds) and rotates when it is time. The first tick starts its clock. */
  tick(now: number): void {
    if (this.#startedAt === null) {
      this.#startedAt = now;
      this.#rotateAt = now + this.#o.rotateEveryMs;
    }
    if (now >= this.#reopenAt) this.#reopen();
    this.#write(Math.floor(((now - this.#startedAt) / 1000) * this.#o.linesPerSecond));
    if (now < this.#rotateAt) return;
    this.#rotateAt += this.#o.rotateEveryMs;
    this.#rotate(now);
  }

  close(): void { closeSync(this.#fd); }

  #write(target: number): void {
    if (this.lines >= target) return;
    const lines: string[] = [];
    const { name } = this.#o;
    const time = new Date().toISOString();
    while (this.lines < target) {
      const n = this.lines++;
      lines.push(`${time} ${name} line ${n} request ${n % 997} ${WORDS[n % WORDS.length]}`);
      if (n % TRACE_EVERY === 0) for (let depth = 0; depth < 2; depth++) lines.push(`    at step ${depth} of ${name} line ${this.lines++}`);
    }
    const text = Buffer.from(`${lines.join('\n')}\n`);
    this.bytes += text.length;
    for (let at = 0; at < text.length;) at += writeSync(this.#fd, text, at);
  }

  #rotate(now: number): void {
    const { path, style } = this.#o;
    for (let n = KEPT; n >= 1; n--) {
      if (!existsSync(`${path}.${n}`)) continue;
      if (n === KEPT) rmSync(`${path}.${n}`);
      else renameSync(`${path}.${n}`, `${path}.${n + 1}`);
    }
    if (style === 'copytruncate') {
      copyFileSync(path, `${path}.1`);
      ftruncateSync(this.#fd);
    } else {
      renameSync(path, `${path}.1`);
      closeSync(openSync(path, 'wx', 0o600));
      this.#reopenAt = now + REOPEN_MS;
    }
    this.rotations++;
  }

  #reopen(): void {
    closeSync(this.#fd);
    this.#fd = openSync(this.#o.path, 'a');
    this.#reopenAt = Infinity;
  }
}

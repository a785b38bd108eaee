import { readFileSync } from 'node:fs';

/** Mounts come and go rarely; the table is read again after this time. */
const FRESH_MS = 60_000;

/** Which paths are mount points, as the kernel tells this process (proc(5), mountinfo). */
export class MountPoints {
  readonly #now: () => number;
  #paths: ReadonlySet<string> = new Set();
  #readAt = -Infinity;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number) { this.#now = now; }

  /** True if something is mounted at this very path. False where the system does not tell. */
  has(path: string): boolean {
    if (this.#now() - this.#readAt >= FRESH_MS) {
      this.#readAt = this.#now();
      this.#paths = readTable();
    }
    return this.#paths.has(path);
  }
}

function readTable(): ReadonlySet<string> {
  let table: string;
  try {
    table = readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return new Set();
  }
  // The fifth field; space, tab, newline and backslash stand in it as octal escapes.
  return new Set(table.split('\n').flatMap((line) => line.split(' ')[4]?.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))) ?? []));
}

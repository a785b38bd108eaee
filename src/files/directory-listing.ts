/** A file system that counts whole seconds can change twice within one; every look lists until this has passed. */
const COARSE_CLOCK_MS = 2000;
/** A directory first seen with an mtime this old was not changing just then: one listing is enough. */
const LONG_AGO_MS = 10_000;
/** Listing may take 1/40 of the time; with 50 ms and more a listing (some 80,000 names) it is done every two seconds. */
const LISTING_SHARE = 40;
/** Looks are a second apart, so a quick listing needs no pause. */
const QUICK_LISTING_MS = 10;
const MAX_LISTING_PAUSE_MS = 2000;
const UNREADABLE_PAUSE_MS = 5000;
const BUSY_MS = 60_000;

/** When a directory must be listed, decided from its mtime. Times are monotonic milliseconds but for mtime and wall time. */
export class DirectoryListing {
  /** -1: not seen since it is there. */
  #mtimeMs = -1;
  #wanted = true;
  /** A listing begun before it may have missed a change that left no other mtime. */
  #settledAt = 0;
  #notBefore = 0;
  #changedAt = -Infinity;

  isDue(now: number): boolean { return this.#wanted && now >= this.#notBefore; }

  /** Names came or went within the minute before `now`. */
  isBusy(now: number): boolean { return now - this.#changedAt < BUSY_MS; }

  /** Something else is looked for now: what was listed counts for nothing. */
  want(): void {
    this.#wanted = true;
    this.#notBefore = 0;
  }

  /** The directory is gone. */
  vanished(): void {
    this.#mtimeMs = -1;
    this.#wanted = true;
  }

  /** A look found this mtime. @param another the path leads to another directory than before. @param wallNow epoch milliseconds. */
  seen(mtimeMs: number, another: boolean, now: number, wallNow: number): void {
    if (!another && mtimeMs === this.#mtimeMs) return;
    const first = this.#mtimeMs === -1;
    if (!first) this.#changedAt = now;
    this.#mtimeMs = mtimeMs;
    this.#wanted = true;
    if (first && wallNow - mtimeMs > LONG_AGO_MS) this.#settledAt = now;
    // One more listing at the next look covers a clock of some milliseconds; a clock of seconds needs all within them.
    else this.#settledAt = mtimeMs % 1000 === 0 ? now + COARSE_CLOCK_MS : now + 1;
  }

  /** A listing begun at `from` was done at `to`. */
  listed(from: number, to: number): void {
    const cost = to - from;
    if (cost > QUICK_LISTING_MS) this.#notBefore = from + Math.min(cost * LISTING_SHARE, MAX_LISTING_PAUSE_MS);
    this.#wanted = from < this.#settledAt;
  }

  /** A listing tried at `from` failed. */
  failed(from: number): void { this.#notBefore = from + UNREADABLE_PAUSE_MS; }
}

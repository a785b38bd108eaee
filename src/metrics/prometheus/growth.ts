import type { Allowance } from '../allowance.ts';

/** The CloudWatch agent forgets a counter that it has not seen for so long. */
const FORGET_MS = 300_000;
/** With a longer interval than that every value would be a first one. */
const FORGET_INTERVALS = 3;
/** Series of one target that are remembered: some 25 MB. */
const MAX_SERIES = 100_000;

interface Last<T> { readonly value: T; at: number }

/** The values of counters at the scrape before, by series. */
export class Growth<T> {
  readonly #last = new Map<string, Last<T>>();
  readonly #forgetMs: number;
  readonly #ofAll: Allowance;
  #lookedAt = -Infinity;

  /** @param ofAll how many series all targets may have remembered together */
  constructor(intervalMs: number, ofAll: Allowance) {
    this.#forgetMs = Math.max(FORGET_MS, FORGET_INTERVALS * intervalMs);
    this.#ofAll = ofAll;
  }

  /**
   * What `series` was before, and remembers what it is now.
   * @param now monotonic milliseconds.
   * @returns null for a first value; `full` when it could not be remembered.
   */
  before(series: string, value: T, now: number): { readonly value: T } | 'full' | null {
    this.#forget(now);
    const last = this.#last.get(series);
    if (last === undefined && (this.#last.size >= MAX_SERIES || !this.#ofAll.take(1))) return 'full';
    this.#last.set(series, { value, at: now });
    return last === undefined || now - last.at > this.#forgetMs ? null : last;
  }

  /** Remembers nothing any more. */
  clear(): void {
    this.#ofAll.give(this.#last.size);
    this.#last.clear();
  }

  #forget(now: number): void {
    if (now - this.#lookedAt < this.#forgetMs) return;
    this.#lookedAt = now;
    for (const [series, { at }] of this.#last) {
      if (now - at <= this.#forgetMs) continue;
      this.#last.delete(series);
      this.#ofAll.give(1);
    }
  }
}

/** How much a counter grew; after a reset, what it has now. */
export function growthOf(now: number, before: number): number {
  return now < before ? now : now - before;
}

/** CloudWatch bills a metric for each hour in which it gets values. */
const HOUR_MS = 3_600_000;
/** Counted in one hour: some 4 MB. */
const MAX_COUNTED = 100_000;
/** What stands behind name and dimensions in an encoded datum. */
const END_OF_IDENTITY = ',"Timestamp":';
/** 32-bit FNV-1a. */
const HASH_BASIS = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/**
 * How many different metrics (name and dimensions) are published in an hour: what CloudWatch charges for, however often each has a value. They are told apart
 * by 32 bits: of 100,000 about one is taken for another.
 */
export class DistinctMetrics {
  #now: Set<number> = new Set();
  #before = 0;
  #hour = -Infinity;

  /** @param text an element of `MetricData` @param now epoch milliseconds */
  note(text: string, now: number): void {
    this.#turn(now);
    if (this.#now.size >= MAX_COUNTED) return;
    const end = text.indexOf(END_OF_IDENTITY);
    let hash = HASH_BASIS;
    for (let at = 0; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), HASH_PRIME);
    this.#now.add(hash);
  }

  /** Of the last whole hour, or of this one where there are more by now; 100,000 at most. @param now epoch milliseconds */
  count(now: number): number {
    this.#turn(now);
    return Math.max(this.#before, this.#now.size);
  }

  #turn(now: number): void {
    const hour = Math.floor(now / HOUR_MS);
    if (hour === this.#hour) return;
    this.#before = hour === this.#hour + 1 ? this.#now.size : 0;
    this.#hour = hour;
    this.#now = new Set();
  }
}

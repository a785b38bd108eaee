import type { Allowance } from './allowance.ts';
import type { Distribution } from './datum.ts';

/** Distinct values that are kept as they are: what PutMetricData takes in one datum. */
const MAX_EXACT = 150;
/** Width of a bin beyond that: each begins so many times farther from zero than the one before it, as in the CloudWatch agent. */
const BIN_FACTOR = 1.1;
const LOG_FACTOR = Math.log(BIN_FACTOR);
/** What CloudWatch takes lies within 2^360 of zero; what is nearer to it than 2^-360 it takes for zero. */
export const LARGEST_VALUE = 2 ** 360;
const SMALLEST_VALUE = 2 ** -360;
/** Stands between the bins of values below zero and those above; farther from zero than any bin's number (about 2,618 for 2^-360). */
const BIN_OFFSET = 5_000;

/** The bin of a value: 0 for zero, a number of the value's sign for the others. */
function binOf(value: number): number {
  const size = Math.abs(value);
  if (size < SMALLEST_VALUE) return 0;
  const bin = Math.floor(Math.log(size) / LOG_FACTOR) + BIN_OFFSET;
  return value < 0 ? -bin : bin;
}

/** The middle of a bin, in the measure of its width. */
function middleOf(bin: number): number {
  if (bin === 0) return 0;
  return Math.sign(bin) * BIN_FACTOR ** (Math.abs(bin) - BIN_OFFSET + 0.5);
}

/**
 * Samples of one metric: count, sum, minimum and maximum are exact, and so are the values as long as no more than 150 differ;
 * beyond that they stand for bins a tenth wide. Held is one entry for each distinct value or bin, counted in `entries`.
 */
export class Samples {
  readonly #entries: Allowance;
  readonly #counts = new Map<number, number>();
  #binned = false;
  #count = 0;
  #sum = 0;
  #minimum = Infinity;
  #maximum = -Infinity;

  constructor(entries: Allowance) { this.#entries = entries; }

  get count(): number { return this.#count; }

  /**
   * @param value finite, within LARGEST_VALUE of zero @param weight how many samples it stands for
   * @returns false when it was left out, for want of an entry
   */
  add(value: number, weight: number): boolean {
    if (!this.#note(value, weight)) return false;
    this.#count += weight;
    this.#sum += value * weight;
    if (value < this.#minimum) this.#minimum = value;
    if (value > this.#maximum) this.#maximum = value;
    return true;
  }

  /** @returns false when some of its values were left out, for want of entries */
  merge({ count, sum, minimum, maximum, values, counts }: Distribution): boolean {
    let [leftCount, leftSum, refused] = [count, sum, 0];
    values.forEach((value, index) => {
      if (this.#note(value, counts[index]!)) return;
      refused++;
      leftCount -= counts[index]!;
      leftSum -= value * counts[index]!;
    });
    if (refused === values.length) return false;
    this.#count += leftCount;
    this.#sum += leftSum;
    this.#minimum = Math.min(this.#minimum, minimum);
    this.#maximum = Math.max(this.#maximum, maximum);
    return refused === 0;
  }

  /** What was added; null when nothing was. */
  distribution(): Distribution | null {
    if (this.#count === 0) return null;
    const inOrder = [...this.#counts].sort(([a], [b]) => a - b);
    // A bin's middle may lie beyond the outermost values.
    const values = inOrder.map(([key]) => (this.#binned ? Math.min(Math.max(middleOf(key), this.#minimum), this.#maximum) : key));
    return { count: this.#count, sum: this.#sum, minimum: this.#minimum, maximum: this.#maximum, values, counts: inOrder.map(([, count]) => count) };
  }

  /** Back to nothing; its entries are given back. */
  clear(): void {
    this.#entries.give(this.#counts.size);
    this.#counts.clear();
    this.#binned = false;
    this.#count = this.#sum = 0;
    this.#minimum = Infinity;
    this.#maximum = -Infinity;
  }

  #note(value: number, weight: number): boolean {
    const key = this.#binned ? binOf(value) : value;
    const known = this.#counts.get(key);
    if (known === undefined) {
      if (!this.#binned && this.#counts.size === MAX_EXACT) {
        this.#bin();
        return this.#note(value, weight);
      }
      if (!this.#entries.take(1)) return false;
    }
    this.#counts.set(key, (known ?? 0) + weight);
    return true;
  }

  #bin(): void {
    const exact = [...this.#counts];
    this.#counts.clear();
    this.#binned = true;
    for (const [value, count] of exact) this.#counts.set(binOf(value), (this.#counts.get(binOf(value)) ?? 0) + count);
    this.#entries.give(exact.length - this.#counts.size);
  }
}

import type { ListenerPlan } from '../metrics-plan.ts';
import { Allowance } from './allowance.ts';
import type { Datum } from './datum.ts';
import { Samples } from './samples.ts';

/** What one series has in one window. */
interface Aggregate { readonly first: Datum; readonly window: number; readonly samples: Samples }

/** Aggregates held at a time: a series has one for each window that is not over. */
const MAX_AGGREGATES = 100_000;
/** Distinct values and bins of all of them together: about 60 bytes each. */
const MAX_ENTRIES = 1_000_000;

const keyOf = ({ name, unit, dimensions }: Datum, window: number): string => JSON.stringify([window, name, unit, dimensions]);

/**
 * Puts together what comes in from outside: datums of one series (name, unit, dimensions) whose times lie within one window of the
 * wall clock become one, with the window's beginning as its time. A datum with a plain value is one sample of it, one with a
 * distribution brings all of its samples. With `aggregationMs` 0 each datum stays as it is.
 *
 * `add` takes what was collected; `due` gives what is complete, `drain` the rest: at the end, or when another plan takes over.
 * A datum that comes after its window was given begins the window anew: CloudWatch puts the two together.
 */
export class Aggregation {
  readonly #windowMs: number;
  readonly #entries: Allowance;
  readonly #maxAggregates: number;
  readonly #aggregates = new Map<string, Aggregate>();
  #asTheyAre: Datum[] = [];
  #beyond = 0;

  constructor({ aggregationMs }: Pick<ListenerPlan, 'aggregationMs'>, { maxAggregates = MAX_AGGREGATES, maxEntries = MAX_ENTRIES } = {}) {
    this.#windowMs = aggregationMs;
    this.#maxAggregates = maxAggregates;
    this.#entries = new Allowance(maxEntries);
  }

  /** Datums that were left out, wholly or in part, because as much was held as may be; ever. */
  get beyond(): number { return this.#beyond; }

  /** @param datum its values finite, within LARGEST_VALUE of zero */
  add(datum: Datum): void {
    if (this.#windowMs === 0) {
      if (this.#asTheyAre.length < this.#maxAggregates) this.#asTheyAre.push(datum);
      else this.#beyond++;
      return;
    }
    const window = Math.floor(datum.time / this.#windowMs) * this.#windowMs;
    const key = keyOf(datum, window);
    let aggregate = this.#aggregates.get(key);
    if (aggregate === undefined) {
      if (this.#aggregates.size >= this.#maxAggregates) { this.#beyond++; return; }
      this.#aggregates.set(key, aggregate = { first: datum, window, samples: new Samples(this.#entries) });
    }
    const taken = typeof datum.value === 'number' ? aggregate.samples.add(datum.value, 1) : aggregate.samples.merge(datum.value);
    if (!taken) this.#beyond++;
  }

  /**
   * What is complete: all of the windows that ended by `wallNow`, epoch milliseconds. So are those that begin more than a window
   * ahead: the clock was set back, or a sender's is wrong.
   */
  due(wallNow: number): readonly Datum[] {
    return this.#give((window) => window + this.#windowMs <= wallNow || window > wallNow + this.#windowMs);
  }

  /** All that is held, complete or not. */
  drain(): readonly Datum[] { return this.#give(() => true); }

  #give(isDue: (window: number) => boolean): readonly Datum[] {
    const given = this.#asTheyAre;
    this.#asTheyAre = [];
    for (const [key, { first, window, samples }] of this.#aggregates) {
      if (!isDue(window)) continue;
      const value = samples.distribution();
      // One sample is a plain value to CloudWatch: smaller, and the same to every statistic.
      if (value !== null) given.push({ ...first, time: window, value: value.count === 1 && value.values.length === 1 ? value.sum : value });
      samples.clear();
      this.#aggregates.delete(key);
    }
    return given;
  }
}

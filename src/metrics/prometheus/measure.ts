import type { Allowance } from '../allowance.ts';
import type { PrometheusCounts } from './counts.ts';
import type { Events } from './events.ts';
import { bucketFamily } from './family.ts';
import { Growth, growthOf } from './growth.ts';
import { bucketGrowth, sortedBuckets, spread } from './histogram.ts';
import type { Bucket } from './histogram.ts';
import { signature } from './sample.ts';
import type { Sample } from './sample.ts';

/** CloudWatch takes no larger value, and of an event that has one nothing. */
const MAX_VALUE = 2 ** 360;

interface Histogram { readonly sample: Sample; readonly family: string; readonly labels: ReadonlyMap<string, string>; readonly buckets: Bucket[] }

/** Makes metrics of the samples of one target, scrape after scrape: counters become growth, buckets become distributions. */
export class Measure implements Disposable {
  readonly #counts: PrometheusCounts;
  readonly #numbers: Growth<number>;
  readonly #buckets: Growth<readonly Bucket[]>;

  /** @param series how many all targets may have remembered together */
  constructor(intervalMs: number, counts: PrometheusCounts, series: Allowance) {
    this.#counts = counts;
    this.#numbers = new Growth(intervalMs, series);
    this.#buckets = new Growth(intervalMs, series);
  }

  /** Nothing more comes of this target. */
  [Symbol.dispose](): void {
    this.#numbers.clear();
    this.#buckets.clear();
  }

  /**
   * Adds what the samples of one scrape measure to `events`. A generator, so that much of it can be done a part at a time.
   * @param time epoch milliseconds of the scrape, for samples without a time of their own.
   * @param now monotonic milliseconds.
   */
  *scrape(samples: readonly Sample[], events: Events, time: number, now: number): Generator<void, void> {
    const histograms = new Map<string, Histogram>();
    const seen = new Set<string>();
    for (const sample of samples) {
      yield;
      if (sample.role === 'bucket') this.#collect(histograms, sample);
      else if (isCumulative(sample)) this.#counter(sample, events, time, now, seen);
      // What a series began at is no count of anything: a gauge, not one more counter.
      else this.#add(events, sample, sample.role === 'created' ? 'gauge' : sample.kind, sample.value, time);
    }
    for (const [series, histogram] of histograms) {
      yield;
      this.#distribution(series, histogram, events, time, now);
    }
  }

  #add(events: Events, { name, labels, time: own }: Sample, kind: Sample['kind'], value: number, time: number): void {
    if (Math.abs(value) <= MAX_VALUE) events.add(name, labels, kind, value, own ?? time);
    else this.#counts.notFinite += 1;
  }

  #counter(sample: Sample, events: Events, time: number, now: number, seen: Set<string>): void {
    if (!Number.isFinite(sample.value)) {
      this.#counts.notFinite += 1;
      return;
    }
    const series = `${sample.name} ${signature(sample.labels)}`;
    if (seen.has(series)) {
      this.#counts.duplicates += 1;
      return;
    }
    seen.add(series);
    const before = this.#numbers.before(series, sample.value, now);
    if (before === null) this.#counts.firstValues += 1;
    else if (before === 'full') this.#counts.unremembered += 1;
    else this.#add(events, sample, sample.kind, growthOf(sample.value, before.value), time);
  }

  #collect(histograms: Map<string, Histogram>, sample: Sample): void {
    const family = bucketFamily(sample.name);
    const series = `${family} ${signature(sample.labels, 'le')}`;
    let histogram = histograms.get(series);
    if (histogram === undefined) {
      const labels = new Map(sample.labels);
      labels.delete('le');
      histograms.set(series, histogram = { sample, family, labels, buckets: [] });
    }
    histogram.buckets.push({ bound: boundOf(sample.labels.get('le')), cumulative: sample.value });
  }

  #distribution(series: string, { sample, family, labels, buckets }: Histogram, events: Events, time: number, now: number): void {
    const sorted = sortedBuckets(buckets);
    if (sorted === null) {
      this.#counts.brokenHistograms += 1;
      return;
    }
    let counted = sorted;
    if (sample.kind === 'histogram') {
      const before = this.#buckets.before(series, sorted, now, sorted.length);
      if (before === null) this.#counts.firstValues += 1;
      else if (before === 'full') this.#counts.unremembered += 1;
      if (before === null || before === 'full') return;
      counted = bucketGrowth(sorted, before.value);
    }
    const values = spread(counted);
    if (values.length > 0) events.add(family, labels, sample.kind, values, sample.time ?? time);
  }
}

/** Whether what is published is the growth. The quantiles of a summary and the samples of a gaugehistogram are values of now. */
function isCumulative({ kind, role }: Sample): boolean {
  return kind === 'counter' && role === 'value' || (kind === 'summary' || kind === 'histogram') && (role === 'sum' || role === 'count');
}

function boundOf(le: string | undefined): number {
  if (le === undefined || le === '') return NaN;
  return /^\+?inf$/i.test(le) ? Infinity : Number(le);
}

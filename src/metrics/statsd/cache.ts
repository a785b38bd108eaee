import type { StatsdPlan } from '../../metrics-plan.ts';
import type { Datum } from '../datum.ts';
import { Line } from './line.ts';
import type { Fault } from './line.ts';
import { isRelative } from './series.ts';
import { SeriesTable, TABLE_LIMITS } from './series-table.ts';
import type { TableLimits } from './series-table.ts';
import { namingOf } from './tags.ts';

/** The time that CloudWatch takes: two weeks back, two hours ahead (PutMetricData). */
const OLDEST_MS = 14 * 86_400_000;
const NEWEST_MS = 2 * 3_600_000;
/** Samples with a time of their own that are held until the next collection. */
const MAX_TIMED = 30_000;
const NEWLINE = 0x0a;

type CachePlan = Pick<StatsdPlan, 'separator' | 'typeDimension' | 'keepGauges' | 'resolution'>;

export interface CacheOptions {
  /** Told of each line that is not taken. */
  readonly fault: (fault: Fault) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  readonly limits?: TableLimits;
}

/** What came in since the last collection, by series. A line with a fault counts for nothing; the lines beside it are taken. */
export class StatsdCache {
  readonly #plan: CachePlan;
  readonly #options: CacheOptions;
  readonly #table: SeriesTable;
  readonly #line = new Line();
  #timed: Datum[] = [];
  /** Lines that were taken, wholly or in part. */
  lines = 0;
  /** Samples that were left out because as much is held as may be. */
  beyond = 0;

  constructor(plan: CachePlan, options: CacheOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#table = new SeriesTable(plan, options.limits ?? TABLE_LIMITS);
  }

  get series(): number { return this.#table.size; }
  /** Tags that were left out because a metric has 30 dimensions at most, of the series that came in; ever. */
  get tagsLeftOut(): number { return this.#table.tagsLeftOut; }

  /** Takes whole lines. @param bytes not kept */
  take(bytes: Buffer, from = 0, to = bytes.length): void {
    for (let at = from; at < to;) {
      const found = bytes.indexOf(NEWLINE, at);
      const end = found < 0 || found > to ? to : found;
      this.#takeLine(bytes, at, end);
      at = end + 1;
    }
  }

  /**
   * What each series came to, as datums of `time`. Begins anew; gauges stay if the plan says so. Lines may be taken between two
   * datums; it must be gone through to its end.
   */
  *collect(time: number): Generator<Datum, void, undefined> {
    const now = this.#options.now();
    const { resolution, keepGauges } = this.#plan;
    const timed = this.#timed;
    this.#timed = [];
    yield* timed;
    for (const series of this.#table.values()) {
      const value = series.collect(now, keepGauges);
      if (value !== null) yield { name: series.name, unit: 'None', dimensions: series.dimensions, time, resolution, value };
    }
    this.#table.sweep(now);
  }

  #takeLine(bytes: Buffer, lineFrom: number, lineTo: number): void {
    let [from, to] = [lineFrom, lineTo];
    while (from < to && isBlank(bytes[to - 1]!)) to--;
    while (from < to && isBlank(bytes[from]!)) from++;
    if (from === to) return;
    const line = this.#line;
    const fault = line.read(bytes, from, to) ?? (line.time < 0 ? this.#takeSamples(line) : this.#takeTimed(line));
    if (fault === null) this.lines++;
    else this.#options.fault(fault);
  }

  #takeSamples(line: Line): Fault | null {
    for (let sample = 0; sample < line.count; sample++) {
      const series = this.#table.find(line, line.kinds[sample]!, this.#options.now);
      if (series === 'long-name') return series;
      if (series === 'no-room' || !series.take(line, sample)) this.beyond++;
    }
    return null;
  }

  /** Counters and gauges that were put together elsewhere, for a time that is past: each is a datum. Of other kinds the time says nothing, as with DogStatsD. */
  #takeTimed(line: Line): Fault | null {
    const wallNow = this.#options.wallNow();
    if (line.time < wallNow - OLDEST_MS || line.time > wallNow + NEWEST_MS) return 'bad-time';
    for (let sample = 0; sample < line.count; sample++) {
      const kind = line.kinds[sample]!;
      if ((kind !== 'counter' && kind !== 'gauge') || (kind === 'gauge' && isRelative(line, sample))) return this.#takeSamples(line);
    }
    for (let sample = 0; sample < line.count; sample++) {
      const naming = namingOf(line, line.kinds[sample]!, this.#plan);
      if (naming === null) return 'long-name';
      if (this.#timed.length >= MAX_TIMED) this.beyond++;
      else this.#timed.push({ name: naming.name, unit: 'None', dimensions: naming.dimensions, time: line.time, resolution: this.#plan.resolution, value: line.values[sample]! / (line.kinds[sample] === 'counter' ? line.rates[sample]! : 1) });
    }
    return null;
  }
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0d || byte === 0x09;

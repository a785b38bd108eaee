import type { Dimensions, MetricUnit } from '../metrics-plan.ts';

/** Many values of one metric. `values` are distinct, as often as `counts` says; `minimum`, `maximum` and `sum` are exact. */
export interface Distribution {
  /** The sum of `counts`; no whole number where a sample stands for several (statsd's @0.3). */
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

/** One value of one metric, as it is published. */
export interface Datum {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly dimensions: Dimensions;
  /** Epoch milliseconds of the sample. */
  readonly time: number;
  /** StorageResolution in seconds. */
  readonly resolution: 1 | 60;
  readonly value: number | Distribution;
}

/** Takes datums; never waits, never throws. */
export type DatumSink = (datums: readonly Datum[]) => void;

import type { Datum } from './store.ts';

export const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;
export type Statistic = (typeof STATISTICS)[number];

export interface Bucket { readonly start: number; readonly unit: string; readonly count: number; readonly sum: number; readonly minimum: number; readonly maximum: number }

/** Groups the datums within [start, end) into periods (all in milliseconds) and units, in the order of time. */
export function aggregate(datums: readonly Datum[], start: number, end: number, period: number, unit: string | null): readonly Bucket[] {
  const buckets = new Map<string, Bucket>();
  for (const datum of datums) {
    if (datum.timestamp < start || datum.timestamp >= end || (unit !== null && datum.unit !== unit)) continue;
    const at = Math.floor(datum.timestamp / period) * period;
    const key = `${at} ${datum.unit}`;
    const old = buckets.get(key);
    buckets.set(key, old === undefined
      ? { start: at, unit: datum.unit, count: datum.count, sum: datum.sum, minimum: datum.minimum, maximum: datum.maximum }
      : { start: at, unit: datum.unit, count: old.count + datum.count, sum: old.sum + datum.sum, minimum: Math.min(old.minimum, datum.minimum), maximum: Math.max(old.maximum, datum.maximum) });
  }
  return [...buckets.values()].sort((a, b) => a.start - b.start);
}

export function statisticOf(bucket: Bucket, statistic: Statistic): number {
  switch (statistic) {
    case 'SampleCount': return bucket.count;
    case 'Average': return bucket.sum / bucket.count;
    case 'Sum': return bucket.sum;
    case 'Minimum': return bucket.minimum;
    case 'Maximum': return bucket.maximum;
    default: return statistic satisfies never;
  }
}

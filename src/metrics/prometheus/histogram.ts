/** How many observations were at most `bound`: a `_bucket` sample. */
export interface Bucket { readonly bound: number; readonly cumulative: number }

/** What an array of the embedded metric format may hold. */
export const MAX_VALUES = 100;

/** The buckets by their bounds, each bound once, the counts never falling from one to the next; null when one is no count. */
export function sortedBuckets(buckets: readonly Bucket[]): readonly Bucket[] | null {
  const sorted: Bucket[] = [];
  for (const bucket of buckets.toSorted((a, b) => a.bound - b.bound)) {
    const before = sorted.at(-1);
    if (Number.isNaN(bucket.bound) || !Number.isFinite(bucket.cumulative) || bucket.cumulative < (before?.cumulative ?? 0)) return null;
    if (before?.bound !== bucket.bound) sorted.push(bucket);
  }
  return sorted;
}

/** The growth of each bucket since `before`; after a reset, or when the bounds are others, all there is now. */
export function bucketGrowth(now: readonly Bucket[], before: readonly Bucket[]): readonly Bucket[] {
  const same = now.length === before.length && now.every(({ bound, cumulative }, i) => bound === before[i]!.bound && cumulative >= before[i]!.cumulative);
  if (!same) return now;
  let floor = 0;
  return now.map(({ bound, cumulative }, i) => {
    // A target that counts while it answers may have bucket growths that fall; a count of observations cannot.
    floor = Math.max(floor, cumulative - before[i]!.cumulative);
    return { bound, cumulative: floor };
  });
}

/**
 * The observations as single values, as histogram_quantile() of Prometheus sees them: spread evenly between the bounds of
 * their bucket, from 0 on in the first if its bound is positive, and at the last finite bound beyond that. Up to 100
 * observations give as many values; more give 100, at evenly spaced ranks, so that percentiles are those of all.
 */
export function spread(buckets: readonly Bucket[]): readonly number[] {
  const total = Math.round(buckets.at(-1)?.cumulative ?? 0);
  const size = Math.min(total, MAX_VALUES);
  const values: number[] = [];
  for (let i = 0, at = 0; i < size; i++) {
    const rank = (i + 0.5) / size * total;
    while (at < buckets.length - 1 && buckets[at]!.cumulative < rank) at += 1;
    const value = within(buckets, at, rank);
    if (value !== null) values.push(value);
  }
  return values;
}

function within(buckets: readonly Bucket[], at: number, rank: number): number | null {
  const { bound, cumulative } = buckets[at]!;
  const below = buckets[at - 1];
  if (!Number.isFinite(bound)) return below !== undefined && Number.isFinite(below.bound) ? below.bound : null;
  const from = below?.bound ?? 0;
  if (from >= bound || !Number.isFinite(from)) return bound;
  const first = below?.cumulative ?? 0;
  return from + (bound - from) * Math.min(1, (rank - first) / (cumulative - first));
}

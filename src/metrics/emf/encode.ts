import type { Dimensions } from '../../metrics-plan.ts';
import type { Datum, Distribution } from '../datum.ts';
import { LARGEST_VALUE } from '../samples.ts';

/** Limits of the embedded metric format (CloudWatch user guide, "Embedded metric format specification"). */
const [MOST_METRICS, MOST_VALUES, MOST_DIMENSIONS] = [100, 100, 30];
const [LONGEST_NAME, LONGEST_DIMENSION, LONGEST_DIMENSION_VALUE] = [1_024, 250, 1_024];
/** Samples of one distribution that are written one by one: 100 events. */
const MOST_SINGLE = 10_000;
/** The member that is no metric's and no dimension's. */
const RESERVED = '_aws';

interface MetricDefinition { readonly Name: string; readonly Unit: string; readonly StorageResolution?: 1 }
interface Draft {
  readonly dimensions: Dimensions;
  readonly time: number;
  readonly metrics: MetricDefinition[];
  readonly values: Map<string, MetricValue>;
}

/** Many samples at once, as the EMF libraries of AWS and the collector of OpenTelemetry write them; the specification has single values alone. */
interface Histogram { readonly Values: readonly number[]; readonly Counts: readonly number[]; readonly Max: number; readonly Min: number; readonly Count: number; readonly Sum: number }
type MetricValue = number | readonly number[] | Histogram;

/**
 * Datums as events of the embedded metric format, each a JSON object on one line. Those of one time with equal dimensions
 * share events, each metric once in an event. Of a distribution an event holds the values themselves, each as often as it
 * was counted; where that would be more than 10,000 values, or a count is no whole number, values with their counts, minimum,
 * maximum, count and sum. Of the dimensions only the first 30 are named, and none that is called like the metric: more an
 * event cannot have.
 * @param leftOut told of each metric that no event can have: one called `_aws`, without a name, or too long; a value CloudWatch does not take
 */
export function* datumsToEmf(datums: Iterable<Datum>, namespace: string, leftOut: (name: string) => void): Generator<string> {
  const drafts = new Map<string, Draft[]>();
  for (const datum of datums) {
    if (!fits(datum)) { leftOut(datum.name); continue; }
    const dimensions = datum.dimensions.filter(([name]) => name !== datum.name && name !== RESERVED).slice(0, MOST_DIMENSIONS);
    const key = JSON.stringify([datum.time, dimensions]);
    const known = drafts.get(key) ?? [];
    drafts.set(key, known);
    for (const value of slices(datum.value)) add(datum, value, dimensions, known);
  }
  for (const list of drafts.values()) for (const draft of list) yield encoded(draft, namespace);
}

/** Puts a value into the first event that has room for one more metric, and no value of this one yet. */
function add({ name, unit, resolution, time }: Datum, value: MetricValue, dimensions: Dimensions, known: Draft[]): void {
  let draft = known.find(({ metrics, values }) => metrics.length < MOST_METRICS && !values.has(name));
  if (draft === undefined) {
    draft = { dimensions, time, metrics: [], values: new Map() };
    known.push(draft);
  }
  draft.metrics.push({ Name: name, Unit: unit, ...(resolution === 1 ? { StorageResolution: 1 } : {}) });
  draft.values.set(name, value);
}

function encoded({ dimensions, time, metrics, values }: Draft, namespace: string): string {
  const aws = { Timestamp: time, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [dimensions.map(([name]) => name)], Metrics: metrics }] };
  return JSON.stringify({ [RESERVED]: aws, ...Object.fromEntries(dimensions), ...Object.fromEntries(values) });
}

function fits({ name, dimensions, value }: Datum): boolean {
  const numbers = typeof value === 'number' ? [value] : [value.sum, value.minimum, value.maximum, ...value.values];
  return name !== '' && name !== RESERVED && name.length <= LONGEST_NAME && numbers.every((number) => Math.abs(number) <= LARGEST_VALUE)
    && dimensions.every(([dimension, text]) => dimension.length <= LONGEST_DIMENSION && text.length <= LONGEST_DIMENSION_VALUE);
}

/** A value, or the samples of a distribution, as many as an event can hold at a time. */
function* slices(value: number | Distribution): Generator<MetricValue> {
  if (typeof value === 'number') yield value;
  else if (value.count > MOST_SINGLE || !value.counts.every(Number.isInteger)) yield* histograms(value);
  else yield* singles(value);
}

function* singles({ values, counts }: Distribution): Generator<readonly number[]> {
  let slice: number[] = [];
  for (const [i, one] of values.entries()) {
    for (let left = counts[i]!; left > 0; left--) {
      slice.push(one);
      if (slice.length === MOST_VALUES) { yield slice; slice = []; }
    }
  }
  if (slice.length > 0) yield slice;
}

/** Their counts and sums add up to the distribution's, which are exact where its values are rounded. */
function* histograms({ values, counts, count, sum, minimum, maximum }: Distribution): Generator<Histogram> {
  let [countLeft, sumLeft] = [count, sum];
  for (let from = 0; from < values.length; from += MOST_VALUES) {
    const [Values, Counts] = [values.slice(from, from + MOST_VALUES), counts.slice(from, from + MOST_VALUES)];
    const isLast = from + MOST_VALUES >= values.length;
    const Count = isLast ? countLeft : Counts.reduce((total, one) => total + one, 0);
    const Sum = isLast ? sumLeft : Values.reduce((total, one, i) => total + one * Counts[i]!, 0);
    yield { Values, Counts, Max: isLast ? maximum : Math.max(...Values), Min: from === 0 ? minimum : Math.min(...Values), Count, Sum };
    countLeft -= Count;
    sumLeft -= Sum;
  }
}

import type { Dimensions } from '../../metrics-plan.ts';
import type { Datum, Distribution } from '../datum.ts';

/** Limits of the embedded metric format (CloudWatch user guide, "Embedded metric format specification"). */
const [MOST_METRICS, MOST_VALUES, MOST_DIMENSIONS] = [100, 100, 30];
/** Values of one datum: 100 events. */
const MOST_SAMPLES = 10_000;
/** The member that is no metric's and no dimension's. */
const RESERVED = '_aws';

interface MetricDefinition { readonly Name: string; readonly Unit: string; readonly StorageResolution?: 1 }
interface Draft {
  readonly dimensions: Dimensions;
  readonly time: number;
  readonly metrics: MetricDefinition[];
  readonly values: Map<string, number | readonly number[]>;
}

/**
 * Datums as events of the embedded metric format, each a JSON object on one line. Those of one time with equal dimensions
 * share events, each metric once in an event. Of a distribution an event holds the values themselves, each as often as it
 * was counted: a count that is no whole number is rounded, and at least 1; where that would be more than 10,000 values, all
 * counts are made smaller in proportion, so that percentiles and extremes stay, and count and sum do not. Of the dimensions
 * only the first 30 are named, and none that is called like the metric: more an event cannot have, and no metric called `_aws`.
 */
export function* datumsToEmf(datums: Iterable<Datum>, namespace: string): Generator<string> {
  const drafts = new Map<string, Draft[]>();
  for (const datum of datums) {
    if (datum.name === RESERVED) continue;
    const dimensions = datum.dimensions.filter(([name]) => name !== datum.name && name !== RESERVED).slice(0, MOST_DIMENSIONS);
    const key = JSON.stringify([datum.time, dimensions]);
    const known = drafts.get(key) ?? [];
    drafts.set(key, known);
    for (const value of slices(datum.value)) add(datum, value, dimensions, known);
  }
  for (const list of drafts.values()) for (const draft of list) yield encoded(draft, namespace);
}

/** Puts a value into the first event that has room for one more metric, and no value of this one yet. */
function add({ name, unit, resolution, time }: Datum, value: number | readonly number[], dimensions: Dimensions, known: Draft[]): void {
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

/** A value, or the values of a distribution, as many as an event can hold at a time. */
function* slices(value: number | Distribution): Generator<number | readonly number[]> {
  if (typeof value === 'number') { yield value; return; }
  const scale = Math.min(1, MOST_SAMPLES / value.count);
  let slice: number[] = [];
  for (const [i, one] of value.values.entries()) {
    for (let left = Math.max(1, Math.round(scale * (value.counts[i] ?? 1))); left > 0; left--) {
      slice.push(one);
      if (slice.length === MOST_VALUES) { yield slice; slice = []; }
    }
  }
  if (slice.length > 0) yield slice;
}

import type { Block } from '../logs/stream.ts';
import { isObject } from '../wire/json.ts';
import type { Json, JsonObject } from '../wire/json.ts';
import { MAX_DIMENSIONS, MAX_MAGNITUDE, UNITS } from './limits.ts';
import type { Datum, MetricStore } from './store.ts';

/** Metrics of one directive, values of one metric: the specification of the embedded metric format. */
const MAX_METRICS = 100;
const MAX_VALUES = 100;
const MAX_DIMENSION_NAME = 250;
const MAX_DIMENSION_VALUE = 1024;
const MAX_NAME = 1024;

export interface EmfCounters {
  /** Events that named metrics. */
  readonly events: number;
  /** Datums made of them. */
  readonly datums: number;
  /** Directives or metrics that the specification does not allow: the service counts them as EMFValidationErrors. */
  readonly invalid: number;
}

/** Makes metrics of log events in the embedded metric format, as the service does when they arrive. */
export class EmfExtraction {
  readonly #store: MetricStore;
  readonly #counters = { events: 0, datums: 0, invalid: 0 };

  constructor(store: MetricStore) { this.#store = store; }

  get counters(): EmfCounters { return this.#counters; }

  stored({ messages }: Pick<Block, 'messages'>): void {
    for (const message of messages) if (message.includes('"_aws"')) this.#event(message);
  }

  #event(message: string): void {
    const event = parse(message);
    const about = event?.['_aws'];
    if (event === null || !isObject(about)) return;
    const { Timestamp: timestamp, CloudWatchMetrics: directives } = about;
    if (!Array.isArray(directives)) return;
    this.#counters.events++;
    if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp)) { this.#counters.invalid++; return; }
    for (const directive of directives as readonly Json[]) {
      const made = isObject(directive) ? this.#directive(event, directive, timestamp) : null;
      if (made === null) this.#counters.invalid++;
    }
  }

  /** Null: it is not valid as a whole. */
  #directive(event: JsonObject, { Namespace: namespace, Dimensions: sets, Metrics: metrics }: JsonObject, timestamp: number): true | null {
    if (typeof namespace !== 'string' || namespace === '' || namespace.length > MAX_NAME || !Array.isArray(sets) || !Array.isArray(metrics) || metrics.length > MAX_METRICS) return null;
    const dimensionSets = (sets as readonly Json[]).map((names) => dimensionsOf(event, names));
    if (dimensionSets.length === 0 || dimensionSets.includes(null)) return null;
    for (const metric of metrics as readonly Json[]) {
      const read = isObject(metric) ? datumOf(event, metric, timestamp) : null;
      if (read === null) { this.#counters.invalid++; continue; }
      for (const dimensions of dimensionSets) {
        this.#store.add(namespace, read.name, dimensions!, read.datum);
        this.#counters.datums++;
      }
    }
    return true;
  }
}

function parse(message: string): JsonObject | null {
  try {
    const value = JSON.parse(message) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function dimensionsOf(event: JsonObject, names: Json): { readonly name: string; readonly value: string }[] | null {
  if (!Array.isArray(names) || names.length > MAX_DIMENSIONS) return null;
  const dimensions: { readonly name: string; readonly value: string }[] = [];
  for (const name of names as readonly Json[]) {
    const value = typeof name === 'string' && name.length <= MAX_DIMENSION_NAME && Object.hasOwn(event, name) ? event[name] : undefined;
    if (typeof name !== 'string' || typeof value !== 'string' || value.length > MAX_DIMENSION_VALUE) return null;
    dimensions.push({ name, value });
  }
  return dimensions;
}

function datumOf(event: JsonObject, { Name: name, Unit: unit = 'None', StorageResolution: resolution = 60 }: JsonObject, timestamp: number): { readonly name: string; readonly datum: Datum } | null {
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME || !Object.hasOwn(event, name)) return null;
  const target = event[name]!;
  if (typeof unit !== 'string' || !UNITS.includes(unit) || (resolution !== 1 && resolution !== 60)) return null;
  if (isObject(target)) {
    const samples = sampleSet(target);
    return samples === null ? null : { name, datum: { timestamp, unit, resolution, ...samples } };
  }
  const values = (Array.isArray(target) ? target : [target]) as readonly Json[];
  const isValid = values.length > 0 && values.length <= MAX_VALUES && values.every((value) => typeof value === 'number' && Math.abs(value) <= MAX_MAGNITUDE);
  if (!isValid) return null;
  const numbers = values as readonly number[];
  return { name, datum: { timestamp, unit, resolution, count: numbers.length, sum: numbers.reduce((a, b) => a + b, 0), minimum: Math.min(...numbers), maximum: Math.max(...numbers) } };
}

/** Samples as the EMF libraries of AWS write them: their statistics, perhaps with values and counts. Null where a part is missing. */
function sampleSet({ Max: maximum, Min: minimum, Count: count, Sum: sum, Values: values = [], Counts: counts = [] }: JsonObject): Pick<Datum, 'count' | 'sum' | 'minimum' | 'maximum'> | null {
  const isNumber = (value: Json | undefined): value is number => typeof value === 'number' && Math.abs(value) <= MAX_MAGNITUDE;
  if (!isNumber(maximum) || !isNumber(minimum) || !isNumber(count) || !isNumber(sum) || !Array.isArray(values) || !Array.isArray(counts)) return null;
  return values.length === counts.length && values.length <= MAX_VALUES && count > 0 ? { count, sum, minimum, maximum } : null;
}

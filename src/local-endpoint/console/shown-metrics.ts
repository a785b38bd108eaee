import { aggregate } from '../metrics/aggregate.ts';
import type { Dimensions, MetricStore } from '../metrics/store.ts';
import { ServiceError } from '../service-error.ts';
import { isObject } from '../wire/json.ts';
import type { Json } from '../wire/json.ts';
import type { ShownMetrics, ShownSeries } from './facts.ts';

const MAX_SERIES = 10_000;
/** Points of one chart; more than a wide screen has pixels. */
const MAX_POINTS = 3000;

/** Every series with what it has. */
export function shownMetrics(store: MetricStore): ShownMetrics {
  return {
    total: store.size,
    metrics: store.metrics().slice(0, MAX_SERIES).map(({ namespace, name, dimensions, datums }) => ({ namespace, name, dimensions, datums: datums.length, last: datums.at(-1)?.timestamp ?? null })),
  };
}

/**
 * One series in periods of `period` seconds within [from, to) (epoch milliseconds), of its unit with the most samples where
 * it has several. Throws ValidationException.
 */
export function shownSeries(store: MetricStore, query: URLSearchParams): ShownSeries {
  const from = wholeNumber(query, 'from');
  const to = wholeNumber(query, 'to');
  const period = wholeNumber(query, 'period') * 1000;
  if (period <= 0 || (to - from) / period > MAX_POINTS) throw new ServiceError('ValidationException', `From "from" to "to" there may be ${MAX_POINTS} periods: choose a longer "period" or a shorter time`);
  const found = store.find(query.get('namespace') ?? '', query.get('name') ?? '', dimensionsOf(query.get('dimensions') ?? '[]'));
  const buckets = aggregate(found?.datums ?? [], from, to, period, null);
  const samples = new Map<string, number>();
  for (const { unit, count } of buckets) samples.set(unit, (samples.get(unit) ?? 0) + count);
  const unit = [...samples].sort((a, b) => b[1] - a[1])[0]?.[0];
  return { points: buckets.filter((bucket) => bucket.unit === unit) };
}

function wholeNumber(query: URLSearchParams, name: string): number {
  const value = Number(query.get(name) ?? Number.NaN);
  if (!Number.isFinite(value)) throw new ServiceError('ValidationException', `"${name}" must be a number`);
  return Math.round(value);
}

function dimensionsOf(text: string): Dimensions {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new ServiceError('ValidationException', '"dimensions" must be JSON: [{"name":"host","value":"a"}]');
  }
  return (Array.isArray(value) ? (value as readonly Json[]) : []).filter(isObject).flatMap(({ name, value: of }) => (typeof name === 'string' && typeof of === 'string' ? [{ name, value: of }] : []));
}

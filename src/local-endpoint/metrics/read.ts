import type { Operations } from '../call.ts';
import { ServiceError } from '../service-error.ts';
import { isObject } from '../wire/json.ts';
import type { Json, JsonObject } from '../wire/json.ts';
import { issueToken, redeemToken } from '../wire/token.ts';
import { STATISTICS, aggregate, statisticOf } from './aggregate.ts';
import type { Statistic } from './aggregate.ts';
import { readDimensions } from './datum.ts';
import { MAX_LISTED, MAX_POINTS, MAX_QUERIES, MAX_STATISTICS_POINTS } from './limits.ts';
import { readNamespace } from './put-metric-data.ts';
import { invalidCombination, invalidValue, missing } from './refusal.ts';
import type { Dimensions, Metric, MetricStore } from './store.ts';

function seconds(value: Json | undefined, name: string): number {
  if (typeof value !== 'number') throw missing(name);
  return value * 1000;
}

function text(value: Json | undefined, name: string): string {
  if (typeof value !== 'string' || value === '') throw missing(name);
  return value;
}

/** Milliseconds: 1, 5, 10, 20, 30 seconds or a multiple of 60. */
function period(value: Json | undefined): number {
  if (typeof value !== 'number') throw missing('Period');
  if (![1, 5, 10, 20, 30].includes(value) && (value < 60 || value % 60 !== 0)) throw invalidValue(`The value ${value} for parameter Period is invalid: it must be 1, 5, 10, 20, 30 or a multiple of 60.`);
  return value * 1000;
}

function statistic(value: Json | undefined): Statistic {
  const found = STATISTICS.find((each) => each === value);
  if (found === undefined) throw invalidValue(`The statistic ${JSON.stringify(value ?? null)} is not supported by the local endpoint: use one of ${STATISTICS.join(', ')}.`);
  return found;
}

function shown(dimensions: Dimensions): object[] {
  return dimensions.map(({ name, value }) => ({ Name: name, Value: value }));
}

/** Dimensions to look for: a name, or a name and a value. */
function wantedDimensions(value: Json | undefined): (metric: Metric) => boolean {
  const wanted = (Array.isArray(value) ? (value as readonly Json[]) : []).filter(isObject).map((each) => ({ name: text(each['Name'], 'Dimensions.Name'), value: each['Value'] }));
  return ({ dimensions }) => wanted.every((want) => dimensions.some((each) => each.name === want.name && (want.value === undefined || want.value === null || want.value === each.value)));
}

function metricData(store: MetricStore, query: JsonObject, start: number, end: number, descending: boolean): object {
  const id = text(query['Id'], 'MetricDataQueries.Id');
  const stat = query['MetricStat'];
  if (!isObject(stat) || !isObject(stat['Metric'])) throw new ServiceError('ValidationError', 'The local endpoint answers MetricStat queries; it does not evaluate expressions.');
  const metric = stat['Metric'];
  const name = text(metric['MetricName'], 'MetricName');
  const wanted = statistic(stat['Stat']);
  const found = store.find(readNamespace(metric['Namespace']), name, readDimensions(metric['Dimensions'], 'Dimensions'));
  const buckets = aggregate(found?.datums ?? [], start, end, period(stat['Period']), typeof stat['Unit'] === 'string' ? stat['Unit'] : null);
  if (buckets.length > MAX_POINTS) throw invalidCombination(`The query ${id} has more than ${MAX_POINTS} points.`);
  const ordered = descending ? buckets.toReversed() : buckets;
  return {
    Id: id, Label: typeof query['Label'] === 'string' ? query['Label'] : name, StatusCode: 'Complete',
    Timestamps: ordered.map((bucket) => bucket.start / 1000), Values: ordered.map((bucket) => statisticOf(bucket, wanted)),
  };
}

/** ListMetrics, GetMetricStatistics (no percentiles), GetMetricData (no expressions). */
export function metricReadOperations(store: MetricStore): Operations {
  return {
    ListMetrics(input, call) {
      const { Namespace: namespace, MetricName: name, NextToken: token } = input;
      const wanted = wantedDimensions(input['Dimensions']);
      const matching = store.metrics().filter((metric) => (namespace === undefined || metric.namespace === namespace) && (name === undefined || metric.name === name) && wanted(metric));
      const purpose = JSON.stringify([namespace, name, input['Dimensions']]);
      const start = typeof token === 'string' ? Number(redeemToken(token, purpose, call.now, invalidValue)) : 0;
      return {
        Metrics: matching.slice(start, start + MAX_LISTED).map((metric) => ({ Namespace: metric.namespace, MetricName: metric.name, Dimensions: shown(metric.dimensions) })),
        ...(matching.length > start + MAX_LISTED && { NextToken: issueToken(String(start + MAX_LISTED), purpose, call.now) }),
      };
    },

    GetMetricStatistics(input) {
      const name = text(input['MetricName'], 'MetricName');
      const start = seconds(input['StartTime'], 'StartTime');
      const end = seconds(input['EndTime'], 'EndTime');
      const statistics = (Array.isArray(input['Statistics']) ? (input['Statistics'] as readonly Json[]) : []).map(statistic);
      if (statistics.length === 0) throw missing('Statistics');
      if (start >= end) throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
      const length = period(input['Period']);
      if ((end - start) / length > MAX_STATISTICS_POINTS) throw invalidCombination(`You have requested up to ${Math.ceil((end - start) / length)} datapoints, which exceeds the limit of ${MAX_STATISTICS_POINTS}.`);
      const found = store.find(readNamespace(input['Namespace']), name, readDimensions(input['Dimensions'], 'Dimensions'));
      const buckets = aggregate(found?.datums ?? [], start, end, length, typeof input['Unit'] === 'string' ? input['Unit'] : null);
      return {
        Label: name,
        Datapoints: buckets.map((bucket) => ({ Timestamp: bucket.start / 1000, Unit: bucket.unit, ...Object.fromEntries(statistics.map((each) => [each, statisticOf(bucket, each)])) })),
      };
    },

    GetMetricData(input) {
      const queries = (Array.isArray(input['MetricDataQueries']) ? (input['MetricDataQueries'] as readonly Json[]) : []).filter(isObject);
      if (queries.length === 0) throw missing('MetricDataQueries');
      if (queries.length > MAX_QUERIES) throw invalidValue(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
      const start = seconds(input['StartTime'], 'StartTime');
      const end = seconds(input['EndTime'], 'EndTime');
      const descending = input['ScanBy'] !== 'TimestampAscending';
      return { MetricDataResults: queries.filter((query) => query['ReturnData'] !== false).map((query) => metricData(store, query, start, end, descending)), Messages: [] };
    },
  };
}

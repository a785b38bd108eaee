// Statements about the delivery of metrics, as an independent client reads them back: the same of any endpoint.
import assert from 'node:assert/strict';
import { GetMetricDataCommand, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient, GetMetricDataCommandOutput } from '@aws-sdk/client-cloudwatch';
import { hash, randomUUID } from 'node:crypto';
import { datum, metricsPlanFor, runMetrics } from '../support/metrics.ts';
import type { RunningMetrics } from '../support/metrics.ts';

const MINUTE = 60_000;
/** Queries of one GetMetricData (API reference). */
const MAX_QUERIES = 500;

export interface MetricSubject {
  readonly url: string;
  readonly client: CloudWatchClient;
}

export interface MetricStatement {
  readonly title: string;
  readonly run: (subject: MetricSubject) => Promise<void>;
}

/** The minute before the present one: both a sample's time and the begin of a period. */
const lastMinute = (): number => Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE;

async function delivering(url: string, work: (metrics: RunningMetrics, namespace: string) => Promise<void> | void, compression: 'on' | 'off' = 'on'): Promise<string> {
  const namespace = `Conformance/${randomUUID()}`;
  const metrics = runMetrics(metricsPlanFor(url, { namespace, compression }));
  await work(metrics, namespace);
  await metrics.stop();
  const { taken, delivered, dropped } = metrics.counters;
  assert.deepEqual([taken - delivered, dropped.size, metrics.log.filter((line) => line.startsWith('error'))], [0, 0, []]);
  return namespace;
}

interface Wanted { readonly name: string; readonly dimensions: readonly (readonly [string, string])[]; readonly stat: string }

/** Of each wanted series the values by time. */
async function read(client: CloudWatchClient, Namespace: string, wanted: readonly Wanted[], from: number, to: number): Promise<readonly ReadonlyMap<number, number>[]> {
  const found: ReadonlyMap<number, number>[] = [];
  for (let first = 0; first < wanted.length; first += MAX_QUERIES) {
    const answer: GetMetricDataCommandOutput = await client.send(new GetMetricDataCommand({
      StartTime: new Date(from), EndTime: new Date(to), ScanBy: 'TimestampAscending',
      MetricDataQueries: wanted.slice(first, first + MAX_QUERIES).map(({ name, dimensions, stat }, i) => ({
        Id: `q${i}`, MetricStat: { Period: 60, Stat: stat, Metric: { Namespace, MetricName: name, Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })) } },
      })),
    }));
    for (const { Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) found.push(new Map(Timestamps.map((time, i) => [time.getTime(), Values[i]!])));
  }
  return found;
}

export const METRIC_STATEMENTS: readonly MetricStatement[] = [
  {
    title: '10,000 series of one flush arrive in ten requests or a few more, and are read back as they were',
    async run({ url, client }) {
      const time = lastMinute();
      const series = Array.from({ length: 10_000 }, (_, i) => datum('load', i + 0.5, { time, dimensions: [['cpu', `cpu${i}`], ['host', 'h']] }));
      let requests = 0;
      const namespace = await delivering(url, async (metrics) => {
        metrics.sink(series);
        await metrics.stop();
        ({ requests } = metrics.counters);
      });
      assert.ok(requests >= 10 && requests <= 11, `${requests} requests`);
      // moto looks through everything for each query: a hundred of them stand for all.
      const some = series.filter((_, i) => i % 100 === 7);
      const values = await read(client, namespace, some.map(({ name, dimensions }) => ({ name, dimensions, stat: 'Sum' })), time, time + MINUTE);
      assert.deepEqual(values, some.map(({ value }) => new Map([[time, value]])));
    },
  },
  {
    title: 'a request that is not compressed is read the same',
    async run({ url, client }) {
      const time = lastMinute();
      const namespace = await delivering(url, ({ sink }) => { sink([datum('plain', 42, { time })]); }, 'off');
      assert.deepEqual(await read(client, namespace, [{ name: 'plain', dimensions: [], stat: 'Maximum' }], time, time + MINUTE), [new Map([[time, 42]])]);
    },
  },
  {
    title: 'a distribution of 400 values is read back with its count, sum, minimum and maximum',
    async run({ url, client }) {
      const time = lastMinute();
      const values = Array.from({ length: 400 }, (_, i) => i + 1);
      const counts = values.map((value) => 1 + (value % 3));
      const count = counts.reduce((a, b) => a + b, 0);
      const sum = values.reduce((total, value, i) => total + value * counts[i]!, 0);
      const namespace = await delivering(url, ({ sink }) => { sink([datum('latency', { count, sum, minimum: 1, maximum: 400, values, counts }, { time, unit: 'Milliseconds' })]); });
      const { Datapoints = [] } = await client.send(new GetMetricStatisticsCommand({
        Namespace: namespace, MetricName: 'latency', StartTime: new Date(time), EndTime: new Date(time + MINUTE), Period: 60, Statistics: ['SampleCount', 'Sum', 'Minimum', 'Maximum'],
      }));
      const [only] = Datapoints;
      assert.deepEqual([Datapoints.length, only?.SampleCount, only?.Sum, only?.Minimum, only?.Maximum, only?.Unit], [1, count, sum, 1, 400, 'Milliseconds']);
    },
  },
  {
    title: 'names and values at their longest, with every printable character, 30 dimensions of them, come back',
    async run({ url, client }) {
      const time = lastMinute();
      const printable = Array.from({ length: 0x7e - 0x21 }, (_, i) => String.fromCharCode(0x22 + i)).join('');
      const name = printable.repeat(3).slice(0, 255);
      const dimensions = Array.from({ length: 30 }, (_, i) => [`${String(i).padStart(2, '0')}${printable.repeat(3)}`.slice(0, 255), printable.repeat(12).slice(0, 1024)] as const);
      const namespace = await delivering(url, ({ sink }) => { sink([datum(name, 1, { time, dimensions })]); });
      assert.deepEqual(await read(client, namespace, [{ name, dimensions, stat: 'Sum' }], time, time + MINUTE), [new Map([[time, 1]])]);
    },
  },
  ...(['on', 'off'] as const).map((compression): MetricStatement => ({
    title: `datums of 28 kB each, of which compression ${compression === 'on' ? 'leaves the half' : 'is off'}, go in requests that the service is not too small for`,
    async run({ url, client }) {
      const time = lastMinute();
      const wide = (i: number): Wanted['dimensions'] => Array.from({ length: 28 }, (_, d) => [`d${d}`, Array.from({ length: 15 }, (_, part) => hash('sha256', `${i} ${d} ${part}`)).join('')] as const);
      // Where there are dimensions moto looks for them and the name alone, whatever the namespace.
      const series = Array.from({ length: 100 }, (_, i) => datum(`${compression}${i}`, i, { time, dimensions: wide(i) }));
      const namespace = await delivering(url, ({ sink }) => { sink(series); }, compression);
      const some = series.filter((_, i) => i % 33 === 0);
      const values = await read(client, namespace, some.map(({ name, dimensions }) => ({ name, dimensions, stat: 'Sum' })), time, time + MINUTE);
      assert.deepEqual(values, some.map(({ value }) => new Map([[time, value]])));
    },
  })),
  {
    title: 'after a stop in an outage the next start delivers each sample with its own time, once',
    async run({ url, client }) {
      const { mkdtemp, rm, stat } = await import('node:fs/promises');
      const directory = await mkdtemp('/tmp/agent-metrics-');
      try {
        const namespace = `Conformance/${randomUUID()}`;
        const first = lastMinute() - 9 * MINUTE;
        const times = Array.from({ length: 10 }, (_, i) => first + i * MINUTE);
        // Nothing listens on port 1.
        const before = runMetrics(metricsPlanFor('http://127.0.0.1:1', { namespace }), { stateDirectory: directory });
        for (const [i, time] of times.entries()) {
          before.sink([datum('kept', i, { time })]);
          before.flush();
        }
        await before.abandon();
        assert.equal((await stat(`${directory}/metrics-pending`)).mode & 0o777, 0o600);
        const after = runMetrics(metricsPlanFor(url, { namespace }), { stateDirectory: directory });
        await after.stop();
        assert.deepEqual([after.counters.resumed, after.counters.delivered], [10, 10]);
        const wanted = (statistic: string): Wanted => ({ name: 'kept', dimensions: [], stat: statistic });
        assert.deepEqual(await read(client, namespace, [wanted('Sum'), wanted('SampleCount')], first, first + 10 * MINUTE), [new Map(times.map((time, i) => [time, i])), new Map(times.map((time) => [time, 1]))]);
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  },
];

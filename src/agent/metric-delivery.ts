import type { Environment } from '../aws/connection.ts';
import type { Network } from '../aws/network.ts';
import type { MetricCounters } from '../delivery/metric-counters.ts';
import { keepPending, takePending } from '../delivery/metric-pending.ts';
import { MetricQueue } from '../delivery/metric-queue.ts';
import type { MetricStatus } from '../delivery/metric-queue.ts';
import type { Outcome } from '../flow.ts';
import type { Lifetime, Service } from '../lifecycle/lifetime.ts';
import type { DatumSink } from '../metrics/datum.ts';
import type { MetricsPlan } from '../metrics-plan.ts';
import type { Report } from '../report/report.ts';

export interface MetricDeliveryOptions {
  readonly env: Environment;
  readonly network: Network;
  readonly report: Pick<Report, 'trouble' | 'recovered' | 'debug'>;
  /** Where what a stop leaves is kept until the next start, this agent's own by then. Null: it is given up, and counted. */
  readonly stateDirectory: string | null;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** The way of metrics to CloudWatch. */
export interface MetricDelivery extends Service {
  readonly sink: DatumSink;
  /** Sends the open request now. */
  flush(): void;
  /** Ends `run` as soon as nothing is under way: for a plan that takes over, which finds what was left in the state directory. */
  release(): void;
  readonly counters: MetricCounters;
  readonly status: MetricStatus;
}

/** Nothing is sent, and nothing of the SDK loaded, before `run`. It resolves when everything taken is delivered, kept, or given up and counted. */
export function createMetricDelivery(plan: MetricsPlan, options: MetricDeliveryOptions): MetricDelivery {
  const { namespace, entity, flushMs, retention } = plan;
  const { env, network, report, stateDirectory, now, clock, random } = options;
  const opened = Promise.withResolvers<(zipped: Buffer) => Promise<Outcome>>();
  const queue = new MetricQueue({ namespace, entity, flushMs, retention, report, now, clock, random, endpoint: { put: async (zipped) => (await opened.promise)(zipped) } });
  return {
    name: 'metrics',
    sink: queue.sink,
    flush: () => { queue.flush(); },
    release: () => { queue.release(); },
    get counters() { return queue.counters; },
    get status() { return queue.status; },
    async run(life: Lifetime) {
      const { MetricsEndpoint } = await import('../aws/metrics-endpoint.ts');
      using endpoint = new MetricsEndpoint(plan, { env, network, report, abandon: life.abandon });
      opened.resolve((zipped) => endpoint.put(zipped));
      if (stateDirectory !== null) resume(queue, stateDirectory, report);
      const left = await queue.run(life);
      if (!keep(left, stateDirectory, report)) queue.lost(left);
    },
  };
}

function resume(queue: MetricQueue, directory: string, report: Pick<Report, 'trouble'>): void {
  try {
    const { requests, unreadable } = takePending(directory);
    queue.resume(requests);
    if (unreadable > 0) report.trouble('metrics pending', `metrics-pending in ${directory}: ${unreadable} requests of metrics that the run before kept are damaged and were left out. Check the disk`);
  } catch (error) {
    report.trouble('metrics pending', `metrics-pending in ${directory}: what the run before kept cannot be taken up (${(error as Error).message}). Check the permissions and the disk`);
  }
}

function keep(left: Parameters<typeof keepPending>[1], directory: string | null, report: Pick<Report, 'trouble'>): boolean {
  if (directory === null) return left.length === 0;
  try {
    keepPending(directory, left);
    return true;
  } catch (error) {
    report.trouble('metrics pending', `metrics-pending in ${directory}: the metrics that the service did not take cannot be kept for the next start (${(error as Error).message}). Check the free space and the disk`);
    return false;
  }
}

// Deliveries of metrics, as tests make them.
import { networkOf } from '../../src/aws/network.ts';
import { createMetricDelivery } from '../../src/agent/metric-delivery.ts';
import type { MetricDelivery, MetricDeliveryOptions } from '../../src/agent/metric-delivery.ts';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import type { Datum } from '../../src/metrics/datum.ts';
import type { MetricsPlan } from '../../src/metrics-plan.ts';
import { AgentReport } from '../../src/report/agent-report.ts';

// The SDK looks for them where the agent's process has them.
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true' });

export function metricsPlanFor(endpoint: string, more: Partial<MetricsPlan> = {}): MetricsPlan {
  return {
    service: { region: 'us-east-1', endpoint, roleArn: null, externalId: null, fips: null, dualStack: null, label: null },
    namespace: 'Test', flushMs: 50, compression: 'on', connectTimeoutMs: 2_000, requestTimeoutMs: 10_000, destinations: { cloudwatch: true, emf: null },
    dimensions: { host: null, withoutHost: false, append: [], autoScalingGroup: false }, entity: null, rollups: [], retention: { maxBytes: 16 << 20, maxAgeMs: 4 * 3_600_000 },
    samplers: [], statsd: null, collectd: null, ...more,
  };
}

export interface RunningMetrics extends MetricDelivery {
  readonly log: readonly string[];
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Takes nothing more, and resolves when all is delivered. */
  stop(): Promise<void>;
  /** Lets go of everything now. */
  abandon(): Promise<void>;
}

/** A delivery that runs. */
export function runMetrics(plan: MetricsPlan, more: Partial<MetricDeliveryOptions> = {}): RunningMetrics {
  const log: string[] = [];
  const report = new AgentReport((level, message) => { log.push(`${level} ${message}`); }, Date.now);
  const delivery = createMetricDelivery(plan, { env: process.env, network: networkOf({}), report, stateDirectory: null, now: () => performance.now(), clock: Date.now, random: () => 0, ...more });
  const life = new LifetimeControl();
  const ended = delivery.run(life);
  return Object.assign(Object.create(delivery, Object.getOwnPropertyDescriptors(delivery)) as MetricDelivery, {
    log, ended,
    stop: () => { life.requestStop(); return ended; },
    abandon: () => { life.requestAbandon(); return ended; },
  });
}

export function datum(name: string, value: Datum['value'], more: Partial<Datum> = {}): Datum {
  return { name, unit: 'None', dimensions: [], time: Date.now(), resolution: 60, value, ...more };
}

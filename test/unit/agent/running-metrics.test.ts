import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunningMetrics } from '../../../src/agent/running-metrics.ts';
import type { RunningMetricsOptions } from '../../../src/agent/running-metrics.ts';
import { LifetimeControl } from '../../../src/lifecycle/lifetime.ts';
import { AgentReport } from '../../../src/report/agent-report.ts';
import { until } from '../../support/rig.ts';
import { compiled } from '../config/compiled.ts';
import { ON_PREMISES } from '../config/facts.ts';

test('a change of the config goes through though a sample of a collector that it ends never ends, and that is said', async () => {
  const metricsOf = (group: string, self_metrics: boolean) => ({
    metrics: compiled({ agent: { region: 'eu-west-1', self_metrics }, metrics: { metrics_destinations: { emf: { log_group_name: group, log_stream_name: 's' } }, metrics_collected: { mem: { measurement: ['free'], metrics_collection_interval: 1 } } } }, ON_PREMISES).plan!.metrics,
    prometheus: null,
  });
  const groups: string[] = [];
  const said: string[] = [];
  const life = new LifetimeControl();
  const hangs = { fields: {}, sample: () => new Promise<never>(() => undefined), [Symbol.dispose]: () => undefined };
  const metrics = new RunningMetrics({
    env: {}, stateDir: '/nowhere', life, endMs: 50, self: () => hangs, instance: async () => null,
    report: new AgentReport((_, message) => { said.push(message); }, Date.now),
    spool: { append: ({ group }) => { groups.push(group); return true; } },
  } as Partial<RunningMetricsOptions> as RunningMetricsOptions);
  await metrics.apply(metricsOf('before', true));
  await until('metrics of the first config', () => groups.includes('before'));
  await metrics.apply(metricsOf('after', false));
  await until('metrics of the second config', () => groups.includes('after'));
  assert.match(said.join('\n'), /a collector of the config before has not ended yet, its sample hangs/);
  life.requestAbandon();
  await metrics.drain();
});

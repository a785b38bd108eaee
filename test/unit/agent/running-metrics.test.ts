import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RunningMetrics } from '../../../src/agent/running-metrics.ts';
import { networkOf } from '../../../src/aws/network.ts';
import { LifetimeControl } from '../../../src/lifecycle/lifetime.ts';
import type { Reading, Sampler } from '../../../src/metrics/sampler.ts';
import { AgentReport } from '../../../src/report/agent-report.ts';
import { metricsPlanFor } from '../../support/metrics.ts';
import { until } from '../../support/state.ts';

const PATIENCE_MS = 40;
const INTERVAL_MS = 10;

const read = (value: number): readonly Reading[] => [{ dimensions: [], values: { events: value } }];

/** One sampler a plan, in the order in which they are begun; metrics go into the spool as events. */
function running(t: TestContext, samplers: Sampler[]) {
  const [said, spooled]: [string[], string[]] = [[], []];
  const life = new LifetimeControl();
  t.after(() => { life.requestAbandon(); });
  const metrics = new RunningMetrics({
    env: {}, network: networkOf({}), report: new AgentReport((level, message) => { said.push(`${level} ${message}`); }, Date.now), stateDir: '/nowhere', life, patienceMs: PATIENCE_MS,
    spool: { append: (_, lines) => { spooled.push(Buffer.from(lines).toString()); return true; } },
    self: () => samplers.shift()!, instance: () => Promise.resolve(null),
  });
  const apply = (pointer: string): Promise<void> => metrics.apply({ prometheus: null, metrics: metricsPlanFor('http://127.0.0.1:9', {
    destinations: { cloudwatch: false, emf: { group: 'g', stream: 's' } },
    samplers: [{ kind: 'agent', pointer, intervalMs: INTERVAL_MS, resolution: 1, append: [], measurements: [{ field: 'events', name: 'events', unit: null, scale: 1, dropOriginal: false }] }],
  }) });
  return { metrics, life, said, spooled, apply };
}

const sampler = (sample: () => Promise<readonly Reading[]>): Sampler => ({ fields: { events: { unit: 'Count' } }, sample, [Symbol.dispose]: () => {} });

/** Gives 1 once, and then nothing until it is let go. */
function hanging(): { readonly sampler: Sampler; readonly asked: () => number; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<readonly Reading[]>();
  let asked = 0;
  return { sampler: sampler(() => (++asked === 1 ? Promise.resolve(read(1)) : promise)), asked: () => asked, release: () => { resolve(read(666)); } };
}

test('a sampler that hangs holds up a new config for a bounded time: it is left behind by its name, what it gives late is not published, and its end is said', async (t) => {
  const [hung, later] = [hanging(), hanging()];
  t.after(() => { hung.release(); later.release(); });
  const { metrics, life, said, spooled, apply } = running(t, [hung.sampler, sampler(() => Promise.resolve(read(7))), later.sampler]);
  await apply('/a');
  await until('the sampler to hang', () => hung.asked() === 2);
  await apply('/b');
  await until('what the new config collects', () => spooled.some((text) => text.includes('"events":7')));
  assert.deepEqual(said.filter((line) => line.includes('left behind')).map((line) => /metrics: (.*) did not end within 0\.04 s/.exec(line)?.[1]), ['agent']);
  hung.release();
  await until('the end to be said', () => said.some((line) => line.includes('have ended')));
  assert.ok(!spooled.some((text) => text.includes('666')));
  await apply('/c');
  await until('the next one to hang', () => later.asked() === 2);
  life.requestStop();
  await metrics.drain();
  assert.equal(said.filter((line) => /warn.*left behind/.test(line)).length, 2, 'nor does one hold up the stop');
});

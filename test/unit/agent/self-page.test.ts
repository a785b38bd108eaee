import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSelfSampler } from '../../../src/agent/self-sampler.ts';
import type { SelfCounts } from '../../../src/agent/self-sampler.ts';
import { selfPage } from '../../../src/agent/self-page.ts';
import { SELF_FIELDS } from '../../../src/metrics-plan.ts';

const COUNTS: SelfCounts = {
  values: {
    read_bytes: 1_000, delivered_events: 10, delivered_bytes: 900, held_bytes: 50, lag_bytes: 60, failing_destinations: 1, retries: 2, quarantined_events: 3, refused_configs: 4, rolled_back_configs: 5,
    troubles: 6, skipped_samples: 7, dropped_datums: 8, open_files: 9,
  },
  dropped: [{ reason: 'too-old', events: 3, bytes: 120 }, { reason: 'filtered', events: 5, bytes: 99 }],
  losses: [{ listener: 'statsd', reason: 'malformed', count: 7 }, { listener: 'emf', reason: 'not-json', count: 2 }],
};

test('every field the agent publishes of itself is read, and has its place on the page', async () => {
  let cpu = 1_000_000;
  using sampler = createSelfSampler(() => COUNTS, () => ({ user: cpu, system: 0 }));
  await sampler.sample(0);
  cpu += 250_000;
  const readings = await sampler.sample(1_000);
  assert.deepEqual(new Set(readings.flatMap(({ values }) => Object.keys(values))), new Set(Object.keys(SELF_FIELDS)));
  assert.equal(readings[0]?.values['cpu_usage'], 25, 'a quarter of a core');
  const page = selfPage(readings);
  for (const field of Object.keys(SELF_FIELDS)) assert.match(page, new RegExp(`^unified_agent_${field}(?:_total)?(?:\\{[^}]*\\})? -?[0-9.e+]+$`, 'm'), field);
  assert.match(page, /^unified_agent_dropped_events_total\{reason="too-old"\} 3$/m);
  assert.match(page, /^unified_agent_listener_losses_total\{listener="statsd",reason="malformed"\} 7$/m);
  assert.match(page, /^# TYPE unified_agent_lag_bytes gauge$/m);
});

test('the first look has no CPU usage: there is nothing to count it from', async () => {
  using sampler = createSelfSampler(() => COUNTS);
  assert.equal((await sampler.sample(0))[0]?.values['cpu_usage'], undefined);
});

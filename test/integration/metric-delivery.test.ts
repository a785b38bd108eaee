import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultSpec } from '../../src/local-endpoint/fault-spec.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { datum, metricsPlanFor, runMetrics } from '../support/metrics.ts';

const POLL_MS = 10;

async function until(condition: () => boolean): Promise<void> { while (!condition()) await delay(POLL_MS); }

suite('metrics under faults of the service', () => {
  let endpoint: RunningEndpoint;
  let directory = '';
  beforeEach(async () => {
    endpoint = await startEndpoint();
    directory = await mkdtemp('/tmp/agent-metrics-');
  });
  afterEach(async () => {
    await endpoint.close();
    await rm(directory, { recursive: true });
  });

  const stored = (): readonly string[] => endpoint.metrics.metrics().flatMap(({ name, datums }) => datums.map(({ timestamp, sum }) => `${name} ${timestamp} ${sum}`)).toSorted();
  const now = Date.now();
  /** Samples of forty minutes that came before the present one. */
  const samples = Array.from({ length: 40 }, (_, i) => datum('cpu', i, { time: now - (40 - i) * 60_000 }));
  const expected = samples.map(({ time, value }) => `cpu ${time} ${value as number}`).toSorted();

  const faults: readonly (readonly [title: string, fault: FaultSpec, options?: { readonly requestTimeoutMs?: number }])[] = [
    ['a service that is down', { kind: 'error', status: 503, forMs: 1_200 }],
    ['throttling of one call in three', { kind: 'throttle', every: 3 }],
    ['connections that are reset', { kind: 'reset', count: 5 }],
    ['a page of a proxy in place of the answer', { kind: 'garbage', count: 3 }],
    ['a service that does not answer', { kind: 'hang', count: 3 }, { requestTimeoutMs: 300 }],
    ['expired credentials', { kind: 'expired-token', count: 3 }],
  ];
  for (const [title, fault, options] of faults) {
    test(`${title}: every sample arrives with its own time, once`, async () => {
      endpoint.faults.add({ ...fault, operation: 'PutMetricData' });
      const metrics = runMetrics(metricsPlanFor(endpoint.url, options));
      for (const sample of samples) {
        metrics.sink([sample]);
        metrics.flush();
      }
      await until(() => metrics.counters.delivered === samples.length);
      await metrics.stop();
      assert.deepEqual(stored(), expected);
      assert.ok(metrics.counters.retried > 0);
    });
  }

  test('metrics are delivered with their entity; one that the service does not take costs none of them, and is said', async () => {
    const keyAttributes = { Type: 'Service', Name: 'shop', Environment: 'prod', AwsAccountId: '123456789012' };
    for (const [entity, isTaken] of [[{ keyAttributes, attributes: { PlatformType: 'AWS::EC2' } }, true], [{ keyAttributes: { Name: 'shop', Environment: 'prod' }, attributes: {} }, false]] as const) {
      const metrics = runMetrics(metricsPlanFor(endpoint.url, { entity }));
      metrics.sink(samples);
      await until(() => metrics.counters.delivered === samples.length);
      await metrics.stop();
      assert.equal(metrics.log.some((line) => /the service does not take their entity \(The entity has no key attribute Type/.test(line)), !isTaken, metrics.log.join('\n'));
    }
    assert.deepEqual(stored(), [...expected, ...expected].toSorted());
  });

  test('an answer that is lost is counted as ambiguous, and its samples arrive at least once', async () => {
    endpoint.faults.add({ kind: 'drop-answer', count: 1, operation: 'PutMetricData' });
    const metrics = runMetrics(metricsPlanFor(endpoint.url));
    metrics.sink(samples);
    await until(() => metrics.counters.delivered === samples.length);
    await metrics.stop();
    assert.deepEqual([...new Set(stored())], expected);
    assert.equal(metrics.counters.ambiguous, 1);
  });

  test('a metric that the service refuses is given up by name, and the others of its request arrive', async () => {
    endpoint.faults.add({ kind: 'reject-event', containing: 'bad', operation: 'PutMetricData' });
    const metrics = runMetrics(metricsPlanFor(endpoint.url));
    metrics.sink([...samples, datum('bad', 1)]);
    await until(() => metrics.counters.dropped.get('refused')?.datums === 1);
    await metrics.stop();
    assert.deepEqual(stored(), expected);
    assert.ok(metrics.log.some((line) => line.includes('metric bad: not published (refused)')), metrics.log.join('\n'));
  });

  test('a stop that cannot deliver keeps the samples for the next start, which delivers them; the file is gone then', async () => {
    const id = endpoint.faults.add({ kind: 'access-denied', operation: 'PutMetricData' });
    const before = runMetrics(metricsPlanFor(endpoint.url), { stateDirectory: directory });
    before.sink(samples);
    await until(() => before.status.state === 'paused');
    await before.abandon();
    const path = `${directory}/metrics-pending`;
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.doesNotMatch(await readFile(path, 'utf8'), /cpu/);
    endpoint.faults.remove(id);
    const after = runMetrics(metricsPlanFor(endpoint.url), { stateDirectory: directory });
    await until(() => after.counters.delivered === samples.length);
    await assert.rejects(stat(path), { code: 'ENOENT' });
    await after.stop();
    assert.deepEqual(stored(), expected);
  });

  test('of a damaged file of samples what is whole is delivered; the rest is said', async () => {
    const before = runMetrics(metricsPlanFor('http://127.0.0.1:1'), { stateDirectory: directory });
    before.sink(samples);
    await before.abandon();
    const path = `${directory}/metrics-pending`;
    const text = await readFile(path, 'utf8');
    await writeFile(path, `${text}${text.replace('H4sI', 'AAAA')}{"zipped":"H4sI`);
    const after = runMetrics(metricsPlanFor(endpoint.url), { stateDirectory: directory });
    await until(() => after.counters.dropped.get('unreadable')?.datums === samples.length);
    await after.stop();
    assert.deepEqual(stored(), expected);
    assert.ok(after.log.some((line) => line.includes('metrics-pending') && line.includes('1 requests')), after.log.join('\n'));
  });

  test('where what is left cannot be kept it is counted as lost, and said', async () => {
    const metrics = runMetrics(metricsPlanFor('http://127.0.0.1:1'), { stateDirectory: `${directory}/none` });
    metrics.sink(samples);
    await metrics.abandon();
    assert.equal(metrics.counters.dropped.get('ended')?.datums, samples.length);
    assert.ok(metrics.log.some((line) => line.includes('cannot be kept for the next start')), metrics.log.join('\n'));
  });

  test('a plan that takes over finds what the one before it held: what is under way comes to its end, and is not sent twice', async () => {
    const down = endpoint.faults.add({ kind: 'error', status: 503, operation: 'PutMetricData' });
    const before = runMetrics(metricsPlanFor(endpoint.url), { stateDirectory: directory });
    before.sink(samples);
    await until(() => before.status.state === 'retrying');
    endpoint.faults.remove(down);
    endpoint.faults.add({ kind: 'latency', ms: 200, operation: 'PutMetricData' });
    await until(() => endpoint.requests.inFlight === 1);
    before.release();
    await before.ended;
    assert.equal(before.counters.delivered, samples.length);
    before.sink([datum('late', 1)]);
    assert.equal(before.counters.dropped.get('ended')?.datums, 1);
    const after = runMetrics(metricsPlanFor(endpoint.url), { stateDirectory: directory });
    await after.stop();
    assert.equal(after.counters.taken, 0);
    assert.deepEqual(stored(), expected);
  });
});

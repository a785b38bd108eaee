import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { datumsOf } from '../../../src/batching/metric-batch.ts';
import type { HeldRequest } from '../../../src/delivery/metric-hold.ts';
import { MetricQueue } from '../../../src/delivery/metric-queue.ts';
import type { Outcome } from '../../../src/flow.ts';
import { LifetimeControl } from '../../../src/lifecycle/lifetime.ts';
import type { Datum } from '../../../src/metrics/datum.ts';
import type { MetricRetentionPlan } from '../../../src/metrics-plan.ts';
import { AgentReport } from '../../../src/report/agent-report.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 21, 4);
const ACCEPTED: Outcome = { kind: 'accepted', rejected: null };
const DOWN: Outcome = { kind: 'retry', reason: 'ServiceUnavailable (HTTP 503)', pace: 'long', afterMs: null, ambiguous: false };
const REFUSED: Outcome = { kind: 'split', reason: 'InvalidParameterValueException (HTTP 400): bad' };

/** A queue on clocks of its own, and a service that answers as it is told. */
function queueOn(t: TestContext, answer: (names: readonly string[]) => Outcome, more: { readonly retention?: Partial<MetricRetentionPlan> } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START });
  const log: string[] = [];
  /** Names and times of each request, as the service saw them. */
  const asked: (readonly string[])[] = [];
  const stored: { readonly name: string; readonly time: number }[] = [];
  const queue = new MetricQueue({
    namespace: 'N', entity: null, flushMs: MINUTE, retention: { maxBytes: 16 << 20, maxAgeMs: 4 * 60 * MINUTE, ...more.retention },
    report: new AgentReport((_, message) => { log.push(message); }, Date.now), now: Date.now, clock: Date.now, random: () => 0,
    endpoint: {
      put: (zipped) => {
        const { datums } = datumsOf(gunzipSync(zipped));
        const names = datums.map(({ MetricName: name }) => name);
        asked.push(names);
        const outcome = answer(names);
        if (outcome.kind === 'accepted') stored.push(...datums.map(({ MetricName: name, Timestamp }) => ({ name, time: Timestamp * 1000 })));
        return Promise.resolve(outcome);
      },
    },
  });
  const life = new LifetimeControl();
  const ended = queue.run(life);
  const pass = async (ms: number, step = 1_000): Promise<void> => {
    for (let passed = 0; passed < ms; passed += step) {
      t.mock.timers.tick(Math.min(step, ms - passed));
      for (let i = 0; i < 5; i++) await turn();
    }
  };
  return { queue, life, ended, log, asked, stored, pass, storedNames: () => stored.map(({ name }) => name) };
}

const datum = (name: string, value = 1): Datum => ({ name, unit: 'None', dimensions: [], time: Date.now(), resolution: 60, value });

/** `taken = delivered + dropped + held`. */
function assertBalanced({ counters, status }: MetricQueue): void {
  const dropped = [...counters.dropped.values()].reduce((sum, { datums }) => sum + datums, 0);
  assert.equal(counters.taken, counters.delivered + dropped + status.held.datums);
}

suite('metrics on their way to the service', () => {
  test('samples whose time the service takes no more, because the clock was set while they were held, are counted as that and not tried again and again', async (t) => {
    let down = true;
    const answer = (names: readonly string[]): Outcome => (down ? DOWN : names.some((name) => name.startsWith('old')) ? REFUSED : ACCEPTED);
    const { queue, pass, asked, log } = queueOn(t, answer, { retention: { maxAgeMs: 100 * 24 * 60 * MINUTE } });
    queue.sink([datum('old1'), datum('old2')]);
    await pass(MINUTE);
    t.mock.timers.tick(21 * 24 * 60 * MINUTE);
    queue.sink([{ ...datum('old3'), time: Date.now() - 13.99 * 24 * 60 * MINUTE }, datum('new')]);
    await pass(MINUTE);
    t.mock.timers.tick(60 * MINUTE);
    down = false;
    asked.length = 0;
    await pass(10 * MINUTE);
    assert.equal(queue.counters.dropped.get('too-old')?.datums, 3);
    assert.deepEqual([asked, queue.status.state], [[['old1', 'old2'], ['old3', 'new'], ['new']], 'idle']);
    assert.ok(!log.some((line) => line.includes('refused as a whole')), log.join('\n'));
    assertBalanced(queue);
  });

  test('datums wait for the flush interval at most, and go at once when a request is full', async (t) => {
    const { queue, pass, asked } = queueOn(t, () => ACCEPTED);
    queue.sink([datum('a'), datum('b')]);
    await pass(44_000);
    assert.equal(asked.length, 0);
    await pass(16_000);
    assert.deepEqual(asked, [['a', 'b']]);
    queue.sink(Array.from({ length: 1001 }, (_, i) => datum(`m${i}`)));
    await pass(1_000);
    assert.deepEqual(asked.map((names) => names.length), [2, 1000]);
    assertBalanced(queue);
  });

  test('an outage of two hours costs no sample: each arrives once, with its own time, the oldest first, and none of now waits for all of them', async (t) => {
    let down = true;
    const { queue, pass, stored, log, asked } = queueOn(t, () => (down ? DOWN : ACCEPTED));
    const times: number[] = [];
    for (let minute = 0; minute < 120; minute++) {
      times.push(Date.now());
      queue.sink(Array.from({ length: 50 }, (_, i) => datum(`m${i}`, minute)));
      await pass(MINUTE, 5_000);
    }
    assert.equal(stored.length, 0);
    assert.equal(queue.status.state, 'retrying');
    assert.ok(asked.length < 260, `${asked.length} attempts in two hours`);
    assert.equal(log.filter((line) => line.includes('not accepted')).length > 0, true);
    down = false;
    await pass(2 * MINUTE);
    assert.deepEqual(stored.map(({ name, time }) => `${name} ${time}`).toSorted(), times.flatMap((time) => Array.from({ length: 50 }, (_, i) => `m${i} ${time}`)).toSorted());
    const order = stored.filter(({ name }) => name === 'm0').map(({ time }) => times.indexOf(time));
    assert.equal(order[0], 0);
    assert.ok(order.indexOf(119) < 10, `the sample of now came as number ${order.indexOf(119)}`);
    assert.ok(log.includes('metrics: accepted again'));
    assert.equal(queue.status.state, 'idle');
    assertBalanced(queue);
  });

  test('beyond the bound in bytes the oldest go first, counted and said', async (t) => {
    const { queue, pass, stored, log } = queueOn(t, () => DOWN, { retention: { maxBytes: 3_000 } });
    for (let i = 0; i < 100; i++) {
      queue.sink([datum(`m${i}`, Math.PI * i)]);
      await pass(MINUTE, 15_000);
    }
    assert.ok(queue.status.held.bytes <= 3_000, `${queue.status.held.bytes}`);
    const dropped = queue.counters.dropped.get('hold-full')!;
    assert.ok(dropped.datums > 50 && dropped.bytes > 5_000, JSON.stringify(dropped));
    assert.equal(log.filter((line) => line.includes('hold-full')).length > 0, true);
    assert.equal(stored.length, 0);
    assertBalanced(queue);
  });

  test('what waits longer than it may is let go, and counted', async (t) => {
    let down = true;
    const { queue, pass, storedNames } = queueOn(t, () => (down ? DOWN : ACCEPTED), { retention: { maxAgeMs: 10 * MINUTE } });
    queue.sink([datum('old')]);
    await pass(9 * MINUTE, 15_000);
    queue.sink([datum('young')]);
    await pass(4 * MINUTE, 15_000);
    assert.equal(queue.counters.dropped.get('hold-too-long')?.datums, 1);
    down = false;
    await pass(2 * MINUTE);
    assert.deepEqual(storedNames(), ['young']);
    assertBalanced(queue);
  });

  test('one bad datum in a request is found and given up with the reason; the others arrive', async (t) => {
    const { queue, pass, asked, storedNames, log } = queueOn(t, (names) => (names.includes('m617') ? REFUSED : ACCEPTED));
    const datums = Array.from({ length: 1000 }, (_, i) => datum(`m${i}`));
    queue.sink(datums);
    await pass(MINUTE);
    assert.deepEqual(storedNames().toSorted(), datums.map(({ name }) => name).filter((name) => name !== 'm617').toSorted());
    assert.ok(asked.length <= 22, `${asked.length} requests`);
    assert.equal(queue.counters.dropped.get('refused')?.datums, 1);
    assert.ok(log.some((line) => line.startsWith('metric m617: not published (refused)') && line.includes('HTTP 400')), log.join('\n'));
    assertBalanced(queue);
  });

  test('a request of which the service takes nothing is not taken apart for good: it waits, and others pass it', async (t) => {
    let refuses = true;
    const { queue, pass, asked, storedNames } = queueOn(t, (names) => (refuses && names.some((name) => name.startsWith('bad')) ? REFUSED : ACCEPTED));
    queue.sink(Array.from({ length: 1000 }, (_, i) => datum(`bad${i}`)));
    queue.flush();
    await pass(2_000, 50);
    assert.ok(asked.length < 40, `${asked.length} requests`);
    assert.equal(queue.status.state, 'paused');
    queue.sink([datum('good')]);
    await pass(2 * MINUTE);
    assert.deepEqual(storedNames(), ['good']);
    assert.equal(queue.status.held.datums, 1000);
    refuses = false;
    await pass(2 * MINUTE);
    assert.equal(queue.status.held.datums, 0);
    assert.equal(queue.counters.dropped.size, 0);
    assertBalanced(queue);
  });

  for (const bad of ['m0', 'm7']) {
    test(`an outage while the bad datum ${bad} is looked for loses nothing`, async (t) => {
      let calls = 0;
      const { queue, pass, storedNames } = queueOn(t, (names) => (++calls > 5 && calls < 9 ? DOWN : names.includes(bad) ? REFUSED : ACCEPTED));
      queue.sink(Array.from({ length: 16 }, (_, i) => datum(`m${i}`)));
      await pass(MINUTE);
      assertBalanced(queue);
      await pass(2 * MINUTE);
      assert.deepEqual(storedNames().toSorted(), Array.from({ length: 16 }, (_, i) => `m${i}`).filter((name) => name !== bad).toSorted());
      assert.equal(queue.counters.dropped.get('refused')?.datums, 1);
      assertBalanced(queue);
    });
  }

  test('a datum that is refused alone is to blame only when the service takes others', async (t) => {
    const { queue, pass, storedNames } = queueOn(t, (names) => (names.includes('bad') ? REFUSED : ACCEPTED));
    queue.sink([datum('bad')]);
    await pass(3 * MINUTE, 5_000);
    assert.deepEqual([queue.status.held.datums, queue.status.state], [1, 'paused']);
    queue.sink([datum('good')]);
    await pass(5 * MINUTE, 5_000);
    assert.deepEqual(storedNames(), ['good']);
    assert.equal(queue.counters.dropped.get('refused')?.datums, 1);
    assertBalanced(queue);
  });

  test('without permission nothing is given up: it is tried about once a minute, and said', async (t) => {
    let allowed = false;
    const { queue, pass, asked, storedNames, log } = queueOn(t, () => (allowed ? ACCEPTED : { ...DOWN, pace: 'slow', reason: 'AccessDenied (HTTP 403): no' }));
    queue.sink([datum('a')]);
    await pass(30 * MINUTE, 5_000);
    assert.ok(asked.length > 15 && asked.length < 65, `${asked.length} attempts`);
    assert.ok(log.some((line) => line.startsWith('metrics: paused (AccessDenied')));
    allowed = true;
    await pass(MINUTE);
    assert.deepEqual(storedNames(), ['a']);
  });

  test('a stop sends what is open and what waits, and ends when all is delivered', async (t) => {
    const { queue, life, ended, pass, storedNames } = queueOn(t, () => ACCEPTED);
    queue.sink([datum('a')]);
    life.requestStop();
    queue.sink([datum('late')]);
    await pass(1_000);
    assert.deepEqual(await ended, []);
    assert.deepEqual(storedNames(), ['a', 'late']);
    queue.sink([datum('after the end')]);
    assert.equal(queue.counters.dropped.get('ended')?.datums, 1);
    assertBalanced(queue);
  });

  test('a stop amid a long wait tries once more at once', async (t) => {
    let down = true;
    const { queue, life, ended, pass, storedNames } = queueOn(t, () => (down ? DOWN : ACCEPTED));
    queue.sink([datum('a')]);
    await pass(10 * MINUTE, 5_000);
    down = false;
    life.requestStop();
    await pass(100, 50);
    assert.deepEqual(await ended, []);
    assert.deepEqual(storedNames(), ['a']);
  });

  test('a stop ends also when the last that waited is let go for its age', async (t) => {
    const { queue, life, ended, pass } = queueOn(t, () => DOWN, { retention: { maxAgeMs: 10 * MINUTE } });
    queue.sink([datum('a')]);
    await pass(9 * MINUTE, 5_000);
    life.requestStop();
    await pass(3 * MINUTE, 5_000);
    assert.deepEqual(await ended, []);
    assert.equal(queue.counters.dropped.get('hold-too-long')?.datums, 1);
  });

  test('what an abandoned run leaves is delivered by the next one', async (t) => {
    const first = queueOn(t, () => DOWN);
    first.queue.sink([datum('a')]);
    await first.pass(MINUTE);
    first.life.requestAbandon();
    await first.pass(1_000);
    const left: readonly HeldRequest[] = await first.ended;
    assert.equal(left.length, 1);
    t.mock.timers.reset();
    const second = queueOn(t, () => ACCEPTED);
    second.queue.resume([...left, { ...left[0]!, latest: START - 15 * 24 * 60 * MINUTE }]);
    await second.pass(1_000);
    assert.deepEqual(second.storedNames(), ['a']);
    assert.equal(second.queue.counters.dropped.get('too-old')?.datums, 1);
    assertBalanced(second.queue);
  });

  test('values and names that the service never takes are given up when they come, each counted by its reason, and said once', async (t) => {
    const { queue, pass, storedNames, log } = queueOn(t, () => ACCEPTED);
    queue.sink([datum('a', NaN), datum('b', NaN), datum(''), datum('ok')]);
    await pass(MINUTE);
    assert.deepEqual(storedNames(), ['ok']);
    assert.deepEqual([...queue.counters.dropped].map(([reason, { datums }]) => [reason, datums]), [['not-a-number', 2], ['no-name', 1]]);
    assert.equal(log.filter((line) => line.includes('not-a-number')).length, 1);
  });
});

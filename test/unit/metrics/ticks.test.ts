import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTick } from '../../../src/metrics/ticks.ts';

const never = new AbortController().signal;

test('a tick is the next multiple of the interval on the wall clock, and not before it', async () => {
  const before = Date.now();
  const tick = await nextTick(50, () => Date.now(), never);
  assert.equal(tick! % 50, 0);
  assert.ok(tick! > before && tick! <= Date.now(), `${before} ${tick}`);
});

test('a clock that is set back ends the wait', async () => {
  const hours = [10_000.9, 10_000.999_999_99, 3_000];
  assert.equal(await nextTick(3_600_000, () => (hours.length > 1 ? hours.shift()! : hours[0]!) * 3_600_000, never), 3_000 * 3_600_000);
});

test('a stop ends the wait, and gives no tick', async () => {
  const stop = new AbortController();
  const tick = nextTick(3_600_000, () => Date.now(), stop.signal);
  stop.abort();
  assert.equal(await tick, null);
  assert.equal(await nextTick(1, () => Date.now(), stop.signal), null);
});

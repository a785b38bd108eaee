import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifetimeControl } from '../../../src/lifecycle/lifetime.ts';
import { runTicks } from '../../../src/metrics/ticks.ts';

test('ticks come at multiples of the interval on the wall clock, and one that would come during another is skipped and counted', async () => {
  const life = new LifetimeControl();
  const at: number[] = [];
  const skipped: number[] = [];
  const began = Date.now();
  await runTicks({
    intervalMs: 20, wallNow: Date.now, life, skipped: (count) => skipped.push(count),
    tick: async (time) => {
      at.push(time);
      if (at.length === 2) { const until = Date.now() + 50; while (Date.now() < until) await new Promise(setImmediate); }
      if (at.length === 4) life.requestStop();
    },
  });
  assert.ok(at.every((time) => time % 20 === 0 && time > began), `${at}`);
  assert.ok(at[2]! - at[1]! >= 60, 'two are skipped at least');
  assert.ok(skipped.reduce((sum, count) => sum + count, 0) >= 2);
});

test('a clock that is set back does not stop the ticks, nor makes them come in a burst', async () => {
  const life = new LifetimeControl();
  let offset = 0;
  const at: number[] = [];
  await runTicks({
    intervalMs: 20, wallNow: () => Date.now() + offset, life,
    tick: async (time) => {
      at.push(time);
      if (at.length === 2) offset = -3_600_000;
      if (at.length === 4) life.requestStop();
      await Promise.resolve();
    },
  });
  assert.ok(at[2]! < at[1]! - 3_000_000, 'they go by the new time');
  assert.equal((at[3]! - at[2]!) % 20, 0);
});

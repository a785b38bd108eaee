import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Budget } from '../../../src/delivery/budget.ts';

test('reservations never exceed the limit, unless one alone does', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(-1)), { maxLength: 60 }), (limit, acts) => {
    const budget = new Budget(limit);
    const held: number[] = [];
    for (const act of acts) {
      if (act === -1) {
        const freed = held.shift();
        if (freed !== undefined) budget.charge(-freed);
        continue;
      }
      const fits = budget.used === 0 || budget.used + act <= limit;
      assert.equal(budget.tryReserve(act), fits);
      if (fits) held.push(act);
      assert.equal(budget.used, held.reduce((a, b) => a + b, 0));
      assert.ok(budget.used <= limit || held.length === 1);
    }
  }), { numRuns: 200 });
});

test('who waits is called once for each wait, when something was freed, and not after it gave up', () => {
  const budget = new Budget(10);
  let calls = 0;
  const waiting = (): void => { calls++; };
  budget.tryReserve(10);
  budget.onFreed(waiting);
  budget.charge(5);
  assert.equal(calls, 0, 'growth frees nothing');
  budget.charge(-5);
  budget.charge(-5);
  assert.equal(calls, 1);
  budget.onFreed(waiting);
  budget.forget(waiting);
  budget.charge(-5);
  assert.equal(calls, 1);
});

test('a listener that waits again while it is called is not called in the same turn', () => {
  const budget = new Budget(10);
  let calls = 0;
  const again = (): void => { if (++calls < 100) budget.onFreed(again); };
  budget.onFreed(again);
  budget.charge(-1);
  assert.equal(calls, 1);
});

test('pressure asks every open batch once to be sent', () => {
  const budget = new Budget(10);
  const asked: string[] = [];
  const [a, b] = [(): void => { asked.push('a'); }, (): void => { asked.push('b'); }];
  budget.onPressure(a);
  budget.onPressure(b);
  budget.offPressure(b);
  budget.press();
  budget.press();
  assert.deepEqual(asked, ['a']);
});

test('failing lanes keep three eighths at most, and the rest of their half is for those that try again', () => {
  const budget = new Budget(32_000_000);
  budget.chargeFailing(12_000_000);
  assert.deepEqual([budget.failingOverShare, budget.failingFull], [false, false]);
  budget.chargeFailing(1);
  assert.deepEqual([budget.failingOverShare, budget.failingFull], [true, false]);
  budget.chargeFailing(3_999_999);
  assert.equal(budget.failingFull, true);
  let freed = 0;
  budget.onFreed(() => { freed++; });
  budget.onShareFreed(() => { freed++; });
  const forgotten = (): void => { freed++; };
  budget.onShareFreed(forgotten);
  budget.forget(forgotten);
  budget.chargeFailing(-16_000_000);
  assert.equal(freed, 2, 'a lane that recovers makes room for who waits');
  assert.equal(budget.failing, 0);
});

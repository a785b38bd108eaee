import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Budget } from '../../../src/delivery/budget.ts';
import { Share } from '../../../src/delivery/share.ts';

const LIMIT = 32_000_000;

test('the budget knows at any time what all lanes hold, and what the failing ones of them hold', () => {
  const act = fc.oneof(fc.record({ lane: fc.nat({ max: 2 }), charge: fc.integer({ min: 1, max: 1000 }) }), fc.record({ lane: fc.nat({ max: 2 }), failing: fc.boolean() }), fc.record({ lane: fc.nat({ max: 2 }), free: fc.constant(true) }));
  fc.assert(fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
    const budget = new Budget(LIMIT);
    const shares = [new Share(budget), new Share(budget), new Share(budget)];
    for (const each of acts) {
      const share = shares[each.lane]!;
      if ('charge' in each) share.charge(each.charge);
      else if ('failing' in each) share.setFailing(each.failing);
      else share.charge(-share.held);
      assert.equal(budget.used, shares.reduce((sum, { held }) => sum + held, 0));
      assert.equal(budget.failing, shares.reduce((sum, { held, failing }) => sum + (failing ? held : 0), 0));
    }
  }), { numRuns: 200 });
});

test('a lane that fails takes no more once failing lanes hold too much; one that works is not concerned', () => {
  const budget = new Budget(LIMIT);
  const [dead, probing, live] = [new Share(budget), new Share(budget), new Share(budget)];
  for (const share of [dead, live]) share.charge(LIMIT * 0.4);
  dead.setFailing(true);
  probing.setFailing(true);
  assert.deepEqual([dead, probing, live].map(({ isSpent }) => isSpent), [true, false, false], 'there is room for the one that holds nothing to try again');
  assert.deepEqual([dead, probing, live].map(({ mustGiveBack }) => mustGiveBack), [true, true, false]);
  dead.charge(LIMIT * 0.1);
  assert.deepEqual([dead, probing, live].map(({ isSpent }) => isSpent), [true, true, false], 'not even that');
  dead.setFailing(false);
  assert.deepEqual([dead, probing, live].map(({ isSpent }) => isSpent), [false, false, false]);
});

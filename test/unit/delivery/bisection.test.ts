import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Bisection } from '../../../src/delivery/bisection.ts';

/** Tries the parts of `count` events, of which `bad` spoil whatever they are part of. */
function search(count: number, bad: ReadonlySet<number>): { accepted: number[]; blamed: number[]; calls: number } {
  const bisection = new Bisection();
  const accepted: number[] = [];
  const blamed: number[] = [];
  let calls = 0;
  const refused = (part: { from: number; to: number }): void => { if (!bisection.refused(part)) blamed.push(part.from); };
  refused({ from: 0, to: count });
  for (let part = bisection.next(); part !== null; part = bisection.next()) {
    calls++;
    const events = Array.from({ length: part.to - part.from }, (_, i) => part.from + i);
    if (events.some((event) => bad.has(event))) refused(part);
    else accepted.push(...events);
  }
  return { accepted, blamed, calls };
}

test('halving blames the events that are to blame and no other, and tries each part once, in order', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.uniqueArray(fc.nat({ max: 199 }), { minLength: 1, maxLength: 6 }), (count, picks) => {
    const bad = new Set(picks.map((pick) => pick % count));
    const { accepted, blamed } = search(count, bad);
    assert.deepEqual(blamed, [...bad].sort((a, b) => a - b));
    assert.deepEqual(accepted, Array.from({ length: count }, (_, i) => i).filter((event) => !bad.has(event)));
  }), { numRuns: 200 });
});

test('one bad event among 10,000 costs 28 calls at most', () => {
  assert.equal(Math.max(...[0, 1, 4_999, 5_000, 9_998, 9_999].map((bad) => search(10_000, new Set([bad])).calls)), 28);
});

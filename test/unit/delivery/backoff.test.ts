import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { backoffMs } from '../../../src/delivery/backoff.ts';
import type { Pace } from '../../../src/delivery/backoff.ts';

const PACES: readonly Pace[] = ['short', 'long', 'slow'];
const MINUTE = 60_000;

test('a wait is spread over the upper half of its step, is a minute at most, and never below what the service asked for', () => {
  fc.assert(fc.property(fc.constantFrom(...PACES), fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.option(fc.integer({ min: 0, max: 300_000 })), (pace, attempt, random, asked) => {
    const wait = backoffMs(pace, attempt, random, asked);
    const least = backoffMs(pace, attempt, 0, null);
    assert.ok(wait >= (asked ?? 0));
    assert.ok(wait >= least && (wait <= 2 * least || wait === asked), 'jitter spreads over the upper half');
    assert.ok(least <= MINUTE / 2 && Number.isFinite(wait));
  }), { numRuns: 300 });
});

test('attempts wait longer and longer and settle at a minute', () => {
  for (const pace of PACES) {
    const waits = Array.from({ length: 30 }, (_, i) => backoffMs(pace, i + 1, 0, null));
    for (let i = 1; i < waits.length; i++) assert.ok(waits[i]! >= waits[i - 1]!, `${pace}: attempt ${i + 1}`);
    assert.equal(waits.at(-1), MINUTE / 2);
  }
});

test('the first wait is short for a hiccup and half a minute where only a person can help', () => {
  assert.equal(backoffMs('short', 1, 0, null), 100);
  assert.ok(backoffMs('long', 1, 0, null) <= 1_000);
  assert.ok(backoffMs('slow', 1, 0, null) >= 15_000);
});

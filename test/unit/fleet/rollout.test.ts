import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dueAt, shareOf } from '../../../src/fleet/rollout.ts';

const ROLLOUT = { percent: 10, waitMs: 3_600_000, watchMs: 300_000 };

test('a host has the same share each time, and a tenth of many hosts are among the first tenth', () => {
  fc.assert(fc.property(fc.string(), (host) => {
    const share = shareOf(host);
    assert.ok(share >= 0 && share < 100);
    assert.equal(shareOf(host), share);
  }));
  const first = Array.from({ length: 10_000 }, (_, i) => shareOf(`i-${i}`)).filter((share) => share < 10).length;
  assert.ok(first > 900 && first < 1_100, `${first} of 10,000 hosts are among the first 10 %`);
});

test('the first hosts take a version at once, the others when it is old enough, nobody never', () => {
  fc.assert(fc.property(fc.string(), fc.double({ min: 0, max: 100, noNaN: true }), fc.nat(), (host, percent, publishedAt) => {
    const due = dueAt({ ...ROLLOUT, percent }, host, publishedAt);
    assert.equal(due, shareOf(host) < percent ? 0 : publishedAt + ROLLOUT.waitMs);
  }));
  assert.equal(dueAt({ ...ROLLOUT, percent: 100 }, 'any', 5), 0);
  assert.equal(dueAt({ ...ROLLOUT, percent: 0 }, 'any', 5), 3_600_005);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthWatch } from '../../../src/fleet/health.ts';

const GOOD = { failing: 0, undelivered: 0 };
const watch = (before = GOOD, dropRate = 0): HealthWatch => new HealthWatch(before, dropRate, 0, 300_000);

test('a destination that fails for ten seconds after the change is a fault, a hiccup is none', () => {
  const one = watch();
  assert.equal(one.fault({ ...GOOD, failing: 1 }, 1_000), null);
  assert.equal(one.fault({ ...GOOD, failing: 1 }, 10_500), null);
  assert.equal(one.fault({ ...GOOD, failing: 1 }, 11_000), '1 destination takes nothing since the change');
  const hiccup = watch();
  assert.equal(hiccup.fault({ ...GOOD, failing: 1 }, 1_000), null);
  assert.equal(hiccup.fault(GOOD, 5_000), null);
  assert.equal(hiccup.fault({ ...GOOD, failing: 2 }, 11_500), null, 'the ten seconds begin anew');
});

test('destinations that failed before the change do not count: a service that is down is no fault of the config', () => {
  const during = watch({ failing: 3, undelivered: 0 });
  for (let at = 0; at < 300_000; at += 1_000) assert.equal(during.fault({ failing: 3, undelivered: 0 }, at), null);
});

test('drops count when they rise: a few, and as many as there always were, do not', () => {
  assert.equal(watch().fault({ failing: 0, undelivered: 10 }, 5_000), null);
  assert.equal(watch().fault({ failing: 0, undelivered: 11 }, 5_000), '11 events could not be delivered since the change');
  const usual = watch({ failing: 0, undelivered: 1_000 }, 0.01);
  assert.equal(usual.fault({ failing: 0, undelivered: 1_000 + 150 }, 10_000), null, 'fifteen a second where ten were usual');
  assert.match(usual.fault({ failing: 0, undelivered: 1_000 + 250 }, 10_000) ?? '', /^250 events/);
});

test('a failure that begins late in the watching time is decided before that time is over', () => {
  const late = new HealthWatch(GOOD, 0, 0, 6_000);
  assert.equal(late.fault({ ...GOOD, failing: 1 }, 5_500), null);
  assert.equal(late.isOver(6_000), false);
  assert.match(late.fault({ ...GOOD, failing: 1 }, 8_500) ?? '', /^1 destination/);
  assert.equal(late.fault(GOOD, 9_000), null);
  assert.equal(late.isOver(9_000), true, 'it was a hiccup after all');
});

test('with a short watching time a fault is found within it', () => {
  const short = new HealthWatch(GOOD, 0, 0, 4_000);
  assert.equal(short.fault({ ...GOOD, failing: 1 }, 500), null);
  assert.match(short.fault({ ...GOOD, failing: 1 }, 2_500) ?? '', /^1 destination/);
  const good = new HealthWatch(GOOD, 0, 0, 4_000);
  assert.equal(good.isOver(3_999), false);
  assert.equal(good.isOver(4_000), true);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Slots, sharesOf } from '../../../src/delivery/slots.ts';
import type { ServiceSlots } from '../../../src/delivery/slots.ts';

const settled = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** Begins so many attempts that never end; gives how many of them are under way. */
async function begin(slots: ServiceSlots, count: number, retrying = false): Promise<number> {
  let running = 0;
  for (let i = 0; i < count; i++) void slots.run(retrying, () => { running++; return new Promise(() => undefined); });
  await settled();
  return running;
}

test('a service alone has all slots, its lanes in retry half of them', async () => {
  assert.equal(await begin(new Slots(16).ofService(), 100), 16);
  assert.equal(await begin(new Slots(16).ofService(), 100, true), 8);
});

test('of two services one that never answers leaves the other slots at once, although it came first', async () => {
  const slots = new Slots(16);
  slots.shareAmong(2);
  const [dead, live] = [slots.ofService(), slots.ofService()];
  assert.equal(await begin(dead, 100), 12);
  assert.equal(await begin(live, 100), 4);
});

test('lanes in retry of one service do not stand before those of another', async () => {
  const slots = new Slots(16);
  slots.shareAmong(2);
  const [dead, live] = [slots.ofService(), slots.ofService()];
  assert.equal(await begin(dead, 100, true), 4);
  assert.equal(await begin(live, 100, true), 4);
});

test('whatever the numbers, everybody gets a slot, nobody more than there are, and one service that is away leaves some to the others', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 300 }), (count, services) => {
    const { part, gate } = sharesOf(count, services);
    assert.ok(gate >= 1 && gate <= Math.max(1, count / 2) && part >= 1 && part <= count);
    if (services > 1 && count > 1) assert.ok(part < count, `${part} of ${count}`);
    if (services === 2 && count > 1) assert.ok(count - part >= gate);
  }));
});

test('a service that came unannounced is counted, and when it is gone the other has all slots again', async () => {
  const slots = new Slots(16);
  const [first, second] = [slots.ofService(), slots.ofService()];
  let running = 0;
  for (let i = 0; i < 100; i++) void first.run(false, () => { running++; return new Promise(() => undefined); });
  await settled();
  assert.equal(running, 12);
  slots.forget(second);
  slots.shareAmong(1);
  await settled();
  assert.equal(running, 16);
});

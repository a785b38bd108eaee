import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { MetricHold } from '../../../src/delivery/metric-hold.ts';
import type { HeldRequest, Taken } from '../../../src/delivery/metric-hold.ts';

const HOUR = 3_600_000;
const request = (bytes: number, datums = 1): HeldRequest => ({ zipped: Buffer.alloc(bytes), datums, latest: 0 });

type Step = { readonly kind: 'add'; readonly bytes: number; readonly datums: number } | { readonly kind: 'take' | 'accept' | 'fail' | 'suspect' | 'shrink' } | { readonly kind: 'wait'; readonly ms: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('add'), bytes: fc.integer({ min: 1, max: 400 }), datums: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constantFrom('take', 'accept', 'fail', 'suspect', 'shrink') }),
  fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 0, max: HOUR }) }),
) as fc.Arbitrary<Step>;

suite('requests that wait for the service', () => {
  test('whatever happens, each datum is held, settled or let go once, and what waits stays within the bounds', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let [now, added, gone] = [0, 0, 0];
      const hold = new MetricHold({ maxBytes: 1_000, maxAgeMs: 4 * HOUR }, (_, { datums }) => { gone += datums; });
      const taken: Taken[] = [];
      const settle = (accepted: boolean): void => {
        const one = taken.shift();
        if (one === undefined) return;
        gone += one.request.datums;
        hold.settle(one, accepted);
      };
      const putBack = (how: Parameters<MetricHold['putBack']>[2]): void => {
        const one = taken.shift();
        if (one === undefined) return;
        gone += one.request.datums - (how?.rest ?? one.request).datums;
        hold.putBack(one, now, how);
      };
      for (const each of steps) {
        switch (each.kind) {
          case 'add': added += each.datums; hold.add(request(each.bytes, each.datums), now); break;
          case 'take': { const one = hold.take(now); if (one !== null) taken.push(one); break; }
          case 'accept': settle(true); break;
          case 'fail': putBack({}); break;
          case 'suspect': putBack({ suspicious: true }); break;
          case 'shrink': putBack({ rest: request(1, 1) }); break;
          case 'wait': now += each.ms; break;
          default: each satisfies never;
        }
        assert.equal(hold.datums, added - gone);
        assert.equal(hold.requests === 0, hold.bytes === 0);
        if (each.kind === 'add') assert.ok(hold.bytes <= 1_000 || !hold.isWaiting, `${hold.bytes} bytes`);
      }
      while (taken.length > 0) settle(false);
      const left = hold.empty();
      assert.equal(left.reduce((sum, { datums }) => sum + datums, 0), added - gone);
      assert.deepEqual([hold.bytes, hold.datums, hold.requests], [0, 0, 0]);
    }), { numRuns: 500 });
  });

  test('the oldest is sent first, each fourth time the youngest', () => {
    const hold = new MetricHold({ maxBytes: 10_000, maxAgeMs: HOUR }, () => undefined);
    for (let i = 1; i <= 8; i++) hold.add(request(i), 0);
    assert.deepEqual(Array.from({ length: 8 }, () => hold.take(0)?.request.zipped.length), [1, 2, 3, 8, 4, 5, 6, 7]);
  });

  test('one that fails while others are accepted goes behind them, and is the first to go when there is no room', () => {
    const letGo: number[] = [];
    const hold = new MetricHold({ maxBytes: 70, maxAgeMs: HOUR }, (_, { zipped }) => { letGo.push(zipped.length); });
    for (const bytes of [10, 11, 12, 13]) hold.add(request(bytes), 0);
    const takes = (bytes: number): Taken => {
      const taken = hold.take(0)!;
      assert.equal(taken.request.zipped.length, bytes);
      return taken;
    };
    hold.putBack(takes(10), 0);
    // Once may be the service.
    const failing = takes(10);
    hold.settle(takes(11), true);
    hold.putBack(failing, 0);
    takes(13);
    takes(12);
    hold.putBack(takes(10), 0);
    hold.add(request(45), 0);
    assert.deepEqual(letGo, [10]);
  });
});

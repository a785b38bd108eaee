import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Ledger } from '../../../src/checkpoint/ledger.ts';
import type { Mark } from '../../../src/checkpoint/ledger.ts';

const at = (offset: number, split: Mark['split'] = null): Mark => ({ offset, windowCrc: offset * 7, windowLength: Math.min(offset, 64), split });

/** Every byte of the file by itself: what the ledger is an economical form of. */
class NaiveLedger {
  /** Batch that holds the byte, or null: it needs nothing more. Index is the offset. */
  readonly bytes: (object | null)[] = [];
  /** By offset: the batch that a settled byte travelled with, or null. */
  readonly settled: (object | null)[] = [];
  readonly start: number;
  constructor(start: number) { this.start = start; }
  get mark(): number { return this.start + this.bytes.length; }
  add(end: number, batch: object | null): void { while (this.mark < end) { this.bytes.push(batch); this.settled.push(null); } }
  settle(batch: object): void { for (const [i, held] of this.bytes.entries()) if (held === batch) { this.bytes[i] = null; this.settled[i] = batch; } }
  get safe(): number {
    const first = this.bytes.findIndex((held) => held !== null);
    return first < 0 ? this.mark : this.start + first;
  }
  /** Batches that were held once, and are settled, of bytes behind the safe offset. */
  get settledBehind(): readonly object[] { return this.settled.slice(this.safe - this.start).filter((batch) => batch !== null); }
  get held(): number { return this.bytes.filter((held) => held !== null).length; }
  heldBy(batch: object): number { return this.bytes.filter((held) => held === batch).length; }
  rewind(): void { this.settled.length = this.safe - this.start; this.bytes.length = this.safe - this.start; }
}

type Act = { readonly kind: 'hold'; readonly bytes: number; readonly fresh: boolean } | { readonly kind: 'skip'; readonly bytes: number } | { readonly kind: 'settle'; readonly pick: number } | { readonly kind: 'rewind' };
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('hold' as const), bytes: fc.integer({ min: 1, max: 9 }), fresh: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('skip' as const), bytes: fc.integer({ min: 0, max: 9 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rewind' as const }) },
);

test('whatever is held, skipped, settled and given back in whatever order, the safe offset is the first unsettled byte and never beyond it', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1_000 }), fc.array(act, { maxLength: 80 }), (start, acts) => {
    const ledger = new Ledger(at(start));
    const naive = new NaiveLedger(start);
    let open: object = {};
    let batches: object[] = [];
    for (const step of acts) {
      switch (step.kind) {
        case 'hold': {
          if (step.fresh || !batches.includes(open)) { open = {}; batches.push(open); }
          const end = naive.mark + step.bytes;
          ledger.hold(at(end), open);
          naive.add(end, open);
          break;
        }
        case 'skip': {
          const end = naive.mark + step.bytes;
          ledger.skip(at(end));
          naive.add(end, null);
          break;
        }
        case 'settle': {
          const batch = batches[step.pick % Math.max(1, batches.length)];
          if (batch === undefined) break;
          batches = batches.filter((other) => other !== batch);
          ledger.settle(batch);
          naive.settle(batch);
          break;
        }
        case 'rewind':
          assert.deepEqual(ledger.rewind(), at(naive.safe));
          naive.rewind();
          batches = [];
          break;
        default: step satisfies never;
      }
      assert.equal(ledger.mark.offset, naive.mark);
      assert.equal(ledger.safe.offset, naive.safe);
      assert.equal(ledger.settled, naive.bytes.every((held) => held === null));
      assert.ok(ledger.safe.offset <= ledger.mark.offset && ledger.safe.offset >= start);
      if (ledger.rewindsOnly(new Set(batches))) assert.ok(naive.settledBehind.length === 0, 'rewinding would take back bytes that are settled');
      const [one] = batches;
      if (one !== undefined && naive.held > naive.heldBy(one)) assert.equal(ledger.rewindsOnly(new Set([one])), false, 'another batch holds bytes');
    }
  }), { numRuns: 400 });
});

test('a safe mark carries the window and the split of its own offset', () => {
  const ledger = new Ledger(at(0));
  const [first, second] = [{}, {}];
  ledger.hold(at(10, { piece: 1, time: 5 }), first);
  ledger.hold(at(20), second);
  assert.deepEqual(ledger.safe, at(0));
  ledger.settle(first);
  assert.deepEqual(ledger.safe, at(10, { piece: 1, time: 5 }));
  ledger.settle(second);
  assert.deepEqual(ledger.safe, at(20));
});

test('a batch that was given back cannot move the offset when it settles after all', () => {
  const ledger = new Ledger(at(0));
  const late = {};
  ledger.hold(at(10), late);
  ledger.rewind();
  const again = {};
  ledger.hold(at(10), again);
  ledger.settle(late);
  assert.equal(ledger.safe.offset, 0);
  ledger.settle(again);
  assert.equal(ledger.safe.offset, 10);
});

test('batches that settle in their order leave nothing settled behind the safe mark; one that overtakes another does', () => {
  const ledger = new Ledger(at(0));
  const [first, second, third] = [{}, {}, {}];
  ledger.hold(at(10), first);
  ledger.hold(at(20), second);
  ledger.hold(at(30), third);
  ledger.settle(first);
  assert.equal(ledger.rewindsOnly(new Set([second, third])), true);
  assert.equal(ledger.rewindsOnly(new Set([second])), false);
  ledger.settle(third);
  assert.equal(ledger.rewindsOnly(new Set([second])), false);
  ledger.settle(second);
  assert.equal(ledger.rewindsOnly(new Set()), true);
});

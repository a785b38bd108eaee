import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FileTrail } from '../../../src/agent/file-trail.ts';
import { Trail } from '../../../src/agent/trail.ts';
import { Ledger } from '../../../src/checkpoint/ledger.ts';
import type { SettledRange } from '../../../src/checkpoint/settled-range.ts';
import type { TrackedCheckpoint } from '../../../src/checkpoint/tracked.ts';
import type { Settlement } from '../../../src/delivery/lane.ts';
import { serviceAt } from '../../support/plan-for.ts';

const DESTINATION: Settlement['destination'] = { service: serviceAt(null), group: 'g', stream: 's', groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null };
const SETTLED: Settlement = { destination: DESTINATION, sentAt: 1, requestId: null, events: 1, losses: [] };
const at = (offset: number) => ({ offset, windowCrc: 0, windowLength: 0, split: null });

type Act = { readonly kind: 'hold'; readonly bytes: number; readonly lost: number; readonly batch: number } | { readonly kind: 'skip'; readonly bytes: number; readonly lost: number } | { readonly kind: 'settle'; readonly pick: number } | { readonly kind: 'rewind' } | { readonly kind: 'tell' };
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('hold' as const), bytes: fc.integer({ min: 1, max: 9 }), lost: fc.nat(2), batch: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('skip' as const), bytes: fc.nat(9), lost: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rewind' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'tell' as const }) },
);

test('however batches hold, pass over, settle and give back, in the end every byte before the mark lies in a range that was told, and without giving back every loss is in one', () => {
  fc.assert(fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
    const told: SettledRange[] = [];
    const trail = new Trail();
    using _ = trail.listen((_file, range) => { told.push(range); });
    const file = new FileTrail(trail, {} as TrackedCheckpoint);
    const ledger = new Ledger(at(0));
    let batches: object[] = [{}, {}, {}];
    let lost = 0;
    const loses = (events: number): void => {
      if (events > 0) file.lost({ reason: 'filtered', events, bytes: events });
      lost += events;
    };
    const settle = (batch: object): void => {
      const range = ledger.settle(batch);
      if (range !== null) file.settled(range, batch, SETTLED);
      batches = batches.map((one) => (one === batch ? {} : one));
    };
    for (const one of acts) {
      switch (one.kind) {
        case 'hold': {
          loses(one.lost);
          const batch = batches[one.batch]!;
          file.held(batch, ledger.hold(at(ledger.mark.offset + one.bytes), batch));
          break;
        }
        case 'skip': {
          loses(one.lost);
          const from = ledger.mark.offset;
          file.passed(from, from + one.bytes);
          ledger.skip(at(from + one.bytes));
          break;
        }
        case 'settle': settle(batches[one.pick % batches.length]!); break;
        case 'rewind': file.rewound(ledger.rewind().offset); batches = [{}, {}, {}]; break;
        case 'tell': trail.tellAll(); break;
        default: one satisfies never;
      }
    }
    for (const batch of batches) settle(batch);
    trail.tellAll();
    const covered = new Set(told.flatMap(({ from, to }) => Array.from({ length: to - from }, (_byte, i) => from + i)));
    for (let byte = 0; byte < ledger.mark.offset; byte++) assert.ok(covered.has(byte), `byte ${byte} of ${ledger.mark.offset}`);
    if (!acts.some(({ kind }) => kind === 'rewind')) assert.equal(told.flatMap(({ losses }) => losses).reduce((sum, { events }) => sum + events, 0), lost);
  }));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { BufferPool, bodyHeader } from '../../../src/batching/log-batch.ts';
import type { LogBatch } from '../../../src/batching/log-batch.ts';
import { Budget } from '../../../src/delivery/budget.ts';
import { Filling } from '../../../src/delivery/filling.ts';
import { Share } from '../../../src/delivery/share.ts';
import type { Source } from '../../../src/delivery/source.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { ScriptKernel } from '../../../src/kernel/kernel.ts';
import { layOut } from '../../support/arena-frames.ts';
import { destinationFor } from '../../support/destination.ts';

const T0 = 1_760_000_000_000;
const FLUSH_MS = 5_000;
const HEADER = bodyHeader(destinationFor());

/** A filling whose clock is the test's: `at` is now, in milliseconds. */
function filling(t: TestContext, maxBatchBytes = 1_048_576) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const arena = new Arena(100_000);
  const budget = new Budget(1_000_000);
  const share = new Share(budget);
  const sealed: LogBatch[] = [];
  const held: { frame: number; batch: object }[] = [];
  const source: Source = { path: '/a', isOnlyHeld: false, hold: (frame, batch) => { held.push({ frame, batch }); }, settle: () => {}, givenUp: () => {}, canRewind: () => true, rewind: () => {} };
  const clock = { at: 0, due: 0 };
  const it = new Filling(HEADER, share, { arena, kernel: new ScriptKernel(arena), pool: new BufferPool(0), budget, flushMs: FLUSH_MS, maxBatchBytes, now: () => clock.at }, {
    sealed: (batch) => { sealed.push(batch); },
    due: () => { clock.due++; },
  });
  return {
    it, budget, share, sealed, held, clock,
    add: (messages: readonly string[], since = clock.at) => { layOut(arena, messages.map((message) => ({ message, time: T0 }))); it.add(0, arena.count, source, since); },
    pass: (ms: number) => { clock.at += ms; t.mock.timers.tick(ms); },
  };
}

test('a batch is due a flush interval after its oldest event was seen, and goes on filling until it is taken', (t) => {
  const f = filling(t);
  f.add(['one']);
  f.pass(FLUSH_MS - 1);
  f.add(['two']);
  assert.equal(f.it.takeDue(), null);
  f.pass(1);
  assert.equal(f.clock.due, 1);
  f.add(['three']);
  assert.equal(f.it.takeDue()!.count, 3);
  assert.equal(f.it.takeDue(), null, 'it is taken once');
  const { due } = f.clock;
  f.pass(10 * FLUSH_MS);
  assert.equal(f.clock.due, due, 'its clock ends with it');
});

test('an older event brings the clock forward', (t) => {
  const f = filling(t);
  f.add(['new']);
  f.add(['old'], -FLUSH_MS + 10);
  f.pass(10);
  assert.equal(f.it.takeDue()!.count, 2);
});

test('what does not fit seals the batch and goes into the next one, and each frame is held once by the batch it is in', (t) => {
  const f = filling(t, 2000);
  const messages = Array.from({ length: 50 }, (_, i) => `${i}`.padStart(100, '.'));
  f.add(messages);
  f.it.flush();
  const batches = [...f.sealed, f.it.takeDue()!];
  assert.ok(f.sealed.length >= 3);
  assert.ok(batches.every(({ bytes }) => bytes <= 2000));
  assert.deepEqual(batches.flatMap((batch) => (JSON.parse(batch.body().toString('utf8')) as { logEvents: { message: string }[] }).logEvents.map(({ message }) => message)), messages);
  assert.deepEqual(f.held.map(({ batch }) => batch), batches);
  assert.equal(f.held.at(-1)!.frame, 49);
  assert.equal(f.share.held, batches.reduce((sum, { capacity }) => sum + capacity, 0), 'all of their memory is charged');
});

test('a batch is due at once when the budget is short, when the lane fails, and from drain on', (t) => {
  const f = filling(t);
  f.add(['a']);
  f.budget.press();
  assert.equal(f.it.takeDue()!.count, 1);
  f.share.setFailing(true);
  f.add(['b']);
  assert.equal(f.it.takeDue()!.count, 1);
  f.share.setFailing(false);
  f.add(['c']);
  assert.equal(f.it.takeDue(), null);
  f.it.drain();
  assert.equal(f.it.takeDue()!.count, 1);
  f.add(['d']);
  assert.equal(f.it.takeDue()!.count, 1);
});

test('an event that fits no batch is an error, not an endless loop', (t) => {
  const f = filling(t, 100);
  assert.throws(() => f.add(['x'.repeat(200)]), /200 bytes fits no batch of 100/);
});

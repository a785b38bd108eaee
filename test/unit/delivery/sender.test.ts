import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BufferPool, LogBatch, bodyHeader } from '../../../src/batching/log-batch.ts';
import { Budget } from '../../../src/delivery/budget.ts';
import { Recovery } from '../../../src/delivery/recovery.ts';
import { Sender } from '../../../src/delivery/sender.ts';
import { Share } from '../../../src/delivery/share.ts';
import { Slots } from '../../../src/delivery/slots.ts';
import type { Outcome } from '../../../src/flow.ts';
import { destinationFor } from '../../support/destination.ts';

const DESTINATION = destinationFor();
const BODY = { bytes: Buffer.from('{}'), encoding: null } as const;
const ACCEPTED: Outcome = { kind: 'accepted', rejected: null };
const REFUSED: Outcome = { kind: 'refused', reason: 'a wrong name' };
const DENIED: Outcome = { kind: 'retry', reason: 'not allowed', pace: 'slow', afterMs: null, ambiguous: false };
const DOWN: Outcome = { kind: 'retry', reason: 'HTTP 503', pace: 'long', afterMs: null, ambiguous: true };

/** A sender in front of a service that gives these answers, one after another; waits are the longest of their range. */
function senderFor(t: TestContext, answers: readonly Outcome[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const left = [...answers];
  const told: string[] = [];
  const steps: string[] = [];
  let clock = 0;
  const sender: Sender = new Sender(DESTINATION, new Share(new Budget(1_048_576)), {
    slots: new Slots(2).ofService(), recovery: new Recovery(() => 0.999), random: () => 0.999, abandon: new AbortController().signal,
    endpoint: { encode: () => BODY, put: () => Promise.resolve(left.shift() ?? ACCEPTED), create: () => Promise.resolve(ACCEPTED) },
    report: {
      retrying: (_destination, reason, attempt) => { told.push(`${sender.state}, attempt ${attempt}: ${reason}`); },
      paused: (_destination, reason) => { told.push(`${sender.state}, ${reason}`); },
      recovered: () => { told.push('recovered'); },
      debug: (message) => { steps.push(message()); },
    },
    now: () => (clock += 7),
  }, { giveBack: () => true, reopen: () => undefined, holds: () => true });
  return {
    sender, told, steps,
    /** Seconds that pass until the promise is settled, one by one. */
    seconds: async (what: Promise<unknown>): Promise<number> => {
      let over = false;
      void what.finally(() => { over = true; });
      for (let passed = 0; ; passed++) {
        for (let i = 0; i < 10; i++) await turn();
        if (over) return passed;
        assert.ok(passed < 1_000, 'it waits for ever');
        t.mock.timers.tick(1_000);
      }
    },
  };
}
const batch = new LogBatch(bodyHeader(DESTINATION), 1_048_576, new BufferPool(0));

test('a destination is paused for what only a person can change, and retrying for what may pass, whichever came before', async (t) => {
  const { sender, told, seconds } = senderFor(t, [REFUSED, DOWN, DENIED, DOWN]);
  await seconds(sender.send(batch, BODY));
  assert.deepEqual(told, [
    'paused, refused as a whole: a wrong name', 'retrying, attempt 2: HTTP 503',
    'paused, not allowed', 'retrying, attempt 4: HTTP 503', 'recovered',
  ]);
});

test('a destination that refuses all of it again and again is asked about every minute, after a first wait of half of that', async (t) => {
  const { sender, seconds } = senderFor(t, []);
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) waits.push(await seconds(sender.refused(batch, 'no event is taken')));
  assert.deepEqual(waits, [30, 60, 60, 60]);
});

test('each attempt is a step that can be told: how large, what came of it, how long it took', async (t) => {
  const { sender, steps, seconds } = senderFor(t, [DOWN]);
  await seconds(sender.send(batch, BODY));
  assert.match(steps[1]!, /^log group g, stream s: attempt 1 failed, the next one is \d+ ms away$/);
  assert.deepEqual(steps, [
    'log group g, stream s: request of 2 bytes, batch of 0 events: retry (HTTP 503) after 7 ms',
    steps[1],
    'log group g, stream s: request of 2 bytes, batch of 0 events: accepted after 7 ms',
  ]);
});

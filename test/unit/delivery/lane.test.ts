import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BufferPool } from '../../../src/batching/log-batch.ts';
import { Budget } from '../../../src/delivery/budget.ts';
import { Lane } from '../../../src/delivery/lane.ts';
import { Recovery } from '../../../src/delivery/recovery.ts';
import { Slots } from '../../../src/delivery/slots.ts';
import type { Source } from '../../../src/delivery/source.ts';
import type { Outcome } from '../../../src/flow.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { ScriptKernel } from '../../../src/kernel/kernel.ts';
import { AgentReport } from '../../../src/report/agent-report.ts';
import { layOut } from '../../support/arena-frames.ts';
import { destinationFor } from '../../support/destination.ts';

const T0 = 1_760_000_000_000;
const DESTINATION = destinationFor();
const MESSAGES = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(400));
const source: Source = { path: '/a', isOnlyHeld: false, hold: () => undefined, settle: () => undefined, givenUp: () => undefined, canRewind: () => true, rewind: () => undefined };
const never = new AbortController().signal;

/** A lane whose batches take two of MESSAGES, a service that answers when it is told to, and all that happens, in order. */
function laneFor(window: number) {
  const arena = new Arena(100_000);
  const happened: string[] = [];
  const answers: (() => void)[] = [];
  const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString().replaceAll(/.*?"message":"(\w)\w*"[^"]*/g, '$1').slice(0, 2);
  const lane = new Lane(DESTINATION, {
    arena, kernel: new ScriptKernel(arena), pool: new BufferPool(0), budget: new Budget(10_000_000), slots: new Slots(10).ofService(), recovery: new Recovery(Math.random),
    report: new AgentReport(() => undefined, Date.now), undelivered: { add: () => undefined },
    endpoint: {
      encode: (bytes) => { happened.push(`ready ${nameOf(bytes)}`); return { bytes, encoding: null }; },
      put: async (_destination, { bytes }) => {
        // A signature takes its promises; the socket has the request after them.
        for (let i = 0; i < 50; i++) await Promise.resolve();
        happened.push(`sent ${nameOf(bytes)}`);
        return new Promise<Outcome>((resolve) => { answers.push(() => { resolve({ kind: 'accepted', rejected: null }); }); });
      },
      create: () => Promise.reject(new Error('not asked')),
    },
    flushMs: 60_000, window, maxBatchBytes: 1_000, now: () => 0, random: Math.random, abandon: never,
  });
  /** As a follower: one message at a time, wherever there is room. */
  const follow = async (): Promise<void> => {
    for (const message of MESSAGES) {
      for (let room = lane.tryRoom(); ; room = lane.tryRoom()) {
        if (room === null) { await lane.roomChange(never); continue; }
        layOut(arena, [{ message, time: T0 }]);
        lane.add(0, arena.count, source, 0);
        happened.push(message[0]!);
        room[Symbol.dispose]();
        break;
      }
    }
  };
  return { lane, follow, happened, answer: async () => { answers.shift()!(); await settled(); } };
}

async function settled(): Promise<void> { for (let i = 0; i < 5; i++) await turn(); }

test('a request goes to the service before the next batch is filled; that one is made ready while the service works', async () => {
  const { follow, happened, answer } = laneFor(1);
  void follow();
  await settled();
  assert.deepEqual(happened, ['a', 'ready ab', 'b', 'sent ab', 'c', 'ready cd', 'd']);
  happened.length = 0;
  await answer();
  assert.deepEqual(happened, ['sent cd', 'e', 'ready ef', 'f'], 'what was made ready is not made again');
});

test('with more requests under way nothing waits for one of them: the service has work', async () => {
  const { follow, happened } = laneFor(3);
  void follow();
  await settled();
  assert.deepEqual(happened, ['a', 'ready ab', 'b', 'sent ab', 'c', 'ready cd', 'd', 'e', 'ready ef', 'f', 'sent cd', 'sent ef']);
});

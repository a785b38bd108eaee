import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { joinEvents, sliceEvents, sortByTime } from '../../../src/batching/events.ts';
import { BufferPool, LogBatch, bodyHeader } from '../../../src/batching/log-batch.ts';
import { BatchDelivery } from '../../../src/delivery/batch-delivery.ts';
import type { Sent } from '../../../src/delivery/sender.ts';
import type { RejectedRanges } from '../../../src/flow.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { ScriptKernel } from '../../../src/kernel/kernel.ts';
import { layOut } from '../../support/arena-frames.ts';
import { destinationFor } from '../../support/destination.ts';

const T0 = 1_760_000_000_000;
const DESTINATION = destinationFor();
const HEADER = bodyHeader(DESTINATION);
const arena = new Arena(100_000);
const kernel = new ScriptKernel(arena);

interface Written { readonly message: string; readonly time: number; readonly file: string }

/** A sealed batch of the events, which come in the given order from their files. */
function batchOf(events: readonly Written[]): LogBatch {
  const batch = new LogBatch(HEADER, 1_048_576, new BufferPool(0));
  const sources = new Map<string, object>();
  for (const event of events) {
    if (!sources.has(event.file)) sources.set(event.file, { path: event.file });
    layOut(arena, [event]);
    batch.append(arena, kernel, 0, 1, sources.get(event.file)!, 0);
  }
  if (!batch.ascending) {
    const encoded = batch.events();
    const sorted = sortByTime(sliceEvents(encoded));
    batch.order = sorted.map(({ index }) => index);
    batch.replaceEvents(joinEvents(encoded, sorted));
  }
  return batch;
}

type Logged = { readonly timestamp: number; readonly message: string };

/** Delivers to a service that answers each request's events with `answer`. */
async function deliver(batch: LogBatch, answer: (events: readonly Logged[]) => Sent, mayPause = true, before: readonly LogBatch[] = []): Promise<{ settled: boolean; stored: Logged[]; givenUp: { file: string; message: string; reason: string }[]; counted: number; pauses: number; refusals: number }> {
  const stored: Logged[] = [];
  const givenUp: { file: string; message: string; reason: string }[] = [];
  let counted = 0;
  let pauses = 0;
  let refusals = 0;
  const delivery = new BatchDelivery(DESTINATION, HEADER, {
    send: (_, { bytes }) => {
      const { logEvents } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { logEvents: Logged[] };
      const sent = answer(logEvents);
      if (sent.kind === 'accepted') {
        const { tooOldEnd = 0, expiredEnd = 0, tooNewStart = Infinity } = sent.rejected ?? {};
        stored.push(...logEvents.filter((_event, i) => i >= tooOldEnd && i >= expiredEnd && i < tooNewStart));
      }
      return Promise.resolve(sent);
    },
    pause: () => { pauses++; return Promise.resolve(mayPause); },
    refused: () => { refusals++; return Promise.resolve(false); },
  }, {
    endpoint: { encode: (bytes) => ({ bytes, encoding: null }), put: () => Promise.reject(new Error('not asked')), create: () => Promise.reject(new Error('not asked')) },
    undelivered: { add: ({ file, message, reason }) => givenUp.push({ file, message, reason }) },
    report: { dropped: (_, events) => { counted += events; } },
  });
  for (const one of before) await delivery.deliver(one, 0);
  return { settled: await delivery.deliver(batch, 0), stored, givenUp, counted, pauses, refusals };
}

const written = fc.array(fc.record({ time: fc.integer({ min: T0, max: T0 + 20 }), file: fc.constantFrom('/a', '/b', '/c'), bad: fc.boolean() }), { minLength: 1, maxLength: 25 })
  .map((list) => list.map(({ time, file, bad }, i) => ({ time, file, message: `${bad ? 'bad' : 'good'} ${i}` })));
const inTime = (events: readonly Written[]): Written[] => events.toSorted((a, b) => a.time - b.time);

const refuseBad = (sent: readonly Logged[]): Sent => sent.some(({ message }) => message.startsWith('bad')) ? { kind: 'split', reason: 'no' } : { kind: 'accepted', rejected: null };

test('of a refused batch of which something is taken, every event is stored but those that spoil it, and they are given up under the name of their file', async () => {
  await fc.assert(fc.asyncProperty(written, async (events) => {
    fc.pre(events.some(({ message }) => message.startsWith('good')));
    const batch = batchOf(events);
    const { settled, stored, givenUp, counted } = await deliver(batch, refuseBad);
    const guilty = inTime(events).filter(({ message }) => message.startsWith('bad'));
    assert.equal(settled, true);
    assert.deepEqual(stored, inTime(events).filter((event) => !guilty.includes(event)).map(({ time, message }) => ({ timestamp: time, message })));
    assert.deepEqual(givenUp, guilty.map(({ file, message }) => ({ file, message, reason: 'no' })));
    assert.deepEqual([counted, batch.givenUp, batch.givenUpBytes], [guilty.length, guilty.length, guilty.reduce((sum, { message }) => sum + message.length, 0)]);
  }), { numRuns: 100 });
});

test('an accepted batch is not stored where the answer says so: each such event is given up once, whatever way the ranges overlap', async () => {
  const place = fc.nat({ max: 30 });
  await fc.assert(fc.asyncProperty(written, place, place, fc.oneof(place, fc.constant(Infinity)), async (events, tooOldEnd, expiredEnd, tooNewStart) => {
    const rejected: RejectedRanges = { tooOldEnd, expiredEnd, tooNewStart };
    const { settled, stored, givenUp, counted } = await deliver(batchOf(events), () => ({ kind: 'accepted', rejected }));
    assert.equal(settled, true);
    assert.equal(stored.length + givenUp.length, events.length);
    assert.equal(counted, givenUp.length);
    const missing = inTime(events).filter((_, i) => i < tooOldEnd || i < expiredEnd || i >= tooNewStart);
    assert.deepEqual(givenUp.map(({ message }) => message), missing.map(({ message }) => message));
    const reasonAt = (i: number): RegExp => i < tooOldEnd ? /14 days/ : i < expiredEnd ? /retention/ : /future/;
    for (const { message, reason } of givenUp) assert.match(reason, reasonAt(inTime(events).findIndex((event) => event.message === message)));
  }), { numRuns: 100 });
});

test('after 32 calls for one batch of which something was taken the lane pauses; let go of in the pause, or in an attempt, the batch is not settled', async () => {
  const events = Array.from({ length: 40 }, (_, i) => ({ time: T0, file: '/a', message: `${i === 0 ? 'good' : 'bad'} ${i}` }));
  const patient = await deliver(batchOf(events), refuseBad);
  // 39 halvings make 78 parts.
  assert.deepEqual([patient.settled, patient.givenUp.length, patient.pauses], [true, 39, 2]);
  const letGo = await deliver(batchOf(events), refuseBad, false);
  assert.deepEqual([letGo.settled, letGo.pauses, letGo.givenUp.length], [false, 1, 0]);
  const aborted = await deliver(batchOf(events), () => ({ kind: 'aborted' }));
  assert.deepEqual([aborted.settled, aborted.givenUp.length], [false, 0]);
});

test('a batch of which the service takes nothing is not to blame: nothing is given up, and the destination counts as refused', async () => {
  for (const length of [1, 2, 40]) {
    const events = Array.from({ length }, (_, i) => ({ time: T0, file: '/a', message: `bad ${i}` }));
    const { settled, givenUp, pauses, refusals } = await deliver(batchOf(events), refuseBad);
    assert.deepEqual([settled, givenUp.length, pauses, refusals], [false, 0, 0, 1], `${length} events`);
  }
});

test('an event alone in its batch is to blame where others were taken just before, but not a second one after it', async () => {
  const alone = (message: string): LogBatch => batchOf([{ time: T0, file: '/a', message }]);
  const first = await deliver(alone('bad 1'), refuseBad, true, [alone('good')]);
  assert.deepEqual([first.settled, first.givenUp.length, first.refusals], [true, 1, 0]);
  const second = await deliver(alone('bad 2'), refuseBad, true, [alone('good'), alone('bad 1')]);
  assert.deepEqual([second.settled, second.givenUp.length, second.refusals], [false, 1, 1]);
});

// What one file or destination may take from the others.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultSpec } from '../../src/local-endpoint/fault-spec.ts';
import { arrivalsOf, messagesIn } from '../support/arrivals.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered, textOf } from '../support/log-files.ts';
import { assertQuick } from '../support/quick.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const LINE = { start: { kind: 'line' } } as const;
/** One chunk on its way into a batch, and the batch it completes: what a share may be exceeded by. */
const OVERSHOOT = 800_000;

/** Milliseconds from a line's append to its arrival, several times over, sorted. */
async function latencies(rig: Rig, path: string, group: string, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const held = rig.held(group);
    const since = performance.now();
    append(path, [`line ${i}`]);
    await rig.count(group, 's', held + 1);
    taken.push(performance.now() - since);
  }
  return taken.sort((a, b) => a - b);
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)]!;

test('L65 one file with an endless backlog and 100 quiet ones: a line of a quiet file arrives within a second', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'hot.log', group: 'hot', ...LINE }, { path: 'quiet-*.log', group: 'quiet', streamPerFile: true, stream: 'q', follow: 'all', ...LINE }] });
  const arrivals = arrivalsOf(rig);
  rig.endpoint.faults.add({ kind: 'latency', ms: 60, group: 'hot' });
  writeFileSync(rig.path('hot.log'), textOf(numbered('hot', 450_000, 0, 120)));
  for (let i = 0; i < 100; i++) append(rig.path(`quiet-${i}.log`), ['ready']);
  await rig.start();
  await until('all quiet files are followed', () => arrivals.filter(({ group }) => group === 'quiet').length >= 100);
  const written = new Map<string, number>();
  for (let i = 0; i < 150; i++) {
    const line = `quiet line ${i}`;
    written.set(line, performance.now());
    append(rig.path(`quiet-${(i * 37) % 100}.log`), [line]);
    await delay(10);
  }
  assert.ok(rig.held('hot') < 440_000, 'the hot file still has a backlog');
  const quiet = (): typeof arrivals => arrivals.filter(({ group }) => group === 'quiet');
  await until('the quiet lines', () => quiet().flatMap(({ messages }) => messages).length >= 250);
  const waits = quiet().flatMap(({ messages, at }) => messages.filter((line) => written.has(line)).map((line) => at - written.get(line)!)).sort((a, b) => a - b);
  assert.equal(waits.length, 150);
  t.diagnostic(`quiet lines: median ${Math.round(median(waits))} ms, p99 ${Math.round(waits[148]!)} ms`);
  assertQuick(waits[148]!, 1_000, 'p99');
  await rig.crash();
});

const DEATHS: readonly (readonly [string, FaultSpec])[] = [
  ['fails', { kind: 'error', status: 503 }],
  ['is throttled', { kind: 'throttle' }],
  ['is denied', { kind: 'access-denied' }],
];

for (const [what, fault] of DEATHS) {
  test(`L66 twenty streams of a group that ${what} while their files grow: a live stream is at most twice as slow as before, the dead ones hold half of the memory at most`, localOnly('faults'), async (t) => {
    const rig = await startRig(t, {
      entries: [{ path: 'live.log', group: 'live', ...LINE }, { path: 'dead-*.log', group: 'dead', streamPerFile: true, stream: 'd', follow: 'all', ...LINE }],
      delivery: { flushMs: 50, budgetBytes: 8_000_000, maxRequests: 4, maxBatchBytes: 262_144 },
    });
    const live = rig.path('live.log');
    append(live, ['ready']);
    await rig.count('live', 's', 1);
    const before = await latencies(rig, live, 'live', 8);
    const dead = rig.endpoint.faults.add({ ...fault, group: 'dead' });
    let most = 0;
    setInterval(() => { most = Math.max(most, rig.agent.budget!.failing); used = Math.max(used, rig.agent.budget!.used); }, 1).unref();
    let used = 0;
    const grow = (round: number): void => { for (let i = 0; i < 20; i++) append(rig.path(`dead-${i}.log`), numbered(`dead ${i} round ${round}`, 2_500, 0, 100)); };
    grow(0);
    await until('the dead streams fail', () => [...rig.agent.lanes].filter((lane) => lane.destination.group === 'dead' && lane.lastError !== null).length >= 15);
    const during: number[] = [];
    for (let round = 1; round <= 4; round++) {
      grow(round);
      during.push(...await latencies(rig, live, 'live', 4));
    }
    during.sort((a, b) => a - b);
    t.diagnostic(`live before ${before.map(Math.round).join(' ')} ms, during ${during.map(Math.round).join(' ')} ms; dead streams hold ${most} bytes of ${rig.agent.budget!.limit}, used ${used}`);
    assertQuick(median(during), 2 * median(before) + 50, 'median beside the dead');
    assertQuick(during.at(-1)!, 2 * before.at(-1)! + 300, 'slowest beside the dead');
    assert.ok(most <= rig.agent.budget!.limit / 2 + OVERSHOOT, `dead streams held ${most} bytes`);
    assert.ok(used <= rig.agent.budget!.limit + OVERSHOOT, `${used} bytes were held in all`);
    rig.endpoint.faults.remove(dead);
    if (fault.kind === 'access-denied') { await rig.crash(); return; }
    const all = Array.from({ length: 5 }, (_, round) => round);
    const { store } = rig.endpoint;
    await until('all of the dead', () => store.streams('dead').reduce((sum, stream) => sum + (store.findGroup('dead')!.streams.get(stream)?.count ?? 0), 0) >= 20 * 5 * 2_500, 30_000);
    await rig.stop();
    for (const stream of store.streams('dead')) {
      const i = Number(/dead-(\d+)\.log$/.exec(stream)![1]);
      assertSame(store.messages('dead', stream), all.flatMap((round) => numbered(`dead ${i} round ${round}`, 2_500, 0, 100)), stream);
    }
  });
}

test('L66 requests of dead streams take half of the request slots at most, however many and slow they are', localOnly('faults'), async (t) => {
  const rig = await startRig(t, {
    entries: [{ path: 'live.log', group: 'live', ...LINE }, { path: 'dead-*.log', group: 'dead', streamPerFile: true, stream: 'd', follow: 'all', ...LINE }],
    delivery: { flushMs: 50, maxRequests: 4 },
  });
  const arrivals = arrivalsOf(rig);
  append(rig.path('live.log'), ['ready']);
  await rig.count('live', 's', 1);
  // Each answer, a refusal, takes as long as a slow service needs.
  rig.endpoint.faults.add({ kind: 'latency', ms: 400, group: 'dead', operation: 'PutLogEvents' });
  rig.endpoint.faults.add({ kind: 'error', group: 'dead', operation: 'PutLogEvents' });
  for (let i = 0; i < 12; i++) append(rig.path(`dead-${i}.log`), numbered(`dead ${i}`, 100));
  await until('every dead stream has failed', () => [...rig.agent.lanes].filter((lane) => lane.destination.group === 'dead' && lane.lastError !== null).length === 12);
  rig.endpoint.requests.clear();
  const during = await latencies(rig, rig.path('live.log'), 'live', 12);
  t.diagnostic(`live ${during.map(Math.round).join(' ')} ms; ${rig.endpoint.requests.maxInFlight} requests at most in flight`);
  assertQuick(during.at(-1)!, 1_000, 'slowest');
  assert.ok(rig.endpoint.requests.maxInFlight <= 3, 'two of the dead and the live one');
  assert.equal(messagesIn(arrivals, 'live').length, 13);
  await rig.crash();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered, rotate } from '../support/log-files.ts';
import { assertQuick } from '../support/quick.ts';
import { assertSame, rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const FILES = 500;
const LIMIT = 4_000_000;
/** Reserved and charged for the chunk that is being added when the limit is reached. */
const ONE_CHUNK = 800_000;

const fileOf = (i: number): string => `app-${String(i).padStart(3, '0')}.log`;
const linesOf = (i: number, round: number): string[] => numbered(`file ${i} round ${round}`, 50, 0, 100);

/** Highest use of the Budget so far, looked at each millisecond. */
function watchBudget(rig: Rig): () => number {
  let most = 0;
  setInterval(() => { most = Math.max(most, rig.agent.budget?.used ?? 0); }, 1).unref();
  return () => most;
}

for (const [what, streamPerFile] of [['a stream each', true], ['one stream', false]] as const) {
  test(`L64 500 growing files, ${what}, and a service that is down: memory stays within its limit, reading goes on within 2 s of the recovery, nothing is lost, the order kept`, localOnly('faults'), async (t) => {
    const rig = await rigFor(t, {
      entries: [{ path: 'app-*.log', streamPerFile, follow: 'all', start: { kind: 'line' }, maxEventBytes: 10_000 }],
      delivery: { flushMs: 200, budgetBytes: LIMIT, maxBatchBytes: 262_144 },
    });
    const mostUsed = watchBudget(rig);
    const served = rig.outage();
    let rounds = 0;
    const grow = (): void => { for (let i = 0; i < FILES; i++) append(rig.path(fileOf(i)), linesOf(i, rounds)); rounds++; };
    grow();
    await rig.start();
    for (let round = 1; round < 6; round++) {
      grow();
      await until('some attempts', () => rig.endpoint.requests.count('PutLogEvents') > round * 20 || (!streamPerFile && rig.endpoint.requests.count('PutLogEvents') > round));
    }
    await rig.stalled();
    const total = FILES * rounds * 50 * 101;
    const read = rig.report.readBytes;
    assert.ok(read < total / 2, `${read} of ${total} bytes were read: the files are the buffer`);
    assert.equal(rig.endpoint.store.count(), 0);
    served();
    const recovered = performance.now();
    await until('reading to go on', () => rig.report.readBytes > read + 65_536);
    const resumed = performance.now() - recovered;
    await until('all lines', () => rig.endpoint.store.count() >= total / 101, 30_000);
    const caughtUp = performance.now() - recovered;
    await rig.stop();
    t.diagnostic(`at most ${mostUsed()} bytes held of ${LIMIT}; reading went on after ${Math.round(resumed)} ms, caught up with ${total} bytes after ${Math.round(caughtUp)} ms`);
    assert.ok(mostUsed() <= LIMIT + ONE_CHUNK, `${mostUsed()} bytes held`);
    assertQuick(resumed, 2_000, 'reading goes on');
    const byFile = Array.from({ length: FILES }, (_, i) => Array.from({ length: rounds }, (_unused, round) => linesOf(i, round)).flat());
    if (streamPerFile) {
      for (let i = 0; i < FILES; i++) {
        const stream = rig.endpoint.store.streams('g').find((name) => name.endsWith(fileOf(i)))!;
        assertSame(rig.messages('g', stream), byFile[i]!, stream);
      }
      return;
    }
    const got = Map.groupBy(rig.messages(), (line) => Number(/^file (\d+) /.exec(line)![1]));
    for (let i = 0; i < FILES; i++) assertSame(got.get(i) ?? [], byFile[i]!, fileOf(i));
  });
}

test('L64 an outage during which a file is rotated, until what was read of its lives is given back: afterwards all of them arrive, in order', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'app.log', maxEventBytes: 10_000 }], delivery: { flushMs: 50, budgetBytes: LIMIT, maxBatchBytes: 262_144 } });
  const app = rig.path('app.log');
  const lines: string[] = [];
  const write = (count: number): void => {
    const more = numbered('line', count, lines.length, 100);
    append(app, more);
    lines.push(...more);
  };
  const gaveBack = (): boolean => [...rig.agent.lanes].some((lane) => lane.empty && lane.state === 'retrying');
  write(5);
  await rig.start();
  await rig.arrived(lines);
  const served = rig.outage();
  for (let life = 1; life <= 6; life++) {
    write(4_000);
    await until('this life to be read', () => rig.report.readBytes > 300_000 * life || gaveBack());
    rotate(app);
  }
  write(4_000);
  await until('all to be given back', gaveBack);
  served();
  await rig.arrived(lines);
  await rig.stop();
});

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../../src/cli/check.ts';
import { arrivalsOf } from '../support/arrivals.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered, rotate } from '../support/log-files.ts';
import { TEST_ENV, assertSame, rigFor, startRig, until } from '../support/rig.ts';

const SMALL = { delivery: { flushMs: 50, maxBatchBytes: 20_000 }, entries: [{ path: 'app.log', maxEventBytes: 10_000 }] };

/** An acknowledged offset is on disk within 50 ms; the rest is for a busy machine. */
const CHECKPOINT_MS = 200;
/** Lines that are written before they arrive, at most. */
const BEHIND = 10_000;

test('L04 three rotations while the agent is stopped, the present file larger than the old offset: every generation arrives, oldest first', async (t) => {
  const first = numbered('first', 100);
  const rig = await startRig(t, { files: { 'app.log': first } });
  const app = rig.path('app.log');
  await rig.arrived(first);
  await rig.stop();
  const lines = [...first, 'rest of the first'];
  append(app, ['rest of the first']);
  for (const name of ['second', 'third', 'fourth']) {
    rotate(app);
    const batch = numbered(name, 500);
    append(app, batch);
    lines.push(...batch);
  }
  await rig.start();
  await rig.arrived(lines);
  await rig.restart();
  append(app, ['more']);
  await rig.arrived([...lines, 'more']);
  await rig.stop();
});

test('L04 the same with dateext names and a backlog in the oldest: oldest first, none lost, none twice', async (t) => {
  const first = numbered('first', 5_000, 0, 60);
  const rig = await rigFor(t, { ...SMALL, files: { 'app.log': first } });
  const app = rig.path('app.log');
  const away = rig.outageAfter(500);
  await rig.start();
  const served = await away;
  await rig.stalled();
  await rig.crash();
  const lines = [...first];
  for (const [i, name] of ['second', 'third', 'fourth'].entries()) {
    renameSync(app, `${app}-2026112${i}`);
    const batch = numbered(name, 1_000, 0, 60);
    append(app, batch);
    lines.push(...batch);
    // A day lies between rotations; the clock's tick must not.
    utimesSync(`${app}-2026112${i}`, new Date(), new Date(Date.now() - (3 - i) * 86_400_000));
  }
  served();
  await rig.start();
  await rig.arrived(lines);
  await rig.stop();
});

test('L04 old rotations that were there before the first start are not touched', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['present'], 'app.log.1': ['old'], 'app.log-20261120': ['older'] } });
  await rig.arrived(['present']);
  await rig.stop();
  append(rig.path('app.log'), ['while stopped']);
  rotate(rig.path('app.log'));
  append(rig.path('app.log'), ['new']);
  await rig.start();
  await rig.arrived(['present', 'while stopped', 'new']);
  await rig.stop();
});

test('L22 stop with a request in flight and events waiting: all of it is delivered, and nothing again at the next start', async (t) => {
  const lines = numbered('line', 3_000, 0, 60);
  const rig = await rigFor(t, { ...SMALL, files: { 'app.log': lines } });
  rig.slow(30);
  await rig.start();
  await until('a request in flight', () => rig.inFlight > 0 && rig.held() > 0);
  await rig.stop();
  const delivered = rig.held();
  assert.ok(delivered < lines.length, 'stop ends the reading');
  assertSame(rig.messages(), lines.slice(0, delivered), 'delivered by the stop');
  await rig.start();
  await rig.arrived(lines);
  await rig.stop();
});

test('L22 stop right after a line was written: what was read is delivered, what was not is read at the next start', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['ready'] } });
  const expected = ['ready'];
  await rig.count('g', 's', 1);
  for (let round = 0; round < 5; round++) {
    append(rig.path('app.log'), [`line ${round}`, `${round} and one more`]);
    expected.push(`line ${round}`, `${round} and one more`);
    await delay(round * 20);
    await rig.stop();
    await rig.start();
  }
  await rig.arrived(expected);
  await rig.stop();
});

test('L23 stop during an outage, with what is held never acknowledged: everything arrives after the next start, once', async (t) => {
  const lines = numbered('line', 3_000, 0, 60);
  const rig = await rigFor(t, { ...SMALL, files: { 'app.log': lines } });
  const away = rig.outageAfter(300);
  await rig.start();
  const served = await away;
  await rig.stalled();
  append(rig.path('app.log'), ['last']);
  await rig.crash();
  assert.ok(rig.held() < lines.length);
  const read = rig.report.readBytes;
  assert.ok(rig.report.settledBytes < read, 'something was held');
  served();
  await rig.start();
  await rig.arrived([...lines, 'last']);
  await rig.stop();
});

test('L04 while the agent is stopped the file is truncated in place, written anew and rotated away: that life arrives too, before the present file', async (t) => {
  const first = numbered('first', 220);
  const rig = await startRig(t, { files: { 'app.log': first } });
  const app = rig.path('app.log');
  for (const size of [3, 400]) {
    await rig.arrived(first);
    await rig.stop();
    const stoppedAt = Date.now();
    truncateSync(app, 0);
    const second = numbered(`second of ${size}`, size);
    append(app, second);
    const rotated = rotate(app);
    append(rotated, ['late']);
    // The clock of files runs a tick behind the one of checkpoints.
    utimesSync(rotated, new Date(), new Date(stoppedAt - 20));
    const present = `present after ${size}`;
    append(app, [present]);
    first.push(...second, 'late', present);
    await rig.start();
  }
  await rig.arrived(first);
  await rig.stop();
});

test('L04 what is written anew into a truncated file while the service still takes what was read before, then rotated away at rest, arrives', localOnly('faults'), async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  append(app, ['before']);
  await rig.start();
  await rig.count('g', 's', 1);
  rig.endpoint.faults.add({ operation: 'PutLogEvents', kind: 'latency', ms: 1_000 });
  append(app, ['slow']);
  await until('it to be on its way', () => rig.inFlight > 0);
  truncateSync(app, 0);
  const anew = numbered('anew', 50);
  append(app, anew);
  await rig.stop();
  rig.endpoint.faults.clear();
  rotate(app);
  append(app, ['present']);
  await rig.start();
  await rig.arrived(['before', 'slow', ...anew, 'present']);
  await rig.stop();
});

test('L24 SIGKILL while lines are written and rotated: after each start nothing is missing, and at most what was in flight or just acknowledged comes twice', async (t) => {
  const rig = await rigFor(t);
  const arrivals = arrivalsOf(rig);
  const app = rig.path('app.log');
  const folder = dirname(rig.logs);
  const lines: string[] = [];
  const write = (count: number): void => {
    const batch = numbered('line', count, lines.length, 60);
    append(app, batch);
    lines.push(...batch);
  };
  const start = () => startChild(t, { folder, stateDir: rig.stateDir, config: childConfig(rig.url, [{ file_path: app }]) });
  write(200);
  let over = false;
  let repeatable = 0;
  let child = await start();
  await rig.count('g', 's', 199);
  const writing = (async () => {
    for (let i = 1; !over; i++) {
      // No more than the service takes: the last round has to deliver what is left.
      if (lines.length < rig.held() + BEHIND) write(100);
      if (i % 40 === 0) rotate(app);
      await delay(5);
    }
  })();
  for (let round = 0; round < 5; round++) {
    if (round > 0) child = await start();
    const before = rig.held();
    await until('something to arrive', () => rig.held() > before + 500);
    await delay(round * 37);
    const since = performance.now() - CHECKPOINT_MS;
    await child.kill();
    await until('the requests of the killed agent to end', () => rig.inFlight === 0);
    for (const { at, messages } of arrivals) if (at >= since) repeatable += messages.length;
  }
  over = true;
  await writing;
  await rig.start({ config: () => childConfig(rig.url, [{ file_path: app }]) });
  await until('the last line to arrive', () => rig.messages().at(-1) === lines.at(-1));
  await rig.stop();
  const got = rig.messages();
  const seen = new Set<string>();
  const firsts = got.filter((line) => !seen.has(line) && seen.add(line));
  assertSame(firsts, lines, 'every line, in the order of its first arrival');
  const doubled = got.length - firsts.length;
  t.diagnostic(`${doubled} of ${lines.length} lines came twice over 5 kills, of ${repeatable} in flight or just acknowledged`);
  assert.ok(doubled <= repeatable, `${doubled} lines came twice`);
});

test('L24 the state directory vanishes with the power: the file is read from its start, not skipped', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['one', 'two'] } });
  await rig.arrived(['one', 'two']);
  await rig.stop();
  rmSync(rig.stateDir, { recursive: true });
  append(rig.path('app.log'), ['three']);
  await rig.start();
  await rig.arrived(['one', 'two', 'one', 'two', 'three']);
  await rig.stop();
});

test('L69 first start, initial_position start: what is there arrives from its first byte', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', follow: 'all', startAt: 'start' }], files: { 'old.log': ['old'] } });
  await rig.arrived(['old']);
  await rig.stop();
});

test('L69 first start, initial_position end: what was there stays unsent; a file that comes later, running or stopped, arrives from its first byte', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', follow: 'all', startAt: 'end' }], files: { 'old.log': ['old', 'older'] } });
  await until('the old file to be found', () => rig.generations.length === 1);
  append(rig.path('new.log'), ['new']);
  await rig.count('g', 's', 1);
  append(rig.path('old.log'), ['added']);
  await rig.count('g', 's', 2);
  await rig.stop();
  append(rig.path('later.log'), ['created while stopped']);
  append(rig.path('old.log'), ['added while stopped']);
  await rig.start();
  await rig.count('g', 's', 4);
  await rig.stop();
  assert.deepEqual([...rig.messages()].toSorted(), ['added', 'added while stopped', 'created while stopped', 'new']);
});

test('L69 first start, initial_position end, nothing there yet: a file created while the agent is stopped arrives from its first byte', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app/*.log', follow: 'all', startAt: 'end' }] });
  await delay(100);
  await rig.stop();
  mkdirSync(rig.path('app'));
  append(rig.path('app/new.log'), ['new']);
  await rig.start();
  await rig.arrived(['new']);
  await rig.stop();
});

test('L69 where a file begins is shown by check', async (t) => {
  const rig = await rigFor(t);
  const file = rig.path('agent.json');
  writeFileSync(file, JSON.stringify(childConfig(rig.url, [{ file_path: rig.path('a.log'), initial_position: 'end' }, { file_path: rig.path('b.log') }])));
  let out = '';
  const code = await check([file], { json: true, env: TEST_ENV, lookup: null }, { out: (text) => { out += text; }, err: (text) => { out += text; }, colour: false });
  assert.equal(code, 0, out);
  const { plan } = JSON.parse(out) as { readonly plan: { readonly entries: readonly { readonly startAt: string }[] } };
  assert.deepEqual(plan.entries.map(({ startAt }) => startAt), ['end', 'start']);
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { append, numbered, rotate } from '../support/log-files.ts';
import { rigFor, startRig, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const SMALL = { delivery: { flushMs: 50, maxBatchBytes: 20_000 }, entries: [{ path: 'app.log', maxEventBytes: 10_000 }] };
const LINES = numbered('line', 10_000, 0, 60);
const gzip = (path: string): void => { execFileSync('gzip', ['-f', path]); };

/** An agent with a backlog in app.log: a part of LINES has arrived, and the service is away. */
async function behind(t: TestContext): Promise<{ readonly rig: Rig; readonly app: string; readonly served: () => void }> {
  const rig = await rigFor(t, SMALL);
  append(rig.path('app.log'), LINES);
  const away = rig.outageAfter(600);
  await rig.start();
  const served = await away;
  await rig.stalled();
  assert.ok(rig.held() < LINES.length / 2, 'there is a backlog');
  return { rig, app: rig.path('app.log'), served };
}

test('L16 the rotated file is compressed while the reader is behind and holds it open: every line arrives, none twice', async (t) => {
  const { rig, app, served } = await behind(t);
  rotate(app);
  append(app, ['new']);
  await delay(1_200);
  gzip(`${app}.1`);
  await delay(200);
  served();
  await rig.arrived([...LINES, 'new']);
  await rig.stop();
});

test('L16 the file is rotated and compressed at once, before the agent looks: every line arrives, none twice', async (t) => {
  const { rig, app, served } = await behind(t);
  rotate(app);
  gzip(`${app}.1`);
  append(app, ['new']);
  served();
  await rig.arrived([...LINES, 'new']);
  await rig.stop();
});

test('L16 the rotated file is compressed while it is not held open: reading goes on inside the archive at the same offset', async (t) => {
  const { rig, app, served } = await behind(t);
  rotate(app);
  append(app, ['new']);
  rig.generations[0]!.close();
  gzip(`${app}.1`);
  served();
  await until('the last line of the old file', () => rig.messages().includes(LINES.at(-1)!));
  await until('the new file', () => rig.messages().includes('new'));
  await rig.arrived([...LINES, 'new']);
  await rig.stop();
});

test('L16 rotated and compressed while the agent is stopped: reading goes on inside the archive, found by content, and then in the new file', async (t) => {
  const { rig, app, served } = await behind(t);
  await rig.crash();
  append(`${app}.9`, ['another archive that begins otherwise']);
  utimesSync(`${app}.9`, 1_700_000_000, 1_700_000_000);
  gzip(`${app}.9`);
  append(app, ['written while stopped']);
  rotate(app);
  gzip(`${app}.1`);
  append(app, ['new']);
  served();
  await rig.start();
  await rig.says(/going on inside .*app\.log\.1\.gz/);
  await until('all lines to arrive', () => rig.held() >= LINES.length + 2);
  await rig.arrived([...LINES, 'written while stopped', 'new']);
  await rig.restart();
  append(app, ['newer']);
  await rig.arrived([...LINES, 'written while stopped', 'new', 'newer']);
  await rig.stop();
});

test('L17 an archive that is still being written is not read before it is whole, then every line arrives once', async (t) => {
  const { rig, app, served } = await behind(t);
  await rig.crash();
  rotate(app, false);
  gzip(`${app}.1`);
  const archive = readFileSync(`${app}.1.gz`);
  writeFileSync(`${app}.1.gz`, archive.subarray(0, archive.length / 2));
  served();
  await rig.start();
  const before = rig.held();
  await delay(500);
  assert.equal(rig.held(), before, 'nothing is taken from half an archive');
  writeFileSync(`${app}.1.gz`, archive);
  await rig.arrived(LINES);
  await rig.stop();
});

test('L17 archives that match the pattern are never read as text: left out, and named with the reason', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log*', follow: 'all' }], files: { 'app.log': ['one'], 'app.log.2': ['old'] } });
  await rig.count('g', 's', 2);
  gzip(rig.path('app.log.2'));
  execFileSync('gzip', ['-k', rig.path('app.log')]);
  await delay(1_200);
  append(rig.path('app.log'), ['two']);
  await rig.count('g', 's', 3);
  const { skippedByName } = rig.agent.pipelines[0]!;
  await until('the archives to be named', () => [1, 2].length === [...rig.agent.pipelines[0]!.skippedByName].filter(([path, reason]) => path.endsWith('.gz') && reason.startsWith('compressed')).length, 3_000);
  assert.ok(skippedByName.size > 0);
  await rig.stop();
  assert.deepEqual([...rig.messages()].toSorted(), ['old', 'one', 'two']);
});

test('L16 the rotated file and its archive are both gone with a backlog: what is lost is said', async (t) => {
  const { rig, app, served } = await behind(t);
  await rig.crash();
  unlinkSync(app);
  append(app, ['new']);
  served();
  await rig.start();
  await rig.says(/app\.log: the file read up to byte \d+ is gone.*lost/);
  await until('the new file', () => rig.messages().at(-1) === 'new');
  await rig.stop();
});

// The state directory in trouble, seen from what arrives: a full disk, damaged checkpoints, a second agent.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { childConfig, startChild } from '../support/child-agent.ts';
import { append, numbered } from '../support/log-files.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';

/** A disk without room, as the child sees it: none of its files may grow beyond `bytes`. */
function limitFiles(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
}

test('L53 the state disk fills up while events flow: delivery goes on, it is said, and when space returns a crash repeats nothing', async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  const child = await startChild(t, { folder: dirname(rig.logs), stateDir: rig.stateDir, config: childConfig(rig.url, [{ file_path: app }]) });
  const lines: string[] = [];
  const add = async (name: string): Promise<void> => {
    const more = numbered(name, 500);
    append(app, more);
    lines.push(...more);
    await rig.arrived(lines);
  };
  await add('before');
  limitFiles(child.pid, 0);
  await add('full');
  await child.says(/checkpoints in .* cannot be written.*Check the free space/);
  await add('still full');
  limitFiles(child.pid, 'unlimited');
  await child.says(/checkpoints in .* are written again/);
  await add('after');
  // The journal is at most 50 ms behind.
  await until('the last offset on disk', () => journalHolds(rig.stateDir, Buffer.byteLength(lines.join('\n')) + 1));
  await child.kill();
  append(app, ['last']);
  lines.push('last');
  await rig.start({ config: () => childConfig(rig.url, [{ file_path: app }]) });
  await rig.arrived(lines);
  await rig.stop();
});

test('what an agent begun by hand as root leaves in the directory of the service is the service\'s', { skip: process.getuid!() !== 0 && 'only root gives files away' }, async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  append(app, ['one']);
  mkdirSync(rig.stateDir, { recursive: true, mode: 0o700 });
  chownSync(rig.stateDir, 4711, 4712);
  const child = await startChild(t, { folder: dirname(rig.logs), stateDir: rig.stateDir, config: childConfig(rig.url, [{ file_path: app }]) });
  await rig.arrived(['one']);
  assert.equal(await child.stop(), 0);
  const left = readdirSync(rig.stateDir);
  assert.ok(left.some((name) => name.startsWith('journal-')) && left.includes('lock'));
  assert.deepEqual(left.filter((name) => statSync(join(rig.stateDir, name)).uid !== 4711), []);
});

test('L53 a crash while the state disk is full: nothing is lost, only what was delivered meanwhile comes again', async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  const folder = dirname(rig.logs);
  const child = await startChild(t, { folder, stateDir: rig.stateDir, config: childConfig(rig.url, [{ file_path: app }]) });
  const before = numbered('before', 500);
  append(app, before);
  await rig.count('g', 's', 500);
  await until('its offset on disk', () => journalHolds(rig.stateDir, Buffer.byteLength(before.join('\n')) + 1));
  limitFiles(child.pid, 0);
  const meanwhile = numbered('meanwhile', 500);
  append(app, meanwhile);
  await rig.count('g', 's', 1_000);
  await child.kill();
  append(app, ['last']);
  await rig.start({ config: () => childConfig(rig.url, [{ file_path: app }]) });
  await until('the last line', () => rig.messages().at(-1) === 'last');
  await rig.stop();
  assertSame(rig.messages(), [...before, ...meanwhile, ...meanwhile, 'last'], 'what arrived');
});

/** Whether an offset stands in one of the journals. */
function journalHolds(stateDir: string, offset: number): boolean {
  return readdirSync(stateDir).some((name) => name.startsWith('journal-') && new RegExp(`[[,]${offset}[,\\]]`).test(readFileSync(join(stateDir, name), 'utf8')));
}

for (const [what, damage] of [['empty', () => ''], ['cut off in the middle', (text: string) => text.slice(0, text.length / 2)], ['foreign', () => '25\n/var/log/app.log\n0-4']] as const) {
  test(`L54 the newest checkpoint file is ${what}: the copy before it is used, nothing is lost or sent again, and it is said`, async (t) => {
    const rig = await startRig(t);
    const lines = numbered('line', 500);
    append(rig.path('app.log'), lines);
    await rig.arrived(lines);
    // Each start writes a new snapshot; from the second on there is a copy before it.
    for (let start = 0; start < 2; start++) await rig.restart();
    await rig.stop();
    const newest = readdirSync(rig.stateDir).filter((name) => /^checkpoints-\d+$/.test(name)).sort((a, b) => Number(a.slice(12)) - Number(b.slice(12))).at(-1)!;
    const path = join(rig.stateDir, newest);
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    append(rig.path('app.log'), ['while stopped']);
    await rig.start();
    await rig.arrived([...lines, 'while stopped']);
    await rig.says(/checkpoints-\d+\.damaged-\d+ is damaged/);
    await rig.stop();
  });
}

test('L54 every copy of the checkpoints is garbage: said, the files are read from their start, nothing is lost', async (t) => {
  const rig = await startRig(t);
  const lines = numbered('line', 500);
  append(rig.path('app.log'), lines);
  await rig.arrived(lines);
  await rig.stop();
  for (const name of readdirSync(rig.stateDir)) if (/^(?:checkpoints|journal)-\d+$/.test(name)) writeFileSync(join(rig.stateDir, name), '\0'.repeat(200));
  append(rig.path('app.log'), ['while stopped']);
  await rig.start();
  await rig.says(/checkpoints in .* damaged/);
  await rig.arrived([...lines, ...lines, 'while stopped']);
  await rig.stop();
});

test('L55 a second agent on the same state directory is refused with the pid of the first, exits 73, and the first goes on', async (t) => {
  const rig = await startRig(t);
  append(rig.path('app.log'), ['one']);
  await rig.arrived(['one']);
  const folder = dirname(rig.logs);
  const second = await startChild(t, { folder, stateDir: rig.stateDir, config: childConfig(rig.url, [{ file_path: rig.path('app.log') }]) });
  assert.equal(await second.exited, 73);
  assert.match(second.said(), new RegExp(`pid ${process.pid}\\b`));
  append(rig.path('app.log'), ['two']);
  await rig.arrived(['one', 'two']);
  await rig.stop();
  const next = await startChild(t, { folder, stateDir: rig.stateDir, config: childConfig(rig.url, [{ file_path: rig.path('app.log') }]) });
  append(rig.path('app.log'), ['three']);
  await rig.arrived(['one', 'two', 'three']);
  assert.equal(await next.stop(), 0);
});

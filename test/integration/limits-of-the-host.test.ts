import assert from 'node:assert/strict';
import fs from 'node:fs';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from '../support/at-end.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { failure, replaceInFs } from '../support/fs-faults.ts';
import { inNamespace, noNamespaces, obeyingPermissions, runIn } from '../support/host-limits.ts';
import { append, numbered } from '../support/log-files.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';

function sorted(lines: readonly string[]): readonly string[] { return [...lines].toSorted(); }

test('L60 10,000 files appear at once, among as many others: each arrives complete within seconds, for a few CPU seconds and in bounded memory', async (t) => {
  const rig = await rigFor(t);
  const child = await startChild(t, { folder: dirname(rig.logs), config: childConfig(rig.url, [{ file_path: rig.path('*.log'), follow: 'all' }]) });
  const expected: string[] = [];
  const started = process.uptime();
  for (let i = 0; i < 10_000; i++) {
    const line = `file ${String(i).padStart(5, '0')}`;
    writeFileSync(rig.path(`${i}.log`), `${line}\n`);
    writeFileSync(rig.path(`${i}.txt`), 'another\n');
    expected.push(line);
  }
  const written = process.uptime();
  await rig.count('g', 's', 10_000, 30_000);
  t.diagnostic(`written in ${(written - started).toFixed(1)} s, all arrived ${(process.uptime() - written).toFixed(1)} s later`);
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
  // utime and stime, in ticks of 10 ms (proc(5), stat).
  const cpu = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(' ').slice(13, 15).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
  t.diagnostic(`peak RSS ${peak.toFixed(0)} MiB, ${cpu.toFixed(1)} CPU seconds`);
  assert.ok(peak < 265 && cpu < 8, `peak RSS ${peak.toFixed(0)} MiB, ${cpu.toFixed(1)} CPU seconds`);
  appendFileSync(rig.path('9999.log'), 'one more\n');
  appendFileSync(rig.path('0.log'), 'one more\n');
  await rig.count('g', 's', 10_002, 15_000);
  assert.equal(await child.stop(), 0);
  assertSame(sorted(rig.messages()), sorted([...expected, 'one more', 'one more']), 'all files');
});

for (const code of ['ENOSPC', 'EMFILE']) {
  test(`L61 no inotify watch is to be had (${code}, made at the port): new files and growth are found by looking, and that is said with the setting to raise`, async (t) => {
    replaceInFs(t, 'watch', () => () => { throw failure(code); });
    const rig = await startRig(t, { entries: [{ path: '*.log', follow: 'all' }], files: { 'a.log': ['a'], 'b.log': ['b'] } });
    await rig.count('g', 's', 2);
    // Until both files are quiet, and would be watched.
    await rig.says(/no inotify watches left.*quiet files.*max_user_watches/, 5_000);
    append(rig.path('a.log'), ['more']);
    await rig.count('g', 's', 3, 3_000);
    append(rig.path('new.log'), ['new']);
    await rig.count('g', 's', 4, 3_000);
    await rig.stop();
    assert.deepEqual(sorted(rig.messages()), ['a', 'b', 'more', 'new']);
  });
}

for (const [limit, setup] of [
  ['max_user_watches=10', 'echo 10 > /proc/sys/user/max_inotify_watches'],
  ['max_user_instances=0', 'echo 0 > /proc/sys/user/max_inotify_instances'],
] as const) {
  test(`L61 ${limit}, 40 files: all is delivered, quiet files and new ones too, and the cause is said once`, { skip: noNamespaces(setup) }, async (t) => {
    const rig = await rigFor(t);
    const names = Array.from({ length: 40 }, (_, i) => `${i}.log`);
    for (const name of names) append(rig.path(name), [`${name} first`]);
    const child = await startChild(t, { folder: dirname(rig.logs), wrapper: inNamespace(setup), config: childConfig(rig.url, [{ file_path: rig.path('*.log'), follow: 'all' }]) });
    await rig.count('g', 's', 40);
    await child.says(/quiet files are looked at every second instead/, 6_000);
    for (const name of names) append(rig.path(name), [`${name} second`]);
    append(rig.path('new.log'), ['new']);
    await rig.count('g', 's', 81);
    assert.equal(await child.stop(), 0);
    assertSame(sorted(rig.messages()), sorted([...names.flatMap((name) => [`${name} first`, `${name} second`]), 'new']), 'all files');
    assert.equal(child.said().match(/no inotify watches left for directories/g)?.length ?? 0, child.said().includes('for directories') ? 1 : 0);
    assert.equal(child.said().match(/quiet files are looked at every second instead/g)?.length ?? 0, 1);
  });
}

test('L62 the queue of watch events overflows while the agent cannot run: files that came, grew, were rotated and truncated meanwhile are all found', async (t) => {
  const rig = await rigFor(t);
  for (const name of ['grows', 'rotates', 'truncates']) append(rig.path(`${name}.log`), [`${name} first`]);
  const child = await startChild(t, { folder: dirname(rig.logs), config: childConfig(rig.url, [{ file_path: rig.path('*.log'), follow: 'all' }]) });
  await rig.count('g', 's', 3);
  const armed = (): boolean => fs.readdirSync(`/proc/${child.pid}/fdinfo`).some((fd) => { try { return /inotify wd:/.test(readFileSync(`/proc/${child.pid}/fdinfo/${fd}`, 'utf8')); } catch { return false; } });
  await until('the directory to be watched', armed);
  child.signal('SIGSTOP');
  const most = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  // Each file is three events at least: created, written, deleted.
  for (let i = 0; i < most / 2; i++) {
    const path = rig.path(`storm-${i % 7}.tmp`);
    writeFileSync(path, 'x');
    unlinkSync(path);
  }
  append(rig.path('grows.log'), ['grows second']);
  renameSync(rig.path('rotates.log'), rig.path('rotates.log.1'));
  append(rig.path('rotates.log'), ['rotates second']);
  writeFileSync(rig.path('truncates.log'), 'truncates second\n');
  append(rig.path('comes.log'), ['comes']);
  child.signal('SIGCONT');
  await rig.count('g', 's', 7, 15_000);
  assert.equal(await child.stop(), 0);
  assert.deepEqual(sorted(rig.messages()), ['comes', 'grows first', 'grows second', 'rotates first', 'rotates second', 'truncates first', 'truncates second']);
});

test('L63 ulimit -n 64 with 500 files: every line of every file arrives, in order within each, rotations included', async (t) => {
  const rig = await rigFor(t);
  const names = Array.from({ length: 500 }, (_, i) => `f${String(i).padStart(3, '0')}`);
  const expected = new Map(names.map((name) => [name, [] as string[]]));
  const writeAll = (round: string): void => {
    for (const name of names) {
      const lines = numbered(`${name} ${round}`, 3);
      append(rig.path(`${name}.log`), lines);
      expected.get(name)!.push(...lines);
    }
  };
  writeAll('a');
  const child = await startChild(t, { folder: dirname(rig.logs), limits: ['--nofile=64'], config: childConfig(rig.url, [{ file_path: rig.path('*.log'), follow: 'all' }]) });
  await rig.count('g', 's', 1_500);
  writeAll('b');
  await rig.count('g', 's', 3_000, 15_000);
  for (const name of names.slice(0, 100)) renameSync(rig.path(`${name}.log`), rig.path(`${name}.log.1`));
  writeAll('c');
  await rig.count('g', 's', 4_500, 20_000);
  assert.ok(fs.readdirSync(`/proc/${child.pid}/fd`).length <= 64);
  assert.equal(await child.stop(), 0);
  const got = new Map(names.map((name) => [name, [] as string[]]));
  for (const line of rig.messages()) got.get(line.split(' ')[0]!)!.push(line);
  for (const name of names) assertSame(got.get(name)!, expected.get(name)!, name);
});

test('L68 the agent\'s own log matches the pattern: never followed, under its name, its rotated name or a link, and named as the reason', async (t) => {
  const rig = await rigFor(t, { config: ({ logs, url }) => {
    const { agent, ...rest } = childConfig(url, [{ file_path: `${logs}/*.log*`, follow: 'all' }]) as { agent: object };
    return { agent: { ...agent, logfile: `${logs}/agent.log` }, ...rest };
  }, files: { 'agent.log': ['own'], 'agent.log.1': ['own, older'], 'agent.log-20261121': ['own, oldest'], 'app.log': ['app'] } });
  symlinkSync('agent.log', rig.path('link.log'));
  await rig.start();
  await rig.arrived(['app']);
  append(rig.path('agent.log'), ['own, again']);
  append(rig.path('app.log'), ['more']);
  await rig.arrived(['app', 'more']);
  await until('the reasons to be known', () => [...rig.agent.pipelines[0]!.skippedByName.values()].filter((reason) => reason === "the agent's own log").length === 4, 3_000);
  await rig.stop();
});

test('L72 stat and read fail with EIO for a while: said, not taken for a deletion, and read on at the same offset', async (t) => {
  let broken = false;
  const rig = await startRig(t, { files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.arrived(['one']);
  const { ino } = fs.statSync(app);
  const byPath = (real: (...args: never[]) => unknown) => (...args: never[]): unknown => {
    if (broken && args[0] === app) throw failure('EIO');
    return real(...args);
  };
  replaceInFs(t, 'statSync', (real) => byPath(real as never));
  replaceInFs(t, 'lstatSync', (real) => byPath(real as never));
  replaceInFs(t, 'openSync', (real) => byPath(real as never));
  replaceInFs(t, 'readSync', (real) => (...args: never[]): unknown => {
    if (broken && fs.fstatSync(args[0] as unknown as number).ino === ino) throw failure('EIO');
    return (real as (...all: never[]) => unknown)(...args);
  });
  broken = true;
  append(app, ['two']);
  await rig.says(/app\.log: cannot be (read|looked at)/, 5_000);
  await delay(1_200);
  assert.equal(rig.held(), 1);
  assert.equal(rig.generations.length, 1);
  broken = false;
  append(app, ['three']);
  await rig.arrived(['one', 'two', 'three']);
  await rig.stop();
});

test('L72 the directory cannot be entered for a while (EACCES): said, its position is kept, and all of it arrives once', async (t) => {
  const rig = await rigFor(t);
  mkdirSync(rig.path('closed'));
  const app = rig.path('closed/app.log');
  append(app, ['one']);
  const child = await startChild(t, { folder: dirname(rig.logs), wrapper: obeyingPermissions(), config: childConfig(rig.url, [{ file_path: app }]) });
  await rig.arrived(['one']);
  const writer = fs.openSync(app, 'a');
  chmodSync(rig.path('closed'), 0o000);
  atEnd(t, () => chmodSync(rig.path('closed'), 0o755));
  await child.says(/closed.*(EACCES|cannot be looked at)/);
  fs.writeSync(writer, 'two\n');
  await rig.arrived(['one', 'two']);
  assert.equal(await child.stop(), 0);
  const again = await startChild(t, { folder: dirname(rig.logs), wrapper: obeyingPermissions(), config: childConfig(rig.url, [{ file_path: app }]) });
  fs.writeSync(writer, 'three\n');
  fs.closeSync(writer);
  await again.says(/closed.*(EACCES|cannot be looked at)/);
  chmodSync(rig.path('closed'), 0o755);
  await rig.arrived(['one', 'two', 'three']);
  assert.equal(await again.stop(), 0);
  rig.assertExpected();
});

test('L72 the file system of the file is unmounted and mounted again: read on meanwhile, nothing twice after', { skip: noNamespaces('mount -t tmpfs none /mnt') }, async (t) => {
  const rig = await rigFor(t);
  mkdirSync(rig.path('disk'));
  mkdirSync(rig.path('mounted'));
  append(rig.path('disk/app.log'), ['one']);
  const mount = `mount --bind '${rig.path('disk')}' '${rig.path('mounted')}'`;
  const child = await startChild(t, { folder: dirname(rig.logs), wrapper: inNamespace(mount), config: childConfig(rig.url, [{ file_path: rig.path('mounted/app.log') }]) });
  await rig.arrived(['one']);
  runIn(child.pid, `umount -l '${rig.path('mounted')}'`);
  await delay(1_200);
  append(rig.path('disk/app.log'), ['two']);
  await rig.arrived(['one', 'two']);
  runIn(child.pid, mount);
  append(rig.path('disk/app.log'), ['three']);
  await rig.arrived(['one', 'two', 'three']);
  await delay(1_200);
  append(rig.path('disk/app.log'), ['four']);
  await rig.arrived(['one', 'two', 'three', 'four']);
  assert.equal(await child.stop(), 0);
  rig.assertExpected();
});

test('L58 a single file is bind-mounted: that its rotation cannot be seen is said, with what to do', { skip: noNamespaces('mount -t tmpfs none /mnt') }, async (t) => {
  const rig = await rigFor(t);
  append(rig.path('outside.log'), ['one']);
  append(rig.path('inside.log'), []);
  const child = await startChild(t, { folder: dirname(rig.logs), wrapper: inNamespace(`mount --bind '${rig.path('outside.log')}' '${rig.path('inside.log')}'`), config: childConfig(rig.url, [{ file_path: rig.path('inside.log') }]) });
  await rig.arrived(['one']);
  await child.says(/inside\.log: is a single file mounted there; .*rename cannot be seen.*mount its directory instead/);
  append(rig.path('outside.log'), ['two']);
  await rig.arrived(['one', 'two']);
  assert.equal(await child.stop(), 0);
});

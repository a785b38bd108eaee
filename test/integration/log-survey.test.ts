import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { spawn } from 'node:child_process';
import { currentLives, followable, tailLines } from '../../src/agent/log-survey.ts';
import { openLogs } from '../../src/host/open-logs.ts';
import { hasJournal, runningUnits } from '../../src/host/journal-units.ts';
import { atEnd } from '../support/at-end.ts';
import { until } from '../support/rig.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'survey-'));
  atEnd(t, async () => { rmSync(path, { recursive: true }); });
  return path;
}

test('a log that another process writes is found with the name of its program; what it only reads, deleted or names otherwise is not', async (t) => {
  const at = folder(t);
  const script = `const fs=require('fs');const at=${JSON.stringify(at)};for(const n of ['app.log','gone.log','data.db'])fs.openSync(at+'/'+n,'a');fs.unlinkSync(at+'/gone.log');fs.writeFileSync(at+'/read.log','x');fs.openSync(at+'/read.log','r');fs.writeFileSync(at+'/ready','');setInterval(()=>{},1000)`;
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  atEnd(t, async () => { child.kill('SIGKILL'); });
  const found = (): readonly { readonly path: string; readonly writer: string }[] => openLogs().filter(({ path }) => path.startsWith(at));
  await until('the child to open its files', () => followable(join(at, 'ready')) !== null && found().length > 0);
  assert.deepEqual(found().map(({ path }) => path), [join(at, 'app.log')]);
  assert.match(found()[0]!.writer, /node|Main/);
});

test('a process table that is strange or gone gives nothing, and no error', (t) => {
  const proc = folder(t);
  assert.deepEqual(openLogs(join(proc, 'none')), []);
  mkdirSync(join(proc, '12/fd'), { recursive: true });
  mkdirSync(join(proc, '12/fdinfo'));
  symlinkSync('/var/log/x.log', join(proc, '12/fd/3'));
  writeFileSync(join(proc, '12/fdinfo/3'), 'no flags');
  symlinkSync('/var/log/y.log', join(proc, '12/fd/4'));
  writeFileSync(join(proc, '12/fdinfo/4'), 'pos:\t0\nflags:\t0102001\n');
  symlinkSync('/var/log/z.log (deleted)', join(proc, '12/fd/5'));
  writeFileSync(join(proc, '12/fdinfo/5'), 'pos:\t0\nflags:\t0102001\n');
  assert.deepEqual(openLogs(proc), [{ path: '/var/log/y.log', writer: '' }]);
});

test('without systemd there are no units, and one that hangs or babbles is not waited for', async (t) => {
  const at = folder(t);
  assert.equal(hasJournal(at), false);
  assert.deepEqual(await runningUnits(join(at, 'none')), []);
  const systemctl = join(at, 'systemctl');
  writeFileSync(systemctl, '#!/bin/sh\necho \'[{"unit":"b.service"},{"unit":"a.service"},7]\'\n', { mode: 0o755 });
  assert.deepEqual(await runningUnits(systemctl), ['a.service', 'b.service']);
  writeFileSync(systemctl, '#!/bin/sh\necho "old systemd"\n', { mode: 0o755 });
  assert.deepEqual(await runningUnits(systemctl), []);
});

test('only text that this user can read is proposed', (t) => {
  const at = folder(t);
  writeFileSync(join(at, 'a.log'), 'hello\n');
  writeFileSync(join(at, 'a.log.gz'), 'hello\n');
  writeFileSync(join(at, 'b.log'), Buffer.from([1, 2, 3, 0, 4, 0, 5, 6, 0, 1]));
  assert.deepEqual(['a.log', 'a.log.gz', 'b.log', 'c.log', '.'].map((name) => followable(join(at, name))?.size), [6, undefined, undefined, undefined, undefined]);
});

test('older lives of a log are not logs of their own', () => {
  const paths = ['/a/app.log', '/a/app.log.1', '/a/app.log-20261121', '/b/app.log.1', '/a/app-2.log', '/a/app-2026-11-20.log'];
  assert.deepEqual(currentLives(paths.map((path) => ({ path }))).map(({ path }) => path), ['/a/app.log', '/b/app.log.1', '/a/app-2.log']);
});

test('the end of a file is read in whole lines, whatever its length and encoding', (t) => {
  const at = folder(t);
  const path = join(at, 'a.log');
  writeFileSync(path, '');
  assert.deepEqual(tailLines(path).lines, []);
  appendFileSync(path, 'one\r\ntwo\nthree, unfinished');
  assert.deepEqual(tailLines(path).lines, ['one', 'two']);
  writeFileSync(path, Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`).join(''));
  assert.deepEqual([tailLines(path).lines.length, tailLines(path).lines.at(-1)], [200, 'line 29999']);
  writeFileSync(path, `${'x'.repeat(200_000)}\nlast\n`);
  assert.deepEqual(tailLines(path).lines, ['last']);
  writeFileSync(path, Buffer.from(`\uFEFF${'ä'.repeat(50_000)}\nzwei\ndrei\n`, 'utf16le'));
  assert.deepEqual([tailLines(path).lines, tailLines(path).encoding], [['zwei', 'drei'], 'utf-16le']);
});

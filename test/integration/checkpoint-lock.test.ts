import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { lockState, StateLockedError } from '../../src/checkpoint/lock.ts';
import { CheckpointStore } from '../../src/checkpoint/store.ts';
import { hear, scratch } from '../support/state.ts';

const lockUrl = new URL('../../src/checkpoint/lock.ts', import.meta.url).href;
/** Tries to take the lock at a given moment, prints `held` or `refused <pid>`, and keeps it until it is killed. */
const CONTENDER = `
  import { lockState } from ${JSON.stringify(lockUrl)};
  while (Date.now() < Number(process.argv[2])) ;
  try { await lockState(process.argv[1]); console.log('held'); setInterval(() => {}, 1000); }
  catch (error) { console.log('refused ' + error.pid); }`;

function contend(t: TestContext, directory: string, at: number): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CONTENDER, directory, String(at)], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => { child.kill('SIGKILL'); });
  const said = once(child.stdout.setEncoding('utf8'), 'data').then(([text]) => String(text).trim());
  return { child, said };
}

test('L55: of agents that start at the same moment on one state directory exactly one holds it, the others name its pid', async (t) => {
  const directory = await scratch(t);
  for (let run = 0; run < 3; run++) {
    const at = Date.now() + 400;
    const contenders = [0, 1, 2, 3].map(() => contend(t, directory, at));
    const answers = await Promise.all(contenders.map(({ said }) => said));
    assert.equal(answers.filter((answer) => answer === 'held').length, 1, answers.join(', '));
    const winner = contenders[answers.indexOf('held')]!.child;
    assert.deepEqual(answers.toSorted(), ['held', ...[0, 1, 2].map(() => `refused ${winner.pid}`)]);
    // Killed, not stopped: the next round must find no stale lock.
    winner.kill('SIGKILL');
    await once(winner, 'exit');
  }
});

test('L55: another start at the same moment that is in the way and gives up itself keeps no agent out', async (t) => {
  const directory = await scratch(t);
  const other = new DatabaseSync(join(directory, 'lock'));
  other.exec('BEGIN; SELECT * FROM sqlite_master');
  const locking = lockState(directory);
  await delay(100);
  other.close();
  await (await locking).release();
});

test('L55: the second store on a directory is refused before it touches anything, and may start when the first has closed', async (t) => {
  const directory = await scratch(t);
  const first = await CheckpointStore.open(directory, { report: hear() });
  const error: unknown = await CheckpointStore.open(directory, { report: hear() }).then(() => null, (reason: unknown) => reason);
  assert.ok(error instanceof StateLockedError);
  assert.equal(error.pid, process.pid);
  assert.match(error.message, new RegExp(`${directory} is in use by another agent \\(pid ${process.pid}\\): stop that one`));
  await first.close();
  const second = await CheckpointStore.open(directory, { report: hear() });
  await second.close();
});

test('a pid file that a crash left does not keep the next agent out, even when the pid runs again', async (t) => {
  const directory = await scratch(t);
  await writeFile(join(directory, 'pid'), '1 0\n');
  await writeFile(join(directory, 'lock'), 'not a lock, but what somebody wrote over it, long enough to be taken for a database header'.repeat(20));
  const lock = await lockState(directory);
  assert.equal((await readFile(join(directory, 'pid'), 'utf8')).split(' ')[0], String(process.pid));
  await assert.rejects(lockState(directory), StateLockedError);
  await lock.release();
});

test('a state directory that cannot be written to is said with its path', async () => {
  await assert.rejects(lockState('/proc/nowhere'), /state directory \/proc\/nowhere cannot be locked: .* \(\/proc\/nowhere\/lock\): check/);
});

test('a state directory where none can be created (a file system that answers ENOENT) is said at once, without trying for ever', { timeout: 5_000 }, async () => {
  await assert.rejects(CheckpointStore.open('/proc/unified-agent/state', { report: hear() }), { code: 'ENOENT' });
});

test('a link in the state directory, which the service\'s user could have put there, makes no command change a file elsewhere', async (t) => {
  const elsewhere = join(await scratch(t), 'passwd');
  const content = 'root:x:0:0:\n'.repeat(50);
  await writeFile(elsewhere, content, { mode: 0o644 });
  const directories = await Promise.all(['lock', 'pid.tmp', 'journal-1.log.tmp'].map(async (name) => {
    const directory = join(await scratch(t), 'state');
    await mkdir(directory);
    await symlink(elsewhere, join(directory, name));
    return directory;
  }));
  await assert.rejects(lockState(directories[0]!), /\/lock is a link: remove it/);
  for (const directory of directories.slice(1)) await (await CheckpointStore.open(directory, { report: hear() })).close();
  assert.deepEqual([await readFile(elsewhere, 'utf8'), (await stat(elsewhere)).mode & 0o777], [content, 0o644]);
});

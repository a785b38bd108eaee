// Log files below mounts that give no answer: a FUSE file system of this process stands for an NFS server that is gone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { askStatus } from '../../src/control/client.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import type { ChildAgent } from '../support/child-agent.ts';
import { mountFuse, noFuse } from '../support/fuse.ts';
import type { FuseMount } from '../support/fuse.ts';
import { append, numbered } from '../support/log-files.ts';
import { rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

interface Host { readonly rig: Rig; readonly fuse: FuseMount; readonly local: string; readonly start: (...args: readonly string[]) => Promise<ChildAgent> }

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** An entry of local files (stream `local`) and one below a mount that hangs so far (stream `remote`). */
async function hostWith(t: TestContext): Promise<Host> {
  const rig = await rigFor(t);
  const fuse = mountFuse(t);
  const local = rig.path('local.log');
  const config = childConfig(rig.url, [{ file_path: local, log_stream_name: 'local' }, { file_path: join(fuse.mountPoint, 'app.log'), log_stream_name: 'remote' }]);
  return { rig, fuse, local, start: (...args) => startChild(t, { folder: dirname(rig.logs), stateDir: rig.stateDir, config, args }) };
}

/** It hangs from now on: nobody but the watch over mounts asks it anything just then. Resolves when the agent has found out. */
async function hang({ rig, fuse }: Host): Promise<void> {
  await until('a time at which nothing below the mount is looked at', () => fuse.statfsInARow >= 3);
  fuse.hang();
  await until('the file to be passed over', async () => (await askStatus(rig.stateDir)).files.list.some(({ lastError }) => lastError === 'its mount gives no answer'));
}

/** Another process of the agent, with all that it writes. */
async function command(...args: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, killSignal: 'SIGKILL' });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => { written += part; });
  const [code] = await once(child, 'close') as [number | null];
  return { code, text: written };
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const ended = async (child: ChildAgent): Promise<number | string> => Promise.race([child.stop(), delay(30_000, 'no end after 30 s', { ref: false })]);

test('L73 a mount that hangs at the start costs the files below it alone: others are delivered, it is said with its entry, and what is below it is delivered wholly once it answers', async (t) => {
  const no = noFuse();
  if (no !== false) { t.skip(no); return; }
  const { rig, fuse, local, start } = await hostWith(t);
  const [here, there] = [numbered('here', 20), numbered('there', 20)];
  append(local, here);
  fuse.write('app.log', text(there));
  const child = await start();
  await rig.delivered('g', 'local', here);
  await child.says(/has given no answer for 5 s/);
  assert.match(child.said(), new RegExp(`${fuse.mountPoint} \\(fuse\\) has given no answer for 5 s: its server or its process hangs, with files of the entry ${join(fuse.mountPoint, 'app.log')}\\. `));
  const { troubles } = await askStatus(rig.stateDir);
  assert.deepEqual(troubles.map(({ subject }) => subject), [`mount ${fuse.mountPoint}`]);
  fuse.answer(1000);
  await child.says(/answers again/);
  await rig.delivered('g', 'remote', there);
  assert.equal(await ended(child), 0);
});

test('L73 a mount that begins to hang while files below it are followed, also over a rotation and a restart: others go on, the stop ends with code 0, positions are kept, nothing is lost or sent twice', async (t) => {
  const no = noFuse();
  if (no !== false) { t.skip(no); return; }
  const host = await hostWith(t);
  const { rig, fuse, local, start } = host;
  fuse.answer(1000);
  const there = numbered('there', 20);
  fuse.write('app.log', text(there));
  append(local, ['one']);
  const child = await start();
  await rig.delivered('g', 'remote', there);
  await rig.delivered('g', 'local', ['one']);
  await hang(host);
  const more = numbered('more', 20);
  fuse.write('app.log', text([...there, ...more]));
  append(local, ['two']);
  await rig.delivered('g', 'local', ['one', 'two']);
  fuse.answer(1000);
  await rig.delivered('g', 'remote', [...there, ...more]);
  await hang(host);
  const rest = numbered('rest', 20);
  fuse.write('app.log', text([...there, ...more, ...rest]));
  fuse.rename('app.log', 'app.log.1');
  assert.equal(await ended(child), 0);
  const again = await start();
  append(local, ['three']);
  await rig.delivered('g', 'local', ['one', 'two', 'three']);
  fuse.answer(1000);
  await rig.delivered('g', 'remote', [...there, ...more, ...rest]);
  fuse.write('app.log', text(['new']));
  await rig.delivered('g', 'remote', [...there, ...more, ...rest, 'new']);
  assert.equal(await ended(again), 0);
  await rig.delivered('g', 'remote', [...there, ...more, ...rest, 'new']);
});

test('L73 check, preview, doctor and a run until caught up end beside a mount that hangs, and name it', async (t) => {
  const no = noFuse();
  if (no !== false) { t.skip(no); return; }
  const { rig, fuse, local, start } = await hostWith(t);
  append(local, ['one']);
  const child = await start('--until-caught-up');
  assert.equal(await child.exited, 75);
  assert.match(child.said(), new RegExp(`stopped before everything was delivered: 1 events delivered; what cannot be read is not delivered: ${fuse.mountPoint} \\(fuse\\)`));
  const file = join(fuse.mountPoint, 'app.log');
  const ofConfig = ['--config', join(dirname(rig.logs), 'agent.json'), '--common-config', '/dev/null', '--env-config', '/dev/null'];
  const checked = await command('check', ...ofConfig);
  assert.match(checked.text, new RegExp(`skipped: ${fuse.mountPoint} \\(its mount gives no answer: its server or its process hangs\\)`));
  assert.match(checked.text, /local\.log \(4 bytes\)/);
  const shown = await command('preview', file, ...ofConfig);
  assert.match(shown.text, new RegExp(`${file} cannot be looked at: ${fuse.mountPoint} \\(fuse\\) gives no answer`));
  const tried = await command('doctor', ...ofConfig, '--state-dir', rig.stateDir);
  assert.match(tried.text, new RegExp(`FAILED +files +${fuse.mountPoint} \\(fuse\\) gives no answer`));
  assert.deepEqual([checked.code, shown.code, tried.code], [0, 66, 1]);
});

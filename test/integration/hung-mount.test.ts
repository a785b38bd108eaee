// Log files below mounts that give no answer: a FUSE file system of this process stands for an NFS server that is gone.
import assert from 'node:assert/strict';
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

interface Host { readonly rig: Rig; readonly fuse: FuseMount; readonly local: string; readonly start: () => Promise<ChildAgent> }

/** An entry of local files (stream `local`) and one below a mount that hangs so far (stream `remote`). */
async function hostWith(t: TestContext): Promise<Host> {
  const rig = await rigFor(t);
  const fuse = mountFuse(t);
  const local = rig.path('local.log');
  const config = childConfig(rig.url, [{ file_path: local, log_stream_name: 'local' }, { file_path: join(fuse.mountPoint, 'app.log'), log_stream_name: 'remote' }]);
  return { rig, fuse, local, start: () => startChild(t, { folder: dirname(rig.logs), stateDir: rig.stateDir, config }) };
}

/** It hangs from now on: nobody but the watch over mounts asks it anything just then. Resolves when the agent has found out. */
async function hang({ rig, fuse }: Host): Promise<void> {
  await until('a time at which nothing below the mount is looked at', () => fuse.statfsInARow >= 3);
  fuse.hang();
  await until('the file to be passed over', async () => (await askStatus(rig.stateDir)).files.list.some(({ lastError }) => lastError === 'its mount gives no answer'));
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const ended = async (child: ChildAgent): Promise<number | string> => Promise.race([child.stop(), delay(30_000, 'no end after 30 s', { ref: false })]);

test('a mount that hangs at the start costs the files below it alone: others are delivered, it is said with its entry, and what is below it is delivered wholly once it answers', async (t) => {
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

test('a mount that begins to hang while files below it are followed, also over a rotation and a restart: others go on, the stop ends with code 0, positions are kept, nothing is lost or sent twice', async (t) => {
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
  fuse.write('app.log', text(['new']));
  assert.equal(await ended(child), 0);
  const again = await start();
  append(local, ['three']);
  await rig.delivered('g', 'local', ['one', 'two', 'three']);
  fuse.answer(1000);
  await rig.delivered('g', 'remote', [...there, ...more, ...rest, 'new']);
  assert.equal(await ended(again), 0);
  await rig.delivered('g', 'remote', [...there, ...more, ...rest, 'new']);
});

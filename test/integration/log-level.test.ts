import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { followLevel } from '../../src/cli/live-level.ts';
import { askLogLevel } from '../../src/control/client.ts';
import { OwnLog } from '../../src/report/own-log.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { append, copyTruncate, rotate } from '../support/log-files.ts';
import { rigFor, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

async function command(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [MAIN, 'log-level', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => { out += text.toString(); });
  child.stderr.on('data', (text: Buffer) => { err += text.toString(); });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { code, out, err };
}

test('agent log-level: the running agent tells its steps from then on, for a time or until it is told otherwise, and a reload changes nothing about that', async (t) => {
  const folder = await scratch(t);
  const { url } = await rigFor(t);
  const state = join(folder, 'state');
  const file = join(folder, 'a.log');
  append(file, ['one']);
  const child = await startChild(t, { config: childConfig(url, [{ file_path: file }]), folder });
  await until('the socket', () => askLogLevel(state, null).then(() => true, () => false));
  assert.deepEqual(await askLogLevel(state, null), { level: 'info', configured: 'info', until: null });
  const set = await command('DEBUG', '--for', '10m', '--state-dir', state);
  assert.deepEqual([set.code, set.err], [0, '']);
  assert.match(set.out, /^debug until \d{4}-\S+Z, then info\n$/);
  await child.says(/info {2}the level of this log is debug for 10 min, as a person asked/);
  append(file, ['two']);
  await child.says(/debug log group g, stream s: request of .* accepted after/);
  copyTruncate(file);
  await child.says(/debug \S+a\.log: inode \d+ was truncated at byte 8; its content goes on in \S+a\.log\.1/);
  append(file, ['three']);
  await child.says(/debug \S+a\.log: followed from byte 0, inode \d+/);
  rotate(file);
  await child.says(/debug \S+a\.log: inode \d+ has lost its name to \S+a\.log\.1, and is read on/);
  child.signal('SIGHUP');
  await until('it to be kept', async () => (await askLogLevel(state, null)).level === 'debug');
  const back = await command('configured', '--state-dir', state);
  assert.equal(back.out, 'info\n');
  await child.says(/info {2}the level of this log is the configured one again: info/);
  assert.deepEqual(JSON.parse((await command('off', '--json', '--state-dir', state)).out), { level: 'off', configured: 'info', until: null });
  await askLogLevel(state, { level: 'error', forMs: 50 });
  await until('the time to be over', async () => (await askLogLevel(state, null)).level === 'info');
  assert.equal((await command('loud', '--state-dir', state)).code, 64);
  assert.equal((await command('configured', '--for', '5m', '--state-dir', state)).code, 64);
  assert.equal(await child.stop(), 0);
  assert.equal((await command('--state-dir', state)).code, 69);
});

test('a level that is written into env-config.json while the agent runs counts soon after, and no more once it is gone', async (t) => {
  const file = join(await scratch(t), 'env-config.json');
  const lines: string[] = [];
  const log = new OwnLog({ level: 'info', format: 'text' }, (line) => lines.push(line), Date.now);
  using _ = followLevel(file, log, 5);
  writeFileSync(file, '{"CWAGENT_LOG_LEVEL": "DEBUG"}');
  await until('the level', () => log.level === 'debug');
  assert.match(lines.join(''), /env-config\.json: the level of this log is debug now/);
  writeFileSync(file, '{"CWAGENT_LOG_LEVEL": "none of them"}');
  utimesSync(file, 1, 1);
  await until('no level to be named', () => log.level === 'info');
  writeFileSync(file, '{"CWAGENT_LOG_LEVEL": "OFF"}');
  await until('another level', () => log.level === 'off');
  rmSync(file);
  await until('the file to be gone', () => log.level === 'info');
});

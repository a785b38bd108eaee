import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TEST_ENV, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
/** A root that reads only what its modes let it read. */
const AS_OTHERS = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'];
const cannot = spawnSync(AS_OTHERS[0]!, [...AS_OTHERS.slice(1), 'true']).status !== 0 && 'no setpriv, or not root';

test('a log that the agent may not open is said in its log, is a problem of status and fails the doctor', { skip: cannot }, async (t) => {
  const root = await scratch(t);
  const [log, config, state] = ['app.log', 'agent.json', 'state'].map((name) => join(root, name)) as [string, string, string];
  writeFileSync(log, 'one\n');
  chmodSync(log, 0);
  writeFileSync(config, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { endpoint_override: 'http://127.0.0.1:1', logs_collected: { files: { collect_list: [{ file_path: log, log_group_name: 'g', log_stream_name: 's' }] } } } }));
  const env = { PATH: process.env['PATH'] ?? '', HOME: root, ...TEST_ENV };
  const words = (...command: readonly string[]): string[] => [...AS_OTHERS.slice(1), process.execPath, MAIN, ...command, '--state-dir', state];
  const agent = spawn(AS_OTHERS[0]!, words('run', '--config', config), { env });
  t.after(() => { agent.kill('SIGKILL'); });
  let said = '';
  agent.stderr.on('data', (bytes: Buffer) => { said += bytes.toString(); });
  await until('the file to be named', () => said.includes(`${log}: cannot be opened (EACCES)`));
  const asked = (...command: readonly string[]): { readonly status: number | null; readonly stdout: string } => spawnSync(AS_OTHERS[0]!, words(...command), { env, encoding: 'utf8' });
  const status = asked('status');
  assert.equal(status.status, 1, status.stdout);
  assert.match(status.stdout, /1 problem\n {2}\S+app\.log: cannot be opened \(EACCES\)/);
  const doctor = asked('doctor', '--config', config).stdout;
  assert.doesNotMatch(doctor, /nothing matches/);
  chmodSync(log, 0o644);
  await until('that to be over', () => said.includes(`${log}: can be opened`));
});

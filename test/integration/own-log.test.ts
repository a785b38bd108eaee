// What the agent says of itself on standard error: as much, and in the form, that its config and environment ask for.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { localOnly } from '../support/endpoint-choice.ts';
import { childConfig } from '../support/child-agent.ts';
import { append } from '../support/log-files.ts';
import { TEST_ENV, rigFor } from '../support/rig.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const SECRET = 'content-of-the-log';

/** The lines of a run that delivers one line and ends. */
async function linesOf(t: TestContext, agent: object, { env = {}, args = [], entry = {} }: { readonly env?: object; readonly args?: readonly string[]; readonly entry?: object } = {}): Promise<readonly string[]> {
  const rig = await rigFor(t);
  append(rig.path('app.log'), [SECRET]);
  const config = childConfig(rig.url, [{ file_path: rig.path('app.log'), ...entry }]) as { readonly agent: object };
  const file = join(rig.logs, '..', 'agent.json');
  writeFileSync(file, JSON.stringify({ ...config, agent: { ...config.agent, ...agent } }));
  const said = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [MAIN, 'run', '--config', file, '--state-dir', rig.stateDir, '--until-caught-up', ...args], { env: { PATH: process.env['PATH'], ...TEST_ENV, ...env } }, (error, _, stderr) => {
      if (error === null) resolve(stderr); else reject(error);
    });
  });
  await rig.arrived([SECRET]);
  assert.ok(!said.includes(SECRET) && !said.includes(TEST_ENV.AWS_ACCESS_KEY_ID));
  return said.split('\n').slice(0, -1);
}

test('with log_format json each line is an object, problems of the config too, and with log_level debug each request and open file is told', async (t) => {
  const lines = (await linesOf(t, { log_level: 'debug', log_format: 'json', quiet: true }, { entry: { backpressure_mode: 'fd_relase' } })).map((line) => JSON.parse(line) as { readonly time: string; readonly level: string; readonly message: string });
  for (const line of lines) assert.deepEqual([Object.keys(line), new Date(line.time).toISOString()], [['time', 'level', 'message'], line.time]);
  const said = lines.map(({ level, message }) => `${level} ${message}`).join('\n');
  assert.match(said, /^warn \S+agent\.json:1:\d+ warning \S+\/backpressure_mode: .*; did you mean "fd_release"\?$/m);
  assert.match(said, /^info following 1 entry/m);
  assert.match(said, /^debug \S+\/app\.log: opened \(1 of \d+\)$/m);
  assert.match(said, /^debug log group g, stream s: request of \d+ bytes(?: \(gzip\))?, batch of 1 events: accepted after \d+ ms$/m);
  assert.match(said, /^debug \S+\/app\.log: closed$/m);
});

test('without settings steps are not told; with quiet, or on the word of the environment, neither are notes', localOnly('moto keeps one store for every agent that a test starts'), async (t) => {
  const lines = await linesOf(t, {});
  assert.ok(lines.length >= 2 && lines.every((line) => / info {2}/.test(line)), lines.join('\n'));
  assert.deepEqual(await linesOf(t, { debug: true, quiet: true }), []);
  assert.deepEqual(await linesOf(t, { debug: true }, { env: { CWAGENT_LOG_LEVEL: 'ERROR' } }), []);
  assert.deepEqual(await linesOf(t, { log_level: 'debug' }, { args: ['--quiet'] }), []);
});

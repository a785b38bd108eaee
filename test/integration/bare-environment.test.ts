// An environment that lacks what a login shell would set, or names what is not there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { settleHome } from '../../src/cli/runtime.ts';
import { childConfig } from '../support/child-agent.ts';
import { TEST_ENV } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

test('a user id that the system does not know, without HOME, has a home all the same: the credential chain asks on', (t) => {
  if (process.geteuid!() !== 0) { t.skip('needs root to become another user'); return; }
  const home = process.env['HOME'];
  delete process.env['HOME'];
  process.seteuid!(54_321);
  try {
    assert.throws(() => homedir(), 'the premise: nobody knows this user');
    settleHome();
    assert.equal(homedir(), '/');
  } finally {
    process.seteuid!(0);
    if (home !== undefined) process.env['HOME'] = home;
  }
});

test('AWS_CA_BUNDLE names a file that is not there: said in one line with what to do, exit 78, and no state is touched', async (t) => {
  const folder = await scratch(t);
  const config = join(folder, 'agent.json');
  writeFileSync(config, JSON.stringify(childConfig('http://127.0.0.1:9', [{ file_path: join(folder, 'app.log') }])));
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'run', '--config', config, '--state-dir', join(folder, 'state')], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: folder, AWS_CA_BUNDLE: join(folder, 'ca.pem'), ...TEST_ENV } });
  assert.equal(status, 78);
  assert.match(stderr, /^agent: AWS_CA_BUNDLE names \S+ca\.pem, which cannot be read \(ENOENT\): .*\n$/);
  assert.equal(existsSync(join(folder, 'state')), false);
});

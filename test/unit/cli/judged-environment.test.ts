import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { judgedEnvironment } from '../../../src/cli/judged-environment.ts';

test('what the service will do is judged with the variables of its unit, which are named and never shown', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'judged-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  mkdirSync(join(root, 'etc/default'), { recursive: true });
  const file = join(root, 'etc/default/unified-agent');
  writeFileSync(file, '# none\nAWS_SECRET_ACCESS_KEY="hush"\nAWS_REGION=eu-west-1\n');
  const callers = { AWS_REGION: 'us-east-1', HOME: '/root' };
  const usual = await judgedEnvironment(['usual'], {}, callers, root);
  assert.deepEqual({ ...usual.env }, { HOME: '/root', AWS_REGION: 'eu-west-1', AWS_SECRET_ACCESS_KEY: 'hush' });
  const [note, ...more] = usual.problems;
  assert.deepEqual([note?.severity, note?.file, note?.message, more], ['note', file, 'the service has from it AWS_REGION, AWS_SECRET_ACCESS_KEY', []]);
  const named = await judgedEnvironment(['/srv/agent.json'], {}, callers, root);
  assert.deepEqual([{ ...named.env }, named.problems], [callers, []], 'a config that is named is judged for whoever asks');
});

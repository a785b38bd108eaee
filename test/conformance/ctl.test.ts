import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtAgent } from '../../scripts/built-agent.ts';
import { startParameters } from '../support/parameters.ts';

const SUPPORT = join(import.meta.dirname, '../support');

// The script with our command for the CloudWatch agent's; the same is run against the installed package in a booted systemd.
test('the documented sequence of amazon-cloudwatch-agent-ctl and the actions of ManageAgent hold', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'ctl-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  const units = join(root, 'units');
  mkdirSync(units);
  const { env, put } = await startParameters(t);
  const config = (plugin: string): string => JSON.stringify({ metrics: { metrics_collected: { [plugin]: { measurement: ['used_percent'] } } } });
  await put('AmazonCloudWatch-first', config('mem'));
  await put('AmazonCloudWatch-second', config('swap'));
  const child = spawn('sh', [join(import.meta.dirname, 'ctl.sh'), `${process.execPath} ${await builtAgent()} ctl`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, PATH: `${SUPPORT}:${process.env['PATH']}`, HOME: root, STUB_SYSTEMD: units, UNIFIED_AGENT_ROOT: root, PARAMETERS: 'AmazonCloudWatch-first AmazonCloudWatch-second' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text; });
  const [code] = await once(child, 'close') as [number];
  assert.equal(code, 0, said);
  assert.match(said, /(\d+) of \1 hold\n$/);
  assert.match(readFileSync(join(units, 'calls'), 'utf8'), /^restart unified-agent\.service$/m);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { json } from '../../src/control/route.ts';
import { openControl } from '../../src/control/server.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { statusOf } from '../../src/agent/status.ts';
import { NO_CONFIG } from '../support/no-config.ts';
import { childConfig } from '../support/child-agent.ts';
import { TEST_ENV, rigFor, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

test('an agent whose log nobody reads any more (the log daemon was restarted) goes on delivering', async (t) => {
  const folder = await scratch(t);
  const rig = await rigFor(t);
  const log = join(folder, 'a.log');
  const config = join(folder, 'agent.json');
  writeFileSync(log, 'one\n');
  writeFileSync(config, JSON.stringify(childConfig(rig.url, [{ file_path: log }])));
  const child = spawn(process.execPath, [MAIN, 'run', '--config', config, '--state-dir', join(folder, 'state')], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...TEST_ENV } });
  t.after(async () => { child.kill('SIGKILL'); if (child.exitCode === null && child.signalCode === null) await once(child, 'exit'); });
  await until('the first line', () => rig.held() === 1);
  child.stderr.destroy();
  for (const [round, text] of ['two\n', 'three\n'].entries()) {
    writeFileSync(log, text); // each truncation is a line in the agent's log
    await until(`line ${round + 2}`, () => rig.held() === round + 2);
  }
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit') as [number | null];
  assert.equal(code, 0);
});

test('status --watch ends without a word when its reader has gone', async (t) => {
  const rig = await rigFor(t);
  await rig.start();
  mkdirSync(rig.stateDir, { recursive: true });
  await using _ = await openControl({ stateDirectory: rig.stateDir, routes: [{ method: 'GET', path: '/status', answer: () => json(statusOf(rig.agent, '1', NO_CONFIG)) }], report: new AgentReport(() => {}, Date.now) });
  const child = spawn(process.execPath, [MAIN, 'status', '--watch', '--state-dir', rig.stateDir], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => { complaint += text.toString(); });
  const [first] = await once(child.stdout, 'data') as [Buffer];
  assert.match(first.toString(), /^\d{4}-\S+Z 0 events delivered; 0 B not acknowledged; no problems\n$/);
  child.stdout.destroy();
  const [code] = await once(child, 'exit') as [number | null];
  assert.deepEqual([code, complaint], [0, '']);
});

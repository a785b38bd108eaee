import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tailLines } from '../../src/agent/log-survey.ts';
import { filesMatching, findLogs } from '../../src/cli/wizard/found-logs.ts';
import { atEnd } from '../support/at-end.ts';
import { until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

test('what programs write is found with its form, but what the config has already and what a config could not name', async (t) => {
  const folder = await scratch(t);
  mkdirSync(join(folder, 'logs'));
  const stamps = [3, 2, 1].map((minutes) => `${new Date(Date.now() - minutes * 60_000).toISOString()} ok\n`).join('');
  for (const name of ['new.log', 'had.log', 'odd[1].log', 'new.log.1']) writeFileSync(join(folder, 'logs', name), stamps);
  const script = `const fs=require('fs');for(const n of ['new.log','had.log','odd[1].log','new.log.1'])fs.openSync(${JSON.stringify(join(folder, 'logs'))}+'/'+n,'a');fs.writeFileSync(${JSON.stringify(join(folder, 'ready'))},'');setInterval(()=>{},1000)`;
  const writer = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  atEnd(t, () => { writer.kill('SIGKILL'); });
  await until('the writer to open its logs', () => existsSync(join(folder, 'ready')));
  const { found } = await findLogs([join(folder, 'logs/h*.log')], { tail: tailLines, localZone: 'UTC', now: Date.now });
  const here = found.filter(({ path }) => path.startsWith(folder));
  assert.deepEqual(here.map(({ path, known, form }) => [path, known, form.format]), [[join(folder, 'logs/new.log'), null, '%Y-%m-%dT%H:%M:%S.%f%z']]);
  assert.notEqual(here[0]?.writer, null);
});

test('a pattern that is wrong matches nothing', async () => {
  assert.deepEqual(await filesMatching('/var/log/[a'), { matches: [], skipped: [] });
});

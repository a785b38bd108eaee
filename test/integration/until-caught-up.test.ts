// `run --until-caught-up`: its exit code says whether everything that existed was delivered.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { childConfig, startChild } from '../support/child-agent.ts';
import { append, numbered } from '../support/log-files.ts';
import { rigFor, until } from '../support/rig.ts';

test('--until-caught-up exits 0 when all of it is acknowledged, and 75 when a signal ended it before, with what is left delivered by the next run', async (t) => {
  const rig = await rigFor(t);
  // More than the agent holds: some of it is unread when the signal comes, and nothing of that is held.
  const lines = numbered('line', 60_000).map((line) => `${line} ${'x'.repeat(100)}`);
  append(rig.path('app.log'), lines);
  rig.slow(500);
  const spec = { folder: dirname(rig.logs), stateDir: rig.stateDir, config: childConfig(rig.url, [{ file_path: rig.path('app.log') }], { memory_budget: 4_194_304 }), args: ['--until-caught-up'] };
  const first = await startChild(t, spec);
  await until('the first events', () => rig.held() > 0);
  first.signal('SIGTERM');
  assert.equal(await first.exited, 75);
  assert.match(first.said(), /stopped before everything was delivered/);
  assert.ok(rig.held() < lines.length, 'the premise: it was ended early');
  rig.slow(0);
  const second = await startChild(t, spec);
  assert.equal(await second.exited, 0);
  await rig.arrived(lines);
});

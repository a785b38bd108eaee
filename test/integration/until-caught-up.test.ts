// `run --until-caught-up`: its exit code says whether everything that existed was delivered.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { childConfig, startChild } from '../support/child-agent.ts';
import { TestJournal } from '../support/journal.ts';
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

/** A root that reads only what its modes let it read. */
const AS_OTHERS = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];

test('--until-caught-up delivers what can be read, then exits 75 and names the file or the journal that cannot be; once it can be, the next run exits 0', async (t) => {
  const rig = await rigFor(t, { files: { 'app.log': ['one'], 'secret.log': ['two'] } });
  const missing = join(rig.logs, 'later');
  const journals = [missing, join(rig.logs, 'journal')].map((directory, i) => ({ log_group_name: `j${i}`, log_stream_name: 's', directory, initial_position: 'start' }));
  const closed = new TestJournal(journals[1]!.directory);
  closed.append(['three']);
  chmodSync(rig.path('secret.log'), 0);
  chmodSync(closed.directory, 0);
  const config = childConfig(rig.url, [{ file_path: rig.path('app.log') }, { file_path: rig.path('secret.log') }]) as { readonly logs: { readonly logs_collected: object } };
  Object.assign(config.logs.logs_collected, { journald: { collect_list: journals } });
  const spec = { folder: dirname(rig.logs), stateDir: rig.stateDir, config, args: ['--until-caught-up'], wrapper: AS_OTHERS };
  const first = await startChild(t, spec);
  assert.equal(await first.exited, 75);
  assert.match(first.said(), /journald j0: \S+later does not exist: create it/);
  assert.match(first.said(), /journald j1: \S+journal may not be read by the user \w+: `setfacl/);
  assert.match(first.said(), /stopped before everything was delivered: 1 events delivered; what cannot be read is not delivered: \S+secret\.log, journald j0, journald j1\n/);
  await rig.arrived(['one']);
  chmodSync(rig.path('secret.log'), 0o644);
  closed.open(true);
  new TestJournal(missing).append(['four']);
  const second = await startChild(t, spec);
  assert.equal(await second.exited, 0, second.said());
  assert.deepEqual(['j0', 'j1'].map((group) => rig.held(group)), [1, 1]);
  await rig.arrived(['one', 'two']);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { numbered, textOf } from '../support/log-files.ts';
import { rigFor, TEST_ENV } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

interface Answer { readonly status: number | null; readonly out: string; readonly err: string }

function migrate(file: string, ...options: readonly string[]): Answer {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'config', 'migrate', file, ...options], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', ...TEST_ENV } });
  return { status, out: stdout, err: stderr };
}

/** Files of a legacy agent in a fresh folder, by name. */
async function legacy(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await scratch(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const PLAIN = '[general]\nstate_file = /nonexistent/state\n[a]\nfile = /var/log/a.log\nlog_group_name = g\nlog_stream_name = s\n';

test('awslogs.conf, the folder beside it and the region of aws.conf become one config that check takes', async (t) => {
  const folder = await legacy(t, {
    'awslogs.conf': PLAIN, 'config/b.conf': '[b]\nfile = /var/log/b.log\nlog_group_name = h\nlog_stream_name = s\n[a]\nfile = /other\n[general]\nx = 1\n',
    'aws.conf': '[plugins]\ncwlogs = cwlogs\n[default]\nregion = eu-west-1\naws_access_key_id = AKIDEXAMPLE\n',
  });
  const { status, out, err } = migrate(join(folder, 'awslogs.conf'));
  assert.equal(status, 0, err);
  assert.deepEqual(JSON.parse(out), { agent: { region: 'eu-west-1' }, logs: { logs_collected: { files: { collect_list: [
    { file_path: '/var/log/a.log', log_group_name: 'g', log_stream_name: 's' }, { file_path: '/var/log/b.log', log_group_name: 'h', log_stream_name: 's' },
  ] } } } });
  assert.match(err, /b\.conf:5:1 warning: \[a\] is left out: .*awslogs\.conf:3 has one of this name/);
  assert.match(err, /b\.conf:7:1 warning: \[general\] counts in the main file alone/);
  assert.match(err, /aws\.conf holds an access key, which is not copied/);
  assert.doesNotMatch(`${out}${err}`, /AKIDEXAMPLE/);
});

test('what the compiler finds wrong is told of the line in the old file, and the exit code is 78', async (t) => {
  const folder = await legacy(t, { 'awslogs.conf': `${PLAIN}[c]\nfile = /c.log\nlog_group_name = bad name\nlog_stream_name = s\nmulti_line_start_pattern = (?=x)\n` });
  const { status, out, err } = migrate(join(folder, 'awslogs.conf'), '--region', 'eu-west-1');
  assert.equal(status, 78);
  assert.match(err, /awslogs\.conf:9:1 error log_group_name: the character " " is not allowed/);
  assert.match(err, /awslogs\.conf:11:1 error multi_line_start_pattern: /);
  assert.equal((JSON.parse(out) as { readonly logs: { readonly logs_collected: { readonly files: { readonly collect_list: readonly unknown[] } } } }).logs.logs_collected.files.collect_list.length, 2);
});

test('an output file is written whole, for the owner alone, and never replaces one unless it is forced', async (t) => {
  const folder = await legacy(t, { 'awslogs.conf': PLAIN, 'taken.json': 'mine' });
  const [file, fresh, taken] = ['awslogs.conf', 'fresh.json', 'taken.json'].map((name) => join(folder, name)) as [string, string, string];
  assert.deepEqual([migrate(file, '--region', 'r', '--output', fresh, '--dry-run').status, existsSync(fresh)], [0, false]);
  assert.equal(migrate(file, '--region', 'r', '--output', fresh).status, 0);
  assert.deepEqual([statSync(fresh).mode & 0o777, Object.keys(JSON.parse(readFileSync(fresh, 'utf8')) as object)], [0o600, ['agent', 'logs']]);
  const refused = migrate(file, '--region', 'r', '--output', taken);
  assert.deepEqual([refused.status, /taken\.json exists already: --force replaces it/.test(refused.err), readFileSync(taken, 'utf8')], [73, true, 'mine']);
  assert.deepEqual([migrate(file, '--region', 'r', '--output', taken, '--force').status, readFileSync(taken, 'utf8') === readFileSync(fresh, 'utf8')], [0, true]);
  assert.deepEqual(readdirSync(folder).toSorted(), ['awslogs.conf', 'fresh.json', 'taken.json']);
  assert.match(migrate(join(folder, 'none.conf')).err, /none\.conf cannot be read \(ENOENT\)/);
});

/** The legacy agent's state, as its key-value store writes it. */
function stateOf(path: string, pushed: readonly { readonly section: string; readonly firstLines: string; readonly start: number; readonly end: number }[], streams: Readonly<Record<string, { readonly firstLines: string; readonly at: number }>> = {}): void {
  using database = new DatabaseSync(path);
  const id = (section: string, firstLines: string): string => createHash('md5').update(`${section}${firstLines}`).digest('hex');
  const now = new Date().toISOString().slice(0, 19);
  for (const table of ['push_state', 'stream_state']) database.exec(`CREATE TABLE ${table} (k TEXT PRIMARY KEY NOT NULL, v TEXT NOT NULL, ctime DATETIME, mtime DATETIME)`);
  for (const { section, firstLines, start, end } of pushed) {
    const key = id(section, firstLines);
    database.prepare('INSERT INTO push_state VALUES (?, ?, ?, ?)').run(key, JSON.stringify({ source_id: key, start_position: start, end_position: end, batch_timestamp: 1, sequence_token: 't' }), now, now);
  }
  for (const [section, { firstLines, at }] of Object.entries(streams)) database.prepare('INSERT INTO stream_state VALUES (?, ?, ?, ?)').run(section, JSON.stringify({ source_id: id(section, firstLines), initial_position: at }), now, now);
}

async function withRig(t: TestContext, sections: string, entries: readonly { readonly path: string }[]): Promise<{ readonly rig: Rig; readonly run: (...options: readonly string[]) => Answer; readonly state: string }> {
  const rig = await rigFor(t, { entries: entries.map((entry) => ({ ...entry, follow: 'all' })) });
  const folder = join(rig.logs, '..');
  const state = join(folder, 'agent-state');
  writeFileSync(join(folder, 'awslogs.conf'), `[general]\nstate_file = ${state}\n${sections.replaceAll('LOGS', rig.logs)}`);
  return { rig, state, run: (...options) => migrate(join(folder, 'awslogs.conf'), '--region', 'us-east-1', '--output', join(folder, 'agent.json'), '--force', '--import-state', '--state-dir', rig.stateDir, ...options) };
}

test('after a change-over from the legacy agent its last batch is sent again, and what comes behind it; no byte before', async (t) => {
  const lines = numbered('line', 1000);
  const { rig, run, state } = await withRig(t, '[app]\nfile = LOGS/app.log\nlog_group_name = g\nlog_stream_name = s\n', [{ path: 'app.log' }]);
  writeFileSync(rig.path('app.log'), textOf(lines));
  stateOf(state, [{ section: 'app', firstLines: `${lines[0]}\n`, start: 12 * 500, end: 12 * 600 }]);
  const { status, err } = run();
  assert.equal(status, 0, err);
  assert.match(err, /app\.log: goes on at byte 6,000 of 12,000; sent already beyond that, and sent again: bytes 6,000 to 7,200\n1 position imported/);
  await rig.start();
  await rig.arrived(lines.slice(500));
  await rig.stop();
});

test('of several files of a section only the latest sends its last batch again; a file that was never read begins where its stream did', async (t) => {
  const { rig, run, state } = await withRig(t, '[app]\nfile = LOGS/app*.log\nlog_group_name = g\nlog_stream_name = s\nfile_fingerprint_lines = 2-3\n[new]\nfile = LOGS/new.log\nlog_group_name = g\nlog_stream_name = s\n[none]\nfile = LOGS/none.log\nlog_group_name = g\n[moved]\nfile = LOGS/new.log\nlog_group_name = h\n', [{ path: 'app*.log' }, { path: 'new.log' }]);
  const write = (name: string, age: number): void => {
    writeFileSync(rig.path(name), `same\n${name} 2\n${name} 3\n${name} 4\n`);
    utimesSync(rig.path(name), Date.now() / 1000 - age, Date.now() / 1000 - age);
  };
  write('app1.log', 100);
  write('app2.log', 10);
  writeFileSync(rig.path('new.log'), 'n1\nn2\n');
  const firstLines = (name: string): string => `${name} 2\n${name} 3\n`;
  const [line2, line4, end] = [5, 5 + 2 * 11, 5 + 3 * 11];
  stateOf(state, [
    { section: 'app', firstLines: firstLines('app1.log'), start: line2, end },
    { section: 'app', firstLines: firstLines('app2.log'), start: line2, end: line4 },
    { section: 'app', firstLines: 'of another file\n', start: 1, end: 2 },
  ], { new: { firstLines: 'n1\n', at: 3 }, moved: { firstLines: 'of a file before\n', at: 3 } });
  const { err } = run();
  assert.match(err, /app1\.log: goes on at byte 38 of 38\n/);
  assert.match(err, /app2\.log: goes on at byte 5 of 38; sent already beyond that, and sent again: bytes 5 to 27\n/);
  assert.match(err, /new\.log: goes on at byte 3 of 6\n/);
  assert.match(err, /\[none\]: matches no file; no position is taken from it\n\[moved\]: the state knows none of its files; no position is taken from it\n3 positions imported/);
  await rig.start();
  await rig.count('g', 's', 4);
  await rig.stop();
  assert.deepEqual(rig.messages('g', 's').toSorted(), ['app2.log 2', 'app2.log 3', 'app2.log 4', 'n2']);
});

test('a state that is missing, of another kind or damaged is said, and nothing is imported', async (t) => {
  const { rig, run, state } = await withRig(t, '[app]\nfile = LOGS/app.log\nlog_group_name = g\nlog_stream_name = s\n', [{ path: 'app.log' }]);
  writeFileSync(rig.path('app.log'), 'x\n');
  const refused = /agent-state is no state of the legacy agent that can be read \(.+\): stop that agent, and name the file/;
  const missing = run();
  assert.deepEqual([missing.status, refused.test(missing.err)], [66, true]);
  writeFileSync(state, 'no database, but long enough to be looked at as one'.repeat(50));
  assert.match(run().err, refused);
  writeFileSync(state, '');
  assert.match(run().err, refused);
  assert.equal(existsSync(rig.stateDir), false);
  assert.match(run('--state-file', join(rig.logs, 'other')).err, /logs\/other is no state/);
});

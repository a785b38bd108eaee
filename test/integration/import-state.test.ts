import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, linkSync, mkdirSync, readdirSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { stateNameOf } from '../../src/agent/import/cloudwatch-agent-state.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { numbered, textOf } from '../support/log-files.ts';
import { rigFor, startRig, TEST_ENV } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

const ENV = { PATH: process.env['PATH'] ?? '', ...TEST_ENV };

interface Answer { readonly status: number | null; readonly out: string; readonly err: string }

/** The folder of a CloudWatch agent that has sent so much of each file; the command takes it over for the rig's agent. */
class ChangeOver {
  readonly rig: Rig;
  readonly folder: string;
  readonly #config: string;

  constructor(rig: Rig, entries: readonly Record<string, unknown>[] = [{ file_path: rig.path('*.log') }], logs: Record<string, unknown> = {}) {
    this.rig = rig;
    this.folder = join(rig.logs, '../cwa');
    this.#config = join(rig.logs, '../agent.json');
    mkdirSync(this.folder);
    writeFileSync(this.#config, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { endpoint_override: rig.url, ...logs, logs_collected: { files: { collect_list: entries.map((entry) => ({ log_group_name: 'g', log_stream_name: 's', follow: 'all', ...entry })) } } } }));
  }

  /** That agent's state of a file. */
  sent(name: string, offset: number, ranges = `0-${offset}`): void {
    const path = this.rig.path(name);
    writeFileSync(join(this.folder, stateNameOf(path)), `${offset}\n${path}${ranges === '' ? '' : `\n${ranges}`}`);
  }

  args(options: readonly string[]): readonly string[] {
    return [MAIN, 'config', 'import-state', '--from', this.folder, '--config', this.#config, '--state-dir', this.rig.stateDir, ...options];
  }

  run(...options: readonly string[]): Answer {
    const { status, stdout, stderr } = spawnSync(process.execPath, this.args(options), { encoding: 'utf8', env: ENV });
    return { status, out: stdout, err: stderr };
  }
}

const GLOB = { entries: [{ path: '*.log', follow: 'all' as const }] };

async function changeOver(t: TestContext, files: Readonly<Record<string, readonly string[]>>): Promise<ChangeOver> {
  return new ChangeOver(await rigFor(t, { ...GLOB, files }));
}

test('after a change-over from the CloudWatch agent the first byte that is sent is the one behind its position', async (t) => {
  const lines = numbered('line', 2000);
  const over = await changeOver(t, { 'app.log': lines });
  const { rig } = over;
  over.sent('app.log', textOf(lines.slice(0, 1234)).length);
  const { status, out } = over.run();
  assert.equal(status, 0);
  assert.match(out, /app\.log: goes on at byte 14,808 of 24,000\n1 position imported into /);
  await rig.start();
  await rig.arrived(lines.slice(1234));
  appendFileSync(rig.path('app.log'), 'later\n');
  await rig.arrived([...lines.slice(1234), 'later']);
  await rig.stop();
});

test('what root imports can be opened by the user of the service, whose the state directory is', { skip: process.getuid?.() !== 0 && 'only root gives files away' }, async (t) => {
  const over = await changeOver(t, { 'app.log': ['one'] });
  const { stateDir } = over.rig;
  mkdirSync(stateDir, { recursive: true });
  chownSync(stateDir, 4711, 4712);
  const others = join(stateDir, 'others');
  writeFileSync(others, '');
  chownSync(others, 4713, 4714);
  // Where the kernel lets anyone link to any file (fs.protected_hardlinks=0), its owner would get it.
  writeFileSync(join(stateDir, '..', 'of-root'), '');
  linkSync(join(stateDir, '..', 'of-root'), join(stateDir, 'trap'));
  over.sent('app.log', 4);
  assert.equal(over.run().status, 0);
  assert.deepEqual(readdirSync(stateDir).map((name) => statSync(join(stateDir, name))).filter(({ uid, gid }) => uid !== 4711 || gid !== 4712).map(({ uid }) => uid).toSorted((a, b) => a - b), [0, 4713], 'what is another user\'s stays so');
  assert.ok(readdirSync(stateDir).length > 1);
});

test('of stretches that were sent apart all bytes from the first gap on are sent', async (t) => {
  const lines = numbered('line', 100);
  const over = await changeOver(t, { 'app.log': lines });
  over.sent('app.log', 960, '0-240,480-720,840-960');
  assert.match(over.run().out, /goes on at byte 240 of 1,200; sent already beyond that, and sent again: bytes 480 to 720, 840 to 960\n/);
  await over.rig.start();
  await over.rig.arrived(lines.slice(20));
  await over.rig.stop();
});

test('a file that was truncated or replaced since is sent from its start, and the reason is said', async (t) => {
  const lines = numbered('line', 10);
  const over = await changeOver(t, { 'short.log': lines, 'other.log': lines, 'young.log': lines });
  over.sent('short.log', 500);
  over.sent('other.log', 50);
  over.sent('young.log', 120);
  utimesSync(join(over.folder, stateNameOf(over.rig.path('young.log'))), 1_000_000, 1_000_000);
  truncateSync(over.rig.path('short.log'), 60);
  const { out } = over.run();
  assert.match(out, /short\.log: begins at its start: it has 60 bytes, less than the position 500/);
  assert.match(out, /other\.log: begins at its start: no line ends at the position 50/);
  assert.match(out, /young\.log: begins at its start: the file was created after/);
  await over.rig.start({ entries: [{ path: '*.log', follow: 'all', startAt: 'end', streamPerFile: true, stream: '' }] });
  const stream = (name: string): string => `_${over.rig.path(name).replaceAll('/', '_')}`;
  await over.rig.delivered('g', stream('short.log'), lines.slice(0, 5));
  await over.rig.delivered('g', stream('other.log'), lines);
  await over.rig.delivered('g', stream('young.log'), lines);
  await over.rig.stop();
});

test('what has no entry, no file or no offset is listed', async (t) => {
  const over = await changeOver(t, { 'app.log': ['x'], 'app.txt': ['x'] });
  over.sent('app.txt', 2);
  over.sent('gone.log', 7);
  writeFileSync(join(over.folder, '_empty'), '');
  writeFileSync(join(over.folder, 'Amazon_CloudWatch_WindowsEventLog_x'), '7\nx');
  const { status, out } = over.run();
  assert.equal(status, 0);
  assert.match(out, /app\.txt: no entry of the config follows it \(byte 2\)\n/);
  assert.match(out, /gone\.log: there is no such file any more \(byte 7\)\n/);
  assert.match(out, /_empty: is empty: a crash while it was written; no position is taken from it\n/);
  assert.match(out, /WindowsEventLog_x: is the position in an event log of Windows/);
  assert.match(out, /\n0 positions imported into .*, 1 without an entry, 1 without a file\n/);
});

test('a position this agent has already is kept, unless it is forced', async (t) => {
  const lines = numbered('line', 10);
  const over = await changeOver(t, { 'app.log': lines });
  over.sent('app.log', 24);
  assert.equal(over.run().status, 0);
  over.sent('app.log', 60);
  assert.match(over.run().out, /app\.log: the state has it at byte 24 already; --force takes 60 instead\n0 positions imported into .*, 1 known already\n/);
  assert.match(over.run('--force').out, /goes on at byte 60 of 120/);
  await over.rig.start();
  await over.rig.arrived(lines.slice(5));
  await over.rig.stop();
});

test('a position of what cannot be read as a file is not imported, and the exit code is 1', async (t) => {
  const over = await changeOver(t, { 'app.log': ['x'] });
  mkdirSync(over.rig.path('folder.log'));
  over.sent('folder.log', 2);
  const { status, out } = over.run();
  assert.equal(status, 1);
  assert.match(out, /folder\.log: cannot be read \(EISDIR\), so its position 2 is not imported, and it will be sent from its start/);
});

test('the oldest form of a state file, an offset alone, is told by its name', async (t) => {
  const lines = numbered('line', 10);
  const over = await changeOver(t, { 'a b.log': lines });
  writeFileSync(join(over.folder, stateNameOf(over.rig.path('a b.log'))), '36');
  assert.match(over.run().out, /a b\.log: goes on at byte 36 of 120/);
});

test('a dry run says the same and writes nothing, not even while an agent runs', async (t) => {
  const lines = numbered('line', 10);
  const over = await changeOver(t, { 'app.log': lines });
  over.sent('app.log', 24);
  assert.match(over.run('--dry-run').out, /app\.log: goes on at byte 24 of 120\n1 position would be imported into /);
  assert.equal(existsSync(over.rig.stateDir), false);
  await over.rig.start();
  await over.rig.arrived(lines);
  await over.rig.settled();
  const { status, out } = await runBeside(over, '--dry-run');
  assert.equal(status, 0);
  assert.match(out, /app\.log: the state has it at byte 120 already/);
  await over.rig.stop();
});

test('while an agent runs on the state directory nothing is imported, and the agent is named', async (t) => {
  const rig = await startRig(t, { ...GLOB, files: { 'app.log': ['x'] } });
  const over = new ChangeOver(rig);
  over.sent('app.log', 2);
  await rig.arrived(['x']);
  const { status, err } = await runBeside(over);
  assert.equal(status, 73);
  assert.match(err, new RegExp(`in use by another agent \\(pid ${process.pid}\\): stop that one`));
  await rig.stop();
});

test('a folder that cannot be read, and a config with errors, are said and nothing is done', localOnly('moto keeps one store for every agent that a test starts'), async (t) => {
  const over = await changeOver(t, { 'app.log': ['x'] });
  const none = over.run('--from', '/nonexistent');
  assert.deepEqual([none.status, /\/nonexistent cannot be read \(ENOENT\): --from names/.test(none.err)], [66, true]);
  const wrong = new ChangeOver(await rigFor(t), [{ file_path: 'relative.log' }]).run();
  assert.deepEqual([wrong.status, /the path is relative/.test(wrong.err)], [78, true]);
  assert.equal(existsSync(over.rig.stateDir), false);
});

/** The command without a stop of this process, in which the agent runs. */
async function runBeside(over: ChangeOver, ...options: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, over.args(options), { env: ENV });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
  const status = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { status, out, err };
}

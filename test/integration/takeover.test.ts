import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { stateNameOf } from '../../src/agent/import/cloudwatch-agent-state.ts';
import { THEIR_UNIT } from '../../src/cli/compat/stand-ins.ts';
import { Unit } from '../../src/cli/ctl/systemd.ts';
import { OUR_UNIT } from '../../src/cli/own-unit.ts';
import { recordFile, reservationFile, type TakeoverHost } from '../../src/cli/takeover/host.ts';
import { takeover } from '../../src/cli/takeover.ts';
import { NoAgentError, askStatus } from '../../src/control/client.ts';
import { atEnd } from '../support/at-end.ts';
import { startDropIn, type DropInRig } from '../support/drop-in.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { numbered, textOf } from '../support/log-files.ts';
import { TEST_ENV, rigFor, until, type Rig } from '../support/rig.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** Ends it as systemd does, once. */
async function ended(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null) return;
  if (!child.killed) child.kill('SIGTERM');
  await once(child, 'exit');
}

/** A machine with a CloudWatch agent that is installed and runs, and has sent so much of each log; our unit is a real agent. */
class Machine {
  readonly rig: Rig;
  readonly dropIn: DropInRig;
  readonly host: TakeoverHost;

  constructor(t: TestContext, rig: Rig) {
    this.rig = rig;
    this.dropIn = startDropIn(t);
    const { systemd, host, places } = this.dropIn;
    systemd.known.add(THEIR_UNIT);
    systemd.active.add(THEIR_UNIT);
    systemd.enabled.add(THEIR_UNIT);
    this.host = { ...host, theirs: new Unit(THEIR_UNIT, systemd.systemctl), program: '/usr/bin/unified-agent', proofMs: 15_000 };
    this.config([{ file_path: rig.path('*.log') }]);
    mkdirSync(places.bin, { recursive: true });
    mkdirSync(places.state, { recursive: true });
    writeFileSync(join(places.bin, 'amazon-cloudwatch-agent-ctl'), 'theirs');
    let child: ChildProcess | null = null;
    systemd.onStart = async (unit) => { if (unit === OUR_UNIT) child = await this.#startAgent(); };
    systemd.onStop = async (unit) => { if (unit === OUR_UNIT) await ended(child); };
    systemd.onKill = (unit) => { if (unit === OUR_UNIT) child?.kill('SIGTERM'); };
    atEnd(t, () => ended(child));
  }

  /** As our service runs it: the usual config, in place. */
  async #startAgent(): Promise<ChildProcess> {
    const { places, stateDirectory } = this.host;
    const child = spawn(process.execPath, [MAIN, 'run', '--config', places.config, '--state-dir', stateDirectory, '--common-config', '/dev/null', '--env-config', '/dev/null'], { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: places.root, ...TEST_ENV, AWS_REGION: 'us-east-1' } });
    await until('the agent to answer', async () => {
      if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}`);
      return askStatus(stateDirectory).then(() => true, (error: unknown) => { if (!(error instanceof NoAgentError)) throw error; return false; });
    });
    return child;
  }

  config(entries: readonly object[], more: object = {}): void {
    this.dropIn.write('amazon-cloudwatch-agent.json', {
      agent: { region: 'us-east-1' }, ...more,
      logs: { endpoint_override: this.rig.url, force_flush_interval: 0.05, logs_collected: { files: { collect_list: entries.map((entry) => ({ log_group_name: 'g', log_stream_name: 's', multi_line_timeout: 0.1, follow: 'all', ...entry })) } } },
    });
  }

  /** What the CloudWatch agent says it has sent of a log. */
  sent(name: string, offset: number): void { writeFileSync(this.stateOf(name), `${offset}\n${this.rig.path(name)}\n0-${offset}`); }
  stateOf(name: string): string { return join(this.host.places.state, stateNameOf(this.rig.path(name))); }
  stored(name: string): string | null { return existsSync(this.stateOf(name)) ? readFileSync(this.stateOf(name), 'utf8') : null; }

  async run(what: 'take' | 'dry-run' | 'back', { proofMs = this.host.proofMs, force = false } = {}): Promise<{ code: number; out: string; err: string }> {
    const { said } = this.dropIn;
    said.out = said.err = '';
    const code = await takeover(what, { withCtl: true, force }, { ...this.host, proofMs });
    return { code, ...said };
  }

  /** Every file of the CloudWatch agent and of systemd. */
  files(): Readonly<Record<string, string>> {
    const { root } = this.host.places;
    return Object.fromEntries(readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.parentPath.includes('/var/lib/')).map((entry) => join(entry.parentPath, entry.name)).toSorted().map((path) => [path, readFileSync(path, 'utf8')]));
  }
}

const machine = async (t: TestContext, files: Readonly<Record<string, readonly string[]>>): Promise<Machine> => new Machine(t, await rigFor(t, { files }));

test('takeover goes on at the byte where the CloudWatch agent ended, and back gives it the byte where this agent ended', async (t) => {
  const lines = numbered('line', 2000);
  const all = await machine(t, { 'app.log': lines });
  const { rig, host, dropIn: { systemd } } = all;
  all.sent('app.log', textOf(lines.slice(0, 1500)).length);
  const before = all.files();
  const taken = await all.run('take');
  assert.equal(taken.code, 0, taken.err);
  assert.match(taken.out, /app\.log: goes on at byte 18,000 of 24,000\n1 position imported[^]*runs and delivers: \d+ events accepted/);
  assert.deepEqual([[...systemd.active], [...systemd.enabled]], [[OUR_UNIT], [OUR_UNIT]]);
  assert.match(readFileSync(join(host.places.bin, 'amazon-cloudwatch-agent-ctl'), 'utf8'), /exec \/usr\/bin\/unified-agent ctl/);
  assert.equal(readFileSync(reservationFile(host.places), 'utf8').split('\n').at(-2), `ConditionPathExists=!${recordFile(host.places)}`);
  await rig.delivered('g', 's', lines.slice(1500));
  const more = numbered('more', 10);
  appendFileSync(rig.path('app.log'), textOf(more));
  await rig.delivered('g', 's', [...lines.slice(1500), ...more]);

  const again = await all.run('take');
  assert.equal(again.code, 1);
  assert.match(again.err, /its place is taken already[^]*--back/);

  const back = await all.run('back');
  assert.equal(back.code, 0, back.err);
  assert.deepEqual([[...systemd.active], [...systemd.enabled]], [[THEIR_UNIT], [THEIR_UNIT]]);
  const size = textOf([...lines, ...more]).length;
  assert.equal(all.stored('app.log'), `${size}\n${rig.path('app.log')}\n0-${size}`);
  const { [all.stateOf('app.log')]: theirs, ...rest } = before;
  assert.notEqual(theirs, undefined);
  const { [all.stateOf('app.log')]: ours, ...restNow } = all.files();
  assert.deepEqual([restNow, ours !== undefined], [rest, true], 'nothing else is left behind or missing');
  assert.match((await all.run('back')).err, /nothing was taken over/);

  // That agent went on in the meantime: what this one knows of before does not count.
  appendFileSync(rig.path('app.log'), textOf(numbered('theirs', 5)));
  all.sent('app.log', size + textOf(numbered('theirs', 5)).length);
  const last = numbered('last', 3);
  appendFileSync(rig.path('app.log'), textOf(last));
  assert.equal((await all.run('take')).code, 0);
  await rig.delivered('g', 's', [...lines.slice(1500), ...more, ...last]);
});

test('takeover --dry-run says what is there and what would be done, and changes nothing', async (t) => {
  const all = await machine(t, { 'app.log': numbered('x', 10), 'new.log': numbered('y', 1) });
  all.config([{ file_path: all.rig.path('*.log') }], { traces: { traces_collected: { xray: {} } } });
  all.sent('app.log', 45);
  const before = all.files();
  const { code, out } = await all.run('dry-run');
  assert.equal(code, 0);
  assert.match(out, /^amazon-cloudwatch-agent\.service runs, and starts with the system; unified-agent\.service does not run\n/);
  assert.match(out, /note \/traces: not run by this agent/);
  assert.match(out, /\n {2}group {4}g\n {2}stream {3}s\n/);
  assert.match(out, / {2}ok\s+permissions[^\n]*logs:PutLogEvents on g\n/);
  assert.match(out, / {2}.*app\.log: goes on at byte 45 of 90\n {2}1 position would be imported/);
  assert.match(out, /1 file without one[^\n]*new\.log\n/);
  assert.match(out, /Would be done\n {2}1\. stop and disable amazon-cloudwatch-agent\.service, [^]* {2}5\. ask it for up to 15 s[^]*Nothing was changed/);
  assert.deepEqual([all.files(), all.dropIn.systemd.calls], [before, []]);
});

test('takeover of a config with errors, beside an agent that runs, or without a CloudWatch agent changes nothing', async (t) => {
  const all = await machine(t, { 'app.log': ['x'] });
  const { systemd, write } = all.dropIn;
  const refused = async (code: number, message: RegExp): Promise<void> => {
    const before = all.files();
    const answer = await all.run('take');
    assert.equal(answer.code, code);
    assert.match(answer.err, message);
    assert.deepEqual([all.files(), systemd.calls], [before, []]);
  };
  systemd.active.add(OUR_UNIT);
  await refused(1, /unified-agent\.service runs already beside it: stop it first/);
  systemd.active.delete(OUR_UNIT);
  systemd.known.delete(THEIR_UNIT);
  await refused(1, /there is no amazon-cloudwatch-agent\.service on this host/);
  systemd.known.add(THEIR_UNIT);
  systemd.aliases.set(THEIR_UNIT, OUR_UNIT);
  await refused(1, /there is no amazon-cloudwatch-agent\.service on this host/);
  systemd.aliases.clear();
  write('amazon-cloudwatch-agent.json', '{ "logs": { "logs_collected": 7 } }');
  await refused(78, /error \/logs\/logs_collected[^]*nothing is done: with errors in its config/);
});

test('takeover is taken back when the agent does not start, or its destination refuses', localOnly('faults'), async (t) => {
  const lines = numbered('line', 100);
  const all = await machine(t, { 'app.log': lines });
  all.sent('app.log', 600);
  const before = all.files();
  const { onStart } = all.dropIn.systemd;
  const { restarting } = all.dropIn.systemd;
  all.dropIn.systemd.onStart = (unit) => { if (unit === OUR_UNIT) { restarting.add(unit); throw new Error('no'); } };
  const unstarted = await all.run('take');
  assert.equal(unstarted.code, 1);
  assert.deepEqual([...restarting], [], 'systemd would begin it again beside the CloudWatch agent');
  assert.match(unstarted.err, /Job for unified-agent\.service failed: no\n[^]*it is taken back:/);
  assert.deepEqual([all.files(), [...all.dropIn.systemd.active]], [before, [THEIR_UNIT]]);

  all.dropIn.systemd.onStart = onStart;
  all.rig.endpoint.faults.add({ kind: 'access-denied', operation: 'PutLogEvents' });
  all.dropIn.systemd.calls.length = 0;
  const tried = await all.run('take');
  assert.equal(tried.code, 1);
  assert.match(tried.err, /logs:PutLogEvents on g is missing[^]*nothing is done: this agent would not deliver/);
  assert.deepEqual(all.dropIn.systemd.calls, []);
  const refused = await all.run('take', { proofMs: 3000, force: true });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /did not prove itself within 3 s: [^\n]*log group g, stream s/);
  assert.deepEqual([all.files(), [...all.dropIn.systemd.active], [...all.dropIn.systemd.enabled]], [before, [THEIR_UNIT], [THEIR_UNIT]]);
});

test('the CloudWatch agent is put back even where its positions cannot be written, and what that means is said', async (t) => {
  const all = await machine(t, { 'app.log': numbered('x', 10) });
  all.sent('app.log', 45);
  assert.equal((await all.run('take')).code, 0);
  rmSync(all.host.places.state, { recursive: true });
  writeFileSync(all.host.places.state, 'no folder');
  const { code, err } = await all.run('back');
  assert.equal(code, 0);
  assert.match(err, /its positions could not be given back \(E[^\n]*\): it goes on where it was when its place was taken, and sends again what was sent since/);
  assert.deepEqual([[...all.dropIn.systemd.active], existsSync(recordFile(all.host.places))], [[THEIR_UNIT], false]);
});

test('back, where the CloudWatch agent was removed since, leaves this agent running and keeps no later one from starting', async (t) => {
  const all = await machine(t, { 'app.log': numbered('line', 10) });
  const { systemd, places } = all.dropIn;
  const taken = await all.run('take');
  assert.equal(taken.code, 0, taken.err);
  systemd.known.delete(THEIR_UNIT);
  const { code, out } = await all.run('back');
  assert.equal(code, 0);
  assert.deepEqual([systemd.active.has(OUR_UNIT), systemd.enabled.has(OUR_UNIT)], [true, true]);
  assert.deepEqual([existsSync(recordFile(places)), existsSync(reservationFile(places))], [false, false]);
  assert.match(out, /there is no amazon-cloudwatch-agent\.service on this host any more/);
});

test('a takeover that was broken off before the import gives no older positions back', async (t) => {
  const all = await machine(t, { 'app.log': numbered('x', 10) });
  all.sent('app.log', 45);
  assert.equal((await all.run('take')).code, 0);
  assert.equal((await all.run('back')).code, 0);
  appendFileSync(all.rig.path('app.log'), textOf(numbered('z', 10)));
  all.sent('app.log', 180);
  writeFileSync(recordFile(all.host.places), JSON.stringify({ wasActive: true, wasEnabled: true, isImported: false }));
  assert.equal((await all.run('back')).code, 0);
  assert.match(all.stored('app.log')!, /^180\n/);
});

test('back has the CloudWatch agent begin a file that took the place of another at its start, and says what it will never send', async (t) => {
  const all = await machine(t, { 'app.log': numbered('old', 10) });
  all.config([{ file_path: all.rig.path('app.log') }]);
  all.sent('app.log', textOf(numbered('old', 5)).length);
  assert.equal((await all.run('take')).code, 0);
  await all.rig.delivered('g', 's', numbered('old', 10).slice(5));
  await all.host.unit.stop();
  appendFileSync(all.rig.path('app.log'), 'unsent\n');
  renameSync(all.rig.path('app.log'), all.rig.path('app.log.1'));
  writeFileSync(all.rig.path('app.log'), 'another file, and longer than the one that was there before, by some hundred bytes: '.repeat(3));
  const { code, out } = await all.run('back');
  assert.equal(code, 0);
  assert.match(out, /app\.log: another file than before, begins at its start\n/);
  assert.match(out, /app\.log\.1: 7 bytes were not sent yet, and the CloudWatch agent does not follow this file\n/);
  assert.equal(all.stored('app.log'), null);
});

// The agent under a service manager that speaks sd_notify(3), and in front of its journal.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ServiceState } from '../../src/control/service-state.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append } from '../support/log-files.ts';
import { TEST_ENV, rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';
import { startServiceManager } from '../support/service-manager.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';
const WATCHDOG_MS = 300;

const specFor = (rig: Rig, socket: string, url = rig.url): { readonly folder: string; readonly config: unknown; readonly env: Readonly<Record<string, string>> } => ({
  folder: dirname(rig.logs), config: childConfig(url, [{ file_path: rig.path('app.log') }]), env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: String(WATCHDOG_MS * 1000) },
});

test('READY is told before any answer of the network; then the watchdog is fed, a destination that fails is in the status, and so is what a stop leaves', async (t) => {
  const rig = await rigFor(t);
  const socket = join(rig.logs, '..', 'notify');
  const manager = await startServiceManager(t, socket);
  append(rig.path('app.log'), ['one']);
  const child = await startChild(t, specFor(rig, socket, NOWHERE));
  await manager.hears(/^READY=1$/);
  assert.deepEqual(manager.told[0], ['READY=1', 'STATUS=following 1 file of 1 entry'], 'nothing is said before, and what runs with it');
  await manager.hears(/^WATCHDOG=1$/);
  await manager.hears(/^STATUS=following 1 file of 1 entry; 1 of 1 destination take nothing: g s (?:retrying|paused) \(ECONNREFUSED/);
  await manager.hears(/^WATCHDOG=1$/, manager.lines.length);
  child.signal('SIGTERM');
  await manager.hears(/^STOPPING=1$/);
  await manager.hears(/^STATUS=stopping: 4 bytes of 1 file are not acknowledged yet$/);
  child.signal('SIGTERM');
  assert.equal(await child.exited, 0);
  assert.match(child.said(), /stopped: 0 events delivered; 4 bytes of 1 file are not acknowledged, they are read at the next start/);
});

test('the watchdog is not fed while the agent stands still, and fed again when it goes on', async (t) => {
  const rig = await rigFor(t);
  const manager = await startServiceManager(t, `@unified-agent-test-${process.pid}`);
  const child = await startChild(t, specFor(rig, `@unified-agent-test-${process.pid}`));
  await manager.hears(/^WATCHDOG=1$/);
  child.signal('SIGSTOP');
  await manager.missing(/./, 3 * WATCHDOG_MS);
  child.signal('SIGCONT');
  await manager.hears(/^WATCHDOG=1$/, manager.lines.length);
  assert.equal(await child.stop(), 0);
});

test('a reload, asked for by command or by SIGHUP, is told with its time, and READY when it is over, also when it was refused', async (t) => {
  const rig = await rigFor(t);
  const socket = join(rig.logs, '..', 'notify');
  const manager = await startServiceManager(t, socket);
  const spec = specFor(rig, socket);
  const child = await startChild(t, spec);
  await manager.hears(/^READY=1$/);
  const reloads = async (begin: () => void): Promise<void> => {
    const from = manager.lines.length;
    const before = process.hrtime.bigint() / 1000n;
    begin();
    const told = await manager.hears(/^MONOTONIC_USEC=\d+$/, from);
    assert.ok(BigInt(told.split('=')[1]!) >= before && BigInt(told.split('=')[1]!) <= process.hrtime.bigint() / 1000n);
    await manager.hears(/^READY=1$/, from);
    assert.deepEqual(manager.lines.slice(from).filter((line) => /^(?:RELOADING|READY)/.test(line)), ['RELOADING=1', 'READY=1']);
  };
  await reloads(() => { child.signal('SIGHUP'); });
  writeFileSync(join(spec.folder, 'agent.json'), '{ "logs": ');
  let reload: { readonly status: number | null } = { status: null };
  await reloads(() => { reload = spawnSync(process.execPath, [MAIN, 'reload', '--state-dir', join(spec.folder, 'state')], { env: { PATH: process.env['PATH'] ?? '' } }); });
  assert.equal(reload.status, 78, 'who asked for it hears of it');
  assert.equal(await child.stop(), 0);
});

test('an agent that cannot start does not say READY: its state is locked, or its config cannot be used', async (t) => {
  const rig = await rigFor(t);
  const socket = join(rig.logs, '..', 'notify');
  const manager = await startServiceManager(t, socket);
  const { env: _, ...quiet } = specFor(rig, socket);
  const first = await startChild(t, quiet);
  const { folder, env } = specFor(rig, socket);
  const run = (config: string): number | null => spawnSync(process.execPath, [MAIN, 'run', '--config', config, '--state-dir', join(folder, 'state')], { timeout: 20_000, env: { PATH: process.env['PATH'] ?? '', ...TEST_ENV, ...env } }).status;
  assert.equal(run(join(folder, 'agent.json')), 73);
  writeFileSync(join(folder, 'wrong.json'), '{"logs": {}}');
  assert.equal(run(join(folder, 'wrong.json')), 78);
  assert.deepEqual(manager.lines, []);
  assert.equal(await first.stop(), 0);
});

test('a program that the agent starts is not told where the service manager listens', localOnly('moto verifies no credentials'), async (t) => {
  const rig = await rigFor(t);
  const socket = join(rig.logs, '..', 'notify');
  const manager = await startServiceManager(t, socket);
  const { folder, config, env } = specFor(rig, socket);
  const seen = join(folder, 'environment');
  mkdirSync(join(folder, '.aws'));
  writeFileSync(join(folder, '.aws/config'), `[profile p]\ncredential_process = sh -c "env > ${seen}; echo '{\\"Version\\": 1, \\"AccessKeyId\\": \\"a\\", \\"SecretAccessKey\\": \\"b\\"}'"\n`);
  append(rig.path('app.log'), ['one']);
  const child = await startChild(t, { folder, config, env: { ...env, AWS_PROFILE: 'p', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } });
  await manager.hears(/^READY=1$/);
  await until('the program to have run', () => existsSync(seen) && readFileSync(seen, 'utf8').includes('AWS_PROFILE'));
  assert.doesNotMatch(readFileSync(seen, 'utf8'), /NOTIFY_SOCKET|WATCHDOG/);
  await child.stop();
});

test('where nobody listens at the socket it says what that means, and delivers', async (t) => {
  const rig = await rigFor(t);
  append(rig.path('app.log'), ['one']);
  const child = await startChild(t, specFor(rig, join(rig.logs, 'none')));
  await child.says(/the service manager is not told how the agent is \(nobody listens at .*Type=exec and WatchdogSec=0/);
  await rig.arrived(['one']);
  assert.equal(await child.stop(), 0);
});

test('to the journal a line has its priority in front and no time; to anything else it has the time', async (t) => {
  const rig = await rigFor(t);
  const { folder } = specFor(rig, '');
  const config = childConfig(rig.url, [{ file_path: rig.path('app.log'), backpressure_mode: 'fd_relase' }]);
  append(rig.path('app.log'), ['one']);
  writeFileSync(join(folder, 'agent.json'), JSON.stringify(config));
  const linesWith = async (name: string, stream: (fd: number) => string): Promise<readonly string[]> => {
    const fd = openSync(join(folder, name), 'w');
    const args = [MAIN, 'run', '--config', join(folder, 'agent.json'), '--state-dir', join(folder, 'state'), '--until-caught-up', '--common-config', '/dev/null', '--env-config', '/dev/null'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', fd], env: { PATH: process.env['PATH'] ?? '', ...TEST_ENV, JOURNAL_STREAM: stream(fd) } });
    await new Promise((resolve) => { child.once('exit', resolve); });
    closeSync(fd);
    return readFileSync(join(folder, name), 'utf8').split('\n').filter((line) => !/Warning|--trace-warnings/.test(line)).slice(0, -1);
  };
  const journal = await linesWith('journal', (fd) => `${fstatSync(fd).dev}:${fstatSync(fd).ino}`);
  assert.ok(journal.some((line) => /^<4>\S+agent\.json:1:\d+ warning .*did you mean/.test(line)), journal.join('\n'));
  assert.ok(journal.some((line) => line.startsWith('<6>following 1 entry; delivering to ')), journal.join('\n'));
  assert.ok(journal.length >= 3 && journal.every((line) => /^<[3-7]>\S/.test(line)), journal.join('\n'));
  const other = await linesWith('other', () => '1:2');
  assert.ok(other.some((line) => /^\d{4}-\d\d-\d\dT\S+Z info {2}following/.test(line)), other.join('\n'));
});

test('while a stage stands still that only a start of the agent helps, the watchdog is not fed; nor ever for another process\'s', async (t) => {
  const name = `@unified-agent-state-${process.pid}`;
  const manager = await startServiceManager(t, name);
  const troubles: string[] = [];
  const report = { trouble: (_: string, message: string): void => { troubles.push(message); } };
  let isAlive = true;
  const state = await ServiceState.open({ NOTIFY_SOCKET: name, WATCHDOG_USEC: String(WATCHDOG_MS * 1000), WATCHDOG_PID: String(process.pid) }, report);
  await state.during(() => Promise.resolve());
  state.ready({ text: () => `line\n${isAlive ? 'one' : 'x'.repeat(1_000)}`, isAlive: () => isAlive });
  await manager.hears(/^STATUS=line one$/);
  assert.equal(manager.lines[0], 'READY=1', 'a reload before that is part of the start');
  await manager.hears(/^WATCHDOG=1$/);
  isAlive = false;
  await manager.hears(/^STATUS=line x+…$/);
  assert.ok(manager.lines.every((line) => line.length <= 'STATUS='.length + 300), 'one line, of bounded length');
  await manager.missing(/^WATCHDOG=1$/, 3 * WATCHDOG_MS);
  isAlive = true;
  await manager.hears(/^WATCHDOG=1$/, manager.lines.length);
  state[Symbol.dispose]();
  const from = manager.lines.length;
  using other = await ServiceState.open({ NOTIFY_SOCKET: name, WATCHDOG_USEC: String(WATCHDOG_MS * 1000), WATCHDOG_PID: '1' }, report);
  other.ready({ text: () => 'another', isAlive: () => true });
  await manager.hears(/^STATUS=another$/, from);
  await manager.missing(/^WATCHDOG=1$/, 2 * WATCHDOG_MS);
  assert.deepEqual(troubles, []);
});

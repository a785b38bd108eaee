import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ReplayReceipt, ReplayRequest } from '../../src/control/replay-document.ts';
import type { QuarantineList } from '../../src/cli/quarantine/list.ts';
import { Quarantine } from '../../src/delivery/quarantine.ts';
import { quarantined } from '../../src/delivery/quarantined.ts';
import type { QuarantinedLine } from '../../src/delivery/quarantined.ts';
import { escaped } from '../../src/cli/quarantine/show.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { renew, TEST_ENV, rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const DAY_MS = 86_400_000;
const FOREVER = new AbortController().signal;
const REQUEST: ReplayRequest = { clamp: false, deadlineMs: 20_000 };

interface Wanted { readonly daysAgo?: number; readonly reason?: string; readonly stream?: string; readonly message: string; readonly file?: string }

const line = ({ daysAgo = 1, reason = 'refused for a while', stream = 's', message, file = '/var/log/a.log' }: Wanted): string =>
  `${JSON.stringify({ time: '2026-01-01T00:00:00.000Z', group: 'g', stream, file, reason, timestamp: Date.now() - daysAgo * DAY_MS, message })}\n`;

/** Leaves records as an earlier run would: some in the older file. */
function leave(rig: Pick<Rig, 'stateDir'>, older: readonly Wanted[], newer: readonly Wanted[]): string {
  mkdirSync(rig.stateDir, { recursive: true, mode: 0o700 });
  if (older.length > 0) writeFileSync(join(rig.stateDir, 'quarantine.jsonl.1'), older.map(line).join(''));
  const path = join(rig.stateDir, 'quarantine.jsonl');
  writeFileSync(path, newer.map(line).join(''));
  return path;
}

async function command(rig: Pick<Rig, 'stateDir'>, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [MAIN, 'quarantine', ...args, '--state-dir', rig.stateDir], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], ...TEST_ENV } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => { out += text.toString(); });
  child.stderr.on('data', (text: Buffer) => { err += text.toString(); });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { code, out, err };
}

async function replay(rig: Rig, request: Partial<ReplayRequest> = {}): Promise<ReplayReceipt> {
  const receipt = await rig.agent.replay({ ...REQUEST, ...request }, FOREVER);
  assert.ok(receipt !== null);
  return receipt;
}

const follows = (rig: Rig): Promise<void> => until('the agent to follow', () => rig.agent.pipelines.length > 0);

test('what was sent again is removed, from both files, only what was selected, and what comes meanwhile stays', async (t) => {
  const rig = await rigFor(t);
  const path = leave(rig, [{ message: 'old 1' }, { message: 'other', reason: 'something else' }], [{ message: 'new 1' }, { message: 'new 2', stream: 'z' }]);
  await rig.start();
  await follows(rig);
  const replaying = replay(rig, { reason: 'for a while' });
  rig.agent.quarantine!.add({ time: 0, group: 'g', stream: 's', file: '/x', reason: 'just now', timestamp: 0, message: 'meanwhile' });
  assert.deepEqual(await replaying, { matched: 3, sent: 3, left: [], notRemoved: null });
  await renew();
  assert.deepEqual([rig.messages('g', 's'), rig.messages('g', 'z')], [['old 1', 'new 1'], ['new 2']]);
  const left = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8');
  assert.deepEqual(left.trimEnd().split('\n').map((text) => (JSON.parse(text) as { message: string }).message), ['other', 'meanwhile']);
  const { replayedEvents, events } = rig.agent.quarantine!.counters;
  assert.deepEqual([replayedEvents, events], [3, 1]);
  rig.agent.quarantine!.add({ time: 0, group: 'g', stream: 's', file: '/x', reason: 'after', timestamp: 0, message: 'after' });
  rig.agent.quarantine!.flush();
  assert.match(readFileSync(path, 'utf8'), /meanwhile.*\n.*after/, 'it goes on in the file');
});

test('what is refused again stays, with the reason: too old, unless it is clamped, and the one bad event among good ones', localOnly('moto takes an event without a message'), async (t) => {
  const rig = await rigFor(t);
  const path = leave(rig, [], [{ message: 'too old', daysAgo: 20 }, { message: 'good' }, { message: '' }, { message: 'good too' }]);
  await rig.start();
  await follows(rig);
  const first = await replay(rig);
  assert.deepEqual([first.matched, first.sent, first.left.map(({ events }) => events)], [4, 2, [1, 1]]);
  assert.ok(first.left.some(({ reason }) => reason === 'older than 14 days when it arrived'));
  assert.deepEqual(rig.messages(), ['good', 'good too']);
  const second = await replay(rig, { clamp: true });
  assert.deepEqual([second.matched, second.sent, second.left.length], [2, 1, 1]);
  assert.deepEqual(rig.messages().toSorted(), ['good', 'good too', 'too old']);
  assert.equal(readFileSync(path, 'utf8').trimEnd().split('\n').length, 1);
});

test('while the service takes nothing all of it stays, and the receipt says why', localOnly('faults'), async (t) => {
  const rig = await rigFor(t);
  const path = leave(rig, [], [{ message: 'one' }, { message: 'two' }]);
  const before = readFileSync(path, 'utf8');
  await rig.start();
  await follows(rig);
  const back = rig.outage();
  const receipt = await replay(rig, { deadlineMs: 300 });
  assert.deepEqual([receipt.matched, receipt.sent, receipt.left[0]?.events, readFileSync(path, 'utf8') === before], [2, 0, 2, true]);
  assert.match(receipt.left[0]!.reason, /503/);
  back();
  assert.equal((await replay(rig)).sent, 2);
  assert.ok(!existsSync(path), 'nothing is left of the file');
});

test('agent quarantine: list, show and replay with an agent, without one, and beside one that does not answer', localOnly('moto keeps one store for every agent that a test starts'), async (t) => {
  const rig = await rigFor(t);
  leave(rig, [{ message: 'one\u001b[31m\nsecond\tline', file: '/var/log/b.log' }], [{ message: 'two', daysAgo: 2 }, { message: 'three', stream: 'z' }]);
  writeFileSync(join(rig.stateDir, 'quarantine.jsonl'), `${readFileSync(join(rig.stateDir, 'quarantine.jsonl'), 'utf8')}{"torn\n`);
  const listed = await command(rig, 'list');
  assert.deepEqual([listed.code, listed.err], [0, '']);
  assert.match(listed.out, /^3 events in quarantine, \d+ B\n {2}events.*\n {7}2 .* refused for a while {2}g s\n {7}1 .* g z\n1 line of the files is no record/);
  const list = JSON.parse((await command(rig, 'list', '--stream', 'z', '--json')).out) as QuarantineList;
  assert.deepEqual([list.events, list.kinds.length, list.kinds[0]?.stream], [1, 1, 'z']);
  const shown = await command(rig, 'show', '--file', '/var/log/b.log');
  assert.match(shown.out, /from \/var\/log\/b\.log\n {2}given up at 2026-01-01T00:00:00\.000Z: refused for a while\n {2}\| one\\u001b\[31m\n {2}\| second\tline\n$/);
  assert.match((await command(rig, 'show', '--limit', '1')).err, /^there are more/);

  const config = join(rig.logs, '..', 'replay.json');
  const document = childConfig(rig.url, [{ file_path: rig.path('a.log') }]);
  writeFileSync(config, JSON.stringify(document));
  const alone = await command(rig, 'replay', '--stream', 'z', '--config', config, '--common-config', '/dev/null', '--env-config', '/dev/null');
  assert.deepEqual([alone.code, alone.err], [0, '']);
  assert.equal(alone.out, '1 event of 1 sent again and removed from quarantine\n');
  assert.deepEqual(rig.messages('g', 'z'), ['three']);

  const child = await startChild(t, { config: document, folder: join(rig.logs, '..'), stateDir: rig.stateDir });
  await until('the socket', () => existsSync(join(rig.stateDir, 'control.sock')));
  renameSync(join(rig.stateDir, 'control.sock'), join(rig.stateDir, 'away.sock'));
  const beside = await command(rig, 'replay', '--config', config, '--common-config', '/dev/null', '--env-config', '/dev/null');
  assert.equal(beside.code, 69);
  assert.match(beside.err, new RegExp(`It cannot be done without one either: .*${child.pid}`));
  renameSync(join(rig.stateDir, 'away.sock'), join(rig.stateDir, 'control.sock'));
  const through = await command(rig, 'replay', '--json');
  assert.deepEqual([through.code, JSON.parse(through.out)], [0, { matched: 2, sent: 2, left: [], notRemoved: null }]);
  assert.deepEqual(rig.messages(), ['two', 'one\u001b[31m\nsecond\tline']);
  assert.equal((await command(rig, 'replay')).out, 'nothing like that lies in quarantine\n');
  assert.equal(await child.stop(), 0);
});

test('a state directory that is not there is no empty quarantine: list, show and replay say so and end with 66', localOnly('moto is not asked'), async (t) => {
  const stateDir = join(await scratch(t), 'mistyped');
  await Promise.all(['list', 'show', 'replay'].map(async (verb) => {
    const { code, out, err } = await command({ stateDir }, verb);
    assert.deepEqual([code, out], [66, ''], verb);
    assert.match(err, /mistyped cannot be read \(ENOENT.*name the agent's state directory with --state-dir/);
  }));
});

test('what was delivered is removed from the file it was read in, not from a later one that was given its inode', async (t) => {
  const directory = await scratch(t);
  const report = { quarantineTrouble: () => undefined, quarantineRecovered: () => undefined };
  // Each record fills a file of its own.
  const quarantine = Quarantine.open(directory, { report, maxBytes: 1 });
  const add = (message: string): void => {
    quarantine.add({ time: 0, group: 'g', stream: 's', file: '/x', reason: 'r', timestamp: 0, message });
    quarantine.flush();
  };
  add('delivered');
  const lines = async (): Promise<readonly QuarantinedLine[]> => {
    const found: QuarantinedLine[] = [];
    for await (const one of quarantined(directory)) found.push(one);
    return found;
  };
  const read = await lines();
  for (const message of ['later 1', 'later 2']) add(message);
  for (const { path, mark, from, to } of read) quarantine.remove(path, mark, [{ from, to }]);
  assert.deepEqual((await lines()).map(({ record }) => record?.message), ['later 1', 'later 2']);
});

test('nothing of a message steers the terminal', () => {
  assert.equal(escaped('a\u001b]0;x\u0007\u202eb\tc\r'), 'a\\u001b]0;x\\u0007\\u202eb\tc\\u000d');
});

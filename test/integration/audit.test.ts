import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { beginOfLine, linesIn } from '../../src/agent/audited-lines.ts';
import { auditOf, auditOfJournal } from '../../src/agent/audit.ts';
import type { AuditedGeneration } from '../../src/agent/audit.ts';
import { AuditJournal, auditParts } from '../../src/checkpoint/audit-journal.ts';
import { timeOf } from '../../src/journald/cursor.ts';
import { rowsOf } from '../../src/cli/audit-text.ts';
import type { AuditRow } from '../../src/cli/audit-text.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { TestJournal } from '../support/journal.ts';
import { append, numbered, rotate } from '../support/log-files.ts';
import { rigFor, startRig, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const FOREVER = new AbortController().signal;

/** Everything that was written is settled, and the journal is on disk. */
async function drained(rig: Rig): Promise<void> { assert.equal((await rig.agent.drain(20_000, FOREVER))?.complete, true); }

const of = (rig: Rig, name: string): readonly AuditedGeneration[] => auditOf(rig.stateDir, rig.path(name)).generations;
/** `from–to` with what became of it. */
const shown = (rows: readonly AuditRow[]): readonly string[] => rows.map((row) => `${row.from}–${row.to} ${'why' in row ? row.why : row.sent === null ? `none ${row.losses.map(({ reason, events, bytes }) => `${reason} ${events} ${bytes}`).join()}` : `${row.sent.events} to ${row.sent.group} ${row.sent.stream}${row.losses.map(({ reason, events }) => ` ${reason} ${events}`).join()}`}`);

async function command(rig: Pick<Rig, 'stateDir'>, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [MAIN, 'audit', ...args, '--state-dir', rig.stateDir], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => { out += text.toString(); });
  child.stderr.on('data', (text: Buffer) => { err += text.toString(); });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { code, out, err };
}

/** No message waits for its next line. */
const LINES = { path: 'app.log', start: { kind: 'line' } } as const;
const EXCLUDE = [{ type: 'exclude', pattern: { source: 'drop', js: 'drop', flags: '' } }] as const;

test('each batch of a file is a range with its request, its times and what was left out of it; what nothing was sent of is said too', localOnly('moto gives no request id'), async (t) => {
  const before = Date.now();
  const rig = await startRig(t, { entries: [{ ...LINES, filters: EXCLUDE }], files: { 'app.log': ['one', 'drop it', 'two'] } });
  await drained(rig);
  append(rig.path('app.log'), ['drop a', 'drop b']);
  await drained(rig);
  append(rig.path('app.log'), ['three']);
  await drained(rig);
  const [life, ...others] = of(rig, 'app.log');
  assert.deepEqual([life!.match, life!.paths, others], ['same', [rig.path('app.log')], []]);
  assert.deepEqual(shown(life!.ranges), ['0–16 2 to g s filtered 1', '16–30 none filtered 2 12', '30–36 1 to g s']);
  const { sent, at } = life!.ranges[0]!;
  assert.ok(before <= sent!.at && sent!.at <= at && at <= Date.now());
  assert.match(sent!.requestId!, /^[0-9a-f-]{36}$/);
  assert.equal(new Set(life!.ranges.flatMap(({ sent: one }) => one?.requestId ?? [])).size, 2);
});

test('the audit goes on over a restart and a rotation: by the rotated name, by the first name, and when the file is gone', async (t) => {
  const rig = await startRig(t, { entries: [LINES], files: { 'app.log': numbered('a', 10) } });
  await drained(rig);
  await rig.restart();
  append(rig.path('app.log'), numbered('b', 10));
  await until('both parts', () => rig.held() === 20);
  const rotated = rotate(rig.path('app.log'));
  append(rig.path('app.log'), numbered('c', 5));
  await until('the new file', () => rig.held() === 25);
  await drained(rig);
  const [old] = of(rig, 'app.log.1');
  assert.deepEqual([old!.match, shown(old!.ranges)], ['same', ['0–90 10 to g s', '90–180 10 to g s']]);
  const named = of(rig, 'app.log');
  assert.deepEqual(named.map(({ match, ranges }) => [match, ranges.at(-1)?.to]), [['same', 45], ['name', 180]]);
  unlinkSync(rotated);
  await rig.restart();
  const gone = await command(rig, rig.path('app.log'), '--all', '--json');
  assert.equal(gone.code, 0);
  const { generations } = JSON.parse(gone.out) as { readonly generations: readonly { readonly match: string; readonly rows: readonly AuditRow[] }[] };
  assert.deepEqual(generations.map(({ match, rows }) => [match, rows.length]), [['same', 1], ['name', 2]]);
});

test('what was cut off unread stands there as dropped, and what is not settled yet as that', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { entries: [LINES], files: { 'app.log': numbered('a', 10) } });
  await drained(rig);
  const back = rig.outage();
  append(rig.path('app.log'), numbered('b', 60_000, 0, 200));
  await until('the lane to fail', () => rig.agent.lanes.some((lane) => lane.isFailing));
  const pending = await command(rig, rig.path('app.log'));
  assert.match(pending.out, /\n {4} *90 +12060090 .*not settled yet\n/);
  assert.match(pending.out, /^.*app\.log: inode \d+, entry .*\n {2}90 bytes acknowledged, 12,060,000 bytes not settled yet\n/);
  truncateSync(rig.path('app.log'), 0);
  back();
  await until('the truncation', () => rig.said.some((line) => /app\.log: truncated/.test(line)));
  append(rig.path('app.log'), ['anew']);
  await drained(rig);
  const lives = of(rig, 'app.log');
  assert.deepEqual(lives.map(({ match }) => match), ['same', 'name']);
  const lost = lives[1]!.ranges.flatMap(({ losses }) => losses).find(({ reason }) => reason === 'truncated-unread');
  assert.ok(lost !== undefined && lost.bytes > 0);
  assert.equal(lost.bytes, rig.report.drops.get('truncated-unread')?.bytes);
});

test('without `audit` nothing is kept, a reload turns it on and off, and what was settled in between is said to be unknown', async (t) => {
  const rig = await startRig(t, { audit: false, entries: [LINES], files: { 'app.log': numbered('a', 10) } });
  await drained(rig);
  assert.deepEqual(auditParts(rig.stateDir), []);
  assert.equal((await command(rig, rig.path('app.log'))).code, 1);
  await rig.apply({ audit: true });
  append(rig.path('app.log'), numbered('b', 10));
  await drained(rig);
  const [life] = of(rig, 'app.log');
  assert.deepEqual(shown(rowsOf(life!, 180, 180)), ['0–90 unknown', '90–180 10 to g s']);
  await rig.apply({ audit: false });
  append(rig.path('app.log'), numbered('c', 10));
  await drained(rig);
  assert.deepEqual(shown(rowsOf(of(rig, 'app.log')[0]!, 270, 270)), ['0–90 unknown', '90–180 10 to g s', '180–270 unknown']);
});

test('the journal stays within its bound, the oldest goes first, and a torn end costs one line', async (t) => {
  const directory = await scratch(t);
  const silent = { auditTrouble: (text: string): void => assert.fail(text), auditRecovered: (text: string): void => assert.fail(text) };
  const file = { number: 1, entry: 'e', path: join(directory, 'gone.log'), id: { device: 1, inode: 2, headHash: 'h', headLength: 3 } };
  const range = (n: number) => ({ from: n, to: n + 1, at: n, sent: { group: 'g', stream: 's', service: null, at: n, requestId: null, events: 1 }, losses: [] });
  const journal = new AuditJournal(directory, silent, 80_000);
  for (let n = 0; n < 5_000; n++) {
    journal.append(file, range(n));
    if (n % 10 === 0) journal.write();
    if (n % 500 === 0) assert.ok(auditParts(directory).reduce((sum, part) => sum + statSync(part).size, 0) <= 81_000);
  }
  journal.write();
  const kept = auditOf(directory, file.path).generations[0]!.ranges.map(({ from }) => from);
  assert.deepEqual(kept, Array.from({ length: kept.length }, (_, i) => 5_000 - kept.length + i), 'the newest, without a gap');
  assert.ok(kept.length > 500);
  const last = auditParts(directory).at(-1)!;
  assert.equal(statSync(last).mode & 0o777, 0o600);
  truncateSync(last, statSync(last).size - 5);
  const next = new AuditJournal(directory, silent, 80_000);
  next.append(file, range(5_000));
  next.write();
  const { generations, badLines } = auditOf(directory, file.path);
  assert.deepEqual([generations[0]!.ranges.at(-1)!.from, generations[0]!.ranges.at(-2)!.from, badLines], [5_000, 4_998, 1]);
});

test('where the journal cannot be written that is said once, and after it is over what comes can be read', async (t) => {
  const directory = await scratch(t);
  const said: string[] = [];
  const report = { auditTrouble: (text: string): void => { said.push(text); }, auditRecovered: (text: string): void => { said.push(text); } };
  const journal = new AuditJournal(directory, report);
  const file = { number: 1, entry: 'e', path: '/gone.log', id: { device: 1, inode: 2, headHash: 'h', headLength: 3 } };
  const add = (from: number): void => { journal.append(file, { from, to: from + 1, at: 1, sent: null, losses: [] }); journal.write(); };
  add(0);
  const part = auditParts(directory)[0]!;
  rmSync(part);
  mkdirSync(part);
  add(1);
  add(2);
  rmSync(part, { recursive: true });
  add(3);
  assert.equal(said.length, 2);
  assert.match(said[0]!, /the audit in .* cannot be written \(EISDIR.*delivery goes on/);
  assert.deepEqual(auditOf(directory, '/gone.log').generations.flatMap(({ ranges }) => ranges.map(({ from }) => from)), [3]);
});

test('agent audit: a table, one byte, one moment, 1 for a file nobody knows, 66 without a journal to read', localOnly('moto gives no request id'), async (t) => {
  const rig = await rigFor(t, { entries: [LINES], files: { 'app.log': numbered('a', 10) } });
  await rig.start();
  await drained(rig);
  await until('a later moment', () => Date.now() > of(rig, 'app.log')[0]!.ranges[0]!.at + 20);
  append(rig.path('app.log'), numbered('b', 10));
  await drained(rig);
  const all = await command(rig, rig.path('app.log'));
  assert.deepEqual([all.code, all.err], [0, '']);
  assert.match(all.out, /app\.log: inode \d+, entry \S+\n {2}180 bytes acknowledged\n {2}from {3}to {2}lines {2}events {2}sent .*\n {5}0 {3}90 {3}1-10 {6}10 {2}\S+Z {2}\S+Z {2}g s +[0-9a-f-]{36}\n {4}90 {2}180 {2}11-20 .*\n$/);
  const byte = JSON.parse((await command(rig, rig.path('app.log'), '--offset', '95', '--json')).out) as { readonly generations: readonly { readonly rows: readonly AuditRow[] }[] };
  assert.deepEqual(byte.generations[0]!.rows.map(({ from }) => from), [90]);
  const line = await command(rig, rig.path('app.log'), '--line', '11');
  assert.deepEqual([line.code, / {4}90 {2}180 {2}11-20 /.test(line.out), / {5}0 {3}90 /.test(line.out)], [0, true, false]);
  const none = await command(rig, rig.path('app.log'), '--line', '22');
  assert.deepEqual([none.code, /--line 22: the file has no such line/.test(none.err)], [64, true]);
  const second = of(rig, 'app.log')[0]!.ranges[1]!;
  const moment = await command(rig, rig.path('app.log'), '--at', new Date(second.sent!.at).toISOString());
  assert.match(moment.out, /\n {4}90 {2}180 /);
  const unknown = await command(rig, rig.path('none.log'));
  assert.equal(unknown.code, 1);
  assert.match(unknown.out, /none\.log: the audit, which begins \S+Z, knows nothing of it/);
  assert.equal((await command(rig, rig.path('app.log'), '--at', 'noon')).code, 64);
  assert.equal((await command({ stateDir: join(rig.stateDir, 'elsewhere') }, rig.path('app.log'))).code, 66);
});

/** `events` with what became of them, and that the entries follow each other without one between two rows. */
function chained(ranges: AuditedGeneration['ranges']): readonly string[] {
  for (const [i, { cursors }] of ranges.entries()) if (i > 0) assert.equal(cursors!.behind, ranges[i - 1]!.cursors!.upTo);
  return ranges.map(({ sent, losses }) => `${sent?.events ?? 'none'}${losses.map(({ reason, events }) => ` ${reason} ${events}`).join()}`);
}

test('of the journal each batch is a range between two cursors with its entries and what was left out, over restarts and gaps, and agent audit journal tells of one entry what became of it', async (t) => {
  let directory = '';
  const rig = await rigFor(t, { entries: [LINES], files: { 'app.log': ['beside'] }, journald: () => [{ key: 'journald g', directory, filters: EXCLUDE }, { key: 'journald h', directory, priority: 0 }] });
  directory = rig.path('journal');
  const journal = new TestJournal(directory);
  const [start, old] = [Date.now() - 60_000, Date.now() - 20 * 86_400_000];
  journal.append(['one', 'drop it', 'two'].map((message, i) => ({ message, time: start + i })));
  await rig.start();
  await rig.count('g', 's', 2);
  await drained(rig);
  journal.append([{ message: 'drop a', time: start + 10 }]);
  await drained(rig);
  journal.append([{ message: 'old', time: old }, { message: 'three', time: start + 20 }]);
  await drained(rig);
  await rig.stop();
  journal.append([{ message: 'lost', time: start + 30 }]);
  journal.rotate();
  journal.append([{ message: 'four', time: start + 40 }]);
  journal.vacuum();
  await rig.start();
  await rig.count('g', 's', 4);
  await drained(rig);
  const [life, ...others] = auditOfJournal(rig.stateDir, (key) => key === 'journald g').generations;
  assert.deepEqual([life!.entry, others], ['journald g', []]);
  const { ranges } = life!;
  assert.deepEqual(chained(ranges), ['2 filtered 1', 'none filtered 1', '1 too-old 1', 'none journal-gap 1', '1']);
  assert.equal(ranges[0]!.cursors!.behind, '');
  assert.equal(Math.floor(timeOf(ranges.at(-1)!.cursors!.upTo)), start + 40);
  assert.deepEqual(of(rig, 'app.log').flatMap((one) => one.ranges.map(({ cursors }) => cursors)), [undefined], 'of a file nothing changes');
  const text = await command(rig, 'journal:g');
  assert.deepEqual([text.code, text.err], [0, '']);
  assert.match(text.out, /^journald g\n.*\n {2}behind the entry of +up to that of .*\n {28}\S+Z +2 {2}\S+Z {2}\S+Z {2}g s .*1 event dropped: filtered\n/);
  assert.match(text.out, /1 event dropped: journal-gap\n/);
  const { __CURSOR: cursor } = JSON.parse(rig.messages().find((message) => message.includes('"two"'))!) as { readonly __CURSOR: string };
  const entry = JSON.parse((await command(rig, 'journal', '--cursor', cursor, '--json')).out) as { readonly generations: readonly { readonly entry: string; readonly rows: readonly AuditRow[] }[] };
  assert.deepEqual(entry.generations.map(({ entry: key, rows }) => [key, rows.map(({ from }) => from)]), [['journald g', [0]]]);
  assert.equal((await command(rig, 'journal:x')).code, 1);
  assert.equal((await command(rig, 'journal', '--offset', '3')).code, 64);
  assert.equal((await command(rig, 'journal', '--cursor', 'none')).code, 64);
});

test('the lines of a range are those of the file as it is there, whatever it holds; of text with two bytes for a character none are told', async (t) => {
  const path = join(await scratch(t), 'app.log');
  const content = fc.array(fc.constantFrom('\n', 'a', 'b\n', 'long '.repeat(60_000)), { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(fc.property(content, fc.array(fc.nat(400_000), { minLength: 2, maxLength: 6 }), (text, offsets) => {
    writeFileSync(path, text);
    const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
    const ranges = offsets.slice(1).map((to, i) => ({ from: Math.min(offsets[i]!, to), to: Math.max(offsets[i]!, to) }));
    const lines = linesIn(path, ranges);
    for (const range of ranges) assert.deepEqual(lines.get(range), range.from < range.to && range.to <= text.length ? { first: lineOf(range.from), last: lineOf(range.to - 1) } : undefined);
    const line = 1 + offsets[0]! % 20;
    const begin = line === 1 ? 0 : [...text.matchAll(/\n/g)].map(({ index }) => index + 1)[line - 2] ?? null;
    assert.equal(beginOfLine(path, line), begin);
  }), { numRuns: 60, examples: [['\nb\n\n', [5, 0]]] });
  writeFileSync(path, '\ufeffone\ntwo\n', 'utf16le');
  assert.deepEqual([linesIn(path, [{ from: 2, to: 4 }]).size, beginOfLine(path, 1), beginOfLine(join(path, 'none'), 1)], [0, null, null]);
});

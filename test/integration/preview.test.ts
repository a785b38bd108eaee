import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { growthOf, growthOfEvents, watchGrowth } from '../../src/agent/growth.ts';
import { previewJournal } from '../../src/agent/journald/journal-preview.ts';
import { previewFile } from '../../src/agent/preview.ts';
import type { Preview } from '../../src/agent/preview.ts';
import { compilePattern, isProblem } from '../../src/records/pattern.ts';
import type { PatternPlan, RedactRulePlan } from '../../src/plan.ts';
import { TestJournal } from '../support/journal.ts';
import { textOf } from '../support/log-files.ts';
import { planFor } from '../support/plan-for.ts';
import type { EntrySpec } from '../support/plan-for.ts';
import { rigFor, startRig, TEST_ENV, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

function pattern(source: string): PatternPlan {
  const compiled = compilePattern(source);
  assert.ok(!isProblem(compiled));
  return compiled;
}

const rule = (kind: 'email_addresses' | 'ip_addresses'): RedactRulePlan => ({ kind });

function previewOf(path: string, entry: Partial<EntrySpec>, more: { readonly events?: number; readonly from?: 'start' | 'end' } = {}): Preview {
  const [plan] = planFor({ endpoint: '', entries: [{ path, ...entry }] }).entries;
  const preview = previewFile({ path, entry: plan!, undeliverable: 'quarantine', localZone: 'UTC', ownLogs: [], events: more.events ?? 10_000, from: more.from ?? 'start' });
  assert.ok(!('refused' in preview), JSON.stringify(preview));
  return preview;
}

/** What the agent delivers of a file, and what the preview says of it. */
async function both(t: TestContext, content: Buffer, entry: Partial<EntrySpec>): Promise<{ readonly preview: Preview; readonly delivered: readonly { readonly timestamp: number; readonly message: string }[] }> {
  const rig = await startRig(t, { entries: [{ path: 'app.log', partialLineTimeoutMs: 200, ...entry }] });
  writeFileSync(rig.path('app.log'), content);
  const preview = previewOf(rig.path('app.log'), entry);
  const sent = preview.events.filter(({ verdict }) => verdict.kind === 'sent');
  await rig.count('g', 's', sent.length);
  await until('all of the file to be acknowledged', () => rig.generations.every((g) => g.unacknowledged === 0) && rig.generations.length > 0);
  return { preview, delivered: rig.events('g', 's') };
}

const STAMPED = { format: '%Y-%m-%dT%H:%M:%S.%f', zone: 'UTC', trim: true, field: null };
const at = (minute: number): string => new Date(Date.now() - 3_600_000 + minute * 60_000).toISOString().slice(0, 23);

const KINDS: readonly { readonly name: string; readonly content: () => Buffer; readonly entry: Partial<EntrySpec> }[] = [
  { name: 'plain lines and indented ones', content: () => Buffer.from('one\ntwo\n  more of two\n\nthree\n'), entry: {} },
  { name: 'carriage returns, NULs, a byte order mark, invalid bytes', content: () => Buffer.concat([Buffer.from('\uFEFFa\r\n b\r\n'), Buffer.alloc(5), Buffer.from('c\r\n'), Buffer.from([0x64, 0xff, 0x0a]), Buffer.from('end')]), entry: {} },
  {
    name: 'timestamps that are cut out, events without one, events too old, filters',
    content: () => Buffer.from(['no time yet', `${at(0)} INFO first`, 'and a line without', '2020-01-01T00:00:00.000 INFO long ago', `${at(1)} DEBUG noise`, `${at(2)} INFO last`, ''].join('\n')),
    entry: { timestamp: STAMPED, filters: [{ type: 'exclude', pattern: pattern('DEBUG') }] },
  },
  {
    name: 'a start pattern, messages above the limit in pieces, and a filter that only the first piece tells',
    content: () => Buffer.from(`head ${'x'.repeat(3000)}\n${'y'.repeat(500)}\n#1 start\nmore\n#2 start\n${'é'.repeat(2000)}\n#3\n`),
    entry: { start: { kind: 'pattern', pattern: pattern('^#\\d') }, maxEventBytes: 1024, filters: [{ type: 'exclude', pattern: pattern('^head') }] },
  },
  {
    name: 'times in a field of JSON, and redaction',
    content: () => Buffer.from(`{"at":"${at(0)}Z","to":"bob@example.com"}\n{"at":1,"to":"eve@example.com"}\nno object 10.0.0.1\n{"at":"${at(1)}Z"}\n`),
    entry: { timestamp: { format: null, zone: 'UTC', trim: false, field: 'at' }, redact: [rule('email_addresses'), rule('ip_addresses')] },
  },
  { name: 'UTF-16 with its mark', content: () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('eins\nzwei ü\n drei\n', 'utf16le')]), entry: { encoding: 'utf-16le' } },
];

for (const { name, content, entry } of KINDS) {
  test(`preview shows the very events that run delivers: ${name}`, async (t) => {
    const { preview, delivered } = await both(t, content(), entry);
    // A batch is sent in the order of time.
    const sent = preview.events.filter(({ verdict }) => verdict.kind === 'sent').toSorted((a, b) => a.time - b.time);
    assert.ok(sent.length >= 2);
    assert.deepEqual(sent.map(({ message }) => message), delivered.map(({ message }) => message));
    for (const [i, { timeFrom, time }] of sent.entries()) if (timeFrom === 'text') assert.equal(time, delivered[i]!.timestamp);
    assert.equal(preview.sample.sentBytes, delivered.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0));
  });
}

test('each event is told with its line, where its time comes from, and which rule drops it', async (t) => {
  const path = join(await scratch(t), 'app.log');
  const time = at(0);
  writeFileSync(path, `first\n${time} INFO ä\n\n  more\n\n2020-01-01T00:00:00.000 x\n${time} DEBUG y\n${time} INFO secret\n`);
  const { events, sample } = previewOf(path, { timestamp: { ...STAMPED, trim: false }, filters: [{ type: 'include', pattern: pattern('.') }, { type: 'exclude', pattern: pattern('DEBUG') }, { type: 'exclude', pattern: pattern('secret|DEBUG') }] });
  assert.deepEqual(events.map(({ line, timeFrom, verdict, bytes }) => [line, timeFrom, verdict, bytes]), [
    [1, 'reading', { kind: 'sent' }, 31],
    [2, 'text', { kind: 'sent' }, 23 + 5 + 3 + 1 + 7 + 1 + 26],
    [6, 'text', { kind: 'too-old' }, 51],
    [7, 'text', { kind: 'filtered', filter: 1 }, 57],
    [8, 'text', { kind: 'filtered', filter: 2 }, 61],
  ]);
  assert.deepEqual(events.map(({ waits }) => waits), ['none', 'none', 'none', 'none', 'lines']);
  assert.deepEqual([events[1]!.span, events[1]!.original.slice(0, 23)], [{ from: 0, to: 23 }, time]);
  assert.deepEqual([sample.filtered, sample.tooOld, sample.untimed, sample.firstUntimed, sample.firstTime], [[0, 1, 1], 1, 1, 'first', Date.parse(`${time}Z`)]);
});

test('what is redacted is told with its place, also beside a time in a JSON field', async (t) => {
  const path = join(await scratch(t), 'app.log');
  const line = `{"ä":"bob@example.com","at":"${at(0)}Z"} eve@example.com`;
  writeFileSync(path, `${line}\n${line.slice(0, -16)}\n`);
  const { events: [first, second], sample } = previewOf(path, { timestamp: { format: null, zone: 'UTC', trim: false, field: 'at' }, redact: [rule('email_addresses')] });
  assert.deepEqual(first!.redacted.map(({ kind, from, to }) => [kind, line.slice(from, to)]), [['email_addresses', 'bob@example.com'], ['email_addresses', 'eve@example.com']]);
  assert.deepEqual([first!.original, first!.message.includes('example')], [line, false]);
  assert.deepEqual([second!.timeFrom, second!.span], ['text', null]);
  assert.deepEqual(sample.redacted, { email_addresses: 3 });
});

test('events of a dated stream are told under the stream of their date, and a path that names none is refused', async (t) => {
  const path = join(await scratch(t), 'app.log');
  const dayBefore = new Date(Date.now() - 86_400_000).toISOString().slice(0, 23);
  writeFileSync(path, `${dayBefore} a\n${at(0)} b\n`);
  const timestamp = { ...STAMPED, trim: false };
  const { events, destination } = previewOf(path, { timestamp, stream: [{ kind: 'text', text: 'on ' }, { kind: 'date', field: 'date' }], naming: { dateZone: 'UTC' } });
  assert.deepEqual(events.map(({ stream }) => stream), [`on ${dayBefore.slice(0, 10)}`, `on ${at(0).slice(0, 10)}`]);
  assert.equal(destination.stream, `on ${new Date().toISOString().slice(0, 10)}`);
  const [entry] = planFor({ endpoint: '', entries: [{ path, stream: [{ kind: 'capture', group: '1', fallback: null }], naming: { pathPattern: pattern('no(thing)') } }] }).entries;
  const refused = previewFile({ path, entry: entry!, undeliverable: 'quarantine', localZone: 'UTC', ownLogs: [], events: 1, from: 'end' });
  assert.ok('refused' in refused && /path_pattern no\(thing\) finds nothing in the path/.test(refused.refused));
});

test('the last events of a large file are whole, also those that began before the first look', async (t) => {
  const path = join(await scratch(t), 'app.log');
  const events = Array.from({ length: 40 }, (_, i) => `event ${i}\n${Array.from({ length: 300 }, (_, n) => `  ${i} line ${n} ${'.'.repeat(30)}`).join('\n')}`);
  writeFileSync(path, textOf(events));
  assert.ok(statSync(path).size > 262_144);
  const { events: shown, isCutOff, sample } = previewOf(path, {}, { events: 30, from: 'end' });
  assert.equal(isCutOff, false);
  assert.deepEqual(shown.map(({ message }) => message), events.slice(-30).map((text) => text.slice(0, 4096)));
  assert.equal(shown[0]!.line, 10 * 301 + 1);
  assert.ok(sample.events >= 30);
});

test('a message longer than all that is looked at is shown from where it was seen, and said to be cut off', async (t) => {
  const path = join(await scratch(t), 'app.log');
  writeFileSync(path, 'begin\n');
  for (let i = 0; i < 70; i++) appendFileSync(path, ` ${'x'.repeat(1_048_574)}\n`);
  const { isCutOff, events, sample } = previewOf(path, {}, { from: 'end' });
  assert.deepEqual([isCutOff, events.length, sample.events], [true, 1, 1]);
  assert.ok(events[0]!.offset > 1_048_576);
});

test('preview sends nothing, writes nothing, and asks for no state', async (t) => {
  const folder = await scratch(t);
  mkdirSync(join(folder, 'home'));
  const path = join(folder, 'app.log');
  writeFileSync(path, 'one\ntwo\n');
  const { status, stdout, stderr } = run(['preview', path, '--log-group', '/g'], join(folder, 'home'));
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /log group \/g/);
  assert.match(stdout, /#2 {2}line 2 .*\n {4}\| two\n/);
  assert.deepEqual([readdirSync(folder).toSorted(), readdirSync(join(folder, 'home'))], [['app.log', 'home'], []]);
});

test('with a config the entries that match are used; a file none matches, or a blacklist leaves out, is refused with the reason', async (t) => {
  const folder = await scratch(t);
  const config = join(folder, 'agent.json');
  writeFileSync(config, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { log_stream_name: 's', logs_collected: { files: { collect_list: [
    { file_path: join(folder, '*.log'), log_group_name: 'all', blacklist: 'secret' }, { file_path: join(folder, 'a.log'), log_group_name: 'one' },
  ] } } } }));
  for (const name of ['a.log', 'z.log', 'secret.log', 'other.txt']) writeFileSync(join(folder, name), `of ${name}\n`);
  utimesSync(join(folder, 'a.log'), 1_000_000, 1_000_000);
  const both = run(['preview', join(folder, 'a.log'), '--config', config], folder);
  assert.equal(both.status, 0);
  assert.match(both.stdout, /log group all[\s\S]*log group one/);
  assert.match(both.stdout, /note .*z\.log was changed later, and the entry follows only the newest/);
  const one = run(['preview', join(folder, 'a.log'), '--config', config, '--entry', '1'], folder);
  assert.doesNotMatch(one.stdout, /log group all/);
  const none = run(['preview', join(folder, 'other.txt'), '--config', config], folder);
  assert.deepEqual([none.status, /no entry of the config matches .*other\.txt/.test(none.stderr)], [66, true]);
  const excluded = run(['preview', join(folder, 'secret.log'), '--config', config], folder);
  assert.deepEqual([excluded.status, /secret\.log matches .* but is excluded by blacklist "secret"/.test(excluded.stderr)], [66, true]);
  assert.equal(run(['preview', join(folder, 'a.log'), '--config', config, '--exclude', 'x'], folder).status, 64);
  const swallowed = run(['preview', '--config', config, join(folder, 'a.log')], folder);
  assert.deepEqual([swallowed.status, swallowed.stderr], [64, 'agent preview: no file is named; every word behind --config is a config: the file comes before it\n']);
  const json = JSON.parse(run(['preview', join(folder, 'a.log'), '--config', config, '--json'], folder).stdout) as { readonly previews: readonly { readonly destination: { readonly group: string }; readonly events: readonly { readonly message: string; readonly stream: string }[] }[] };
  assert.deepEqual(json.previews.map(({ destination, events }) => [destination.group, events.map(({ message, stream }) => [message, stream])]), [['all', [['of a.log', 's']]], ['one', [['of a.log', 's']]]]);
});

test('a wrong flag is told as check tells a wrong key; a file that would not be followed is refused with the reason', async (t) => {
  const folder = await scratch(t);
  const path = join(folder, 'app.log');
  writeFileSync(path, 'x\n');
  writeFileSync(`${path}.gz`, 'x\n');
  const wrong = run(['preview', path, '--exclude', '(', '--timezone', 'Europe/Berlni'], folder);
  assert.equal(wrong.status, 78);
  assert.match(wrong.stderr, /^--timezone error: "Europe\/Berlni" is no time zone; did you mean "Europe\/Berlin"\?/m);
  assert.match(wrong.stderr, /^--include or --exclude error: /m);
  assert.deepEqual((JSON.parse(run(['preview', path, '--exclude', '(', '--json'], folder).stdout) as { readonly previews: readonly unknown[] }).previews, []);
  const config = join(folder, 'agent.json');
  writeFileSync(config, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { logs_collected: { files: { collect_list: [{ file_path: path, encoding: 'klingon' }, { file_path: '/var/log/x.log' }] } } } }));
  assert.match(run(['preview', path, '--config', config], folder).stderr, /the entry that matches .*app\.log does not work \(\/logs\/logs_collected\/files\/collect_list\/0\): encoding: "klingon"/);
  assert.match(run(['preview', `${path}.gz`], folder).stderr, /is not followed: compressed \(\.gz\)/);
  assert.match(run(['preview', join(folder, 'none')], folder).stderr, /is not followed: there is no such file/);
  assert.match(run(['preview', folder], folder).stderr, /is not followed: a directory/);
});

test('growth is what was written since the oldest life was, or since the birth of the file, or since its first event, or while it was watched', async (t) => {
  const path = join(await scratch(t), 'app.log');
  const now = Date.now();
  const hoursAgo = (file: string, hours: number): void => { const time = now / 1000 - 3600 * hours; utimesSync(file, time, time); };
  writeFileSync(path, 'x'.repeat(1000));
  const born = growthOf(path, now + 7_200_000);
  assert.ok(!('unknown' in born) && born.basis === 'birth');
  assert.equal(Math.round(born.bytesPerDay / 100), 120);
  assert.ok('unknown' in growthOf(path, now + 1000), 'a file of a moment ago says nothing of a day');
  writeFileSync(`${path}.1`, 'y'.repeat(2000));
  hoursAgo(`${path}.1`, 1);
  writeFileSync(`${path}.2.gz`, 'z'.repeat(9));
  hoursAgo(`${path}.2.gz`, 24);
  writeFileSync(`${path}.3`, 'w'.repeat(9000));
  hoursAgo(`${path}.3`, 48);
  const rotated = growthOf(path, now);
  assert.ok(!('unknown' in rotated));
  assert.deepEqual([rotated.basis, rotated.bytes, rotated.files, Math.round(rotated.bytesPerDay)], ['rotations', 3000, 2, 3000]);
  const events = growthOfEvents(1000, now - 86_400_000 / 4, now);
  assert.ok(!('unknown' in events) && Math.round(events.bytesPerDay) === 4000);
  const watching = watchGrowth(path, 400);
  appendFileSync(path, 'v'.repeat(500));
  const watched = await watching;
  assert.ok(!('unknown' in watched));
  assert.deepEqual([watched.bytes, watched.basis], [500, 'watched']);
  assert.ok('unknown' in growthOf(`${path}.none`, now) && 'unknown' in await watchGrowth(`${path}.none`, 1));
});

test('preview of the journal shows the very events that run delivers, with their times, what filters and redaction do to them, and why others are not sent', async (t) => {
  const folder = await scratch(t);
  const journal = new TestJournal(join(folder, 'journal'));
  const entry = {
    directory: journal.directory, priority: 6, maxEventBytes: 2_000, redact: [rule('email_addresses')], startAt: 'end',
    filters: [{ type: 'include', pattern: pattern('^(?:disk|net|x|old)') }, { type: 'include', pattern: pattern('bob') }, { type: 'exclude', pattern: pattern('test$') }],
  } as const;
  const rig = await rigFor(t, { entries: [], journald: () => [{ ...entry, startAt: 'start' }] });
  const time = Date.now() - 60_000;
  const messages = ['disk full', 'to bob@example.com', 'a disk', 'disk test', `x${'y'.repeat(3_000)}`, { message: 'disk debug', priority: 7 }, { message: 'old', time: time - 20 * 86_400_000 }, 'net\nof two lines'];
  journal.append(messages.map((message, i) => ({ time: time + i, ...(typeof message === 'string' ? { message } : message) })));
  const [plan] = planFor({ endpoint: '', entries: [], journald: [entry] }).journald;
  const spec = { entry: plan!, undeliverable: 'quarantine', localZone: 'UTC' } as const;
  const preview = await previewJournal({ ...spec, events: 10_000, from: 'end' });
  assert.ok(!('refused' in preview), JSON.stringify(preview));
  const { events, sample } = preview;
  await rig.start();
  const sent = events.filter(({ verdict }) => verdict.kind === 'sent').toSorted((a, b) => a.time - b.time);
  await rig.count('g', 's', 4);
  await until('all of it to be acknowledged', () => rig.agent.journals.every(({ caughtUp }) => caughtUp));
  assert.deepEqual(sent.map(({ message, time: at }) => [message, at]), rig.events('g', 's').map(({ message, timestamp }) => [message, timestamp]));
  assert.equal(sample.sentBytes, sent.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0));
  assert.deepEqual(events.map(({ original, verdict }) => [(JSON.parse(original) as { readonly MESSAGE: string }).MESSAGE.slice(0, 9), verdict]), [
    ['disk full', { kind: 'sent' }], ['to bob@ex', { kind: 'sent' }], ['a disk', { kind: 'filtered', filter: null }], ['disk test', { kind: 'filtered', filter: 2 }], [`x${'y'.repeat(8)}`, { kind: 'sent' }], ['old', { kind: 'too-old' }], ['net\nof tw', { kind: 'sent' }],
  ]);
  const redacted = events[1]!;
  assert.deepEqual(redacted.redacted.map(({ kind, from, to }) => [kind, redacted.original.slice(from, to), redacted.message.includes('bob')]), [['email_addresses', 'bob@example.com', false]]);
  assert.ok(events[4]!.cutBytes > 1_000);
  assert.deepEqual([sample.events, sample.sentEvents, sample.filtered, sample.tooOld, sample.redacted, sample.firstTime], [7, 4, 2, 1, { email_addresses: 1 }, events[0]!.time]);
  for (const [from, shown] of [['end', events.slice(-2)], ['start', events.slice(0, 2)]] as const) {
    const part = await previewJournal({ ...spec, events: 2, from });
    assert.ok(!('refused' in part));
    assert.deepEqual(part.events, shown);
  }
});

test('agent preview journal: every entry of the config that reads it, or those of one log group; nothing is written, and what cannot be read is refused with the reason', async (t) => {
  const folder = await scratch(t);
  const journal = new TestJournal(join(folder, 'journal'));
  journal.append([{ message: 'one \u001b[31mred', time: Date.now() - 3_600_000 }, 'two']);
  const config = join(folder, 'agent.json');
  const entries = [{ log_group_name: '/a', directory: journal.directory, log_stream_name: 's' }, { log_group_name: '/b', directory: journal.directory, log_stream_name: 'other', initial_position: 'start' }, { log_group_name: '/c', directory: join(folder, 'none') }];
  writeFileSync(config, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { logs_collected: { journald: { collect_list: entries } } } }));
  mkdirSync(join(folder, 'home'));
  const ask = (...args: readonly string[]): ReturnType<typeof run> => run(['preview', ...args, '--config', config], join(folder, 'home'));
  const one = ask('journal:/b');
  assert.deepEqual([one.status, one.stderr], [0, '']);
  assert.match(one.stdout, /^journald \/b: to log group \/b, stream other\nby the entry journal \S+journal\n/);
  assert.match(one.stdout, /\n#1 {2}\S+Z \(as the journal has it\) {2}\d+ bytes {2}sent\n {4}\| \{"__CURSOR":.*\\u001b\[31mred.*\n#2 /);
  assert.match(one.stdout, /\n {2}growth {4}\S+ \S+ a day \(.* since the first event that was looked at\)\n {2}cost/);
  const first = ask('journal', '--entry', '0', '--json', '--lines', '1');
  const { previews } = JSON.parse(first.stdout) as { readonly previews: readonly { readonly key: string; readonly notes: readonly string[]; readonly destination: object; readonly events: readonly { readonly message: string }[] }[] };
  assert.deepEqual(previews.map(({ key, notes, destination, events }) => [key, notes.length, destination, events.map(({ message }) => (JSON.parse(message) as { readonly MESSAGE: string }).MESSAGE)]), [['journald /a', 1, { group: '/a', stream: 's' }, ['two']]]);
  const missing = ask('journal');
  assert.deepEqual([missing.status, /journald \/c: \S+none does not exist: create it/.test(missing.stderr), missing.stdout.match(/^journald \S+: to/gm)], [66, true, ['journald /a: to', 'journald /b: to']]);
  const unknown = ask('journal:/x');
  assert.deepEqual([unknown.status, unknown.stderr], [66, 'agent: no entry of the config reads the journal to log group /x; those that do: journald /a (/logs/logs_collected/journald/collect_list/0), journald /b (/logs/logs_collected/journald/collect_list/1), journald /c (/logs/logs_collected/journald/collect_list/2)\n']);
  const flags = run(['preview', 'journal', '--log-group', 'g'], folder);
  assert.deepEqual([flags.status, /--log-group is for a file/.test(flags.stderr)], [64, true]);
  assert.match(run(['preview', './journal'], folder).stderr, /is not followed: a directory/);
  assert.deepEqual([readdirSync(folder).toSorted(), readdirSync(join(folder, 'home')), readdirSync(journal.directory)], [['agent.json', 'home', 'journal'], [], ['system.journal']]);
});

function run(args: readonly string[], home: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: home, ...TEST_ENV }, cwd: home });
}

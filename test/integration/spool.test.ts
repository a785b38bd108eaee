import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { spoolEvents } from '../../src/agent/spool/spool-events.ts';
import { Spool } from '../../src/agent/spool/spool.ts';
import { spooledIn } from '../../src/naming/spool-path.ts';
import { AgentReport } from '../../src/report/agent-report.ts';

interface Made { readonly spool: Spool; readonly directory: string; readonly report: AgentReport; readonly said: string[]; readonly advance: (ms: number) => void }

function spoolFor(t: TestContext, maxBytes = 268_435_456): Made {
  const root = mkdtempSync(join(tmpdir(), 'spool-'));
  const directory = join(root, 'spool');
  const said: string[] = [];
  let now = 0;
  const report = new AgentReport((level, message) => { said.push(`${level} ${message}`); }, Date.now);
  const spool = new Spool({ directory, maxBytes, report, now: () => now, wallNow: () => 1_700_000_000_000 + now });
  t.after(() => {
    spool[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });
  return { spool, directory, report, said, advance: (ms) => { now += ms; } };
}

const filesIn = (directory: string): readonly string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.emf')).map((name) => join(directory, name)).toSorted();
const contentOf = (directory: string): string => filesIn(directory).map((path) => readFileSync(path, 'utf8').trimStart()).join('');
const to = (stream: string | number) => ({ group: 'g', stream: String(stream) });
const open = (directory: string): number => readdirSync('/proc/self/fd').filter((fd) => { try { return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory); } catch { return false; } }).length;

test('of a thousand streams at most 64 files are open, and every line is in the file of its stream', (t) => {
  const { spool, directory } = spoolFor(t);
  for (let round = 0; round < 2; round++) for (let i = 0; i < 1_000; i++) assert.ok(spool.append(to(i), Buffer.from(`${i} ${round}\n`)));
  assert.ok(open(directory) <= 64);
  const files = filesIn(directory);
  assert.equal(files.length, 1_000);
  for (const path of files) {
    const { stream } = spooledIn(path)!;
    assert.equal(readFileSync(path, 'utf8').trimStart(), `${stream} 0\n${stream} 1\n`);
  }
});

test('a file is written to 8 MiB or for a minute of quiet; what comes next is in another, which begins differently', (t) => {
  const { spool, directory, advance } = spoolFor(t);
  const line = Buffer.from(`${'x'.repeat(1_048_575)}\n`);
  for (let i = 0; i < 9; i++) spool.append(to('s'), line);
  const [first, second] = filesIn(directory) as [string, string];
  assert.ok(spool.isSealed(first));
  assert.ok(!spool.isSealed(second));
  advance(59_999);
  spool.keepHouse();
  assert.ok(!spool.isSealed(second));
  advance(1);
  spool.keepHouse();
  assert.ok(spool.isSealed(second));
  assert.notEqual(readFileSync(first, 'utf8').slice(0, 300), readFileSync(second, 'utf8').slice(0, 300));
});

test('the bound counts what earlier runs left, and small files as 64 KiB; what a deleted file took is free again, and who waits is told', (t) => {
  const { spool, directory, report } = spoolFor(t, 196_608);
  for (const stream of ['a', 'b']) assert.ok(spool.append(to(stream), Buffer.from('x\n')));
  const next = new Spool({ directory, maxBytes: 196_608, report, now: () => 0, wallNow: () => 1_800_000_000_000 });
  assert.equal(next.used, 131_072);
  assert.ok(next.append(to('c'), Buffer.from('x\n')));
  assert.ok(!next.append(to('d'), Buffer.from('x\n')));
  let told = 0;
  next.whenRoom(() => { told++; });
  const [file] = filesIn(directory);
  rmSync(file!);
  next.removed(file!);
  assert.equal(told, 1);
  assert.ok(next.append(to('d'), Buffer.from('x\n')));
  assert.deepEqual(readdirSync(join(directory, 'g=g')).toSorted(), ['s=b', 's=c', 's=d'], 'its folder is gone');
  next[Symbol.dispose]();
});

test('a spool that cannot be written refuses, is said, and takes events as soon as it can', (t) => {
  const { spool, directory, said } = spoolFor(t);
  writeFileSync(directory, 'in the way');
  assert.ok(!spool.append(to('s'), Buffer.from('x\n')));
  assert.match(said.at(-1)!, /cannot be written \(E\w+\); senders over TCP wait/);
  rmSync(directory);
  assert.ok(spool.append(to('s'), Buffer.from('x\n')));
  assert.match(said.at(-1)!, /can be written again/);
});

test('a disk that takes a part of a write keeps none of it: no line is cut, or there twice', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'spool-'));
  t.after(() => rmSync(root, { recursive: true }));
  // A limit on the size of files ends a write in its middle, as a full disk does.
  const script = `
    import { Spool } from ${JSON.stringify(join(import.meta.dirname, '../../src/agent/spool/spool.ts'))};
    const report = { trouble() {}, recovered() {} };
    const spool = new Spool({ directory: ${JSON.stringify(root)}, maxBytes: 1e9, report, now: () => 0, wallNow: () => 1 });
    const taken = [];
    for (let i = 0; i < 200; i++) taken.push(spool.append({ group: 'g', stream: 's' }, Buffer.from(String(i).padEnd(999, 'x') + '\\n')));
    console.log(taken.filter(Boolean).length);`;
  const { stdout, stderr } = spawnSync('prlimit', ['--fsize=100500', process.execPath, '--input-type=module', '--eval', script], { encoding: 'utf8' });
  const taken = Number(stdout);
  assert.ok(taken > 90 && taken < 101, `${stdout}${stderr}`);
  assert.equal(contentOf(root), Array.from({ length: taken }, (_, i) => `${String(i).padEnd(999, 'x')}\n`).join(''));
});

test('events of the agent\'s own go into the spool; what finds no room is counted', (t) => {
  const { spool, directory, report } = spoolFor(t, 65_536);
  spoolEvents(['{"a":1}', '{"a":2}'], { group: 'metrics', stream: 'h:1' }, 'metrics as EMF', spool, report);
  assert.equal(contentOf(directory), '{"a":1}\n{"a":2}\n');
  assert.deepEqual(spooledIn(filesIn(directory)[0]!), { group: 'metrics', stream: 'h_1' });
  spoolEvents(['{"a":3}'], { group: 'metrics', stream: 'other' }, 'metrics as EMF', spool, report);
  assert.deepEqual(report.drops.get('spool-full'), { events: 1, bytes: 8 });
});

test('who waits for room is told when somebody else deletes files of the spool, and not while nothing has changed', (t) => {
  const { spool, directory } = spoolFor(t, 65_536);
  assert.ok(spool.append(to('a'), Buffer.from('x\n')));
  assert.ok(!spool.append(to('b'), Buffer.from('x\n')));
  let told = 0;
  spool.whenRoom(() => { told++; });
  spool.keepHouse();
  assert.equal(told, 0);
  rmSync(filesIn(directory)[0]!);
  spool.keepHouse();
  assert.equal(told, 1);
  assert.ok(spool.append(to('b'), Buffer.from('x\n')));
});

test('the whole spool is deleted under the agent: what comes next is in new files', (t) => {
  const { spool, directory } = spoolFor(t);
  for (let i = 0; i < 70; i++) assert.ok(spool.append(to(i), Buffer.from('old\n')));
  rmSync(directory, { recursive: true });
  // Of the first ones no file is open.
  spool.append(to(0), Buffer.from('new\n'));
  assert.ok(spool.append(to(0), Buffer.from('new\n')));
  assert.equal(contentOf(directory), 'new\n');
});

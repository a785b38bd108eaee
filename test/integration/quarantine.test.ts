import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Quarantine } from '../../src/delivery/quarantine.ts';
import type { QuarantinedRecord } from '../../src/delivery/quarantine.ts';
import { scratch } from '../support/state.ts';

const record = (n: number): QuarantinedRecord => ({ time: 1_700_000_000_000, group: '/g', stream: 's', file: '/var/log/a.log', reason: 'older than 14 days', timestamp: n, message: `line ${n} "q" \n é` });
const silent = { quarantineTrouble: (text: string): void => assert.fail(text), quarantineRecovered: (text: string): void => assert.fail(text) };
const lines = async (path: string): Promise<readonly Record<string, unknown>[]> =>
  (await readFile(path, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

test('every record is one line of JSON with where it was bound, where it came from and why it could not go', async (t) => {
  const directory = await scratch(t);
  const quarantine = Quarantine.open(directory, { report: silent });
  quarantine.flush();
  assert.deepEqual(await readdir(directory), [], 'no file without a record');
  for (let n = 0; n < 100; n++) quarantine.add(record(n));
  quarantine.flush();
  const path = join(directory, 'quarantine.jsonl');
  const written = await lines(path);
  assert.deepEqual(written[7], { ...record(7), time: '2023-11-14T22:13:20.000Z' });
  assert.deepEqual(written.map(({ timestamp }) => timestamp), Array.from({ length: 100 }, (_, n) => n));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(quarantine.counters, { events: 100, bytes: (await stat(path)).size, rotatedEvents: 0, rotatedBytes: 0, lostEvents: 0, lostBytes: 0, replayedEvents: 0, replayedBytes: 0 });
});

test('the file never exceeds its bound: it becomes `.1`, the older one goes, and what went is counted and said once', async (t) => {
  const directory = await scratch(t);
  const trouble: string[] = [];
  const quarantine = Quarantine.open(directory, { maxBytes: 2000, report: { ...silent, quarantineTrouble: (text) => trouble.push(text) } });
  for (let n = 0; n < 100; n++) {
    quarantine.add(record(n));
    if (n % 3 === 0) quarantine.flush();
  }
  quarantine.flush();
  assert.deepEqual((await readdir(directory)).toSorted(), ['quarantine.jsonl', 'quarantine.jsonl.1']);
  const kept: unknown[] = [];
  for (const name of ['quarantine.jsonl.1', 'quarantine.jsonl']) {
    assert.ok((await stat(join(directory, name))).size <= 2000);
    kept.push(...(await lines(join(directory, name))).map(({ timestamp }) => timestamp));
  }
  assert.deepEqual(kept, Array.from({ length: kept.length }, (_, n) => 100 - kept.length + n), 'the newest are kept, without a gap');
  assert.equal(quarantine.counters.rotatedEvents, 100 - kept.length);
  assert.equal(trouble.length, 1);
  assert.match(trouble[0]!, /quarantine\.jsonl is full \(2000 bytes\)/);
});

test('after a restart it goes on in the same file, behind a line that a crash tore, and within the same bound', async (t) => {
  const directory = await scratch(t);
  const path = join(directory, 'quarantine.jsonl');
  await writeFile(path, `${JSON.stringify(record(1))}\n{"time":"torn`);
  const quarantine = Quarantine.open(directory, { maxBytes: 2000, report: silent });
  quarantine.add(record(2));
  quarantine.flush();
  const [first, torn, second] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  assert.equal(JSON.parse(first!).timestamp, 1);
  assert.equal(torn, '{"time":"torn');
  assert.equal(JSON.parse(second!).timestamp, 2);
  for (let n = 3; n < 16; n++) quarantine.add(record(n));
  quarantine.flush();
  assert.equal((await readFile(`${path}.1`, 'utf8')).split('\n')[1], '{"time":"torn');
  assert.ok((await stat(`${path}.1`)).size <= 2000);
});

test('moved away by a person while it is full, it begins anew, and nothing of what comes then is lost', async (t) => {
  const directory = await scratch(t);
  const path = join(directory, 'quarantine.jsonl');
  const quarantine = Quarantine.open(directory, { maxBytes: 2000, report: silent });
  for (let n = 0; n < 12; n++) quarantine.add(record(n));
  quarantine.flush();
  await rename(path, join(directory, 'looked at'));
  await rm(`${path}.1`, { force: true });
  for (let n = 12; n < 20; n++) {
    quarantine.add(record(n));
    quarantine.flush();
  }
  assert.deepEqual((await lines(path)).map(({ timestamp }) => timestamp), [12, 13, 14, 15, 16, 17, 18, 19]);
  assert.equal(quarantine.counters.lostEvents, 0);
});

test('forty megabytes given up within one turn are all written', async (t) => {
  const directory = await scratch(t);
  const quarantine = Quarantine.open(directory, { report: silent });
  const message = 'x'.repeat(1 << 20);
  for (let n = 0; n < 40; n++) quarantine.add({ ...record(n), message });
  quarantine.flush();
  assert.equal((await lines(join(directory, 'quarantine.jsonl'))).length, 40);
  assert.equal(quarantine.counters.lostEvents, 0);
});

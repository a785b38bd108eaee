import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileNameOf } from '../../src/local-endpoint/disk-copy.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';

interface TemporaryDirectory extends AsyncDisposable { readonly path: string }

async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'endpoint-data-'));
  return { path, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) };
}

async function call(url: string, operation: string, body: object): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'x-amz-target': operation, 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

const GROUP = '/var/log/a:*'.replace(':*', '');
const STREAM = `${'long/'.repeat(80)}né`;

async function fill(url: string): Promise<void> {
  await call(url, 'Logs_20140328.CreateLogGroup', { logGroupName: GROUP, tags: { a: 'b' } });
  await call(url, 'Logs_20140328.CreateLogStream', { logGroupName: GROUP, logStreamName: STREAM });
  await call(url, 'Logs_20140328.PutRetentionPolicy', { logGroupName: GROUP, retentionInDays: 7 });
  for (const message of ['one', 'two\n"é"', 'three']) await call(url, 'Logs_20140328.PutLogEvents', { logGroupName: GROUP, logStreamName: STREAM, logEvents: [{ timestamp: Date.now(), message }] });
  await call(url, 'AmazonSSM.PutParameter', { Name: '/a', Value: 'v', Type: 'String' });
}

suite('the data directory', () => {
  test('what arrived is there again after a restart, with retention, tags, parameters and arrival times', async () => {
    await using directory = await temporaryDirectory();
    const first = await startEndpoint({ dataDir: directory.path });
    await fill(first.url);
    const events = first.store.events(GROUP, STREAM);
    await first.close();
    await using second = await startEndpoint({ dataDir: directory.path });
    assert.deepEqual(second.store.events(GROUP, STREAM), events);
    assert.equal(events.length, 3);
    assert.deepEqual([second.store.group(GROUP).retentionDays, [...second.store.group(GROUP).tags]], [7, [['a', 'b']]]);
    assert.equal(second.parameters.find('/a')?.versions.at(-1)?.value, 'v');
    assert.deepEqual(second.notices, []);
  });

  test('an event is on disk before its call is answered', async () => {
    await using directory = await temporaryDirectory();
    await using endpoint = await startEndpoint({ dataDir: directory.path });
    await fill(endpoint.url);
    const file = join(directory.path, 'groups', fileNameOf(GROUP), `${fileNameOf(STREAM)}.jsonl`);
    assert.equal((await readFile(file, 'utf8')).trimEnd().split('\n').length, 4);
  });

  test('a line a crash left unfinished is cut off and said, and later events are whole', async () => {
    await using directory = await temporaryDirectory();
    const first = await startEndpoint({ dataDir: directory.path });
    await fill(first.url);
    await first.close();
    const file = join(directory.path, 'groups', fileNameOf(GROUP), `${fileNameOf(STREAM)}.jsonl`);
    await appendFile(file, '{"timestamp":1,"inge');
    const second = await startEndpoint({ dataDir: directory.path });
    assert.match(second.notices.join(), /ended in the middle of an event; its last 20 bytes are cut off/);
    await call(second.url, 'Logs_20140328.PutLogEvents', { logGroupName: GROUP, logStreamName: STREAM, logEvents: [{ timestamp: Date.now(), message: 'four' }] });
    await second.close();
    await using third = await startEndpoint({ dataDir: directory.path });
    assert.deepEqual(third.store.messages(GROUP, STREAM), ['one', 'two\n"é"', 'three', 'four']);
  });

  test('what cannot be read is left out and named', async () => {
    await using directory = await temporaryDirectory();
    const first = await startEndpoint({ dataDir: directory.path });
    await fill(first.url);
    await first.close();
    await writeFile(join(directory.path, 'parameters.json'), 'not json');
    await using second = await startEndpoint({ dataDir: directory.path });
    assert.match(second.notices.join(), /parameters\.json is not valid JSON/);
    assert.equal(second.store.messages(GROUP, STREAM).length, 3);
  });

  test('what is deleted leaves no file', async () => {
    await using directory = await temporaryDirectory();
    await using endpoint = await startEndpoint({ dataDir: directory.path });
    await fill(endpoint.url);
    await call(endpoint.url, 'Logs_20140328.DeleteLogGroup', { logGroupName: GROUP });
    assert.deepEqual(await readdir(join(directory.path, 'groups')), []);
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LineWriter } from '../bench/line.ts';
import type { SinkStats } from '../bench/sink.ts';

test('the benchmark\'s sink counts every lost, doubled, late and damaged line, plain and compressed', async (t) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../bench/sink.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => { child.once('exit', resolve); });
  t.after(async () => { child.kill('SIGTERM'); await exited; });
  const port = await new Promise<string>((resolve) => { child.stdout.once('data', (text: Buffer) => resolve(/\d+/.exec(text.toString())![0])); });
  const writer = new LineWriter(1 << 20);
  for (let n = 0; n < 1000; n++) writer.add(1, n, Date.now());
  const lines = writer.bytes.toString().trimEnd().split('\n');
  const put = async (sent: readonly string[], zipped: boolean): Promise<void> => {
    const body = JSON.stringify({ logGroupName: 'g', logStreamName: 's', logEvents: sent.map((message) => ({ timestamp: 1, message })) });
    await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'x-amz-target': 'Logs_20140328.PutLogEvents', ...(zipped ? { 'content-encoding': 'gzip' } : {}) }, body: zipped ? gzipSync(body) : body });
  };
  const all = lines.filter((_, n) => n !== 10 && n !== 20);
  [all[100], all[101]] = [all[101]!, all[100]!];
  all[0] = all[0]!.replace('checkout', 'checkOut');
  await put(all.slice(0, 500), false);
  await put([...all.slice(500), all[900]!], true);
  const { requests, unique, doubled, outOfOrder, checked, damaged } = await (await fetch(`http://127.0.0.1:${port}/stats`)).json() as SinkStats;
  assert.deepEqual({ requests, unique, doubled, outOfOrder, damaged }, { requests: 2, unique: 998, doubled: 1, outOfOrder: 1, damaged: 1 });
  assert.equal(checked, 63);
});

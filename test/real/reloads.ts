// node test/real/reloads.ts [--reloads 1000] [--files 10] [--agent FILE]
// The config changes again and again while files grow by 2 MB a second: streams, settings of delivery, entries that go and
// come back. Every line must arrive once and in the order of its file, and neither memory nor descriptors may grow. Exit 1 otherwise.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { builtAgent } from '../../scripts/built-agent.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { until } from '../support/rig.ts';
import { AgentProcess } from './agent-process.ts';
import type { Entry } from './agent-process.ts';
import { GrowingFiles, lineOf } from './growing-files.ts';
import { SequenceReceipt } from './sequence-receipt.ts';

const BYTES_PER_SECOND = 2_000_000;
/** Lines come in bursts of a tenth of a second. */
const BURSTS_PER_SECOND = 10;
/** The endpoint forgets what it has counted. */
const STORED_BYTES = 16 << 20;
/** Memory is sampled this often in a run. The collector of garbage needs its time: the last quarter is held against the second. */
const SAMPLES = 20;
const MORE_MIB = 5;
/** Of the least in each quarter: connections of plans before the present one are closed about each second, a few dozen plans at a time. */
const MORE_DESCRIPTORS = 5;
const PAUSE_MS = 20;

/** The config after so many changes: each differs from the one before in one way or another. */
function version(n: number, paths: readonly string[]): { readonly entries: readonly Entry[]; readonly logs: Readonly<Record<string, unknown>> } {
  const entries = paths.map((file_path, i) => ({ file_path, log_group_name: 'reloads', log_stream_name: `${i}-${Math.floor((n + i) / 3) % 4}` }));
  return { entries: entries.filter((_, i) => n % 4 !== 1 || i !== n % paths.length), logs: { force_flush_interval: n % 10 === 7 ? 0.2 : 0.1 } };
}

async function reloads(count: number, files: number, bundle: string, folder: string): Promise<boolean> {
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  await using cleanup = new AsyncDisposableStack();
  const receipt = new SequenceReceipt(files);
  const endpoint = await startEndpoint({ maxStoredBytes: STORED_BYTES });
  cleanup.defer(() => endpoint.close());
  endpoint.store.observe(receipt);
  const rate = Math.round(BYTES_PER_SECOND / files / (lineOf(0, 0).length + 1));
  const growing = new GrowingFiles(logs, files, rate, Math.round(rate / BURSTS_PER_SECOND));
  cleanup.defer(() => growing.close());
  const paths = Array.from({ length: files }, (_, i) => join(logs, `app-${String(i).padStart(4, '0')}.log`));
  const agent = new AgentProcess({ bundle, folder, url: endpoint.url, ...version(0, paths) });
  cleanup.defer(async () => { await agent.stop(); });
  await agent.started();
  growing.start();
  const changes = { kept: 0, changed: 0, added: 0, removed: 0 };
  let slowest = 0;
  const rss: number[] = [];
  const fds: number[] = [];
  const began = performance.now();
  for (let n = 1; n <= count; n++) {
    const { entries, logs: settings } = version(n, paths);
    agent.configure(entries, settings);
    const before = performance.now();
    const answer = await agent.reload();
    slowest = Math.max(slowest, performance.now() - before);
    if (answer.outcome !== 'applied') throw new Error(`reload ${n}: ${JSON.stringify(answer)}`);
    for (const key of ['kept', 'changed', 'added', 'removed'] as const) changes[key] += answer.difference[key];
    await delay(PAUSE_MS);
    if (n % Math.ceil(count / SAMPLES) !== 0) continue;
    rss.push(agent.usage().rssMiB);
    fds.push(agent.descriptors);
  }
  const seconds = (performance.now() - began) / 1_000;
  agent.configure(version(0, paths).entries, { force_flush_interval: 0.1 });
  await agent.reload();
  growing.stop();
  await until('everything to arrive', async () => {
    await delay(100);
    return receipt.arrived >= growing.total && (await agent.status())?.config.changing === 0;
  }, 120_000).catch(() => undefined);
  await delay(2_000);
  const { cpuSeconds, peakMiB } = agent.usage();
  const descriptors = agent.descriptors;
  const quarter = (values: readonly number[], from: number): readonly number[] => values.slice(Math.floor(from * values.length / 4), Math.floor((from + 1) * values.length / 4));
  const growth = { mib: Math.max(...quarter(rss, 3)) - Math.max(...quarter(rss, 1)), descriptors: Math.min(...quarter(fds, 3)) - Math.min(...quarter(fds, 1)) };
  const exit = await agent.stop();
  const v = receipt.verdict(growing.written);
  console.log(`${count} reloads in ${seconds.toFixed(0)} s, the slowest answered after ${slowest.toFixed(0)} ms: entries kept ${changes.kept}, changed ${changes.changed}, new ${changes.added}, gone ${changes.removed}`);
  console.log(`${files} files, ${(growing.bytes / 1e6).toFixed(0)} MB in ${growing.total} lines, ${(growing.bytes / 1e6 / seconds).toFixed(1)} MB/s; ${cpuSeconds.toFixed(0)} s of CPU`);
  console.log(`memory on the way ${rss.map((mib) => mib.toFixed(0)).join(' ')} MiB, most ${peakMiB.toFixed(0)}; descriptors ${fds.join(' ')}, at the end ${descriptors}`);
  console.log(`lost ${v.lost}, doubled ${v.doubled}, out of order ${v.outOfOrder}, never written so ${v.foreign}; the agent ended with ${exit}`);
  const faults = [
    ...(v.lost + v.doubled + v.outOfOrder + v.foreign === 0 ? [] : ['delivered is not what was written']),
    ...(growth.mib <= MORE_MIB ? [] : [`memory grew by ${growth.mib.toFixed(0)} MiB from the second to the last quarter`]),
    ...(growth.descriptors <= MORE_DESCRIPTORS ? [] : [`descriptors grew by ${growth.descriptors}`]),
    ...(exit === 0 ? [] : [`the agent ended with ${exit}`]),
  ];
  for (const fault of faults) console.log(`FAIL ${fault}`);
  console.log(faults.length > 0 ? agent.said() : 'ok');
  return faults.length === 0;
}

const { values } = parseArgs({ options: { reloads: { type: 'string', default: '1000' }, files: { type: 'string', default: '10' }, agent: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'real-reloads-'));
try {
  if (!(await reloads(Number(values.reloads), Number(values.files), values.agent ?? await builtAgent(), folder))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

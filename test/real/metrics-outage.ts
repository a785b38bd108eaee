// node test/real/metrics-outage.ts [--minutes 30] [--interval 5] [--agent FILE]
// The service of metrics is down (its port refuses connections) while the standard samplers go on. Afterwards every sample of
// every series must arrive, once and with its own time. Exit 1 otherwise.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { builtAgent } from '../../scripts/built-agent.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { until } from '../support/rig.ts';
import { AgentProcess } from './agent-process.ts';

/** Of 2 cores and a dozen mounts: what a host of that size has, and what each interval brings. */
const COLLECTED = {
  cpu: { measurement: ['usage_idle', 'usage_user', 'usage_system'], resources: ['*'] },
  mem: { measurement: ['used_percent', 'available', 'total'] },
  disk: { measurement: ['used_percent', 'inodes_free'] },
  diskio: { measurement: ['reads', 'writes', 'iops_in_progress'] },
  net: { measurement: ['bytes_sent', 'bytes_recv'] },
  netstat: { measurement: ['tcp_established'] },
  processes: { measurement: ['total', 'running'] },
};
const BEFORE_MS = 20_000;
const AFTER_MS = 20_000;
const CATCH_UP_MS = 120_000;
const MOST_SAID = 20;

async function outage(minutes: number, intervalS: number, bundle: string, folder: string): Promise<boolean> {
  await using cleanup = new AsyncDisposableStack();
  const port = await freeTcpPort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, 'quiet.log');
  writeFileSync(log, '');
  let endpoint = await startEndpoint({ port });
  cleanup.defer(async () => { await endpoint.close(); });
  const seen: { readonly series: string; readonly time: number }[] = [];
  const take = (): void => {
    for (const { namespace, name, dimensions, datums } of endpoint.metrics.metrics()) {
      for (const { timestamp } of datums) seen.push({ series: JSON.stringify([namespace, name, dimensions]), time: timestamp });
    }
  };
  const agent = new AgentProcess({ bundle, folder, url, entries: [{ file_path: log, log_group_name: 'g', log_stream_name: 's' }], more: {
    agent: { region: 'us-east-1', metrics_collection_interval: intervalS, self_metrics: false }, metrics: { endpoint_override: url, force_flush_interval: 10, metrics_collected: COLLECTED },
  } });
  cleanup.defer(async () => { await agent.stop(); });
  await agent.started();
  await delay(BEFORE_MS);
  take();
  const before = seen.length;
  await endpoint.close();
  const began = Date.now();
  console.log(`${new Date(began).toISOString()} down for ${minutes} minutes; ${before} samples had arrived`);
  await delay(minutes * 60_000);
  const { rssMiB } = agent.usage();
  const held = (await agent.status())?.metrics;
  const back = Date.now();
  endpoint = await startEndpoint({ port });
  console.log(`${new Date(back).toISOString()} back; held: ${held?.heldDatums} samples in ${held?.heldBytes} bytes; memory ${rssMiB.toFixed(0)} MiB`);
  await until('what was held to arrive', async () => {
    await delay(500);
    const status = (await agent.status())?.metrics;
    return status != null && status.state === 'idle' && status.heldBytes === 0 && endpoint.metrics.metrics().length > 0;
  }, CATCH_UP_MS);
  console.log(`delivered ${((Date.now() - back) / 1_000).toFixed(1)} s after the return`);
  await delay(AFTER_MS);
  const { dropped, skippedSamples } = (await agent.status())?.metrics ?? { dropped: [], skippedSamples: 0 };
  const exit = await agent.stop();
  take();
  const times = new Map<string, number[]>();
  for (const { series, time } of seen) times.set(series, [...(times.get(series) ?? []), time]);
  const gaps = new Map<string, readonly number[]>();
  let [missing, doubled, during] = [0, 0, 0];
  for (const [series, list] of times) {
    const sorted = list.toSorted((a, b) => a - b);
    doubled += sorted.length - new Set(sorted).size;
    const [first, last] = [sorted[0]!, sorted.at(-1)!];
    const gap = Array.from({ length: (last - first) / (1_000 * intervalS) + 1 }, (_, i) => first + i * 1_000 * intervalS).filter((time) => !list.includes(time));
    if (gap.length > 0) gaps.set(series, gap);
    missing += gap.length;
    during += sorted.filter((time) => time > began && time < back).length;
  }
  console.log(`${times.size} series, ${seen.length} samples, ${during} of them taken during the outage; missing ${missing} (${skippedSamples} skipped by a sampler that was late), doubled ${doubled}, dropped ${JSON.stringify(dropped)}; the agent ended with ${exit}`);
  const well = missing === 0 && doubled === 0 && dropped.length === 0 && exit === 0 && during > 0;
  for (const [series, gap] of [...gaps].toSorted(([, a], [, b]) => b.length - a.length).slice(0, MOST_SAID)) console.log(`missing ${gap.length} of ${series}: ${gap.slice(0, 3).map((time) => new Date(time).toISOString()).join(', ')}, …`);
  console.log(well ? 'ok' : `FAIL\n${agent.said()}`);
  return well;
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' }, interval: { type: 'string', default: '5' }, agent: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'real-metrics-outage-'));
try {
  if (!(await outage(Number(values.minutes), Number(values.interval), values.agent ?? await builtAgent(), folder))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

// node test/real/outage.ts [--minutes 10] [--streams] [--files 500] [--rate 20] [--agent FILE]
// The endpoint is down (its port refuses connections) while many files grow. The agent's memory must stay within its bound,
// delivery must resume within two seconds of the endpoint's return, and every line must arrive, in the order of its file;
// twice only what the outage's beginning left unanswered. Exit 1 otherwise.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { builtAgent } from '../../scripts/built-agent.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { until } from '../support/rig.ts';
import { AgentProcess } from './agent-process.ts';
import { GrowingFiles } from './growing-files.ts';
import { SequenceReceipt } from './sequence-receipt.ts';

/** sysexits.h EX_USAGE. */
const EXIT_USAGE = 64;
const MOST_MIB = 150;
const RESUME_MS = 2_000;
/** Lines come in bursts of a half second. */
const BURSTS_PER_SECOND = 2;
const BEFORE_S = 10;
const AFTER_S = 10;
const CATCH_UP_MS = 300_000;
const SAMPLE_MS = 1_000;
/** The endpoint forgets what it has counted. */
const STORED_BYTES = 16 << 20;

interface Options { readonly minutes: number; readonly streams: boolean; readonly files: number; readonly rate: number; readonly agent: string | null }

interface Phase { readonly name: string; readonly seconds: number; readonly written: number; readonly arrived: number; readonly mostMiB: number; readonly cpuPercent: number }

/** Samples the agent each second and keeps account of the phases of the run. */
class Observation {
  readonly #agent: AgentProcess;
  readonly #files: GrowingFiles;
  readonly #receipt: SequenceReceipt;
  readonly #timer: NodeJS.Timeout;
  readonly phases: Phase[] = [];
  #mostMiB = 0;
  #began = performance.now();
  #cpu: number;
  #written: number;
  #arrived: number;

  constructor(agent: AgentProcess, files: GrowingFiles, receipt: SequenceReceipt) {
    this.#agent = agent;
    this.#files = files;
    this.#receipt = receipt;
    this.#cpu = agent.usage().cpuSeconds;
    this.#written = files.total;
    this.#arrived = receipt.arrived;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** The phase up to now is over. */
  ends(name: string): void {
    this.#sample();
    const now = performance.now();
    const { cpuSeconds } = this.#agent.usage();
    const seconds = (now - this.#began) / 1_000;
    this.phases.push({ name, seconds, written: this.#files.total - this.#written, arrived: this.#receipt.arrived - this.#arrived, mostMiB: this.#mostMiB, cpuPercent: (100 * (cpuSeconds - this.#cpu)) / seconds });
    [this.#began, this.#cpu, this.#written, this.#arrived, this.#mostMiB] = [now, cpuSeconds, this.#files.total, this.#receipt.arrived, 0];
  }

  stop(): void { clearInterval(this.#timer); }

  #sample(): void { this.#mostMiB = Math.max(this.#mostMiB, this.#agent.usage().rssMiB); }
}

interface Resumed { readonly deliveryMs: number; readonly readingMs: number }

/** Waits until delivery and reading go on. Reading does when more is read than ever during the outage. */
async function resumed(agent: AgentProcess, receipt: SequenceReceipt, mostRead: number): Promise<Resumed> {
  const began = performance.now();
  let [deliveryMs, readingMs] = [Infinity, Infinity];
  receipt.onBatch = () => { deliveryMs = Math.min(deliveryMs, performance.now() - began); };
  await until('delivery and reading to resume', async () => {
    const status = await agent.status();
    if (status !== null && status.counters.readBytes > mostRead) readingMs = Math.min(readingMs, performance.now() - began);
    return deliveryMs < Infinity && readingMs < Infinity;
  }, 90_000);
  receipt.onBatch = null;
  return { deliveryMs, readingMs };
}

async function outage({ minutes, streams, files, rate }: Options, bundle: string, folder: string): Promise<boolean> {
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const receipt = new SequenceReceipt(files);
  await using cleanup = new AsyncDisposableStack();
  const open = async (port: number): Promise<RunningEndpoint> => {
    const started = await startEndpoint({ port, maxStoredBytes: STORED_BYTES });
    started.store.observe(receipt);
    return started;
  };
  let endpoint = await open(0);
  cleanup.defer(() => endpoint.close());
  const { url, port } = endpoint;
  const growing = new GrowingFiles(logs, files, rate, Math.max(1, Math.round(rate / BURSTS_PER_SECOND)));
  cleanup.defer(() => growing.close());
  const entry = { file_path: join(logs, '*.log'), log_group_name: 'outage', log_stream_name: 'all', ...(streams ? { publish_multi_logs: true } : { follow: 'all' }) };
  const agent = new AgentProcess({ bundle, folder, url, entries: [entry] });
  cleanup.defer(async () => { await agent.stop(); });
  await agent.started();
  const observation = new Observation(agent, growing, receipt);
  cleanup.defer(() => observation.stop());

  growing.start();
  await delay(BEFORE_S * 1_000);
  observation.ends('before');
  await endpoint.close();
  receipt.cut();
  let mostRead = 0;
  const downUntil = performance.now() + minutes * 60_000;
  while (performance.now() < downUntil) {
    await delay(Math.min(5_000, Math.max(0, downUntil - performance.now())));
    mostRead = Math.max(mostRead, (await agent.status())?.counters.readBytes ?? 0);
  }
  observation.ends(`down ${minutes} min`);
  endpoint = await open(port);
  const { deliveryMs, readingMs } = await resumed(agent, receipt, mostRead);
  await delay(AFTER_S * 1_000);
  growing.stop();
  observation.ends('back, growing');
  await until('everything to arrive', async () => {
    await delay(100);
    return receipt.arrived >= growing.total;
  }, CATCH_UP_MS).catch(() => undefined);
  observation.ends('catching up');
  const exit = await agent.stop();
  const { peakMiB } = agent.usage();
  const v = receipt.verdict(growing.written);

  console.log(`${files} files, ${rate} lines/s each, ${streams ? 'a stream per file' : 'one stream'}; ${(growing.bytes / 1e6).toFixed(0)} MB in ${growing.total} lines`);
  console.log('phase            seconds  lines written  lines arrived  most RSS  CPU of a core');
  for (const p of observation.phases) console.log(`${p.name.padEnd(16)} ${p.seconds.toFixed(1).padStart(7)} ${String(p.written).padStart(14)} ${String(p.arrived).padStart(14)} ${p.mostMiB.toFixed(0).padStart(5)} MiB ${p.cpuPercent.toFixed(1).padStart(10)} %`);
  console.log(`peak RSS (VmHWM) ${peakMiB.toFixed(0)} MiB; after the endpoint's return: first batch after ${deliveryMs.toFixed(0)} ms, reading on after ${readingMs.toFixed(0)} ms`);
  console.log(`lost ${v.lost}, doubled ${v.doubled} (of these not in a batch left unanswered: ${v.unexplained}), out of order ${v.outOfOrder}, never written so ${v.foreign}; the agent ended with ${exit}`);
  const faults = [
    ...(peakMiB <= MOST_MIB ? [] : [`memory: ${peakMiB.toFixed(0)} MiB is more than ${MOST_MIB}`]),
    ...(Math.max(deliveryMs, readingMs) <= RESUME_MS ? [] : [`resumed after ${Math.max(deliveryMs, readingMs).toFixed(0)} ms, more than ${RESUME_MS}`]),
    ...(v.lost + v.unexplained + v.outOfOrder + v.foreign === 0 ? [] : ['delivered is not what was written']),
    ...(exit === 0 ? [] : [`the agent ended with ${exit}`]),
  ];
  for (const fault of faults) console.log(`FAIL ${fault}`);
  if (faults.length > 0) console.log(agent.said());
  else console.log('ok');
  return faults.length === 0;
}

function optionsOf(): Options {
  const { values } = parseArgs({ options: {
    minutes: { type: 'string', default: '10' }, streams: { type: 'boolean', default: false }, files: { type: 'string', default: '500' }, rate: { type: 'string', default: '20' }, agent: { type: 'string' },
  } });
  const [minutes, files, rate] = [Number(values.minutes), Number(values.files), Number(values.rate)];
  if (!(minutes > 0 && minutes <= 120)) throw new Error(`--minutes ${values.minutes}: give more than 0, at most 120`);
  if (!Number.isInteger(files) || files < 1 || files > 5_000) throw new Error(`--files ${values.files}: give 1 to 5000`);
  if (!(rate >= 1 && rate <= 1_000)) throw new Error(`--rate ${values.rate}: give 1 to 1000 lines per second`);
  return { minutes, files, rate, streams: values.streams, agent: values.agent ?? null };
}

let options: Options;
try {
  options = optionsOf();
} catch (error) {
  process.stderr.write(`outage: ${(error as Error).message}\nusage: node test/real/outage.ts [--minutes N] [--streams] [--files N] [--rate LINES] [--agent FILE]\n`);
  process.exit(EXIT_USAGE);
}
const folder = mkdtempSync(join(tmpdir(), 'real-outage-'));
try {
  if (!(await outage(options, options.agent ?? await builtAgent(), folder))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

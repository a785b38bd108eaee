// One measurement: sink, generator and agent as processes of their own, and the figures of the agent's process tree.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Workload, Written } from './generator.ts';
import { usageOf } from './process-tree.ts';
import type { Usage } from './process-tree.ts';
import type { SinkStats } from './sink.ts';

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
/** As scripts/agent.ts starts it. */
export const AGENT_COMMAND: readonly string[] = [node, join(root, 'dist/agent.js')];
/** From the agent's start to the load, seconds. */
const SETTLE_S = 2;
/** From the last arrival to rest, seconds: memory is given back after three quiet ones. */
const REST_S = 6;
/** Given up when nothing new came for this long. */
const STALL_MS = 15_000;
const POLL_MS = 50;

export interface BenchCase {
  readonly name: string;
  /** Keys of the config's `logs` section and of its one entry, over the defaults. */
  readonly logs: Readonly<Record<string, unknown>>;
  readonly entry: Readonly<Record<string, unknown>>;
  /** Written before the agent starts. */
  readonly before: ((folder: string) => Workload) | null;
  /** Written while it runs; null: catching up is all there is, or `idleSeconds` are watched. */
  readonly during: ((folder: string) => Workload) | null;
  readonly idleSeconds?: number;
}

export interface Figures {
  readonly name: string;
  /** Of lines, without newlines. */
  readonly megabytes: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Of one core, over the load's time; null for catching up. */
  readonly cpuPercent: number | null;
  readonly peakMiB: number;
  readonly latency: SinkStats['latency'] | null;
  readonly requests: number;
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  readonly damaged: number;
  readonly violations: number;
  /** How far the generator fell behind its schedule: the machine was too busy. */
  readonly generatorLateMs: number;
}

interface Started { readonly child: ChildProcess; readonly exited: Promise<void> }

function start(command: readonly string[], output: 'pipe' | number, env: NodeJS.ProcessEnv = process.env): Started {
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', output, typeof output === 'number' ? output : 'inherit'], env });
  const exited = new Promise<void>((resolve, reject) => { child.once('exit', () => resolve()); child.once('error', reject); });
  return { child, exited };
}

async function generate(workload: Workload): Promise<Written> {
  const { child, exited } = start([node, join(import.meta.dirname, 'generator.ts'), JSON.stringify(workload)], 'pipe');
  let out = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => { out += text; });
  await exited;
  return JSON.parse(out) as Written;
}

async function ask(port: number, path: 'stats' | 'reset'): Promise<SinkStats> {
  return await (await fetch(`http://127.0.0.1:${port}/${path}`)).json() as SinkStats;
}

async function startSink(): Promise<Started & { readonly port: number }> {
  const sink = start([node, join(import.meta.dirname, 'sink.ts')], 'pipe');
  const port = await new Promise<number>((resolve) => { sink.child.stdout!.on('data', (text: Buffer) => resolve(Number(/LISTENING (\d+)/.exec(text.toString())?.[1]))); });
  return { ...sink, port };
}

/** Fake credentials; nothing is asked of a metadata service. */
export const AGENT_ENV = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'none', AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' } as const;

function startAgent(folder: string, port: number, { logs, entry }: BenchCase): Started {
  const config = join(folder, 'agent.json');
  writeFileSync(config, JSON.stringify({
    agent: { region: 'us-east-1' },
    logs: { endpoint_override: `http://127.0.0.1:${port}`, ...logs, logs_collected: { files: { collect_list: [{ file_path: join(folder, 'logs/*.log'), log_group_name: 'bench', log_stream_name: 'bench', ...entry }] } } },
  }));
  const log = openSync(join(folder, 'agent.out'), 'w');
  const agent = start([...AGENT_COMMAND, 'run', '--config', config, '--state-dir', join(folder, 'state')], log, { ...process.env, ...AGENT_ENV });
  closeSync(log);
  return agent;
}

/** Waits until every line has come, or nothing new comes any more. */
async function arrived(port: number, expected: number, agent: ChildProcess): Promise<SinkStats> {
  let stats = await ask(port, 'stats');
  let newAt = performance.now();
  while (stats.unique < expected && agent.exitCode === null && performance.now() - newAt < STALL_MS) {
    await delay(POLL_MS);
    const next = await ask(port, 'stats');
    if (next.lines !== stats.lines) newAt = performance.now();
    stats = next;
  }
  return stats;
}

/** Measures one case. Throws when the agent ends by itself, with the end of its log. */
export async function measure(bench: BenchCase): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-bench-'));
  mkdirSync(join(folder, 'logs'));
  const sink = await startSink();
  let agent: Started | null = null;
  try {
    const before = bench.before === null ? null : await generate(bench.before(join(folder, 'logs')));
    const startedAt = Date.now();
    agent = startAgent(folder, sink.port, bench);
    const { pid } = agent.child;
    const usage = (): Usage => {
      const now = usageOf(pid!);
      if (now === null) throw new Error(`the agent has ended by itself:\n${readFileSync(join(folder, 'agent.out'), 'utf8').slice(-2_000)}`);
      return now;
    };
    const first = await arrived(sink.port, before?.lines ?? 0, agent.child);
    let from: Usage = { cpuSeconds: 0, rssMiB: 0, peakMiB: 0 };
    let to = usage();
    let wallSeconds = (first.lastAt - startedAt) / 1000;
    let cpuPercent: number | null = null;
    let written: Written | null = null;
    if (bench.during !== null || bench.idleSeconds !== undefined) {
      await delay((bench.idleSeconds === undefined ? SETTLE_S : REST_S) * 1000);
      await ask(sink.port, 'reset');
      from = usage();
      const began = performance.now();
      if (bench.during !== null) written = await generate(bench.during(join(folder, 'logs')));
      else await delay(bench.idleSeconds! * 1000);
      to = usage();
      wallSeconds = (performance.now() - began) / 1000;
      cpuPercent = (100 * (to.cpuSeconds - from.cpuSeconds)) / wallSeconds;
    }
    const expected = (before?.lines ?? 0) + (written?.lines ?? 0);
    const stats = await arrived(sink.port, expected, agent.child);
    const last = usage();
    return {
      name: bench.name, megabytes: (bench.idleSeconds === undefined ? (written ?? before)?.bytes ?? 0 : 0) / 1e6, wallSeconds, cpuPercent,
      cpuSeconds: (bench.during === null ? to : last).cpuSeconds - from.cpuSeconds, peakMiB: last.peakMiB,
      latency: bench.during === null ? null : stats.latency, requests: stats.requests, expected, lost: expected - stats.unique,
      doubled: stats.doubled, outOfOrder: stats.outOfOrder, damaged: stats.damaged, violations: stats.violations, generatorLateMs: written?.lateMs ?? 0,
    };
  } finally {
    for (const started of [agent, sink]) {
      started?.child.kill('SIGTERM');
      await started?.exited;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { StatusDocument } from '../control/status-document.ts';
import { startEndpoint } from '../local-endpoint/server.ts';
import type { RunningEndpoint } from '../local-endpoint/server.ts';
import { DemoAgent, DemoAgentError } from './demo/demo-agent.ts';
import type { Followed } from './demo/demo-agent.ts';
import { demoText, progressText } from './demo/demo-text.ts';
import type { DemoRow } from './demo/demo-text.ts';
import { machineLogs, proveMachineLog } from './demo/machine-logs.ts';
import type { MachineLog } from './demo/machine-logs.ts';
import { NumberedReceipt } from './demo/proof.ts';
import { LINE_NUMBER, RotatingWriter } from './demo/writer.ts';
import { bytesText, countText } from './units.ts';

const MOST_SECONDS = 3_600;
const TICK_MS = 50;
const PROGRESS_MS = { terminal: 1_000, elsewhere: 5_000 } as const;
/** After the writers' end: everything must be acknowledged within this time. */
const CATCH_UP_MS = 15_000;
/** The machine's own logs get this long to be acknowledged to their last line, which another program may still be writing. */
const LAST_LINES_MS = 3_000;
/** Of the machine's logs, in the endpoint's memory. The writers' lines are judged as they come and need not be kept. */
const STORED_BYTES = 256 << 20;
const WRITER_GROUP = '/demo/writers';
const MACHINE_GROUP = '/demo/machine';

interface DemoOptions { readonly seconds: number }

/** What a demo runs on. */
export interface DemoSpec {
  readonly seconds: number;
  /** The runtime, its flags and the agent's program file. */
  readonly program: readonly string[];
  /** Folder with the logs of this machine. */
  readonly logFolder: string;
  /** Of each writer. */
  readonly linesPerSecond: number;
  /** Time between two rotations of the writer whose file is renamed, and of the one whose file is copied and truncated. */
  readonly rotateEveryMs: readonly [number, number];
  /** A summary each second instead of every five. */
  readonly terminal: boolean;
  readonly say: (text: string) => void;
  /** Ends the running part early; the proof follows all the same. */
  readonly stop: AbortSignal;
}

/** `agent demo`: endpoint, agent and rotating writers for some seconds, then the proof that everything arrived. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Follow logs of this machine and two rotating writers for a while, and prove that every line arrives once and in order.\nNothing leaves this machine; a temporary directory is all that is written')
    .option('--seconds <n>', `how long the writers write, 1 to ${MOST_SECONDS}; Ctrl-C ends it early`, parseSeconds, 20)
    .action(async ({ seconds }: DemoOptions) => {
      const ended = new AbortController();
      const end = (): void => ended.abort();
      process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end);
      process.exitCode = await demo({
        seconds, program: [process.execPath, ...process.execArgv, process.argv[1]!], logFolder: '/var/log', linesPerSecond: 1_000, rotateEveryMs: [3_000, 4_000],
        terminal: process.stdout.isTTY, say: (text) => process.stdout.write(text), stop: ended.signal,
      });
      process.off('SIGINT', end).off('SIGTERM', end).off('SIGHUP', end);
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= MOST_SECONDS)) throw new InvalidArgumentError(`give a number from 1 to ${MOST_SECONDS}`);
  return seconds;
}

/** Runs the demo; gives the exit code: 0 when everything was proven, 1 when not, with what is missing said. */
export async function demo(spec: DemoSpec): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-demo-'));
  await using endpoint = await startEndpoint({ maxStoredBytes: STORED_BYTES });
  let proven = false;
  try {
    proven = await new Demo(spec, folder, endpoint, await machineLogs(spec.logFolder)).run();
  } catch (error) {
    if (!(error instanceof DemoAgentError)) throw error;
    spec.say(`demo: ${error.message}\n`);
  } finally {
    if (proven) rmSync(folder, { recursive: true, force: true });
    else spec.say(`demo: config, logs and state are kept in ${folder} for a look\n`);
  }
  return proven ? 0 : 1;
}

class Demo {
  readonly #spec: DemoSpec;
  readonly #endpoint: RunningEndpoint;
  readonly #machineLogs: readonly MachineLog[];
  readonly #writers: readonly RotatingWriter[];
  readonly #receipts: ReadonlyMap<string, NumberedReceipt>;
  readonly #agent: DemoAgent;

  constructor(spec: DemoSpec, folder: string, endpoint: RunningEndpoint, logs: readonly MachineLog[]) {
    this.#spec = spec;
    this.#endpoint = endpoint;
    this.#machineLogs = logs;
    mkdirSync(join(folder, 'logs'));
    const writer = (name: string, style: 'create' | 'copytruncate', rotateEveryMs: number): RotatingWriter =>
      new RotatingWriter({ path: join(folder, 'logs', `${name}.log`), name, style, linesPerSecond: spec.linesPerSecond, rotateEveryMs });
    this.#writers = [writer('web', 'create', spec.rotateEveryMs[0]), writer('batch', 'copytruncate', spec.rotateEveryMs[1])];
    this.#receipts = new Map(this.#writers.map(({ path }) => [path, new NumberedReceipt(LINE_NUMBER)]));
    endpoint.store.observe({
      groupChanged: () => {}, groupDeleted: () => {}, streamCreated: () => {}, streamDeleted: () => {},
      stored: ({ stream, messages }) => {
        const receipt = stream.group === WRITER_GROUP ? this.#receipts.get(stream.name) : undefined;
        if (receipt !== undefined) for (const message of messages) receipt.take(message);
      },
    });
    this.#agent = new DemoAgent(spec.program, folder, endpoint.url, [
      ...this.#writers.map(({ path }) => ({ path, group: WRITER_GROUP, stream: path })),
      ...logs.map(({ path }): Followed => ({ path, group: MACHINE_GROUP, stream: path })),
    ]);
  }

  /** True when everything was proven. */
  async run(): Promise<boolean> {
    const { say, logFolder, seconds, rotateEveryMs } = this.#spec;
    const bytes = this.#machineLogs.reduce((sum, log) => sum + log.bytes, 0);
    say(`A CloudWatch-compatible endpoint listens at ${this.#endpoint.url} (curl ${this.#endpoint.url}/_requests).\n`
      + `The agent follows ${countText(this.#machineLogs.length, 'log')} below ${logFolder} (${bytesText(bytes)}) and two writers whose files are rotated every ${rotateEveryMs.map((ms) => ms / 1000).join(' and ')} s: one renamed, one copied and truncated.\n\n`);
    try {
      await this.#agent.started();
      await this.#write(seconds);
      const last = await this.#caughtUp();
      await this.#agent.stop();
      const { text, proven } = demoText(this.#rows(last));
      say(`\n${text}`);
      return proven;
    } finally {
      await this.#agent.stop();
      for (const writer of this.#writers) writer.close();
    }
  }

  async #write(seconds: number): Promise<void> {
    const { stop, terminal } = this.#spec;
    const started = performance.now();
    const every = terminal ? PROGRESS_MS.terminal : PROGRESS_MS.elsewhere;
    let progressAt = started + every;
    const ends = started + 1000 * seconds;
    for (let now = started; now < ends && !stop.aborted; now = performance.now()) {
      for (const writer of this.#writers) writer.tick(now);
      if (now >= progressAt) { progressAt += every; await this.#progress((now - started) / 1000); }
      await delay(Math.min(TICK_MS, Math.max(1, ends - performance.now())), undefined, { signal: stop }).catch(() => undefined);
    }
    await this.#progress((performance.now() - started) / 1000);
  }

  async #progress(seconds: number): Promise<void> {
    const status = await this.#agent.status();
    if (status === null) return;
    this.#spec.say(progressText({
      seconds, events: status.counters.deliveredEvents, bytes: status.counters.deliveredMessageBytes, files: status.files.total,
      rotations: this.#writers.reduce((sum, writer) => sum + writer.rotations, 0), lagBytes: status.files.list.reduce((sum, file) => sum + file.lagBytes, 0),
    }));
  }

  /** The last status: everything acknowledged, or as much as there was time for. */
  async #caughtUp(): Promise<StatusDocument | null> {
    const started = performance.now();
    for (;;) {
      const status = await this.#agent.status();
      const waited = performance.now() - started;
      if (status !== null) {
        const late = status.files.list.filter((file) => file.lagBytes > 0);
        const own = late.filter((file) => this.#writers.some(({ path }) => file.path.startsWith(path)));
        if (late.length === 0 || waited > CATCH_UP_MS || (own.length === 0 && waited > LAST_LINES_MS)) return status;
      } else if (waited > CATCH_UP_MS) return null;
      await delay(TICK_MS);
    }
  }

  #rows(last: StatusDocument | null): readonly DemoRow[] {
    const style = { create: 'renamed', copytruncate: 'copied and truncated' } as const;
    const rows: DemoRow[] = this.#writers.map((writer) => ({
      name: `${writer.path} (${style[writer.style]})`, bytes: writer.bytes, rotations: writer.rotations,
      outcome: { kind: 'compared', verdict: this.#receipts.get(writer.path)!.verdict(writer.lines) },
    }));
    for (const log of this.#machineLogs) {
      const acknowledged = last?.files.list.find((file) => file.path === log.path && file.attachment === 'attached')?.safeOffset ?? log.bytes;
      rows.push({ name: log.path, bytes: log.bytes, rotations: 0, outcome: proveMachineLog(log, acknowledged, this.#endpoint.store.messages(MACHINE_GROUP, log.path)) });
    }
    return rows;
  }
}

// The agent as a process of its own: where a test needs a kill, a signal or a limit of the host.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';
import { connected } from './emf.ts';
import { TEST_ENV, renew, until } from './rig.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
/** As the built program is started (FLAGS): what it says is its own. */
const SILENT = ['--disable-warning=ExperimentalWarning'];

export interface ChildSpec {
  /** The program, by default the one that needs no build. */
  readonly program?: string;
  /** The config document. */
  readonly config: unknown;
  /** Where the config comes from instead, in the words of `--config`. */
  readonly sources?: readonly string[];
  /** Where the config file is written; the state is `stateDir`, by default `<folder>/state`. */
  readonly folder: string;
  readonly stateDir?: string;
  /** Options of prlimit(1), such as `--nofile=64`. */
  readonly limits?: readonly string[];
  /** A command line in front of the agent's, such as `unshare -U`. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface ChildAgent {
  readonly pid: number;
  /** What it has written to stderr so far. */
  said(): string;
  says(pattern: RegExp, timeoutMs?: number): Promise<void>;
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void;
  /** Resolves when it takes connections at the port. */
  listensAt(port: number): Promise<void>;
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<number | string>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<number | string>;
}

/** A config of files in one group and stream, with short waits. */
export function childConfig(url: string, entries: readonly Record<string, unknown>[], logs: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    agent: { region: 'us-east-1' },
    logs: {
      endpoint_override: url, force_flush_interval: 0.05, log_stream_name: 's', ...logs,
      logs_collected: { files: { collect_list: entries.map((entry) => ({ log_group_name: 'g', log_stream_name: 's', multi_line_timeout: 0.1, ...entry })) } },
    },
  };
}

/** Starts `run` and resolves once it follows; it is killed after the test if it still runs. */
export async function startChild(t: Owner, spec: ChildSpec): Promise<ChildAgent> {
  const configFile = join(spec.folder, 'agent.json');
  writeFileSync(configFile, JSON.stringify(spec.config));
  const command = [
    ...(spec.wrapper ?? []), ...(spec.limits === undefined ? [] : ['prlimit', ...spec.limits]),
    process.execPath, ...(spec.program === undefined ? SILENT : []), spec.program ?? MAIN, 'run', '--config', ...(spec.sources ?? [configFile]), '--state-dir', spec.stateDir ?? join(spec.folder, 'state'),
    // What a CloudWatch agent on this machine is told is no concern of a test.
    '--common-config', '/dev/null', '--env-config', '/dev/null', ...(spec.args ?? []),
  ];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] ?? '', HOME: spec.folder, ...TEST_ENV, ...spec.env } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
  let over = false;
  const exited = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => { over = true; resolve(code ?? signal ?? 'unknown'); });
  }).then(async (how) => {
    await renew();
    return how;
  });
  atEnd(t, async () => {
    if (!over) child.kill('SIGKILL');
    await exited;
  });
  const end = async (name: 'SIGTERM' | 'SIGKILL'): Promise<number | string> => {
    if (!over) child.kill(name);
    return exited;
  };
  const agent: ChildAgent = {
    pid: child.pid!, exited,
    said: () => said,
    says: (pattern, timeoutMs) => until(`the agent to say ${pattern}`, () => {
      if (over && !pattern.test(said)) throw new Error(`the agent ended and said:\n${said}`);
      return pattern.test(said);
    }, timeoutMs),
    listensAt: (port) => until(`the agent to listen at port ${port}`, () => connected(port).then((socket) => { socket.destroy(); return true; }, () => false)),
    signal: (name) => { child.kill(name); },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
  await agent.says(/ following \d+ entr/, 20_000);
  return agent;
}

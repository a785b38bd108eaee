import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NoAgentError, askStatus } from '../../control/client.ts';
import type { StatusDocument } from '../../control/status-document.ts';

/** A file the agent is to follow, and the stream it goes to. */
export interface Followed { readonly path: string; readonly group: string; readonly stream: string }

const REGION = 'us-east-1';
const START_MS = 15_000;
const STOP_MS = 30_000;
const POLL_MS = 100;
/** Of the agent's log, when it ended against expectation. */
const SAID_LINES = 12;

/** The agent ended, or did not begin. The message ends with the last lines of its log. */
export class DemoAgentError extends Error {}

/** The real agent as a process of its own, on a config and a state directory below `folder`. */
export class DemoAgent {
  readonly stateDirectory: string;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #exited: Promise<void>;

  /** @param program what runs the agent: the runtime, its flags and the program file. */
  constructor(program: readonly string[], folder: string, endpoint: string, files: readonly Followed[]) {
    this.stateDirectory = join(folder, 'state');
    this.#log = join(folder, 'agent.out');
    const config = join(folder, 'agent.json');
    writeFileSync(config, `${JSON.stringify(configOf(endpoint, files), null, 2)}\n`, { mode: 0o600 });
    const out = openSync(this.#log, 'w', 0o600);
    // Detached: the terminal's Ctrl-C is for the demo, which ends the agent when it is time.
    this.#child = spawn(program[0]!, [...program.slice(1), 'run', '--config', config, '--state-dir', this.stateDirectory, ...NO_SIDE_FILES], { stdio: ['ignore', out, out], env: environment(folder), detached: true });
    closeSync(out);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
  }

  get running(): boolean { return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null; }

  /** Resolves when it answers. Throws DemoAgentError. */
  async started(): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (await this.status() === null) {
      if (performance.now() > deadline) throw new DemoAgentError(`the agent does not answer after ${START_MS / 1000} s\n${this.#said()}`);
      await delay(POLL_MS);
    }
  }

  /** What it says of itself, or null when it does not answer (yet). Throws DemoAgentError when it has ended. */
  async status(): Promise<StatusDocument | null> {
    if (!this.running) throw new DemoAgentError(`the agent has ended (exit code ${this.#child.exitCode ?? this.#child.signalCode ?? 'none'})\n${this.#said()}`);
    try {
      return await askStatus(this.stateDirectory);
    } catch (error) {
      if (error instanceof NoAgentError) return null;
      throw error;
    }
  }

  /** Ends it as a service manager does, and by force when it does not end. */
  async stop(): Promise<void> {
    if (this.running) this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(late);
  }

  #said(): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-SAID_LINES).join('\n');
  }
}

function configOf(endpoint: string, files: readonly Followed[]): unknown {
  return {
    agent: { region: REGION },
    logs: {
      endpoint_override: endpoint,
      force_flush_interval: 0.5,
      logs_collected: { files: { collect_list: files.map(({ path, group, stream }) => ({ file_path: path, log_group_name: group, log_stream_name: stream })) } },
    },
  };
}

/** Nor does what a CloudWatch agent on this machine is told. */
const NO_SIDE_FILES = ['--common-config', '/dev/null', '--env-config', '/dev/null'];

/** Nothing of the person's own credentials or AWS settings reaches the demo. */
function environment(folder: string): NodeJS.ProcessEnv {
  const { PATH, TZ } = process.env;
  return {
    ...(PATH === undefined ? {} : { PATH }), ...(TZ === undefined ? {} : { TZ }), HOME: folder,
    AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'demo', AWS_SECRET_ACCESS_KEY: 'demo', AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

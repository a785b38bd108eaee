// The built agent as a user runs it: dist/agent.js in a process of its own, with nothing of this process's AWS settings.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NoAgentError, askReload, askStatus } from '../../src/control/client.ts';
import type { ReloadDocument, StatusDocument } from '../../src/control/status-document.ts';
import { usageOf } from '../bench/process-tree.ts';
import type { Usage } from '../bench/process-tree.ts';
import { TEST_ENV, until } from '../support/rig.ts';
import { endWithUs } from './children.ts';

const START_MS = 20_000;
/** Longer than the agent's own 60 s for what it holds. */
const STOP_MS = 70_000;
/** Of the agent's log, in a failure. */
const SAID_LINES = 15;

/** One entry of `collect_list`. */
export type Entry = Readonly<Record<string, unknown>> & { readonly file_path: string };

export interface AgentSpec {
  /** Path of the bundle. */
  readonly bundle: string;
  /** Config, state and the agent's log are written there. */
  readonly folder: string;
  readonly url: string;
  readonly entries: readonly Entry[];
  /** Further keys of `logs`. */
  readonly logs?: Readonly<Record<string, unknown>>;
  /** Further sections of the config, or others in place of those it has. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  /** Where the config comes from instead of the file, in the words of `--config`. */
  readonly sources?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class AgentProcess {
  readonly stateDir: string;
  readonly #config: string;
  readonly #url: string;
  readonly #more: Readonly<Record<string, unknown>>;
  readonly #child: ChildProcess;
  readonly #log: string;
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  #last: Usage = { cpuSeconds: 0, rssMiB: 0, peakMiB: 0 };

  constructor({ bundle, folder, url, entries, logs, more, args, sources, env }: AgentSpec) {
    this.stateDir = join(folder, 'state');
    this.#log = join(folder, 'agent.out');
    const config = join(folder, 'agent.json');
    this.#config = config;
    this.#url = url;
    this.#more = more ?? {};
    this.configure(entries, logs);
    const out = openSync(this.#log, 'a', 0o600);
    this.#child = spawn(process.execPath, [bundle, 'run', '--config', ...(sources ?? [config]), '--state-dir', this.stateDir, ...(args ?? [])],
      { stdio: ['ignore', out, out], env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...TEST_ENV, ...env } });
    closeSync(out);
    endWithUs(this.#child);
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => { resolve(code ?? signal ?? 'unknown'); });
    });
    this.exited.catch(() => undefined);
  }

  /** Writes another config, which the agent has not read yet. */
  configure(entries: readonly Entry[], logs: Readonly<Record<string, unknown>> = {}): void {
    writeFileSync(this.#config, `${JSON.stringify({ agent: { region: 'us-east-1' }, ...this.#more, logs: { endpoint_override: this.#url, ...logs, logs_collected: { files: { collect_list: entries } } } }, null, 2)}\n`);
  }

  reload(): Promise<ReloadDocument> { return askReload(this.stateDir); }

  /** Descriptors it has open now. */
  get descriptors(): number { return readdirSync(`/proc/${this.#child.pid!}/fd`).length; }

  get running(): boolean { return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null; }

  /** CPU and memory so far; what was last seen once it has ended. */
  usage(): Usage {
    const now = this.running ? usageOf(this.#child.pid!) : null;
    if (now !== null) this.#last = now;
    return this.#last;
  }

  /** Resolves when it answers on its control socket. */
  async started(): Promise<void> {
    await until('the agent to answer', async () => {
      if (!this.running) throw new Error(`the agent has ended with ${await this.exited}; it said:\n${this.said()}`);
      return (await this.status()) !== null;
    }, START_MS);
  }

  /** What it says of itself, or null while it does not answer. */
  async status(): Promise<StatusDocument | null> {
    try {
      return await askStatus(this.stateDir);
    } catch (error) {
      if (error instanceof NoAgentError) return null;
      throw error;
    }
  }

  /** SIGTERM, and SIGKILL when it does not end; gives what `exited` gives. */
  async stop(): Promise<number | string> {
    this.usage();
    if (this.running) this.#child.kill('SIGTERM');
    const late = setTimeout(() => { this.#child.kill('SIGKILL'); }, STOP_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(late);
    }
  }

  /** The end of its log. */
  said(): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-SAID_LINES).join('\n');
  }
}

// A daemon of the distribution's packages as a child of this process: its own config, pid file and logs, nothing of the system's.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/rig.ts';
import { endWithUs } from './children.ts';

/** Debian keeps daemons where a user's PATH does not lead. */
const SBIN = ['/usr/sbin', '/sbin', '/usr/local/sbin'];
const STOP_MS = 10_000;

/** Absolute path of a program, or null. */
export function programPath(name: string): string | null {
  for (const folder of [...(process.env['PATH'] ?? '').split(':'), ...SBIN]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch { /* Not here: the next folder. */ }
  }
  return null;
}

/** Installs packages with apt-get; throws when it fails. */
export function install(packages: readonly string[]): void {
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { status } = spawnSync('apt-get', args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    if (status !== 0) throw new Error(`apt-get ${args.join(' ')} ended with ${status}`);
  }
}

/** Runs in the foreground and writes a pid file. */
export class Daemon {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #said = '';

  constructor(name: string, command: readonly string[]) {
    this.name = name;
    this.#child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    endWithUs(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { this.#said = (this.#said + text).slice(-4_000); });
    this.#exited = new Promise((resolve) => { this.#child.once('exit', () => resolve()).once('error', () => resolve()); });
  }

  get #running(): boolean { return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null; }

  /** Resolves when the pid file holds the child's own number. */
  async started(pidFile: string): Promise<void> {
    await until(`${this.name} to write ${pidFile}`, () => {
      this.assertRunning();
      return existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')) === this.#child.pid;
    });
  }

  assertRunning(): void {
    if (!this.#running) throw new Error(`${this.name} has ended (${this.#child.exitCode ?? this.#child.signalCode ?? 'not started'}): ${this.#said}`);
  }

  async stop(): Promise<void> {
    if (this.#running) this.#child.kill('SIGTERM');
    const late = setTimeout(() => { this.#child.kill('SIGKILL'); }, STOP_MS);
    await this.#exited;
    clearTimeout(late);
  }
}

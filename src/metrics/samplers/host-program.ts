import { execFile } from 'node:child_process';
import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { codeOf } from './kernel-text.ts';
import type { ChildProcess } from 'node:child_process';

/** Some 100,000 statistics, or hundreds of GPUs: a longer answer is an error. */
const MAX_ANSWER_BYTES = 4 * 1_024 * 1_024;
/** Nothing of the agent's own environment, where credentials may be, is for them. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

export interface HostProgramOptions {
  /** Absolute; the first that is there is run. */
  readonly paths: readonly [string, ...string[]];
  /** After which a run is given up. */
  readonly patienceMs: number;
  /** What a person does to have it: `install the package ethtool`. */
  readonly remedy: string;
}

/**
 * A program of the host that reads what the kernel gives to nobody without native code. Run without a shell, with an environment of its own, one run at a
 * time; and only when nobody but root (or the user the agent runs as) could have put it there or changed it.
 */
export class HostProgram implements Disposable {
  readonly #options: HostProgramOptions;
  /** From the call of `run` until the process has ended, be that long after it was given up. */
  #busy = false;
  #child: ChildProcess | null = null;

  constructor(options: HostProgramOptions) { this.#options = options; }

  /** What it printed. @throws an error that says why not, with the next step; `FailedRun` when it ran and failed. */
  async run(args: readonly string[]): Promise<string> {
    if (this.#busy) throw new Error(`${this.#options.paths[0]} of the sample before has not ended yet (process ${this.#child?.pid ?? 'not begun'})`);
    this.#busy = true;
    try {
      return await this.#start(await this.#safePath(), args);
    } catch (error) {
      this.#busy = this.#child !== null;
      throw error;
    }
  }

  #start(path: string, args: readonly string[]): Promise<string> {
    const { patienceMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const child = execFile(path, args, { cwd: '/', env: ENVIRONMENT, maxBuffer: MAX_ANSWER_BYTES, encoding: 'utf8', killSignal: 'SIGKILL' }, (error, out, complaint) => {
      clearTimeout(timer);
      this.#busy = false;
      this.#child = null;
      if (error === null) resolve(out);
      else reject(new FailedRun(path, args, error.code ?? error.signal ?? 'a signal', complaint));
    });
    // A process that waits in a driver ends at no signal, and a child of its own may hold its pipes: neither is waited for.
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      reject(new Error(`${path} ${args.join(' ')} has not ended within ${patienceMs / 1_000} s: it was stopped, and is run again with the next sample`));
    }, patienceMs);
    child.stdin?.end();
    this.#child = child;
    return promise;
  }

  /** The path of the program. @throws an error that says what speaks against running it */
  async #safePath(): Promise<string> {
    const { paths, remedy } = this.#options;
    let missing: unknown;
    for (const path of paths) {
      try {
        const fault = await faultOf(path);
        if (fault !== null) throw new Error(fault);
        return path;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
        missing ??= error;
      }
    }
    throw new Error(`${paths[0]} cannot be run (${codeOf(missing)}): ${remedy}`, { cause: missing });
  }

  [Symbol.dispose](): void { this.#child?.kill('SIGKILL'); }
}

/** It ran, and ended with something other than 0. */
export class FailedRun extends Error {
  /** The first line of what it printed to stderr. */
  readonly complaint: string;

  constructor(path: string, args: readonly string[], code: number | string, complaint: string) {
    const first = complaint.trim().split('\n', 1)[0]!.slice(0, 200);
    super(`${path} ${args.join(' ')} ended with ${code}${first === '' ? '' : `: ${first}`}`);
    this.complaint = first;
  }
}

/** Why a program is not run; null if nothing speaks against it. @throws a system error, when it is not there */
async function faultOf(path: string): Promise<string | null> {
  if (!isAbsolute(path)) return `${path} is not run: its path does not begin with /`;
  const real = await realpath(path);
  const program = await lstat(real);
  if (!program.isFile() || (program.mode & 0o111) === 0) return `${real} is not run: it is no program`;
  const unsafe = await firstUnsafe(real);
  return unsafe === null ? null : `${path} is not run, because others than root could have changed it: ${unsafe}; make it root's, and writable by root alone (chown root, chmod go-w)`;
}

/** What of a path could be changed by others. A folder that is sticky, like /tmp, protects what lies in it. */
async function firstUnsafe(real: string): Promise<string | null> {
  const trusted = new Set([0, process.geteuid?.() ?? 0]);
  for (let at = real; ; at = dirname(at)) {
    const { uid, mode } = await lstat(at);
    if (!trusted.has(uid)) return `${at} belongs to user ${uid}`;
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && (at === real || (mode & STICKY) === 0)) return `${at} is writable by its group or by all`;
    if (at === '/') return null;
  }
}

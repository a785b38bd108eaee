// Commands of the built agent as processes of their own: what serves a page has it from the build.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { builtAgent } from '../../scripts/built-agent.ts';
import { TEST_ENV } from './rig.ts';

export interface Command extends AsyncDisposable {
  /** What it printed first. */
  readonly line: string;
  readonly stop: () => Promise<void>;
}

/** Starts `agent <args>` and resolves with the first line it prints; it ends with the value. */
export async function startCommand(args: readonly string[]): Promise<Command> {
  const child = await begin(args);
  const stop = (): Promise<void> => end(child);
  try {
    return { line: await firstLine(child, args), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function begin(args: readonly string[]): Promise<ChildProcess> {
  return spawn(process.execPath, [await builtAgent(), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], ...TEST_ENV } });
}

function firstLine(child: ChildProcess, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => { said += text; });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => { resolve(text.split('\n')[0]!); });
    child.once('error', reject);
    child.once('exit', (code) => { reject(new Error(`agent ${args.join(' ')} ended with ${code}: ${said}`)); });
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => { resolve(); });
    child.kill('SIGTERM');
  });
}

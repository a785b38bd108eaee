import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { buildPackages } from '../../scripts/package.ts';
import type { PackageOptions } from '../../scripts/package.ts';

/** Runs a program of this machine and gives what it printed, standard error after standard output; throws when it fails. */
export function tool(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error !== undefined) throw new Error(`${command} is missing: this part needs Debian's packages rpm, binutils and xz-utils`, { cause: error });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** A folder that goes with the test file; to be called at its top, for what a hook makes goes with the hook. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'));
  after(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

/** Builds packages of this machine's architecture into a folder, larger files than those that are published; gives the path of the one that matches. */
export async function packagesOf(folder: string, options: PackageOptions): Promise<(pattern: RegExp) => string> {
  const names = await buildPackages({ architectures: [process.arch === 'arm64' ? 'arm64' : 'x64'], fast: true, say: () => undefined, ...options, output: folder });
  return (pattern) => {
    const name = names.find((candidate) => pattern.test(candidate));
    if (name === undefined) throw new Error(`no file matches ${String(pattern)}: ${names.join(', ')}`);
    return join(folder, name);
  };
}

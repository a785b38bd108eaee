import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Most that a command may print, bytes. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Runs a command to its end and gives what it printed; its own words about a failure are in the error. */
export function output(command: string, args: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): string {
  return execFileSync(command, args, { encoding: 'utf8', maxBuffer: MAX_OUTPUT, stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/** True when the command is there to be run. */
export function isInstalled(command: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Throws when a command is missing. @param debianPackage where it comes from. */
export function need(command: string, debianPackage: string, why: string): void {
  if (!isInstalled(command)) throw new Error(`${command} is missing, which ${why}: apt-get install ${debianPackage}`);
}

/** True when the command ends with 0. */
export function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

import { randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, fchmodSync, fsyncSync, linkSync, lstatSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A config may name roles and hosts: whoever runs the agent reads it, and the group it is given to. */
const CONFIG_MODE = 0o640;
/** Kept of earlier configs, as the CloudWatch agent's wizard keeps them. */
const MAX_BACKUPS = 10;

/** Where a new config is proposed to go: the agent's folder where this user may write it, else here. */
export function proposedPath(folder = '/etc/unified-agent', otherwise = './agent.json'): string {
  return mayWriteIn(folder) ? join(folder, 'config.json') : otherwise;
}

function mayWriteIn(folder: string): boolean {
  try {
    accessSync(existsSync(folder) ? folder : dirname(folder), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Writes `text` as a whole or not at all: into a file beside `path`, to the disk, then under its name. What stood there stays as
 * `<path>.bak-1` (the lowest free number up to 10; then the oldest is replaced). Throws the system's error.
 * @returns the path of the backup, or null.
 */
export function writeConfigFile(path: string, text: string): string | null {
  // A link is followed, not replaced.
  const target = existsSync(path) ? realpathSync(path) : path;
  mkdirSync(dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const fd = openSync(temporary, 'wx', CONFIG_MODE);
    try {
      fchmodSync(fd, statSync(target, { throwIfNoEntry: false })?.mode ?? CONFIG_MODE);
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    const backup = existsSync(target) ? keep(target) : null;
    renameSync(temporary, target);
    return backup;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** A second name for the file, which the replacement leaves alone. */
function keep(target: string): string {
  const names = Array.from({ length: MAX_BACKUPS }, (_, i) => `${target}.bak-${i + 1}`);
  const free = names.find((name) => lstatSync(name, { throwIfNoEntry: false }) === undefined);
  const name = free ?? names.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)[0]!;
  rmSync(name, { force: true });
  linkSync(target, name);
  return name;
}

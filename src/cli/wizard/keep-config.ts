import { accessSync, constants, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from '../../config/placeholders.ts';
import { processOutput } from '../config/command-output.ts';
import { pushDocument } from '../config/push.ts';
import { replaceFile } from '../config/replace-file.ts';
import { parameterAccess, type ParameterPlace } from '../parameter-access.ts';
import type { ConfigPart } from './config-part.ts';

/** Kept of earlier configs, as many as the CloudWatch agent's wizard keeps. */
const MAX_BACKUPS = 10;
const FOLDER_MODE = 0o755;

/** Where a new config is proposed to go: the agent's folder where this user may write it, else here. */
export function proposedPath(folder = '/etc/unified-agent', otherwise = './agent.json'): string {
  try {
    accessSync(existsSync(folder) ? folder : dirname(folder), constants.W_OK);
    return join(folder, 'agent.json');
  } catch {
    return otherwise;
  }
}

export interface Written {
  readonly path: string;
  /** Where what stood there is now, or null. */
  readonly backup: string | null;
}

/**
 * Writes a config file as a whole or not at all. What stood there stays as `<path>.bak-1`, -2 and so on; of ten the oldest goes.
 * Rejects with the system's error.
 */
export async function keepInFile(file: string, text: string): Promise<Written> {
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const old = existsSync(path) ? realpathSync(path) : null;
  const backup = old === null || readFileSync(old, 'utf8') === text ? null : secondName(old);
  try {
    await replaceFile(path, text);
  } catch (error) {
    if (backup !== null) rmSync(backup, { force: true });
    throw error;
  }
  return { path, backup };
}

/** Another name for the file, which its replacement leaves alone. */
function secondName(path: string): string {
  const names = Array.from({ length: MAX_BACKUPS }, (_, i) => `${path}.bak-${i + 1}`);
  const free = names.find((name) => lstatSync(name, { throwIfNoEntry: false }) === undefined);
  const name = free ?? names.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)[0]!;
  rmSync(name, { force: true });
  linkSync(path, name);
  return name;
}

/** Writes it to Parameter Store as `agent config push` does; gives the exit code of that. `ask` is asked once what changes is shown. */
export async function keepInParameter(name: string, config: ConfigPart, place: ParameterPlace, env: Environment, ask: (question: string) => Promise<boolean>): Promise<number> {
  return pushDocument(config, `ssm:${name}`, { gzip: false, split: false, tier: 'auto', type: null, env, access: parameterAccess(env, place), ask }, processOutput());
}

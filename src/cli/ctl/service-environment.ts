import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../config/problem.ts';
import { sideProblem } from '../../config/side-file.ts';

/** `EnvironmentFile=` of the unit, by the format of the package. */
const FILES = ['etc/default/unified-agent', 'etc/sysconfig/unified-agent'];

/**
 * The variables of a file as systemd reads it (systemd.exec(5)): NAME=VALUE lines, values in quotes or not, `#` and `;` begin comments. A
 * value that goes on behind a backslash at the end of its line is taken up to there. Pure.
 */
export function parseEnvironmentFile(text: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const [, quote = '', quoted = ''] = /^(["'])(.*)\1$/.exec(value) ?? [];
    variables[name] = quote === '' ? value.replace(/\\$/, '') : quote === '"' ? quoted.replaceAll(/\\(["\\$`])/g, '$1') : quoted;
  }
  return variables;
}

export interface ServiceEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** A note for each file that sets something, and for one that may not be read: names, never values. */
  readonly problems: readonly Problem[];
}

/** The files of the unit's environment that are there, each with what it sets; null: this user may not read it. */
export async function readServiceFiles(root: string): Promise<ReadonlyMap<string, Readonly<Record<string, string>> | null>> {
  const files = new Map<string, Readonly<Record<string, string>> | null>();
  for (const name of FILES) {
    const file = join(root === '' ? '/' : root, name);
    try {
      files.set(file, parseEnvironmentFile(await readFile(file, 'utf8')));
    } catch (error) {
      if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) files.set(file, null);
    }
  }
  return files;
}

/** What the service's environment has beyond that of whoever calls, and where from. */
export async function readServiceEnvironment(root: string): Promise<ServiceEnvironment> {
  let variables: Readonly<Record<string, string>> = {};
  const problems: Problem[] = [];
  for (const [file, found] of await readServiceFiles(root)) {
    if (found === null) {
      problems.push(sideProblem('note', file, null, 'this user may not read it: what the service has from it does not count here', 'to be asked as root'));
      continue;
    }
    variables = { ...variables, ...found };
    const names = Object.keys(found).toSorted();
    if (names.length > 0) problems.push(sideProblem('note', file, null, `the service has from it ${names.join(', ')}`));
  }
  return { variables, problems };
}

/** The variables alone: a command that judges for the service judges with them. */
export async function serviceVariables(root: string): Promise<Readonly<Record<string, string>>> {
  return (await readServiceEnvironment(root)).variables;
}

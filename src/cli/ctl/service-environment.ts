import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** What the service's environment has beyond that of whoever calls: a command that judges for the service judges with it. */
export async function serviceVariables(root: string): Promise<Readonly<Record<string, string>>> {
  let variables = {};
  for (const file of FILES) {
    const text = await readFile(join(root === '' ? '/' : root, file), 'utf8').catch(() => '');
    variables = { ...variables, ...parseEnvironmentFile(text) };
  }
  return variables;
}

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnvConfig } from '../../config/env-config.ts';
import { formatProblems } from '../../config/problem.ts';
import { CtlError } from './host.ts';
import { writeConfig } from './installed-configs.ts';
import type { Places } from './places.ts';

/** It may hold the password of a proxy: root's to write, and that of the service's group to read. */
const MODE = 0o640;

/** Sets variables in env-config.json, as the CloudWatch agent writes it; the others stay. Throws CtlError where it is broken, and leaves it as it is. */
export async function setVariables({ root, envConfig: file }: Places, variables: Readonly<Record<string, string>>, colour: boolean): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const known = parseEnvConfig(file, text);
  if (known.problems.some(({ severity }) => severity === 'error')) throw new CtlError(`${formatProblems(known.problems, colour)}${file} is left as it is: mend it first, or delete it`);
  const old = await stat(file).catch(() => null);
  const merged = { ...known.variables, ...variables };
  const owner = process.getuid?.() === 0 ? { uid: old?.uid ?? 0, gid: old?.gid ?? (await serviceGroup(root)) } : null;
  await writeConfig(file, `${JSON.stringify(merged, null, '\t')}\n`, old === null ? MODE : old.mode & 0o777, owner);
}

/** Its number, or that of root where there is no such group. */
async function serviceGroup(root: string): Promise<number> {
  const groups = await readFile(join(root === '' ? '/' : root, 'etc/group'), 'utf8').catch(() => '');
  return Number(/^unified-agent:[^:]*:(\d+):/m.exec(groups)?.[1] ?? 0);
}

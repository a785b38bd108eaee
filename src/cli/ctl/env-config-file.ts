import { lchown, readFile, stat } from 'node:fs/promises';
import { parseEnvConfig } from '../../config/env-config.ts';
import { formatProblems } from '../../config/problem.ts';
import { CtlError } from './host.ts';
import { writeConfig } from './installed-configs.ts';

/** It may hold the password of a proxy: root's alone to write, and its group's to read. */
const MODE = 0o640;

/** Sets variables in env-config.json, as the CloudWatch agent writes it; the others stay. Throws CtlError where it is broken, and leaves it as it is. */
export async function setVariables(file: string, variables: Readonly<Record<string, string>>, colour: boolean): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const known = parseEnvConfig(file, text);
  if (known.problems.some(({ severity }) => severity === 'error')) throw new CtlError(`${formatProblems(known.problems, colour)}${file} is left as it is: mend it first, or delete it`);
  const old = await stat(file).catch(() => null);
  const merged = { ...known.variables, ...variables };
  await writeConfig(file, `${JSON.stringify(merged, null, '\t')}\n`, old === null ? MODE : old.mode & 0o777);
  if (old !== null && process.getuid?.() === 0) await lchown(file, old.uid, old.gid);
}

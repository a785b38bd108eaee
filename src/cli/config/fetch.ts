import { Command } from 'commander';
import { globFault } from '../../agent/file-lookup.ts';
import { plainValue } from '../../config/json-tree.ts';
import { isPacked, unpacked } from '../../config/packed.ts';
import type { Environment } from '../../config/placeholders.ts';
import { countProblems, formatProblems } from '../../config/problem.ts';
import { planOf } from '../load-plan.ts';
import { loadSources, type LoadedSources } from '../load-sources.ts';
import { parameterAccess, type ParameterAccess } from '../parameter-access.ts';
import { processOutput, type CommandOutput } from './command-output.ts';
import { EXIT } from './exit-codes.ts';
import { judgedIn, settledEnvironment, withPlaceOptions, type PlaceFlags } from './place-options.ts';
import { replaceFile } from './replace-file.ts';

interface FetchFlags extends PlaceFlags {
  readonly output: string;
  readonly force?: true;
}

export interface FetchOptions {
  readonly output: string;
  /** Write also what has errors. */
  readonly force: boolean;
  readonly env: Environment;
  readonly access: ParameterAccess;
}

/** `agent config fetch`: a config as a file of this machine. */
export function fetchCommand(): Command {
  return withPlaceOptions(new Command('fetch')
    .summary('Write a config to a file of this machine')
    .description('Write a config to a file of this machine, at once and only when it is good.\nExit code: 0, 66 it cannot be read, 73 the file cannot be written, 78 it has errors')
    .argument('<source>', 'ssm:NAME[:VERSION or :LABEL], ssm:/PATH/, default, a file, a folder, or -')
    .requiredOption('--output <file>', 'the file to write; its mode and owner stay as they are, a new one is readable by its owner alone')
    .option('--force', 'write it even if it has errors'))
    .action(async (source: string, { output, force, ...place }: FetchFlags) => {
      const said = processOutput();
      const env = await settledEnvironment(place, said);
      process.exitCode = typeof env === 'number' ? env : await fetchConfig(source, { output, force: force === true, env: judgedIn(env, place), access: parameterAccess(env, place) }, said);
    });
}

/** Gives the exit code. */
export async function fetchConfig(word: string, { output, force, env, access }: FetchOptions, { out, err, colour }: CommandOutput): Promise<number> {
  const sources = await loadSources([word], access);
  const { problems } = await planOf(sources, env, globFault);
  err(formatProblems(problems, colour));
  if (sources.unreadable) return EXIT.noInput;
  const text = contentOf(sources);
  if (text === null || (!force && problems.some(({ severity }) => severity === 'error'))) {
    err(`agent config fetch: ${countProblems(problems)}; ${output} is left as it is${text === null ? '' : ' (--force writes it all the same)'}\n`);
    return EXIT.config;
  }
  const from = sources.remote.length === 1 ? `${word}, version ${sources.remote[0]!.version}` : word;
  try {
    out((await replaceFile(output, text)) ? `${output} written: ${Buffer.byteLength(text)} bytes from ${from}\n` : `${output} holds ${from} already; nothing written\n`);
    return 0;
  } catch (error) {
    err(`agent config fetch: ${output} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): name a file in a folder where this user may write\n`);
    return EXIT.cannotCreate;
  }
}

/** One text as it is, several as they are together; null when it cannot be told. */
function contentOf({ root, texts }: LoadedSources): string | null {
  const [first, ...others] = texts;
  if (first === undefined || others.length > 0) return root === null ? null : `${JSON.stringify(plainValue(root), null, 2)}\n`;
  if (!isPacked(first.text)) return first.text;
  const content = unpacked(first.text);
  return 'fault' in content ? null : content.text;
}

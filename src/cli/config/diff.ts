import { Command } from 'commander';
import { differences } from '../../config/difference.ts';
import { plainValue } from '../../config/json-tree.ts';
import { formatProblems } from '../../config/problem.ts';
import { loadSources } from '../load-sources.ts';
import { parameterAccess, type ParameterAccess } from '../parameter-access.ts';
import { processOutput, type CommandOutput } from './command-output.ts';
import { differencesText } from './difference-text.ts';
import { EXIT, EXIT_DIFFERENT } from './exit-codes.ts';
import { settledEnvironment, withPlaceOptions, type PlaceFlags } from './place-options.ts';

interface DiffOptions extends PlaceFlags {
  readonly json?: true;
}

/** `agent config diff`: what would change. */
export function diffCommand(): Command {
  return withPlaceOptions(new Command('diff')
    .summary('Print what turns one config into another')
    .description('Print what turns one config into another: + added, - removed, ~ changed, entries matched by file_path (of journald: log_group_name).\nExit code: 0 the same, 1 different, 66 a source cannot be read, 78 one is broken')
    .argument('<from>', 'the earlier config: a file, a folder, ssm:NAME, ssm:/PATH/, default, or -')
    .argument('<to>', 'the later one')
    .option('--json', 'print the differences as JSON'))
    .action(async (from: string, to: string, { json, ...place }: DiffOptions) => {
      const output = processOutput();
      const env = await settledEnvironment(place, output);
      process.exitCode = typeof env === 'number' ? env : await diff([from, to], { json: json === true, access: parameterAccess(env, place) }, output);
    });
}

/** Gives the exit code. */
export async function diff(words: readonly [from: string, to: string], { json, access }: { readonly json: boolean; readonly access: ParameterAccess }, { out, err, colour }: CommandOutput): Promise<number> {
  const [from, to] = [await loadSources([words[0]], access), await loadSources([words[1]], access)];
  const problems = [...from.problems, ...to.problems];
  err(formatProblems(problems, colour));
  if (from.unreadable || to.unreadable) return EXIT.noInput;
  if (from.root === null || to.root === null || problems.some(({ severity }) => severity === 'error')) return EXIT.config;
  const found = differences(plainValue(from.root), plainValue(to.root));
  out(json ? `${JSON.stringify(found, null, 2)}\n` : differencesText(found));
  return found.length === 0 ? 0 : EXIT_DIFFERENT;
}

import { Command } from 'commander';
import { plainValue } from '../../config/json-tree.ts';
import { originText } from '../../config/origin-text.ts';
import { formatProblems } from '../../config/problem.ts';
import { CONFIG_OPTION, USUAL_CONFIG } from '../load-plan.ts';
import { loadSources } from '../load-sources.ts';
import { parameterAccess, type ParameterAccess } from '../parameter-access.ts';
import { processOutput, type CommandOutput } from './command-output.ts';
import { EXIT } from './exit-codes.ts';
import { settledEnvironment, withPlaceOptions, type PlaceFlags } from './place-options.ts';

interface ShowOptions extends PlaceFlags {
  readonly config: readonly string[];
  readonly origin?: true;
}

/** `agent config show`: what several sources are together. */
export function showCommand(): Command {
  return withPlaceOptions(new Command('show')
    .summary('Print the merged config, with --origin the place each value comes from')
    .description('Print the merged config as JSON, or with the place each value comes from.\nExit code: 0, 66 a source cannot be read, 78 the sources are broken or contradict each other')
    .option('--config <source...>', CONFIG_OPTION, USUAL_CONFIG)
    .option('--origin', 'add file (or parameter), line and column behind each value; then it is no JSON any more'))
    .action(async ({ config, origin, ...place }: ShowOptions) => {
      const output = processOutput();
      const env = await settledEnvironment(place, output);
      process.exitCode = typeof env === 'number' ? env : await show(config, { origin: origin === true, access: parameterAccess(env, place) }, output);
    });
}

/** Gives the exit code. */
export async function show(words: readonly string[], { origin, access }: { readonly origin: boolean; readonly access: ParameterAccess }, { out, err, colour }: CommandOutput): Promise<number> {
  const { root, problems, unreadable } = await loadSources(words, access);
  err(formatProblems(problems, colour));
  if (root !== null) out(origin ? originText(root) : `${JSON.stringify(plainValue(root), null, 2)}\n`);
  if (unreadable) return EXIT.noInput;
  return problems.some(({ severity }) => severity === 'error') ? EXIT.config : 0;
}

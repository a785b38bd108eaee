import type { Command } from 'commander';
import type { Environment } from '../../config/placeholders.ts';
import { formatProblems } from '../../config/problem.ts';
import { SIDE_FILE_OPTIONS, loadEnvironment, type SideFiles } from '../environment.ts';
import type { ParameterPlace } from '../parameter-access.ts';
import { settleEnvironment } from '../runtime.ts';
import type { CommandOutput } from './command-output.ts';
import { EXIT } from './exit-codes.ts';

/** Where Parameter Store is, by which way it is reached, and as whom. */
export interface PlaceFlags extends ParameterPlace, SideFiles {}

/** Adds the options of PlaceFlags. */
export function withPlaceOptions(command: Command): Command {
  return command
    .option('--region <region>', 'region of Parameter Store; by default AWS_REGION, or that of the instance')
    .option('--endpoint <url>', 'URL of Parameter Store; by default AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL, or the AWS endpoint of the region')
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1]);
}

/**
 * The environment with the side files, as `run` has it, so that a command goes the same way as the same user; it becomes that of
 * the process. The exit code where a side file is wrong, which is said.
 */
export async function settledEnvironment(files: SideFiles, { err, colour }: CommandOutput): Promise<Environment | number> {
  const { env, problems, unreadable } = await loadEnvironment(files, process.env);
  err(formatProblems(problems.filter(({ severity }) => severity !== 'note'), colour));
  if (problems.some(({ severity }) => severity === 'error')) return unreadable ? EXIT.noInput : EXIT.config;
  settleEnvironment(env);
  return env;
}

/** The environment as a config is judged in it: with the region that was named. */
export const judgedIn = (env: Environment, { region }: ParameterPlace): Environment => (region === undefined ? env : { ...env, AWS_REGION: region });

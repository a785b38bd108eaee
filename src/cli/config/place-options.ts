import type { Command } from 'commander';
import type { Environment } from '../../config/placeholders.ts';
import type { ParameterPlace } from '../parameter-access.ts';

/** Adds the options that say where Parameter Store is. */
export function withPlaceOptions(command: Command): Command {
  return command
    .option('--region <region>', 'region of Parameter Store; by default AWS_REGION, or that of the instance')
    .option('--endpoint <url>', 'URL of Parameter Store; by default AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL, or the AWS endpoint of the region');
}

/** The environment as a config is judged in it: with the region that was named. */
export const judgedIn = (env: Environment, { region }: ParameterPlace): Environment => (region === undefined ? env : { ...env, AWS_REGION: region });

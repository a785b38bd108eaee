import { stat } from 'node:fs/promises';
import { readText } from '../config/load.ts';
import type { Environment } from '../config/placeholders.ts';
import type { Problem } from '../config/problem.ts';
import { sideProblem, type SideFile } from '../config/side-file.ts';
import { profileRegion } from '../host/profile-region.ts';

/** Where the CloudWatch agent has them. */
const DEFAULT_FOLDER = '/opt/aws/amazon-cloudwatch-agent/etc';
export const DEFAULT_COMMON_CONFIG = `${DEFAULT_FOLDER}/common-config.toml`;
export const DEFAULT_ENV_CONFIG = `${DEFAULT_FOLDER}/env-config.json`;

/** Files beside the config, as named on the command line; the defaults may be absent. */
export interface SideFiles {
  readonly commonConfig?: string;
  readonly envConfig?: string;
}

export interface LoadedEnvironment {
  /** What everything of the agent reads in place of the process's own. */
  readonly env: Environment;
  /** With a note for each file that was read: the names it sets, never the values. */
  readonly problems: readonly Problem[];
  /** A file that was named could not be read. */
  readonly unreadable: boolean;
}

/** Options of a command, with the help of `commander`. */
export const SIDE_FILE_OPTIONS = [
  ['--common-config <file>', `credentials, proxy and certificates, as the CloudWatch agent's common-config.toml has them (default: ${DEFAULT_COMMON_CONFIG}, if it is there)`],
  ['--env-config <file>', `further environment variables, as its env-config.json has them (default: ${DEFAULT_ENV_CONFIG}, if it is there)`],
] as const;

/**
 * The environment the agent runs with: `base`, over it what env-config.json says, over that what common-config.toml says. So it
 * is with the CloudWatch agent. Where no region is named, that of the profile counts.
 */
export async function loadEnvironment({ commonConfig, envConfig }: SideFiles, base: Environment): Promise<LoadedEnvironment> {
  const files = [
    await readSideFile(envConfig, DEFAULT_ENV_CONFIG, envConfigParser),
    await readSideFile(commonConfig, DEFAULT_COMMON_CONFIG, commonConfigParser),
  ];
  let env = base;
  for (const { variables } of files) env = withVariables(env, variables);
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] ? null : profileRegion(env);
  if (region !== null) env = { ...env, AWS_REGION: region };
  return { env, problems: files.flatMap(({ problems }) => problems), unreadable: files.some(({ unreadable }) => unreadable) };
}

/** The names of proxies are read in capitals and in small letters: a file that says one of them leaves nothing of the other. */
function withVariables(env: Environment, variables: Readonly<Record<string, string>>): Environment {
  const result: Record<string, string | undefined> = { ...env };
  for (const [name, value] of Object.entries(variables)) {
    if (/^(?:https?|no)_proxy$/i.test(name)) for (const other of [name.toLowerCase(), name.toUpperCase()]) delete result[other];
    result[name] = value;
  }
  return result;
}

type Parse = (file: string, text: string) => SideFile;

/** @param parser loaded only where there is such a file: most hosts have none. */
async function readSideFile(named: string | undefined, usual: string, parser: () => Promise<Parse>): Promise<SideFile & { readonly unreadable: boolean }> {
  const file = named ?? usual;
  if (named === undefined && await isAbsent(file)) return { variables: {}, problems: [], unreadable: false };
  const text = await readText(file);
  if (typeof text !== 'string') return { variables: {}, problems: [text], unreadable: true };
  const parse = await parser();
  const { variables, problems } = parse(file, text);
  const names = Object.keys(variables).toSorted();
  const notes = names.length === 0 ? [] : [sideProblem('note', file, null, `sets ${names.join(', ')}`)];
  return { variables, problems: [...notes, ...problems], unreadable: false };
}

/** What the side files that are there set now, by file; those that cannot be read are left out. */
export async function readSideFiles({ commonConfig, envConfig }: SideFiles): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const files = [
    [envConfig ?? DEFAULT_ENV_CONFIG, await readSideFile(envConfig, DEFAULT_ENV_CONFIG, envConfigParser)],
    [commonConfig ?? DEFAULT_COMMON_CONFIG, await readSideFile(commonConfig, DEFAULT_COMMON_CONFIG, commonConfigParser)],
  ] as const;
  return new Map(files.flatMap(([file, { variables, unreadable }]) => (unreadable ? [] : [[file, variables] as const])));
}

const envConfigParser = async (): Promise<Parse> => (await import('../config/env-config.ts')).parseEnvConfig;
const commonConfigParser = async (): Promise<Parse> => (await import('../config/common-config.ts')).parseCommonConfig;

/** What an env-config.json says now; nothing where it cannot be read. */
export async function readSideEnvironment(file: string): Promise<Readonly<Record<string, string>>> {
  return (await readSideFile(file, file, envConfigParser)).variables;
}

async function isAbsent(file: string): Promise<boolean> {
  try {
    await stat(file);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

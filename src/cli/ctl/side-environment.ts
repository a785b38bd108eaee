import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../config/placeholders.ts';
import { loadEnvironment, type LoadedEnvironment } from '../environment.ts';
import { isThere } from './installed-configs.ts';
import type { Places } from './places.ts';
import { serviceVariables } from './service-environment.ts';

/** On a host that is not EC2 the CloudWatch agent takes its credentials from this profile, unless told otherwise. */
const PROFILE = 'AmazonCloudWatchAgent';

export interface CtlEnvironment extends LoadedEnvironment {
  /** What the agent must be told, too, because its user has another home: written into env-config.json. */
  readonly lasting: Readonly<Record<string, string>>;
}

/**
 * The environment that the service will have: its own variables before those of the caller, with the CloudWatch agent's side files. A profile that they
 * name without its file, or on premises the one that needs no name, is looked for where this user has it, as that agent does.
 */
export async function ctlEnvironment(places: Places, callers: Environment, onPremises: boolean): Promise<CtlEnvironment> {
  const service = await serviceVariables(places.root);
  const base: Environment = { ...callers, ...service };
  const sideFiles = {
    ...((await isThere(places.commonConfig)) ? { commonConfig: places.commonConfig } : {}),
    ...((await isThere(places.envConfig)) ? { envConfig: places.envConfig } : {}),
  };
  const { env: named } = await loadEnvironment(sideFiles, service);
  const implied = onPremises && !base['AWS_PROFILE'] && !base['AWS_ACCESS_KEY_ID'] ? PROFILE : undefined;
  const profile = named['AWS_PROFILE'] || implied;
  const file = profile === undefined || named['AWS_SHARED_CREDENTIALS_FILE'] || named['AWS_ACCESS_KEY_ID'] ? null : fileWith(profile, base);
  if (profile === undefined || file === null) return { ...(await loadEnvironment(sideFiles, base)), lasting: {} };
  const found = { ...(named['AWS_PROFILE'] ? {} : { AWS_PROFILE: profile }), AWS_SHARED_CREDENTIALS_FILE: file };
  const around = await loadEnvironment(sideFiles, { ...base, ...found });
  const region = around.env['AWS_REGION'];
  return { ...around, lasting: { ...found, ...(region === undefined || base['AWS_REGION'] ? {} : { AWS_REGION: region }) } };
}

/** The credentials file of this user, if it has the profile. */
function fileWith(profile: string, env: Environment): string | null {
  const file = env['AWS_SHARED_CREDENTIALS_FILE'] || join(env['HOME'] || homedir(), '.aws', 'credentials');
  try {
    return readFileSync(file, 'utf8').split('\n').some((line) => /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1] === profile) ? file : null;
  } catch {
    return null;
  }
}

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

/** The environment that the service will have: its own variables before those of the caller, with the CloudWatch agent's side files, and on premises with its profile where root has one. */
export async function ctlEnvironment(places: Places, callers: Environment, onPremises: boolean): Promise<CtlEnvironment> {
  const base: Environment = { ...callers, ...(await serviceVariables(places.root)) };
  const sideFiles = {
    ...((await isThere(places.commonConfig)) ? { commonConfig: places.commonConfig } : {}),
    ...((await isThere(places.envConfig)) ? { envConfig: places.envConfig } : {}),
  };
  const profile = onPremises ? impliedProfile(base) : null;
  const around = await loadEnvironment(sideFiles, { ...base, ...profile });
  if (profile === null || around.env['AWS_PROFILE'] !== PROFILE) return { ...around, lasting: {} };
  const region = around.env['AWS_REGION'];
  return { ...around, lasting: { ...profile, ...(region === undefined || base['AWS_REGION'] ? {} : { AWS_REGION: region }) } };
}

/** The CloudWatch agent's profile, if this user has it and nothing else says whose credentials count. */
function impliedProfile(env: Environment): Readonly<Record<string, string>> | null {
  if (env['AWS_PROFILE'] || env['AWS_ACCESS_KEY_ID']) return null;
  const file = env['AWS_SHARED_CREDENTIALS_FILE'] || join(env['HOME'] || homedir(), '.aws', 'credentials');
  try {
    return new RegExp(String.raw`^\s*\[\s*${PROFILE}\s*\]`, 'm').test(readFileSync(file, 'utf8')) ? { AWS_PROFILE: PROFILE, AWS_SHARED_CREDENTIALS_FILE: file } : null;
  } catch {
    return null;
  }
}

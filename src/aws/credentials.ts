import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ServicePlan } from '../plan.ts';
import type { Environment } from './clients.ts';

/**
 * The SDK caches the shared credentials file for the life of the process, so keys that another program rotates in it
 * would never be seen (an SSM hybrid activation writes new ones every hour). Read again this often, as the CloudWatch
 * agent does every ten minutes: the SDK asks for new credentials five minutes before `expiration`.
 */
const REREAD_MS = 15 * 60_000;

export type Provider = () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiration?: Date }>;

/**
 * Where the credentials of a service come from, or null for the SDK's own standard chain. The providers are loaded when
 * they are first asked: most hosts need one of them, or none.
 */
export function providerFor(service: ServicePlan, env: Environment): Provider | null {
  const shared = sharedFileProvider(env);
  return service.roleArn === null ? shared : roleProvider(service.roleArn, service.region, shared);
}

function roleProvider(roleArn: string, region: string, master: Provider | null): Provider {
  return once(async () => {
    const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
    return fromTemporaryCredentials({ ...(master === null ? {} : { masterCredentials: master }), params: { RoleArn: roleArn, RoleSessionName: 'unified-agent' }, clientConfig: { region } });
  });
}

/** Reads the shared credentials file again and again; null where the standard chain would not use one. */
function sharedFileProvider(env: Environment): Provider | null {
  const profile = env['AWS_PROFILE'];
  if (profile === undefined && env['AWS_ACCESS_KEY_ID'] !== undefined) return null;
  const filepath = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(env['HOME'] ?? homedir(), '.aws', 'credentials');
  try {
    statSync(filepath);
  } catch {
    return null;
  }
  return once(async () => {
    const { fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
    const chain = fromNodeProviderChain();
    return async () => {
      // A file without this profile is no error: the rest of the standard chain may have credentials.
      const credentials = await fromIni({ filepath, ignoreCache: true, ...(profile === undefined ? {} : { profile }) })().catch(() => chain());
      return { ...credentials, expiration: credentials.expiration ?? new Date(Date.now() + REREAD_MS) };
    };
  });
}

/** A provider that is made at its first call. */
function once(make: () => Promise<Provider>): Provider {
  let made: Promise<Provider> | null = null;
  return async () => (await (made ??= make()))();
}

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { ServicePlan } from '../plan.ts';
import type { Environment } from './connection.ts';
import type { HttpExchange } from './http-exchange.ts';

/**
 * The SDK caches the shared credentials file for the life of the process, so keys that another program rotates in it
 * would never be seen (an SSM hybrid activation writes new ones every hour). Read again this often, as the CloudWatch
 * agent does every ten minutes: the SDK asks for new credentials five minutes before `expiration`.
 */
const REREAD_MS = 15 * 60_000;

/** As the SDK calls it: with the configuration of the client that asks. */
export type Provider = ReturnType<typeof fromTemporaryCredentials>;

/**
 * Where the credentials of a service come from, or null for the SDK's own standard chain. The providers are loaded when
 * they are first asked: most hosts need one of them, or none. `requestHandler` is that of the client: without it a token
 * service that never answers would hold up every destination for good.
 */
export function providerFor(service: ServicePlan, env: Environment, requestHandler: HttpExchange): Provider | null {
  const shared = sharedFileProvider(env);
  return service.roleArn === null ? shared : roleProvider(service.roleArn, service.region, shared, requestHandler);
}

function roleProvider(roleArn: string, region: string, master: Provider | null, requestHandler: HttpExchange): Provider {
  return once(async () => {
    const providers = await import('@aws-sdk/credential-providers');
    return providers.fromTemporaryCredentials({ ...(master === null ? {} : { masterCredentials: master }), params: { RoleArn: roleArn, RoleSessionName: 'unified-agent' }, clientConfig: { region, requestHandler } });
  });
}

/**
 * Reads the shared credentials file again and again; null where the standard chain would not use one. The file may come
 * later than the agent (at boot, before another program has written its first keys): until it is there the standard
 * chain is asked.
 */
function sharedFileProvider(env: Environment): Provider | null {
  const profile = env['AWS_PROFILE'];
  if (profile === undefined && env['AWS_ACCESS_KEY_ID'] !== undefined) return null;
  const filepath = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(env['HOME'] ?? homedir(), '.aws', 'credentials');
  const standard = standardChain();
  const file = once(async () => {
    const { fromIni } = await import('@aws-sdk/credential-providers');
    return () => fromIni({ filepath, ignoreCache: true, ...(profile === undefined ? {} : { profile }) })();
  });
  return async (asker) => {
    // A file without this profile is no error: the rest of the standard chain may have credentials.
    const credentials = existsSync(filepath) ? await file().catch(() => standard(asker)) : await standard(asker);
    return { ...credentials, expiration: credentials.expiration ?? new Date(Date.now() + REREAD_MS) };
  };
}

/** The standard chain, as the asking client has it loaded already. */
function standardChain(): Provider {
  let chain: Provider | null = null;
  return async (asker) => {
    const config = asker?.callerClientConfig;
    chain ??= config?.credentialDefaultProvider?.({ parentClientConfig: config }) ?? (await import('@aws-sdk/credential-providers')).fromNodeProviderChain();
    return chain(asker);
  };
}

/** A provider that is made at its first call. */
function once(make: () => Promise<Provider>): Provider {
  let made: Promise<Provider> | null = null;
  return async (asker) => (await (made ??= make()))(asker);
}

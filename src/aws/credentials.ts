import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { Environment } from './clients.ts';

/**
 * The SDK caches the shared credentials file for the life of the process, so keys that another program rotates in it
 * would never be seen (an SSM hybrid activation writes new ones every hour). Read again this often, as the CloudWatch
 * agent does every ten minutes: the SDK asks for new credentials five minutes before `expiration`.
 */
const REREAD_MS = 15 * 60_000;

type Provider = () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiration?: Date }>;

/** A provider that reads the shared credentials file again, or null where the SDK's standard chain does not use one. */
export function refreshedProvider(env: Environment): Provider | null {
  const profile = env['AWS_PROFILE'];
  if (profile === undefined && env['AWS_ACCESS_KEY_ID'] !== undefined) return null;
  const filepath = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(env['HOME'] ?? homedir(), '.aws', 'credentials');
  try {
    statSync(filepath);
  } catch {
    return null;
  }
  const read = (): Provider => fromIni({ filepath, ignoreCache: true, ...(profile === undefined ? {} : { profile }) });
  const chain = fromNodeProviderChain();
  return async () => {
    // A file without this profile is no error: the rest of the standard chain may have credentials.
    const credentials = await read()().catch(() => chain());
    return { ...credentials, expiration: credentials.expiration ?? new Date(Date.now() + REREAD_MS) };
  };
}

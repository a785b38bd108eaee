import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Reach } from '../plan.ts';
import type { Environment } from './connection.ts';
import { kindOfEndpoint } from './endpoint-kind.ts';
import type { HttpExchange } from './http-exchange.ts';

/**
 * The SDK caches the shared credentials file for the life of the process, so keys that another program rotates in it
 * would never be seen (an SSM hybrid activation writes new ones every hour). Read again this often, as the CloudWatch
 * agent does every ten minutes: the SDK asks for new credentials five minutes before `expiration`.
 */
const REREAD_MS = 15 * 60_000;

/** Where nobody names a profile and nothing else has credentials: the profile that the CloudWatch agent takes on premises. */
const ON_PREMISES_PROFILE = 'AmazonCloudWatchAgent';

/** As the SDK calls it: with the configuration of the client that asks. */
export type Provider = ReturnType<typeof fromTemporaryCredentials>;
type Asker = Parameters<Provider>[0];

/**
 * Where the credentials of a service come from, or null for the SDK's own standard chain. The providers are loaded when
 * they are first asked: most hosts need one of them, or none. `requestHandler` is that of the client, and every token
 * service is asked through it: by the same proxy, with the same certificates, and never for longer than a request may take.
 */
export function providerFor(reach: Reach, env: Environment, requestHandler: HttpExchange): Provider | null {
  const shared = sharedFileProvider(env, requestHandler);
  return reach.roleArn === null ? shared : roleProvider(reach, reach.roleArn, shared ?? standardChain(requestHandler), env, requestHandler);
}

/** The role as STS in the region of the service gives it. */
function roleProvider({ region, externalId, fips, dualStack }: Reach, roleArn: string, master: Provider, env: Environment, requestHandler: HttpExchange): Provider {
  const assume = renewed(async () => {
    const providers = await import('@aws-sdk/credential-providers');
    return providers.fromTemporaryCredentials({
      masterCredentials: master,
      params: { RoleArn: roleArn, RoleSessionName: 'unified-agent', ...(externalId === null ? {} : { ExternalId: externalId }) },
      clientConfig: { region, requestHandler, ...kindOfEndpoint({ fips, dualStack }) },
      clientPlugins: onBehalfOf(env),
    });
  });
  return (asker) => assume(asker).catch((error: unknown) => { throw beforeSending(error, `the role ${roleArn} could not be assumed`); });
}

/** The same error, saying what it kept from being done; nothing of the request was sent. An error may come more than once. */
function beforeSending(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error.message.startsWith(what)) return error;
  return Object.assign(error, { message: `${what}: ${error.message}`, isUnsent: true });
}

type Plugin = NonNullable<Parameters<typeof fromTemporaryCredentials>[0]['clientPlugins']>[number];

/** Against the confused deputy: for whom the role is assumed, which its trust policy may ask for. As the CloudWatch agent says it. */
function onBehalfOf(env: Environment): Plugin[] {
  const [account, arn] = [env['AMZ_SOURCE_ACCOUNT'], env['AMZ_SOURCE_ARN']];
  if (!account || !arn) return [];
  return [{
    applyToStack: (stack) => {
      stack.add((next) => (args) => {
        Object.assign((args.request as { headers: Record<string, string> }).headers, { 'x-amz-source-account': account, 'x-amz-source-arn': arn });
        return next(args);
      }, { step: 'build', name: 'onBehalfOf', override: true });
    },
  }];
}

/**
 * Reads the shared credentials file, and the SDK's config beside it, again and again; null where the standard chain would not use them. They
 * may come later than the agent (at boot, before another program has written its first keys, or when a person finds out that none are there):
 * until one of them is, the standard chain is asked, which would remember for good that a file was missing.
 */
function sharedFileProvider(env: Environment, requestHandler: HttpExchange): Provider | null {
  const profile = env['AWS_PROFILE'] || undefined;
  if (profile === undefined && env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) return null;
  const folder = join(env['HOME'] || homedir(), '.aws');
  const filepath = env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials');
  const configFilepath = env['AWS_CONFIG_FILE'] || join(folder, 'config');
  const standard = standardChain(requestHandler);
  const inFile = async (asker: Asker, name: string | undefined): ReturnType<Provider> => {
    const { fromIni } = await import('@aws-sdk/credential-providers');
    return fromIni({ filepath, configFilepath, ignoreCache: true, clientConfig: { requestHandler }, ...(name === undefined ? {} : { profile: name }) })(asker);
  };
  const inFileOrChain = (asker: Asker): ReturnType<Provider> => inFile(asker, profile).catch(() => standard(asker)).catch(async (error: unknown) => {
    if (profile !== undefined) throw error;
    return inFile(asker, ON_PREMISES_PROFILE).catch(() => { throw error; });
  });
  return async (asker) => {
    // A file without this profile is no error: the rest of the standard chain may have credentials.
    const asked = [filepath, configFilepath].some((file) => existsSync(file)) ? inFileOrChain(asker) : standard(asker);
    const credentials = await asked.catch((error: unknown) => { throw beforeSending(error, `no credentials, also not in ${filepath}`); });
    return { ...credentials, expiration: credentials.expiration ?? new Date(Date.now() + REREAD_MS) };
  };
}

/** The standard chain, as the asking client has it loaded already. It gives the client's way out to STS, but not to SSO. */
function standardChain(requestHandler: HttpExchange): Provider {
  let chain: Provider | null = null;
  return async (asker) => {
    const config = asker?.callerClientConfig;
    const clientConfig = { requestHandler };
    chain ??= config?.credentialDefaultProvider?.({ parentClientConfig: config, clientConfig }) ?? (await import('@aws-sdk/credential-providers')).fromNodeProviderChain({ clientConfig });
    return chain(asker);
  };
}

/** A provider that is made at its first call, and anew after one that failed: it remembers the keys it asked with, and these may be what was wrong. */
function renewed(make: () => Promise<Provider>): Provider {
  let made: Promise<Provider> | null = null;
  return async (asker) => {
    const asked = (made ??= make());
    try {
      return await (await asked)(asker);
    } catch (error) {
      if (made === asked) made = null;
      throw error;
    }
  };
}

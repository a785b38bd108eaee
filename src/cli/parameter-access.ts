import type { ParameterFault, Parameters } from '../aws/parameters.ts';
import { LOOPBACK_REGION, isLoopback } from '../config/endpoint-url.ts';
import type { Environment } from '../config/placeholders.ts';
import { askInstance } from '../host/instance.ts';

/** Where Parameter Store is, as options say; what they leave out is taken from the environment, then from the instance. */
export interface ParameterPlace {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  /** By the service's endpoint that has IPv6 too. */
  readonly dualStack?: boolean;
}

/** Parameter Store for whoever turns out to need it: the SDK is loaded, and the instance asked for its region, at the first call. */
export type ParameterAccess = () => Promise<Parameters | ParameterFault>;

/** Calls under way end with `abandon`. */
export function parameterAccess(env: Environment, place: ParameterPlace = {}, abandon: AbortSignal = new AbortController().signal): ParameterAccess {
  let opened: Promise<Parameters | ParameterFault> | null = null;
  return () => (opened ??= open(env, place, abandon).then((access) => {
    // The instance may answer, and the file of certificates be there, at the next call.
    if ('fault' in access) opened = null;
    return access;
  }));
}

async function open(env: Environment, place: ParameterPlace, abandon: AbortSignal): Promise<Parameters | ParameterFault> {
  const endpoint = place.endpoint ?? configuredEndpoint(env);
  const url = endpoint === null ? null : URL.parse(endpoint);
  if (endpoint !== null && url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    return { fault: 'refused', message: `${JSON.stringify(endpoint)} is no URL of Parameter Store`, expected: '--endpoint or AWS_ENDPOINT_URL_SSM with a URL such as https://ssm.eu-central-1.amazonaws.com' };
  }
  const region = place.region ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (endpoint !== null && isLoopback(endpoint) ? LOOPBACK_REGION : (await askInstance(env))?.region));
  if (!region) {
    return { fault: 'refused', message: 'the region of Parameter Store is not known: nothing names it, and this machine has no EC2 instance metadata', expected: '--region, or AWS_REGION in the environment' };
  }
  const { networkFault } = await import('../agent/network-fault.ts');
  const fault = networkFault(env);
  if (fault !== null) return { fault: 'refused', message: fault, expected: 'a way to the network that can be used' };
  const { Parameters } = await import('../aws/parameters.ts');
  return new Parameters({ region, endpoint, dualStack: place.dualStack === true, env }, abandon);
}

/** As the SDK finds it itself: it must be known here to tell a service on this machine. */
function configuredEndpoint(env: Environment): string | null {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return null;
  return env['AWS_ENDPOINT_URL_SSM'] || env['AWS_ENDPOINT_URL'] || null;
}

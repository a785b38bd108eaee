import type { Environment } from './placeholders.ts';

const AN_ENDPOINT = 'a URL such as https://logs.eu-central-1.amazonaws.com or http://127.0.0.1:4588';

/** Region of a service on this machine, which does not care. */
export const LOOPBACK_REGION = 'us-east-1';

/** A URL without a trailing slash, or what is wrong with it. */
export type ReadEndpoint = { readonly endpoint: string } | { readonly fault: string; readonly expected: string };

/** Reads an endpoint as a person writes it; `https://` is implied. The text is not in what is said of it: it may hold a password. */
export function readEndpoint(text: string): ReadEndpoint {
  const url = urlOf(text);
  if (url === null || url.hostname === '') return { fault: 'this is not a URL', expected: AN_ENDPOINT };
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { fault: `${url.protocol}// is not a protocol the service speaks`, expected: AN_ENDPOINT };
  if (url.username !== '' || url.password !== '') return { fault: 'a URL with a user name or password is not accepted', expected: 'credentials in the AWS SDK\'s own places (environment, profile, role)' };
  if (url.search !== '' || url.hash !== '') return { fault: 'a URL with ? or # is not accepted', expected: AN_ENDPOINT };
  return { endpoint: url.origin + url.pathname.replace(/\/+$/, '') };
}

/** Whether a service at this address is on this machine. */
export function isLoopback(text: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(urlOf(text)?.hostname ?? '');
}

const urlOf = (text: string): URL | null => URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);

/** What of CloudWatch is meant, as the SDKs' variables name it. */
export type ServiceId = 'CLOUDWATCH_LOGS' | 'CLOUDWATCH';

/** The variable that tells every SDK of AWS where a service is, whatever the region; null when there is none. */
export function endpointVariable(env: Environment, service: ServiceId = 'CLOUDWATCH_LOGS'): string | null {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return null;
  return [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find((name) => env[name]) ?? null;
}

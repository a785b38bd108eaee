import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { ServicePlan } from '../plan.ts';
import { providerFor } from './credentials.ts';
import type { Provider } from './credentials.ts';
import { HttpExchange } from './http-exchange.ts';

/** The process environment, as far as the clients look at it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Times and sizes of a client's connections. */
export interface ConnectionLimits {
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Connections to one host at most. */
  readonly maxRequests: number;
}

/** What every client of the SDK is made with. */
export interface Connection {
  readonly region: string;
  readonly endpoint?: string;
  readonly disableHostPrefix?: boolean;
  readonly credentials?: Provider;
  readonly requestHandler: HttpExchange;
}

/** Addresses that must never be reached through a proxy: the instance and container credential services. */
const NEVER_PROXIED = '169.254.169.254,169.254.170.2,fd00:ec2::254,localhost,127.0.0.1,[::1]';

/** Idle connections are dropped after this many milliseconds, before load balancers do it for us. */
const IDLE_MS = 20_000;

/**
 * How a service is reached and as whom: timeouts, proxy, certificates, credentials. Requests under way end with `abandon`,
 * and none begins after it. Throws when the file that AWS_CA_BUNDLE names cannot be read.
 */
export function connectionTo(service: ServicePlan, limits: ConnectionLimits, env: Environment, abandon: AbortSignal): Connection {
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => (env[name] ?? '') !== '');
  const proxyEnv = { ...env, NO_PROXY: [env['NO_PROXY'] ?? env['no_proxy'], NEVER_PROXIED].filter(Boolean).join(',') };
  // Without a proxy the option would load the runtime's proxy support all the same.
  const options = { keepAlive: true, maxSockets: limits.maxRequests, ...(proxied ? { proxyEnv } : {}) };
  const bundle = env['AWS_CA_BUNDLE'];
  const ca = bundle === undefined || bundle === '' ? undefined : [...rootCertificates, readFileSync(bundle, 'utf8')];
  const requestHandler = new HttpExchange({
    connectTimeoutMs: limits.connectTimeoutMs,
    requestTimeoutMs: limits.requestTimeoutMs,
    abandon,
    httpAgent: new HttpAgent({ ...options, timeout: IDLE_MS }),
    httpsAgent: new HttpsAgent({ ...options, timeout: IDLE_MS, ...(ca === undefined ? {} : { ca }) }),
  });
  const credentials = providerFor(service, env, requestHandler);
  return {
    region: service.region,
    ...(service.endpoint === null ? {} : { endpoint: service.endpoint, disableHostPrefix: true }),
    ...(credentials === null ? {} : { credentials }),
    requestHandler,
  };
}

import type { Reach } from '../plan.ts';
import { providerFor } from './credentials.ts';
import type { Provider } from './credentials.ts';
import { kindOfEndpoint } from './endpoint-kind.ts';
import type { EndpointKind } from './endpoint-kind.ts';
import { HttpExchange } from './http-exchange.ts';
import { Routes, networkOf } from './network.ts';
import type { Network } from './network.ts';

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
export interface Connection extends EndpointKind {
  readonly region: string;
  readonly endpoint?: string;
  readonly disableHostPrefix?: boolean;
  readonly credentials?: Provider;
  readonly requestHandler: HttpExchange;
}

/**
 * How a service is reached and as whom: timeouts, proxy, certificates, credentials. Requests under way end with `abandon`,
 * and none begins after it. Throws a NetworkError as `networkOf` does, unless a network is given.
 */
export function connectionTo(reach: Reach, limits: ConnectionLimits, env: Environment, abandon: AbortSignal, network: Network = networkOf(env)): Connection {
  const requestHandler = new HttpExchange({
    connectTimeoutMs: limits.connectTimeoutMs,
    requestTimeoutMs: limits.requestTimeoutMs,
    abandon,
    routes: new Routes(network, limits.maxRequests),
  });
  const credentials = providerFor(reach, env, requestHandler);
  return {
    region: reach.region,
    // The SDK refuses an endpoint of one's own together with either kind, even where only the environment names it.
    ...(reach.endpoint === null ? kindOfEndpoint(reach) : { endpoint: reach.endpoint, disableHostPrefix: true, useFipsEndpoint: false, useDualstackEndpoint: false }),
    ...(credentials === null ? {} : { credentials }),
    requestHandler,
  };
}

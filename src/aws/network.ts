import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { trustOf } from './certificates.ts';
import type { Trust } from './certificates.ts';
import type { Environment } from './connection.ts';
import { portOf, proxiesOf } from './proxy.ts';
import type { Proxies } from './proxy.ts';

/** Idle connections are dropped after this many milliseconds, before load balancers do it for us. */
const IDLE_MS = 20_000;

/** The way out of this host, read once: a file that goes away later changes nothing. */
export interface Network {
  readonly proxies: Proxies;
  readonly trust: Trust;
}

/** Throws a NetworkError when proxies or certificates are named that cannot be used. */
export const networkOf = (env: Environment): Network => ({ proxies: proxiesOf(env), trust: trustOf(env) });

/** The connections of one client, kept open between requests: straight ones, and those through a proxy. */
export class Routes {
  readonly #network: Network;
  readonly #maxSockets: number;
  readonly #agents = new Map<string, HttpAgent>();
  /** How much the agents trust, see Trust. */
  #trusted: number;

  /** @param maxSockets connections to one host at most. */
  constructor(network: Network, maxSockets: number) {
    this.#network = network;
    this.#maxSockets = maxSockets;
    this.#trusted = network.trust.added;
  }

  /** What a request is sent with. @param hostname without brackets. */
  agentFor(protocol: string, hostname: string, port: number | undefined): HttpAgent {
    const { proxies } = this.#network;
    const isTls = protocol === 'https:';
    const proxy = isTls ? proxies.https : proxies.http;
    const through = proxy === null || proxies.isDirect(hostname, portOf(protocol, port)) ? null : proxy;
    const key = `${isTls} ${through !== null}`;
    const agent = this.#agents.get(key) ?? this.#newAgent(isTls, through);
    this.#agents.set(key, agent);
    return agent;
  }

  /** Trusts more certificates for connections to come; false when there are no more. What is under way is left alone. */
  trustMore(): boolean {
    const { trust } = this.#network;
    if (!trust.addSystem() && trust.added === this.#trusted) return false;
    this.#trusted = trust.added;
    this.#agents.clear();
    return true;
  }

  destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #newAgent(isTls: boolean, proxy: string | null): HttpAgent {
    // Without a proxy the option would load the runtime's proxy support all the same. Which hosts need none is decided above.
    const options = { keepAlive: true, maxSockets: this.#maxSockets, timeout: IDLE_MS, ...(proxy === null ? {} : { proxyEnv: { http_proxy: proxy, https_proxy: proxy } }) };
    if (!isTls) return new HttpAgent(options);
    const { context } = this.#network.trust;
    return new HttpsAgent({ ...options, ...(context === undefined ? {} : { secureContext: context }) });
  }
}

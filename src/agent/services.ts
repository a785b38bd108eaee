import { createLogsClient } from '../aws/clients.ts';
import type { Environment } from '../aws/connection.ts';
import { LogsEndpoint } from '../aws/logs-endpoint.ts';
import { networkOf } from '../aws/network.ts';
import type { Network } from '../aws/network.ts';
import type { Endpoint } from '../delivery/endpoint.ts';
import { Recovery } from '../delivery/recovery.ts';
import type { DeliveryPlan, Reach, ServicePlan } from '../plan.ts';
import type { Report } from '../report/report.ts';

export interface ServicesOptions {
  readonly delivery: DeliveryPlan;
  readonly env: Environment;
  readonly report: Report;
  readonly abandon: AbortSignal;
  readonly random: () => number;
}

/** What the lanes of one service share: its client, and what is known of its recovery. One service that is back says nothing about another. */
export interface Service {
  readonly endpoint: Endpoint;
  readonly recovery: Recovery;
}

interface Open extends Service { readonly close: () => void }

/** The services of a run, each with one client, made when it is first asked for. */
export class Services {
  readonly #o: ServicesOptions;
  readonly #network: Network;
  readonly #open = new Map<string, Open>();

  /** Throws a NetworkError when proxies or certificates are named that cannot be used; nothing later does. */
  constructor(options: ServicesOptions) {
    this.#o = options;
    this.#network = networkOf(options.env);
  }

  of(plan: ServicePlan): Service {
    const key = serviceKey(plan);
    const known = this.#open.get(key) ?? this.#opened(plan);
    this.#open.set(key, known);
    return known;
  }

  /** Closes the clients of all services but these; of what is closed no lane may hold anything any more. */
  keepOnly(plans: Iterable<ServicePlan>): void {
    const kept = new Set([...plans].map(serviceKey));
    for (const [key, service] of this.#open) if (!kept.has(key)) { service.close(); this.#open.delete(key); }
  }

  destroy(): void { this.keepOnly([]); }

  #opened(plan: ServicePlan): Open {
    const { delivery, env, report, abandon, random } = this.#o;
    const client = createLogsClient(plan, delivery, env, abandon, this.#network);
    const endpoint = new LogsEndpoint({ client, compression: delivery.compression, url: plan.endpoint, report, abandon });
    return { endpoint, recovery: new Recovery(random), close: () => { client.destroy(); } };
  }
}

/** Equal for services that one client can serve, also those of two plans. */
export function serviceKey({ region, endpoint, roleArn, externalId, fips, dualStack }: Reach): string {
  return JSON.stringify([region, endpoint, roleArn, externalId, fips, dualStack]);
}

import { createLogsClient } from '../aws/clients.ts';
import type { Environment } from '../aws/connection.ts';
import { LogsEndpoint } from '../aws/logs-endpoint.ts';
import type { Network } from '../aws/network.ts';
import type { Endpoint } from '../delivery/endpoint.ts';
import { Recovery } from '../delivery/recovery.ts';
import { Slots } from '../delivery/slots.ts';
import type { ServiceSlots } from '../delivery/slots.ts';
import { serviceKey } from '../plan.ts';
import type { DeliveryPlan, ServicePlan } from '../plan.ts';
import type { Report } from '../report/report.ts';

export interface ServicesOptions {
  readonly delivery: DeliveryPlan;
  readonly env: Environment;
  readonly network: Network;
  readonly report: Report;
  readonly abandon: AbortSignal;
  readonly random: () => number;
}

/**
 * What the lanes of one service share: its client, its part of the request slots, and what is known of its recovery. One service
 * that is back says nothing about another.
 */
export interface Service {
  readonly endpoint: Endpoint;
  readonly slots: ServiceSlots;
  readonly recovery: Recovery;
}

interface Open extends Service { readonly close: () => void }

/** The services of a run, each with one client, made when it is first asked for. */
export class Services {
  readonly #o: ServicesOptions;
  readonly #slots: Slots;
  readonly #open = new Map<string, Open>();

  /** @param plans see `use`. */
  constructor(plans: Iterable<ServicePlan>, options: ServicesOptions) {
    this.#o = options;
    this.#slots = new Slots(options.delivery.maxRequests);
    this.use(plans);
  }

  /** From now on these, and each of them has its part of the slots. The clients of others are closed: no lane may hold anything for them any more. */
  use(plans: Iterable<ServicePlan>): void {
    const used = new Set([...plans].map(serviceKey));
    for (const [key, service] of this.#open) if (!used.has(key)) { service.close(); this.#open.delete(key); }
    this.#slots.shareAmong(used.size);
  }

  of(plan: ServicePlan): Service {
    const key = serviceKey(plan);
    const known = this.#open.get(key) ?? this.#opened(plan);
    this.#open.set(key, known);
    return known;
  }

  destroy(): void { this.use([]); }

  #opened(plan: ServicePlan): Open {
    const { delivery, env, network, report, abandon, random } = this.#o;
    const client = createLogsClient(plan, delivery, env, abandon, network);
    const slots = this.#slots.ofService();
    return {
      endpoint: new LogsEndpoint({ client, compression: delivery.compression, url: plan.endpoint, report, abandon }),
      slots,
      recovery: new Recovery(random),
      close: () => { client.destroy(); this.#slots.forget(slots); },
    };
  }
}

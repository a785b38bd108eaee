import type { Environment } from '../aws/connection.ts';
import type { Network } from '../aws/network.ts';
import { BufferPool } from '../batching/log-batch.ts';
import { Budget } from '../delivery/budget.ts';
import type { Lane, Undelivered } from '../delivery/lane.ts';
import type { Destination } from '../flow.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { DeliveryPlan, ServicePlan } from '../plan.ts';
import type { Report } from '../report/report.ts';
import { Lanes } from './lanes.ts';
import { Services } from './services.ts';

/** Delivered bodies kept for reuse, bytes: a few full batches, or the many small ones of quiet streams. */
const POOLED_BYTES = 8_388_608;
/** And for each further request of a lane's window, because their answers may come all at once: a full body. */
const POOLED_PER_REQUEST = 1_179_648;

export interface OutboundOptions {
  readonly services: Iterable<ServicePlan>;
  readonly delivery: DeliveryPlan;
  /** The memory a chunk passes through, one for all that is synchronous. */
  readonly arena: Arena;
  readonly kernel: Kernel;
  readonly env: Environment;
  readonly network: Network;
  readonly report: Report;
  readonly undelivered: Undelivered;
  /** No lane waits for its flush timer. */
  readonly hurry: boolean;
  readonly now: () => number;
  readonly abandon: AbortSignal;
}

/** What all pipelines of one way of delivering share, from the memory a chunk is read into to the service. */
export class Outbound implements Disposable {
  readonly arena: Arena;
  readonly kernel: Kernel;
  readonly budget: Budget;
  readonly lanes: Lanes;
  readonly #pool: BufferPool;
  readonly #services: Services;

  constructor({ services, delivery, arena, kernel, env, network, report, undelivered, hurry, now, abandon }: OutboundOptions) {
    this.arena = arena;
    this.kernel = kernel;
    this.budget = new Budget(delivery.budgetBytes);
    this.#pool = new BufferPool(POOLED_BYTES + Math.min((delivery.window - 1) * POOLED_PER_REQUEST, delivery.budgetBytes));
    this.#services = new Services(services, { delivery, env, network, report, abandon, random: Math.random });
    this.lanes = new Lanes(this.#services, {
      arena, kernel, budget: this.budget, report, now, undelivered, pool: this.#pool,
      flushMs: delivery.flushMs,
      window: delivery.window,
      maxBatchBytes: delivery.maxBatchBytes,
      random: Math.random,
      abandon,
    }, hurry);
  }

  /** From now on these services; nothing may be read or held for another any more. */
  use(services: readonly ServicePlan[]): void {
    this.lanes.keepServices(services);
    this.#services.use(services);
  }

  laneFor(destination: Destination): Lane { return this.lanes.of(destination); }

  /** Gives back memory kept for the next burst. */
  rest(): void { this.#pool.clear(); }

  /** Nothing may be under way any more. */
  [Symbol.dispose](): void { this.#services.destroy(); }
}

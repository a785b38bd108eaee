import PQueue from 'p-queue';

/**
 * Request slots of all services: a slot covers one attempt, never a backoff. What a service that does not answer may hold is
 * bounded, so that slots are left for another, however many streams it has:
 *
 *     attempt ─► in retry: its service's gate ─► the service's part ─► any free slot
 */
export class Slots {
  readonly #count: number;
  readonly #all: PQueue;
  readonly #services = new Set<ServiceSlots>();
  #sharers = 1;

  /** @param count requests in flight over all lanes. */
  constructor(count: number) {
    this.#count = count;
    this.#all = new PQueue({ concurrency: count });
  }

  /** Those of one more service. */
  ofService(): ServiceSlots {
    const slots = new ServiceSlots(this.#all);
    this.#services.add(slots);
    this.shareAmong(this.#sharers);
    return slots;
  }

  /** The service is gone. */
  forget(slots: ServiceSlots): void { this.#services.delete(slots); }

  /** @param services how many there will be: known before the first of them takes a slot. */
  shareAmong(services: number): void {
    this.#sharers = Math.max(services, this.#services.size, 1);
    const { part, gate } = sharesOf(this.#count, this.#sharers);
    for (const slots of this.#services) slots.resize(part, gate);
  }
}

/**
 * Of `count` slots among `services`: the most that one may hold (`part`), and of these the most that its lanes in retry may hold
 * (`gate`). All gates together are half of the slots, one for each at least. A service alone may hold all; of two, each leaves the
 * other its gate; of more, no one holds over half.
 */
export function sharesOf(count: number, services: number): { readonly part: number; readonly gate: number } {
  const gate = Math.max(1, Math.floor(count / 2 / services));
  const part = services === 1 ? count : Math.max(1, Math.floor(count / 2), Math.floor((count - gate) / (services - 1)));
  return { part, gate };
}

/** The slots as one service has them. */
export class ServiceSlots {
  readonly #all: PQueue;
  readonly #part = new PQueue();
  readonly #retrying = new PQueue();

  constructor(all: PQueue) { this.#all = all; }

  run<T>(retrying: boolean, attempt: () => Promise<T>): Promise<T> {
    const inPart = (): Promise<T> => this.#part.add(() => this.#all.add(attempt));
    return retrying ? this.#retrying.add(inPart) : inPart();
  }

  resize(part: number, gate: number): void {
    this.#part.concurrency = part;
    this.#retrying.concurrency = gate;
  }
}

import { Lane } from '../delivery/lane.ts';
import type { LaneContext } from '../delivery/lane.ts';
import type { Destination } from '../flow.ts';
import { serviceKey } from '../plan.ts';
import type { ServicePlan } from '../plan.ts';
import type { Service, Services } from './services.ts';

/** What lanes of all services share. */
export type SharedContext = Omit<LaneContext, keyof Service>;

/** Lanes kept although no file feeds them: their counters stay in `status`. */
const SPARE_LANES = 100;

/** The lanes of a run: one for each destination (service, group, stream) that was written to, made when it is first asked for. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #services: Pick<Services, 'of'>;
  readonly #shared: SharedContext;
  readonly #contexts = new WeakMap<Service, LaneContext>();
  #hurry: boolean;

  /** @param hurry no lane waits for its flush timer. */
  constructor(services: Pick<Services, 'of'>, shared: SharedContext, hurry: boolean) {
    this.#services = services;
    this.#shared = shared;
    this.#hurry = hurry;
  }

  [Symbol.iterator](): Iterator<Lane> { return this.#lanes.values(); }

  get empty(): boolean { return this.#lanes.values().every((lane) => lane.empty); }

  of(destination: Destination): Lane {
    const key = `${serviceKey(destination.service)}\n${destination.group}\n${destination.stream}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(destination, this.#contextOf(this.#services.of(destination.service)));
      if (this.#hurry) lane.drain();
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** One for all lanes of a service. */
  #contextOf(service: Service): LaneContext {
    const context = this.#contexts.get(service) ?? { ...this.#shared, ...service };
    this.#contexts.set(service, context);
    return context;
  }

  /** Forgets the streams of all other services: their clients are closed. */
  keepServices(services: readonly ServicePlan[]): void {
    const kept = new Set(services.map(serviceKey));
    for (const [key, lane] of this.#lanes) if (!kept.has(serviceKey(lane.destination.service))) this.#lanes.delete(key);
  }

  /** Sends what is held; resolves when all of it is acknowledged, or on `abandon`. */
  async drain(abandon: AbortSignal): Promise<void> {
    this.#hurry = true;
    for (const lane of this) lane.drain();
    for (const lane of this) await lane.drained(abandon);
  }

  /**
   * Forgets streams nobody writes to any more: dated file names would collect them without end, and one that failed when its
   * entry left the config would be a trouble for ever. @param used asked for only if there are many, or one of those.
   */
  forgetUnused(used: () => ReadonlySet<Lane>): void {
    const many = this.#lanes.size > SPARE_LANES;
    if (!many && !this.#lanes.values().some((lane) => lane.isFailing && lane.empty)) return;
    const kept = used();
    for (const [key, lane] of this.#lanes) {
      if (!lane.empty || kept.has(lane) || (!many && !lane.isFailing)) continue;
      this.#lanes.delete(key);
      if (lane.isFailing) this.#shared.report.recovered(`destination ${lane.name}`, `log stream ${lane.name}: nothing is written there any more`);
    }
  }
}

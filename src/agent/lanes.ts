import { Lane } from '../delivery/lane.ts';
import type { LaneContext } from '../delivery/lane.ts';
import type { Destination } from '../flow.ts';

/** Lanes kept although no file feeds them: their counters stay in `status`. */
const SPARE_LANES = 100;

/** The lanes of a run: one for each destination that was written to, made when it is first asked for. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #context: LaneContext;
  #hurry: boolean;

  /** @param hurry no lane waits for its flush timer. */
  constructor(context: LaneContext, hurry: boolean) {
    this.#context = context;
    this.#hurry = hurry;
  }

  [Symbol.iterator](): Iterator<Lane> { return this.#lanes.values(); }

  get empty(): boolean { return this.#lanes.values().every((lane) => lane.empty); }

  of(destination: Destination): Lane {
    const key = `${destination.group}\n${destination.stream}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(destination, this.#context);
      if (this.#hurry) lane.drain();
      this.#lanes.set(key, lane);
    }
    return lane;
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
      if (lane.isFailing) this.#context.report.recovered(`destination ${lane.name}`, `log stream ${lane.name}: nothing is written there any more`);
    }
  }
}

import type { Budget } from '../delivery/budget.ts';
import type { Lane, Source } from '../delivery/lane.ts';
import type { Destination, Frames } from '../flow.ts';
import type { DatedLanes, DatedSpan } from './dated-lanes.ts';
import type { Outlet } from './outlet.ts';

export interface DatedOutletContext {
  readonly lanes: DatedLanes;
  readonly arena: Pick<Frames, 'time' | 'count'>;
  readonly budget: Budget;
}

/**
 * The outlet of a generation whose events go to the streams of their dates. It feeds as many lanes as a chunk has dates,
 * and goes no further while one of them fails: what comes after would have to be sent again after a restart.
 */
export class DatedOutlet implements Outlet {
  readonly dated: DatedLanes;
  readonly #arena: Pick<Frames, 'time' | 'count'>;
  readonly #budget: Budget;
  /** Lanes that may still hold what was added. */
  readonly #fed = new Set<Lane>();
  /** Why there is no room: a lane takes nothing, or no lane can be opened. Null: there is no memory. */
  #obstacle: Lane | 'all are busy' | null = null;

  constructor({ lanes, arena, budget }: DatedOutletContext) {
    this.dated = lanes;
    this.#arena = arena;
    this.#budget = budget;
  }

  get lanes(): Iterable<Lane> { return this.dated.open; }
  destinationAt(time: number): Destination { return this.dated.destinationAt(time); }

  tryRoom(): Disposable | null {
    for (const lane of this.#fed) {
      if (lane.empty) this.#fed.delete(lane);
      else if (lane.isFailing || !lane.hasRoom) { this.#obstacle = lane; return null; }
    }
    if (this.#obstacle === 'all are busy') {
      if (!this.dated.canOpen) { this.dated.flush(); return null; }
    } else if (this.#obstacle !== null && !this.#obstacle.hasRoom) return null;
    this.#obstacle = null;
    return this.#budget.tryReserveChunk();
  }

  roomChange(signal: AbortSignal): Promise<void> {
    const obstacle = this.#obstacle;
    if (obstacle === 'all are busy') return this.dated.change(signal);
    if (obstacle !== null) return obstacle.isFailing && !obstacle.empty ? obstacle.change(signal) : obstacle.roomChange(signal);
    return this.#budget.chunkFreed(signal);
  }

  admit(wanted: Uint8Array | null): number {
    const { time, count } = this.#arena;
    const admitted = new Set<string>();
    let span: DatedSpan | null = null;
    this.#obstacle = null;
    for (let i = 0; i < count; i++) {
      if (wanted !== null && wanted[i] === 0) continue;
      if (span !== null && time[i]! >= span.start && time[i]! < span.end) continue;
      span = this.dated.spanAt(time[i]!);
      if (admitted.has(span.stream)) continue;
      const lane = this.dated.tryOpen(span.stream, admitted);
      if (lane?.hasRoom !== true) { this.#obstacle = lane ?? 'all are busy'; return i; }
      admitted.add(span.stream);
    }
    return count;
  }

  add(first: number, last: number, source: Source, since: number): void {
    const { time } = this.#arena;
    let from = first;
    while (from < last) {
      const { start, end, stream } = this.dated.spanAt(time[from]!);
      let to = from + 1;
      while (to < last && time[to]! >= start && time[to]! < end) to++;
      const lane = this.dated.of(stream);
      lane.add(from, to, source, since);
      this.#fed.add(lane);
      from = to;
    }
  }
}

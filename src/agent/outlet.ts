import type { Lane, Source } from '../delivery/lane.ts';
import type { Destination } from '../flow.ts';

/** Where the events of one generation go: to one lane, or to one for each date. */
export interface Outlet {
  /** The lanes it may feed now. */
  readonly lanes: Iterable<Lane>;
  /** Where an event of this time (epoch milliseconds) goes. */
  destinationAt(time: number): Destination;
  /** As Lane.tryRoom. */
  tryRoom(): Disposable | null;
  /** As Lane.roomChange. */
  roomChange(signal: AbortSignal): Promise<void>;
  /** How many of the arena's frames can be taken now: what is behind them must be read again. @param wanted 0 for frames that are not sent; null: all are */
  admit(wanted: Uint8Array | null): number;
  /** As Lane.add, of frames that were admitted. */
  add(first: number, last: number, source: Source, since: number): void;
}

/** The outlet of a stream that every event of the file goes to. */
export class OneLane implements Outlet {
  readonly lanes: readonly [Lane];
  readonly #lane: Lane;
  readonly #frames: { readonly count: number };

  constructor(lane: Lane, frames: { readonly count: number }) {
    this.lanes = [lane];
    this.#lane = lane;
    this.#frames = frames;
  }

  destinationAt(): Destination { return this.#lane.destination; }
  tryRoom(): Disposable | null { return this.#lane.tryRoom(); }
  roomChange(signal: AbortSignal): Promise<void> { return this.#lane.roomChange(signal); }
  admit(): number { return this.#frames.count; }
  add(first: number, last: number, source: Source, since: number): void { this.#lane.add(first, last, source, since); }
}

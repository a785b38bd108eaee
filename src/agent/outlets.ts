import type { Budget } from '../delivery/budget.ts';
import type { Lane } from '../delivery/lane.ts';
import type { Destination, Frames } from '../flow.ts';
import { isDated, nameOf } from '../naming/template.ts';
import type { FileEntryPlan } from '../plan.ts';
import type { Zone } from '../records/zone.ts';
import { DatedLanes } from './dated-lanes.ts';
import { DatedOutlet } from './dated-outlet.ts';
import { Destinations } from './destination.ts';
import { OneLane } from './outlet.ts';
import type { Outlet } from './outlet.ts';

/** Dated names kept although no file has them any more. */
const SPARE_NAMES = 100;

export interface OutletsContext {
  readonly arena: Pick<Frames, 'time' | 'count'>;
  readonly budget: Budget;
  /** Whose dates name streams; null where none does. */
  readonly dateZone: Zone | null;
  readonly laneFor: (destination: Destination) => Lane;
}

/** Where the files of one entry go. */
export class Outlets {
  readonly #destinations: Destinations;
  readonly #c: OutletsContext;
  /** By group and stream. Files of one name share its lanes, so that the bound holds for all of them together. */
  readonly #dated = new Map<string, DatedLanes>();

  constructor(entry: Pick<FileEntryPlan, 'naming' | 'service'>, context: OutletsContext) {
    this.#destinations = new Destinations(entry);
    this.#c = context;
  }

  /** Why a file of this name can go nowhere, or null. */
  faultOf(path: string): string | null {
    const destination = this.#destinations.of(path);
    return typeof destination === 'string' ? destination : null;
  }

  /** For one file, by the name that decides; null if it can go nowhere. */
  of(path: string): Outlet | null {
    const { arena, budget, dateZone, laneFor } = this.#c;
    const destination = this.#destinations.of(path);
    if (typeof destination === 'string') return null;
    if (dateZone === null || !isDated(destination.stream)) return new OneLane(laneFor({ ...destination, stream: nameOf(destination.stream, null) }), arena);
    const key = JSON.stringify([destination.group, destination.stream]);
    let lanes = this.#dated.get(key);
    if (lanes === undefined) {
      lanes = new DatedLanes(destination, { zone: dateZone, laneFor });
      this.#dated.set(key, lanes);
    }
    return new DatedOutlet({ lanes, arena, budget });
  }

  /** Forgets dated names that none of these has: file names in them would collect them without end. */
  forgetUnused(used: Iterable<{ readonly outlet: Outlet }>): void {
    if (this.#dated.size <= SPARE_NAMES) return;
    const kept = new Set(Array.from(used, ({ outlet }) => outlet instanceof DatedOutlet ? outlet.dated : null));
    for (const [key, lanes] of this.#dated) if (!kept.has(lanes)) this.#dated.delete(key);
  }
}

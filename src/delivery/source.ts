import type { LogBatch } from '../batching/log-batch.ts';
import type { Destination } from '../flow.ts';
import type { Loss } from '../report/report.ts';

/** What became of the events of one source in a batch that needs no more work. */
export interface Settlement {
  readonly destination: Destination;
  /** When the request began that was accepted (the last, of several), epoch milliseconds; null: none was. */
  readonly sentAt: number | null;
  /** As the service calls it; null: it gave it no name. */
  readonly requestId: string | null;
  /** Events the service took. */
  readonly events: number;
  readonly losses: readonly Loss[];
}

/** Where the bytes of a lane come from: one generation of a file. */
export interface Source {
  readonly path: string;
  /** Its unsettled bytes exist nowhere but in memory: neither now nor at the next start can they be read again. */
  readonly isOnlyHeld: boolean;
  /** The bytes up to and with frame `frame` of the arena travel with `batch`. */
  hold(frame: number, batch: object): void;
  settle(batch: object, settlement: Settlement): void;
  /** The agent ends, and events of the batch that exist nowhere else are given up; its position stays. */
  givenUp(batch: object, losses: readonly Loss[]): void;
  /**
   * Whether `rewind` would take back these batches and nothing else. False for bytes of a file that was truncated, or while
   * another lane holds, or has sent, what was read behind them.
   */
  canRewind(batches: ReadonlySet<object>): boolean;
  /** Forget what is held and read it again from the safe offset. */
  rewind(): void;
}

/** The sources of the batches' events, each once. */
export function sourcesOf(batches: readonly LogBatch[]): ReadonlySet<Source> {
  // Whatever a batch carries was put there by Filling.add, which takes nothing but Sources.
  return new Set(batches.flatMap((batch) => batch.segments.map(({ source }) => source as Source)));
}

/** The sources of a batch, each with the events it has in it. */
export function eventsBySource(batch: LogBatch): ReadonlyMap<Source, number> {
  const counts = new Map<Source, number>();
  let from = 0;
  for (const { source, until } of batch.segments) {
    counts.set(source as Source, (counts.get(source as Source) ?? 0) + until - from);
    from = until;
  }
  return counts;
}

/** The source of the event that stands at `index` of the body, which may have been sorted since the event arrived. */
export function sourceOf(batch: LogBatch, index: number): Source {
  const arrived = batch.order === null ? index : batch.order[index]!;
  return batch.segments.find(({ until }) => arrived < until)!.source as Source;
}

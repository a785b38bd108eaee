import type { LogBatch } from '../batching/log-batch.ts';

/** Where the bytes of a lane come from: one generation of a file. */
export interface Source {
  readonly path: string;
  /** Its unsettled bytes exist nowhere but in memory: neither now nor at the next start can they be read again. */
  readonly isOnlyHeld: boolean;
  /** The bytes up to and with frame `frame` of the arena travel with `batch`. */
  hold(frame: number, batch: object): void;
  settle(batch: object): void;
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

/** The source of the event that stands at `index` of the body, which may have been sorted since the event arrived. */
export function sourceOf(batch: LogBatch, index: number): Source {
  const arrived = batch.order === null ? index : batch.order[index]!;
  return batch.segments.find(({ until }) => arrived < until)!.source as Source;
}

import { joinEvents, sliceEvents, sortByTime } from '../batching/events.ts';
import { MAX_BATCH_EVENTS } from '../batching/limits.ts';
import { LogBatch } from '../batching/log-batch.ts';
import type { BufferPool } from '../batching/log-batch.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Budget } from './budget.ts';
import type { Share } from './share.ts';
import type { Source } from './source.ts';

export interface FillingContext {
  readonly arena: Arena;
  readonly kernel: Kernel;
  readonly pool: BufferPool;
  readonly budget: Budget;
  /** A batch is due this long after its oldest event's last byte was seen. */
  readonly flushMs: number;
  readonly maxBatchBytes: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Who sends what was filled. */
export interface FillingOwner {
  /** No more fits into `batch`: it is the owner's now. */
  sealed(batch: LogBatch): void;
  /** There is something for takeDue. */
  due(): void;
}

/** A batch with less room than this is sealed without trying: an average line would not fit. */
const NEARLY_FULL = 256;

/**
 * The batch that is being filled, and the clock that says when it is due. A batch that is due goes on filling until it is
 * taken: while the requests under way are waited for, one larger request instead of two.
 */
export class Filling {
  readonly #c: FillingContext;
  readonly #header: Buffer;
  readonly #share: Share;
  readonly #owner: FillingOwner;
  #batch: LogBatch | null = null;
  #due = false;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Infinity;
  #draining = false;
  /** Of the last batch, if it was full: the next one is likely to be, and need not be moved as it grows. */
  #fullCapacity = 0;

  constructor(header: Buffer, share: Share, context: FillingContext, owner: FillingOwner) {
    this.#header = header;
    this.#share = share;
    this.#c = context;
    this.#owner = owner;
  }

  /** The batch as far as it is filled; null: there is none. */
  get batch(): LogBatch | null { return this.#batch; }

  /** Appends frames [first, last) of the arena, in order; hands batches over as they fill. */
  add(first: number, last: number, source: Source, since: number): void {
    const { arena, kernel, budget, maxBatchBytes } = this.#c;
    let next = first;
    while (next < last) {
      const batch = (this.#batch ??= this.#begin());
      const before = batch.capacity;
      const after = batch.append(arena, kernel, next, last, source, since);
      const grown = batch.capacity - before;
      if (grown > 0) this.#share.charge(grown);
      if (after > next) source.hold(after - 1, batch);
      else if (batch.count === 0) throw new Error(`an event of ${arena.to[next]! - arena.from[next]!} bytes fits no batch of ${maxBatchBytes}`);
      next = after;
      if (next < last || batch.count === MAX_BATCH_EVENTS || maxBatchBytes - batch.bytes < NEARLY_FULL) {
        this.#fullCapacity = batch.capacity;
        this.#owner.sealed(this.#seal(batch));
      }
    }
    if (this.#batch === null) return;
    budget.onPressure(this.#flushOnPressure);
    // What a failing lane reads is a try, and others wait for its turn.
    if (this.#draining || this.#share.failing) this.flush();
    else this.#arm(this.#batch.since + this.#c.flushMs);
  }

  /** The batch is due now. */
  flush(): void {
    if (this.#batch === null) return;
    this.#due = true;
    this.#owner.due();
  }

  /** From now on every batch is due at once. */
  drain(): void {
    this.#draining = true;
    this.flush();
  }

  /** The batch, if it is due. It is the caller's now. */
  takeDue(): LogBatch | null {
    if (this.#batch === null || !this.#due) return null;
    this.#fullCapacity = 0;
    return this.#seal(this.#batch);
  }

  /** Lets go of the batch, which is the caller's now. */
  clear(): void {
    this.#batch = null;
    this.#due = false;
    this.#c.budget.offPressure(this.#flushOnPressure);
    if (this.#timer !== null) { clearTimeout(this.#timer); this.#timer = null; }
  }

  readonly #flushOnPressure = (): void => this.flush();

  #begin(): LogBatch {
    const { budget, maxBatchBytes, pool } = this.#c;
    // Where memory is short, or what is read is a try, it is not taken ahead.
    const expected = this.#share.failing || budget.used > budget.limit / 2 ? 0 : this.#fullCapacity;
    const batch = new LogBatch(this.#header, maxBatchBytes, pool, expected);
    this.#share.charge(batch.capacity);
    return batch;
  }

  #seal(batch: LogBatch): LogBatch {
    this.clear();
    if (!batch.ascending) sort(batch);
    return batch;
  }

  #arm(at: number): void {
    if (this.#timer !== null) {
      if (at >= this.#timerAt) return;
      clearTimeout(this.#timer);
    }
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.flush();
    }, Math.max(0, at - this.#c.now()));
  }
}

/** The service wants the events of a call in order of time. */
function sort(batch: LogBatch): void {
  const events = batch.events();
  const sorted = sortByTime(sliceEvents(events));
  batch.order = sorted.map(({ index }) => index);
  batch.replaceEvents(joinEvents(events, sorted));
}

import { sliceEvents } from '../batching/events.ts';
import { bodyHeader } from '../batching/log-batch.ts';
import type { LogBatch } from '../batching/log-batch.ts';
import type { Destination } from '../flow.ts';
import { EVENT_OVERHEAD_BYTES } from '../plan.ts';
import { destinationName } from '../report/destination-name.ts';
import type { Report } from '../report/report.ts';
import { BatchDelivery } from './batch-delivery.ts';
import type { BatchDeliveryContext } from './batch-delivery.ts';
import { Filling } from './filling.ts';
import type { FillingContext } from './filling.ts';
import { Sender } from './sender.ts';
import type { LaneState, SenderContext } from './sender.ts';
import { Share } from './share.ts';
import { eventsBySource, sourceOf, sourcesOf } from './source.ts';
import type { Source } from './source.ts';
import { giveUp } from './undeliverable.ts';

export type { LaneState } from './sender.ts';
export type { Settlement, Source } from './source.ts';
export type { Undelivered } from './undeliverable.ts';

export interface LaneContext extends FillingContext, SenderContext, BatchDeliveryContext {
  /** Batches under way at once; above 1 they may arrive in another order. */
  readonly window: number;
  readonly report: Report;
}

/**
 * The ordered queue of one destination, and the room for more. A batch has one owner at a time:
 *
 *     add ─► Filling ─full or due─► sealed ─window─► in flight (BatchDelivery, Sender) ─► settled
 *                 └────────────────────┴──────────────────┴─► given back: read again from the files
 */
export class Lane {
  readonly destination: Destination;
  readonly name: string;
  readonly #c: LaneContext;
  readonly #share: Share;
  readonly #filling: Filling;
  readonly #sealed: LogBatch[] = [];
  readonly #inFlight = new Set<LogBatch>();
  readonly #delivery: BatchDelivery;
  readonly #sender: Sender;
  /** Everything was given back, and nothing is taken until the backoff is over. */
  #closed = false;
  /** The only request under way was begun in this turn of the event loop. */
  #beginning = false;
  readonly #roomWaiters: (() => void)[] = [];
  readonly #changeWaiters = new Set<() => void>();
  lastAckAt: number | null = null;
  /** Monotonic time of the last acknowledgement, or of the first event after nothing was held. */
  #waitingSince: number | null = null;
  events = 0;
  messageBytes = 0;

  constructor(destination: Destination, context: LaneContext) {
    const header = bodyHeader(destination);
    this.destination = destination;
    this.name = destinationName(destination);
    this.#c = context;
    this.#share = new Share(context.budget);
    this.#filling = new Filling(header, this.#share, context, {
      sealed: (batch) => {
        this.#sealed.push(batch);
        this.#pump();
        if (this.#sealed[0] === batch) this.#delivery.prepare(batch, 0);
      },
      due: () => this.#pump(),
    });
    this.#sender = new Sender(destination, this.#share, context, {
      giveBack: (waiting) => this.#giveBack(waiting),
      reopen: () => { this.#closed = false; this.#wakeRoom(); },
      holds: (batch) => this.#inFlight.has(batch),
    });
    this.#delivery = new BatchDelivery(destination, header, this.#sender, context);
  }

  /** Bytes of memory held for batches that are not settled. */
  get held(): number { return this.#share.held; }
  get empty(): boolean { return this.#filling.batch === null && this.#sealed.length === 0 && this.#inFlight.size === 0; }
  get state(): LaneState { return this.#sender.state; }
  /** The last attempt failed. */
  get isFailing(): boolean { return this.#share.failing; }
  get lastError(): string | null { return this.#sender.lastError; }
  get requests(): number { return this.#sender.requests; }

  /**
   * Reserves room for one chunk, or gives null when there is none: see roomChange. Dispose it when the chunk was added;
   * what was added is accounted by then. To be used before the next await, so that nobody reserves on an estimate alone.
   */
  tryRoom(): Disposable | null {
    return this.hasRoom ? this.#c.budget.tryReserveChunk() : null;
  }

  /** It would take a chunk if there is memory for it. */
  get hasRoom(): boolean { return this.#takes && !this.#share.isSpent; }

  /** Resolves when there may be room, or on `signal`: the one point of back-pressure. */
  roomChange(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { budget } = this.#c;
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', finish);
        budget.forget(finish);
        resolve();
      };
      signal.addEventListener('abort', finish, { once: true });
      if (this.#share.isSpent) budget.onShareFreed(finish);
      else if (!this.#takes) this.#roomWaiters.push(finish);
      else { budget.onChunkFreed(finish); return; }
      // It may have been called for room that it cannot use now.
      budget.passOn();
    });
  }

  /** Appends frames [first, last) of the arena, in order. Never waits; seals batches as they fill. */
  add(first: number, last: number, source: Source, since: number): void {
    this.#waitingSince ??= this.#c.now();
    this.#filling.add(first, last, source, since);
  }

  /**
   * Since when what it holds waits without any of it being acknowledged, monotonic milliseconds, although nothing failed;
   * null: nothing is held, or the reason is known.
   */
  get waitingSince(): number | null { return this.#share.failing ? null : this.#waitingSince; }

  /**
   * For who waits to see what it added settled: sends what is held now, or, while the destination fails, gives it back to be
   * read again. Neither may be possible at the moment (a request is under way): to be called again.
   */
  letGo(): void {
    if (this.#share.failing) this.#sender.giveBack();
    else this.#filling.flush();
  }

  /** The agent ends: what it holds and nobody can read again is given up. */
  giveUpOnlyHeld(): void {
    const open = this.#filling.batch;
    for (const batch of [...this.#inFlight, ...this.#sealed, ...(open === null ? [] : [open])]) {
      const events = sliceEvents(batch.events()).filter(({ index }) => sourceOf(batch, index).isOnlyHeld);
      giveUp(batch, [{ events, why: 'gone-at-stop', reason: 'its file is gone, and the agent ended before the service had acknowledged it' }], this.destination, this.#c);
      for (const source of sourcesOf([batch])) if (source.isOnlyHeld) source.givenUp(batch, batch.losses.get(source) ?? []);
    }
  }

  /** Sends what is held, and from now on nothing waits for the flush timer. */
  drain(): void { this.#filling.drain(); }

  /** Sends what is held as soon as the window allows. */
  flush(): void { this.#filling.flush(); }

  /** Resolves when nothing is held any more, or on `signal`. */
  async drained(signal: AbortSignal): Promise<void> {
    while (!this.empty && !signal.aborted) await this.change(signal);
  }

  /** Resolves when less is held than before, or on `signal`. */
  change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => { signal.removeEventListener('abort', finish); this.#changeWaiters.delete(finish); resolve(); };
      signal.addEventListener('abort', finish, { once: true });
      this.#changeWaiters.add(finish);
    });
  }

  /** Sends as many batches as the window allows. */
  #pump(): void {
    while (this.#inFlight.size < this.#c.window && !this.#closed) {
      const batch = this.#sealed.shift() ?? this.#filling.takeDue();
      if (batch === null) break;
      this.#inFlight.add(batch);
      void this.#deliver(batch);
      if (this.#inFlight.size === 1) this.#letItGo();
    }
    if (this.#takes) this.#wakeRoom();
  }

  /** Nothing is filled until the request is with its socket: the service has nothing else to do, and filling would come first. */
  #letItGo(): void {
    if (this.#beginning) return;
    this.#beginning = true;
    setImmediate(() => {
      this.#beginning = false;
      if (this.#takes) this.#wakeRoom();
    });
  }

  /** More may be filled. */
  get #takes(): boolean { return !this.#closed && !this.#beginning && this.#sealed.length === 0; }

  async #deliver(batch: LogBatch): Promise<void> {
    // Abandoned or given back: it stays unsettled, and is read again.
    if (!(await this.#delivery.deliver(batch, this.#sealed.length))) return;
    this.#inFlight.delete(batch);
    this.#settle(batch);
    this.#pump();
    this.#changed();
  }

  #settle(batch: LogBatch): void {
    const { sentAt, requestId } = batch;
    for (const [source, added] of eventsBySource(batch)) {
      const losses = batch.losses.get(source) ?? [];
      source.settle(batch, { destination: this.destination, sentAt, requestId, events: added - losses.reduce((sum, { events }) => sum + events, 0), losses });
    }
    const events = batch.count - batch.givenUp;
    const messageBytes = batch.bytes - EVENT_OVERHEAD_BYTES * batch.count - batch.givenUpBytes;
    this.events += events;
    this.messageBytes += messageBytes;
    this.lastAckAt = Date.now();
    this.#waitingSince = this.empty ? null : this.#c.now();
    this.#c.report.delivered(this.destination, events, messageBytes);
    this.#release(batch);
  }

  #release(batch: LogBatch): void {
    this.#share.charge(-batch.capacity);
    batch.release();
  }

  /** Lets go of everything held, to be read again from the files; see SenderOwner. */
  #giveBack(waiting: ReadonlySet<LogBatch>): boolean {
    for (const batch of this.#inFlight) if (!waiting.has(batch)) return false;
    const open = this.#filling.batch;
    const batches = [...this.#inFlight, ...this.#sealed, ...(open === null ? [] : [open])];
    const sources = sourcesOf(batches);
    const givenBack = new Set(batches);
    for (const source of sources) if (!source.canRewind(givenBack)) return false;
    this.#inFlight.clear();
    this.#sealed.length = 0;
    this.#filling.clear();
    for (const batch of batches) this.#release(batch);
    for (const source of sources) source.rewind();
    this.#closed = true;
    this.#waitingSince = null;
    this.#changed();
    return true;
  }

  #changed(): void { for (const told of [...this.#changeWaiters]) told(); }

  #wakeRoom(): void { for (const wake of this.#roomWaiters.splice(0)) wake(); }
}

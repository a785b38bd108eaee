import { joinEvents, messageOf, sliceEvents, sortByTime } from '../batching/events.ts';
import type { EventSlice } from '../batching/events.ts';
import { EVENT_OVERHEAD, MAX_BATCH_EVENTS } from '../batching/limits.ts';
import { LogBatch, bodyHeader } from '../batching/log-batch.ts';
import type { BufferPool } from '../batching/log-batch.ts';
import type { Destination, Outcome, RejectedRanges } from '../flow.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { DropReason, Report } from '../report/report.ts';
import { backoffMs } from './backoff.ts';
import type { Budget } from './budget.ts';
import type { EncodedBody, Endpoint } from './endpoint.ts';
import type { Recovery } from './recovery.ts';
import type { Slots } from './slots.ts';

/** Where the bytes of a lane come from: one generation of a file. */
export interface Source {
  readonly path: string;
  /** The bytes up to and with frame `frame` of the arena travel with `batch`. */
  hold(frame: number, batch: object): void;
  settle(batch: object): void;
  /** False while unsettled bytes exist nowhere but in memory (the file was truncated). */
  readonly canRewind: boolean;
  /** Forget what is held and read it again from the safe offset. */
  rewind(): void;
}

/** Keeps events that can never be delivered. */
export interface Undelivered {
  add(event: { readonly group: string; readonly stream: string; readonly file: string; readonly reason: string; readonly timestamp: number; readonly message: string }): void;
}

export interface LaneContext {
  readonly arena: Arena;
  readonly kernel: Kernel;
  readonly pool: BufferPool;
  readonly budget: Budget;
  readonly slots: Slots;
  readonly recovery: Recovery;
  readonly endpoint: Endpoint;
  readonly report: Report;
  readonly undelivered: Undelivered;
  readonly flushMs: number;
  readonly window: number;
  readonly maxBatchBytes: number;
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Let go now: in-flight attempts are abandoned, what is held stays unsettled. */
  readonly abandon: AbortSignal;
}

export type LaneState = 'idle' | 'sending' | 'retrying' | 'paused';

/** Estimated memory of one chunk on its way into a batch: its bytes and the escapes of a JSON-heavy log. */
const CHUNK_RESERVATION = 400_000;
/** Calls one batch may be bisected with before the lane pauses: 28 find one bad event among 10,000. */
const MAX_BISECT_CALLS = 32;
/** A batch with less room than this is sealed without trying: an average line would not fit. */
const NEARLY_FULL = 256;

type Sent = { readonly kind: 'accepted'; readonly rejected: RejectedRanges | null } | { readonly kind: 'split'; readonly reason: string } | { readonly kind: 'dropped' };

/** The ordered queue, flush timer, retry loop and window of one destination. */
export class Lane {
  readonly destination: Destination;
  readonly name: string;
  readonly #c: LaneContext;
  readonly #header: Buffer;
  #open: LogBatch | null = null;
  readonly #sealed: LogBatch[] = [];
  readonly #inFlight = new Set<LogBatch>();
  #attempting = 0;
  #flushTimer: NodeJS.Timeout | null = null;
  #flushAt = Infinity;
  #due = false;
  #draining = false;
  readonly #roomWaiters: (() => void)[] = [];
  #held = 0;
  #failing = false;
  /** Grows when the lane gives its batches back, so that their retry loops end. */
  #epoch = 0;
  /** Failed attempts of what the lane gave back: the next batch goes on with the backoff, it does not begin again. */
  #givenBackAfter = 0;
  #closed = false;
  #onEmpty: (() => void) | null = null;
  state: LaneState = 'idle';
  lastError: string | null = null;
  lastAckAt: number | null = null;
  events = 0;
  messageBytes = 0;
  requests = 0;

  constructor(destination: Destination, context: LaneContext) {
    this.destination = destination;
    this.name = `${destination.group} ${destination.stream}`;
    this.#c = context;
    this.#header = bodyHeader(destination);
  }

  /** Bytes of memory held for batches that are not settled. */
  get held(): number { return this.#held; }
  get empty(): boolean { return this.#open === null && this.#sealed.length === 0 && this.#inFlight.size === 0; }

  /**
   * Reserves room for one chunk, or gives null when there is none: see roomChange. Dispose it when the chunk was added;
   * what was added is accounted by then. To be used before the next await, so that nobody reserves on an estimate alone.
   */
  tryRoom(): Disposable | null {
    const { budget } = this.#c;
    if (this.#closed || this.#sealed.length > 0 || this.#overShare) return null;
    if (!budget.tryReserve(CHUNK_RESERVATION)) { budget.press(); return null; }
    return { [Symbol.dispose]: () => budget.charge(-CHUNK_RESERVATION) };
  }

  /** Appends frames [first, last) of the arena, in order. Never waits; seals batches as they fill. */
  add(first: number, last: number, source: Source, since: number): void {
    const { arena, kernel, budget } = this.#c;
    let next = first;
    while (next < last) {
      const batch = (this.#open ??= this.#begin());
      const before = batch.capacity;
      const after = batch.append(arena, kernel, next, last, source, since);
      this.#charge(batch.capacity - before);
      if (after > next) source.hold(after - 1, batch);
      else if (batch.count === 0) throw new Error(`an event of ${arena.to[next]! - arena.from[next]!} bytes fits no batch of ${this.#c.maxBatchBytes}`);
      next = after;
      if (next < last || batch.count === MAX_BATCH_EVENTS || this.#c.maxBatchBytes - batch.bytes < NEARLY_FULL) this.#seal();
    }
    if (this.#open !== null) {
      // What a failing lane reads is a try, and others wait for its turn.
      if (this.#draining || this.#failing) this.flush();
      else this.#armFlush();
      budget.onPressure(this.#flushOnPressure);
    }
  }

  /** Sends what is held without waiting for the flush timer. */
  flush(): void {
    if (this.#open === null) return;
    this.#due = true;
    this.#pump();
  }

  /** From now on nothing waits for the flush timer. */
  drain(): void {
    this.#draining = true;
    this.flush();
  }

  /** Resolves when nothing is held any more, or on `signal`. */
  drained(signal: AbortSignal): Promise<void> {
    if (this.empty || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => { signal.removeEventListener('abort', finish); this.#onEmpty = null; resolve(); };
      signal.addEventListener('abort', finish, { once: true });
      this.#onEmpty = finish;
    });
  }

  /** It fails, and failing lanes hold too much already. */
  get #overShare(): boolean {
    const { budget } = this.#c;
    return this.#failing && (this.#held > 0 ? budget.failingOverShare : budget.failingFull);
  }

  readonly #flushOnPressure = (): void => this.flush();

  #begin(): LogBatch {
    const batch = new LogBatch(this.#header, this.#c.maxBatchBytes, this.#c.pool);
    this.#charge(batch.capacity);
    return batch;
  }

  #charge(bytes: number): void {
    this.#held += bytes;
    this.#c.budget.charge(bytes);
    if (this.#failing) this.#c.budget.chargeFailing(bytes);
  }

  #armFlush(): void {
    if (this.#open === null) return;
    const dueAt = this.#open.since + this.#c.flushMs;
    if (this.#flushTimer !== null) {
      if (dueAt >= this.#flushAt) return;
      clearTimeout(this.#flushTimer);
    }
    this.#flushAt = dueAt;
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = null;
      this.flush();
    }, Math.max(0, dueAt - this.#c.now()));
  }

  #seal(): void {
    const batch = this.#open;
    if (batch === null) return;
    this.#open = null;
    this.#due = false;
    this.#c.budget.offPressure(this.#flushOnPressure);
    if (this.#flushTimer !== null) { clearTimeout(this.#flushTimer); this.#flushTimer = null; }
    if (!batch.ascending) {
      const events = batch.events();
      const sorted = sortByTime(sliceEvents(events));
      batch.order = sorted.map((slice) => slice.index);
      batch.replaceEvents(joinEvents(events, sorted));
    }
    this.#sealed.push(batch);
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight.size < this.#c.window && !this.#closed) {
      // A batch that is due goes on filling while the window is full: one larger request instead of two.
      if (this.#sealed.length === 0 && this.#due) { this.#seal(); return; }
      const batch = this.#sealed.shift();
      if (batch === undefined) break;
      this.#inFlight.add(batch);
      void this.#deliver(batch);
    }
    if (this.#sealed.length === 0) this.#wakeRoom();
    if (this.empty) this.#onEmpty?.();
  }

  async #deliver(batch: LogBatch): Promise<void> {
    const epoch = this.#epoch;
    const body = this.#c.endpoint.encode(batch.body(), this.#sealed.length);
    const sent = await this.#send(body, epoch);
    const settled = sent.kind === 'split' ? await this.#bisect(batch, sent.reason, epoch) : sent.kind === 'accepted';
    // Abandoned or given back: it stays held, and is read again.
    if (epoch !== this.#epoch || !settled) return;
    this.#inFlight.delete(batch);
    if (sent.kind === 'accepted' && sent.rejected !== null) this.#reject(batch, sliceEvents(batch.events()), sent.rejected);
    this.#settle(batch);
    this.#pump();
  }

  #settle(batch: LogBatch): void {
    for (const source of new Set(batch.segments.map((s) => s.source as Source))) source.settle(batch);
    const events = batch.count - batch.givenUp;
    this.events += events;
    const messageBytes = batch.bytes - EVENT_OVERHEAD * batch.count - batch.givenUpBytes;
    this.messageBytes += messageBytes;
    this.lastAckAt = Date.now();
    this.#c.report.delivered(this.destination, events, messageBytes);
    this.#charge(-batch.capacity);
    batch.release();
  }

  /** Sends one body until it is accepted, found guilty, or let go. */
  async #send(body: EncodedBody, epoch: number): Promise<Sent> {
    const { slots, endpoint, abandon, recovery, report } = this.#c;
    let attempt = this.#givenBackAfter;
    let creations = 0;
    for (;;) {
      this.#attempting++;
      this.requests++;
      if (attempt === 0) this.state = this.#failing ? 'retrying' : 'sending';
      const outcome: Outcome = await slots.run(this.#failing, () => abandon.aborted ? Promise.resolve({ kind: 'aborted' as const }) : endpoint.put(this.destination, body, abandon));
      this.#attempting--;
      if (epoch !== this.#epoch) return { kind: 'dropped' };
      switch (outcome.kind) {
        case 'accepted':
          this.#setFailing(false);
          this.#givenBackAfter = 0;
          recovery.succeeded();
          if (attempt > 0) report.recovered(`destination ${this.name}`, `log stream ${this.name}: accepted again after ${attempt} failed attempts`);
          this.state = 'idle';
          this.lastError = null;
          return { kind: 'accepted', rejected: outcome.rejected };
        case 'split':
          return { kind: 'split', reason: outcome.reason };
        case 'aborted':
          return { kind: 'dropped' };
        case 'missing': {
          const created = await slots.run(this.#failing, () => endpoint.create(this.destination, abandon));
          if (epoch !== this.#epoch) return { kind: 'dropped' };
          if (created.kind === 'accepted' && creations++ < 3) continue;
          attempt++;
          const reason = created.kind === 'accepted' ? `created, but still missing: ${outcome.reason}` : 'reason' in created ? created.reason : outcome.reason;
          if (!(await this.#backOff(created.kind === 'retry' ? created : { kind: 'retry', reason, pace: created.kind === 'refused' ? 'slow' : 'short', afterMs: null, ambiguous: false }, attempt, epoch))) return { kind: 'dropped' };
          continue;
        }
        case 'refused':
          attempt++;
          this.state = 'paused';
          report.trouble(`destination ${this.name}`, `log group ${this.destination.group}, stream ${this.destination.stream}: refused as a whole (${outcome.reason}); its logs stay in their files and it is tried again every minute`);
          if (!(await this.#backOff({ kind: 'retry', reason: outcome.reason, pace: 'slow', afterMs: null, ambiguous: false }, attempt, epoch))) return { kind: 'dropped' };
          continue;
        case 'retry':
          attempt++;
          if (!(await this.#backOff(outcome, attempt, epoch))) return { kind: 'dropped' };
          continue;
        default: outcome satisfies never;
      }
    }
  }

  /** Waits between attempts; false when the lane was abandoned or has given its batches back meanwhile. */
  async #backOff(outcome: Outcome & { kind: 'retry' }, attempt: number, epoch: number): Promise<boolean> {
    const { report, abandon, random, budget } = this.#c;
    this.lastError = outcome.reason;
    if (this.state !== 'paused') this.state = 'retrying';
    report.retrying(this.destination, outcome.reason, attempt, outcome.ambiguous);
    const wait = backoffMs(outcome.pace, attempt, random(), outcome.afterMs);
    this.#setFailing(true);
    if (budget.failingOverShare && this.#attempting === 0 && this.#giveBack(outcome, wait)) {
      this.#givenBackAfter = attempt;
      return false;
    }
    await this.#await(outcome, wait);
    return !abandon.aborted && epoch === this.#epoch;
  }

  async #await({ pace, afterMs }: Outcome & { kind: 'retry' }, wait: number): Promise<void> {
    const { recovery, abandon } = this.#c;
    // What only a person can change is not probed: another lane's success says nothing about it.
    if (pace === 'slow') return pause(wait, abandon);
    // Nor does anybody knock before the time the service asked for.
    if (afterMs !== null) await pause(afterMs, abandon);
    await recovery.wait(Math.max(0, wait - (afterMs ?? 0)), abandon);
  }

  #setFailing(failing: boolean): void {
    if (failing === this.#failing) return;
    this.#failing = failing;
    this.#c.budget.chargeFailing(failing ? this.#held : -this.#held);
  }

  /** Lets go of everything held, to be read again from the files; false when some of it is in no file any more. */
  #giveBack(outcome: Outcome & { kind: 'retry' }, wait: number): boolean {
    const batches = [...this.#inFlight, ...this.#sealed, ...(this.#open === null ? [] : [this.#open])];
    const sources = new Set(batches.flatMap((batch) => batch.segments.map((s) => s.source as Source)));
    for (const source of sources) if (!source.canRewind) return false;
    this.#epoch++;
    for (const batch of batches) { this.#charge(-batch.capacity); batch.release(); }
    this.#inFlight.clear();
    this.#sealed.length = 0;
    this.#open = null;
    this.#due = false;
    this.#c.budget.offPressure(this.#flushOnPressure);
    if (this.#flushTimer !== null) { clearTimeout(this.#flushTimer); this.#flushTimer = null; }
    for (const source of sources) source.rewind();
    this.#closed = true;
    void this.#await(outcome, wait).then(() => {
      this.#closed = false;
      this.#wakeRoom();
    });
    return true;
  }

  /** Finds the events that spoil a batch by halving it. True when every part was settled. */
  async #bisect(batch: LogBatch, reason: string, epoch: number): Promise<boolean> {
    const slices = sliceEvents(batch.events());
    const parts: (readonly [number, number, string])[] = [];
    const halve = (from: number, to: number, why: string): void => {
      const middle = from + Math.ceil((to - from) / 2);
      parts.push([middle, to, why], [from, middle, why]);
    };
    if (slices.length === 1) { this.#drop(batch, slices, 'refused', reason); return true; }
    halve(0, slices.length, reason);
    for (let calls = 0; parts.length > 0; calls++) {
      if (calls === MAX_BISECT_CALLS) {
        calls = 0;
        this.state = 'paused';
        if (!(await this.#backOff({ kind: 'retry', reason: `too many events refused: ${reason}`, pace: 'slow', afterMs: null, ambiguous: false }, 1, epoch))) return false;
      }
      const [from, to] = parts.pop()!;
      const part = slices.slice(from, to);
      const bytes = Buffer.concat([this.#header, joinEvents(batch.events(), part), Buffer.from(']}')]);
      const sent = await this.#send({ bytes, encoding: null }, epoch);
      switch (sent.kind) {
        case 'accepted':
          if (sent.rejected !== null) this.#reject(batch, part, sent.rejected);
          break;
        case 'split':
          if (part.length === 1) this.#drop(batch, part, 'refused', sent.reason);
          else halve(from, to, sent.reason);
          break;
        case 'dropped': return false;
        default: sent satisfies never;
      }
    }
    return true;
  }

  /** The call succeeded, but some events were stored nowhere. */
  #reject(batch: LogBatch, sent: readonly EventSlice[], rejected: RejectedRanges): void {
    const old = Math.min(rejected.tooOldEnd, sent.length);
    const expired = Math.min(rejected.expiredEnd, sent.length);
    const tooNew = Math.min(rejected.tooNewStart, sent.length);
    this.#drop(batch, sent.slice(0, old), 'too-old', 'older than 14 days when it arrived');
    this.#drop(batch, sent.slice(old, Math.max(old, expired)), 'expired', "older than the log group's retention");
    this.#drop(batch, sent.slice(Math.max(tooNew, old, expired)), 'too-new', 'more than two hours in the future when it arrived');
  }

  #drop(batch: LogBatch, slices: readonly EventSlice[], why: DropReason, reason: string): void {
    if (slices.length === 0) return;
    const { group, stream } = this.destination;
    const events = batch.events();
    let bytes = 0;
    for (const slice of slices) {
      const position = batch.order === null ? slice.index : batch.order[slice.index]!;
      const source = batch.segments.find((segment) => position < segment.until)?.source as Source | undefined;
      const message = messageOf(events, slice);
      bytes += Buffer.byteLength(message);
      this.#c.undelivered.add({ group, stream, file: source?.path ?? '', reason, timestamp: slice.time, message });
    }
    batch.givenUp += slices.length;
    batch.givenUpBytes += bytes;
    this.#c.report.dropped(why, slices.length, bytes, null);
  }

  #wakeRoom(): void {
    if (this.#closed) return;
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  /** Resolves when there may be room, or on `signal`: the one point of back-pressure. */
  roomChange(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', finish);
        this.#c.budget.forget(finish);
        resolve();
      };
      signal.addEventListener('abort', finish, { once: true });
      if (this.#sealed.length === 0 && !this.#closed && !this.#overShare) { this.#c.budget.onFreed(finish, CHUNK_RESERVATION); return; }
      if (this.#overShare) this.#c.budget.onShareFreed(finish);
      else this.#roomWaiters.push(finish);
      // It may have been called for room that it cannot use now.
      this.#c.budget.passOn();
    });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => { clearTimeout(timer); signal.removeEventListener('abort', finish); resolve(); };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}

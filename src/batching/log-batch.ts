import type { Destination } from '../flow.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { EVENT_OVERHEAD_BYTES } from '../plan.ts';
import type { Loss } from '../report/report.ts';
import { MAX_BATCH_EVENTS, MAX_SPAN_MS } from './limits.ts';

/** First body buffer of a batch: most streams are quiet, and there may be thousands. */
const FIRST_BODY_BYTES = 3_072;
/** Beyond this a body grows by steps. */
const LARGE_BODY_BYTES = 524_288;
/** A large body grows by this much at a time: doubling would leave half of it unused, in each batch on its way. */
const GROWTH_BYTES = 393_216;
const CLOSING = ']}';
const EMPTY = Buffer.alloc(0);

/** The request up to its events; the first event's leading comma is written over the header's end. */
export function bodyHeader(destination: Destination): Buffer {
  const { group, stream, entity } = destination;
  const named = `{"logGroupName":${JSON.stringify(group)},"logStreamName":${JSON.stringify(stream)},`;
  return Buffer.from(`${named}${entity === null ? '' : `"entity":${JSON.stringify(entity)},`}"logEvents":[`);
}

/** Sizes of bodies: powers of two while they are small, then steps, so that a nearly full batch wastes little. */
function sizeClass(size: number): number {
  if (size > LARGE_BODY_BYTES) return Math.ceil(size / GROWTH_BYTES) * GROWTH_BYTES;
  return 2 ** Math.ceil(Math.log2(size));
}

/** Body buffers that were delivered and may be filled again; bounded, so a burst does not pin its memory for good. */
export class BufferPool {
  readonly #free = new Map<number, Buffer[]>();
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes kept at most. */
  constructor(limit: number) { this.#limit = limit; }

  /** A buffer of at least `size` bytes; what it holds is not cleared. */
  take(size: number): Buffer {
    const length = sizeClass(size);
    const buffer = this.#free.get(length)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(length);
    this.#bytes -= length;
    return buffer;
  }

  clear(): void {
    this.#free.clear();
    this.#bytes = 0;
  }

  /** Takes a buffer back; false when there is no room for it. */
  give(buffer: Buffer): boolean {
    if (buffer.length === 0 || this.#bytes + buffer.length > this.#limit) return false;
    this.#bytes += buffer.length;
    const list = this.#free.get(buffer.length);
    if (list === undefined) this.#free.set(buffer.length, [buffer]); else list.push(buffer);
    return true;
  }
}

/** A run of events of one source within a batch, for tracing an event back to its file. */
export interface Segment {
  readonly source: object;
  /** Events of the batch before and with this run. */
  until: number;
}

/**
 * Events for one destination that satisfy every limit of PutLogEvents, encoded as the request body while they arrive.
 * Nothing is kept per event: the body can be cut into its events again (events.ts) when, rarely, they are needed singly.
 */
export class LogBatch {
  #body: Buffer;
  #length: number;
  readonly #headerLength: number;
  readonly #maxBytes: number;
  readonly #pool: BufferPool;
  count = 0;
  /** Message bytes plus overhead, as the service counts them. */
  bytes = 0;
  firstTime = Infinity;
  lastTime = -Infinity;
  /** The latest time added; the body needs sorting if a smaller one follows. */
  #newest = -Infinity;
  #ascending = true;
  readonly segments: Segment[] = [];
  /** Set when the body was sorted: the event at position i arrived as number order[i]. */
  order: readonly number[] | null = null;
  /** Events, and their message bytes, that were found undeliverable; counted by the lane. */
  givenUp = 0;
  givenUpBytes = 0;
  /** The same by source. */
  readonly losses = new Map<object, readonly Loss[]>();
  /** Of the last request that was accepted: when it began, epoch milliseconds, and what the service calls it. */
  sentAt: number | null = null;
  requestId: string | null = null;
  /** Monotonic milliseconds at which the oldest event's last byte was seen. */
  since = Infinity;

  /** @param header see bodyHeader. @param maxBytes at most MAX_BATCH_BYTES. @param expected bytes the body is likely to reach; heeded if it is large, others grow cheaply. */
  constructor(header: Buffer, maxBytes: number, pool: BufferPool, expected = 0) {
    this.#pool = pool;
    this.#maxBytes = maxBytes;
    this.#body = pool.take(Math.max(FIRST_BODY_BYTES + header.length, expected > LARGE_BODY_BYTES ? expected : 0));
    this.#headerLength = header.copy(this.#body);
    this.#length = this.#headerLength;
  }

  get ascending(): boolean { return this.#ascending; }
  /** Bytes of memory the batch occupies. */
  get capacity(): number { return this.#body.length; }

  /**
   * Appends frames [first, last) of the arena as far as they fit and returns the first that did not.
   * Times must be whole epoch milliseconds of 13 digits.
   */
  append(arena: Arena, kernel: Kernel, first: number, last: number, source: object, since: number): number {
    let next = first;
    let limit = Math.min(last, first + MAX_BATCH_EVENTS - this.count);
    limit = this.#withinSpan(arena.time, first, limit);
    while (next < limit) {
      const from = next;
      next = kernel.encode(from, limit, this.#maxBytes - this.bytes, EVENT_OVERHEAD_BYTES);
      if (next === from) break;
      this.#write(arena.bytes, arena.output, kernel.written);
      this.bytes += kernel.taken;
    }
    const added = next - first;
    if (added > 0) {
      this.#noteTimes(arena.time, first, next);
      this.count += added;
      const previous = this.segments.at(-1);
      if (previous !== undefined && previous.source === source) previous.until = this.count;
      else this.segments.push({ source, until: this.count });
      if (since < this.since) this.since = since;
    }
    return next;
  }

  /** The request body. Valid until `release`. */
  body(): Buffer {
    const end = this.#length;
    this.#reserve(CLOSING.length);
    this.#body.write(CLOSING, end, 'latin1');
    return this.#body.subarray(0, end + CLOSING.length);
  }

  /** The encoded events alone, separated by commas. */
  events(): Buffer { return this.#body.subarray(this.#headerLength, this.#length); }

  /** Replaces the encoded events by a permutation of themselves. */
  replaceEvents(events: Buffer): void {
    events.copy(this.#body, this.#headerLength);
    this.#ascending = true;
  }

  /** Gives the memory back; the body must not be in use any more. */
  release(): void {
    this.#letGo();
    this.#body = EMPTY;
  }

  #withinSpan(time: Float64Array, first: number, limit: number): number {
    let low = this.firstTime;
    let high = this.lastTime;
    for (let i = first; i < limit; i++) {
      const t = time[i]!;
      if (t < low) low = t;
      if (t > high) high = t;
      if (high - low > MAX_SPAN_MS) return i;
    }
    return limit;
  }

  #noteTimes(time: Float64Array, first: number, next: number): void {
    for (let i = first; i < next; i++) {
      const t = time[i]!;
      if (t < this.#newest) this.#ascending = false;
      else this.#newest = t;
      if (t < this.firstTime) this.firstTime = t;
      if (t > this.lastTime) this.lastTime = t;
    }
  }

  #write(bytes: Buffer, from: number, to: number): void {
    // Every encoded event begins with a comma; the first of a batch loses it.
    const start = this.#length === this.#headerLength ? from + 1 : from;
    this.#reserve(to - start + CLOSING.length);
    bytes.copy(this.#body, this.#length, start, to);
    this.#length += to - start;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#body.length) return;
    const larger = this.#pool.take(Math.max(this.#body.length + 1, this.#length + more));
    this.#body.copy(larger, 0, 0, this.#length);
    this.#letGo();
    this.#body = larger;
  }

  /** Nobody reads the body any more, so its memory need not wait for the garbage collector: in an outage that takes tens of megabytes. */
  #letGo(): void {
    // All released batches share it.
    if (this.#body === EMPTY) return;
    if (!this.#pool.give(this.#body)) (this.#body.buffer as ArrayBuffer).transfer(0);
  }
}

import type { ServerResponse } from 'node:http';
import { eventBytes } from '../logs/store.ts';
import type { LogStore } from '../logs/store.ts';
import type { Block } from '../logs/stream.ts';
import { parseFilterPattern } from '../pattern/filter-pattern.ts';
import type { FilterPattern } from '../pattern/filter-pattern.ts';
import { ServiceError } from '../service-error.ts';
import type { ShownEvent, TailFlush } from './facts.ts';

const MAX_TAILS = 16;
const FLUSH_MS = 200;
/** Of one flush. The service's own live tail shows 500 events a second at most. */
const MAX_EVENTS = 300;
const MAX_BYTES = 1 << 20;
/** A comment so often, so that a page that is gone is noticed. */
const BEAT_MS = 15_000;

interface Tail {
  readonly response: ServerResponse;
  /** Empty: every group. */
  readonly groups: ReadonlySet<string>;
  readonly pattern: FilterPattern;
  events: ShownEvent[];
  bytes: number;
  /** Matching events that are not shown, because more came than a person can read or the page takes. */
  skipped: number;
}

/** The live tails that pages look at, as server-sent events. While there is none, an arriving event costs nothing here. */
export class Tails {
  readonly #open = new Set<Tail>();
  #timer: NodeJS.Timeout | null = null;
  #beatAt = 0;

  constructor(store: LogStore) {
    store.observe({
      groupChanged: () => undefined, groupDeleted: () => undefined, streamCreated: () => undefined, streamDeleted: () => undefined,
      stored: (block) => { if (this.#open.size > 0) this.#stored(block); },
    });
  }

  /** `group` (any number, none for all) and `pattern` of the query. Throws InvalidParameterException, LimitExceededException. */
  open(response: ServerResponse, query: URLSearchParams): void {
    if (this.#open.size >= MAX_TAILS) throw new ServiceError('LimitExceededException', `${MAX_TAILS} live tails are open already: close one`, 503);
    const tail: Tail = { response, groups: new Set(query.getAll('group')), pattern: parseFilterPattern(query.get('pattern') ?? ''), events: [], bytes: 0, skipped: 0 };
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': open\n\n');
    this.#open.add(tail);
    response.once('close', () => {
      this.#open.delete(tail);
      if (this.#open.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    });
    this.#timer ??= setInterval(() => { this.#flush(); }, FLUSH_MS).unref();
  }

  #stored({ stream, timestamps, messages, ingestionTime, place }: Block): void {
    for (const tail of this.#open) {
      if (tail.groups.size > 0 && !tail.groups.has(stream.group)) continue;
      for (const [i, message] of messages.entries()) {
        if (!tail.pattern.matches(message)) continue;
        const bytes = eventBytes(message);
        if (tail.events.length >= MAX_EVENTS || (tail.bytes + bytes > MAX_BYTES && tail.events.length > 0)) {
          tail.skipped++;
          continue;
        }
        tail.bytes += bytes;
        tail.events.push({ group: stream.group, stream: stream.name, at: timestamps[i] ?? 0, arrivedAt: ingestionTime, place: place + i, message });
      }
    }
  }

  #flush(): void {
    const now = performance.now();
    const beat = now - this.#beatAt > BEAT_MS;
    if (beat) this.#beatAt = now;
    for (const tail of this.#open) {
      if (tail.response.writableNeedDrain) {
        tail.skipped += tail.events.length;
      } else if (tail.events.length > 0 || tail.skipped > 0) {
        tail.response.write(`data: ${JSON.stringify({ events: tail.events, skipped: tail.skipped } satisfies TailFlush)}\n\n`);
        tail.skipped = 0;
      } else if (beat) {
        tail.response.write(': \n\n');
      }
      tail.events = [];
      tail.bytes = 0;
    }
  }
}

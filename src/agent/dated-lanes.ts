import type { Lane } from '../delivery/lane.ts';
import type { Destination } from '../flow.ts';
import { isHourly, nameOf } from '../naming/template.ts';
import { localSpanAt } from '../records/local-span.ts';
import type { LocalSpan } from '../records/local-span.ts';
import type { Zone } from '../records/zone.ts';
import type { FileDestination } from './destination.ts';

/** Streams of one dated name that may be written to at once. Times that jump about must not open streams without end. */
const MAX_OPEN = 16;
/** Spans whose stream is remembered. */
const MAX_SPANS = 32;

/** A stretch of time whose events go to one stream. */
export interface DatedSpan extends Pick<LocalSpan, 'start' | 'end'> { readonly stream: string }

export interface DatedLanesContext {
  readonly zone: Zone;
  readonly laneFor: (destination: Destination) => Lane;
}

/** The lanes of one name with a date in it, for all files of that name: one for each date under way. */
export class DatedLanes {
  readonly #destination: FileDestination;
  readonly #unit: 'day' | 'hour';
  readonly #c: DatedLanesContext;
  /** By stream; the one used last is the last. */
  readonly #open = new Map<string, Lane>();
  /** The one used last is the first. */
  readonly #spans: DatedSpan[] = [];

  constructor(destination: FileDestination, context: DatedLanesContext) {
    this.#destination = destination;
    this.#unit = isHourly(destination.stream) ? 'hour' : 'day';
    this.#c = context;
  }

  get open(): Iterable<Lane> { return this.#open.values(); }

  /** The span that a time (epoch milliseconds) lies in. */
  spanAt(time: number): DatedSpan {
    const at = this.#spans.findIndex(({ start, end }) => time >= start && time < end);
    if (at === 0) return this.#spans[0]!;
    const span = at > 0 ? this.#spans.splice(at, 1)[0]! : this.#newSpan(time);
    this.#spans.unshift(span);
    if (this.#spans.length > MAX_SPANS) this.#spans.pop();
    return span;
  }

  #newSpan(time: number): DatedSpan {
    const span = localSpanAt(this.#c.zone, time, this.#unit);
    return { start: span.start, end: span.end, stream: nameOf(this.#destination.stream, span) };
  }

  destinationAt(time: number): Destination { return { ...this.#destination, stream: this.spanAt(time).stream }; }

  /** An open lane. */
  of(stream: string): Lane { return this.#open.get(stream)!; }

  /** There is, or could be, a lane for one more stream. */
  get canOpen(): boolean { return this.#open.size < MAX_OPEN || this.#idle(new Set()) !== null; }

  /**
   * The lane of a stream, opened if need be: for that, the one that was not used for longest is let go of, if it holds
   * nothing. Null: all of them are busy. @param kept streams that stay open
   */
  tryOpen(stream: string, kept: ReadonlySet<string>): Lane | null {
    let lane = this.#open.get(stream);
    if (lane !== undefined) this.#open.delete(stream);
    else {
      if (this.#open.size >= MAX_OPEN) {
        const idle = this.#idle(kept);
        if (idle === null) return null;
        this.#open.delete(idle);
      }
      lane = this.#c.laneFor({ ...this.#destination, stream });
    }
    this.#open.set(stream, lane);
    return lane;
  }

  /** The stream whose lane holds nothing and was not used for longest. One that failed is likely to be tried again, so it comes last. */
  #idle(kept: ReadonlySet<string>): string | null {
    const idle = [...this.#open].filter(([stream, lane]) => lane.empty && !kept.has(stream));
    const [stream = null] = idle.find(([, lane]) => !lane.isFailing) ?? idle[0] ?? [];
    return stream;
  }

  /** Sends what is held, so that one of them becomes free. */
  flush(): void { for (const lane of this.#open.values()) lane.flush(); }

  /** Resolves when one of them holds less, or on `signal`. */
  async change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end, { once: true });
    try {
      await Promise.race(Array.from(this.#open.values(), (lane) => lane.change(over.signal)));
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }
}

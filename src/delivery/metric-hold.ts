import type { MetricRetentionPlan } from '../metrics-plan.ts';

/** A request that was not accepted yet. */
export interface HeldRequest {
  /** The body, compressed with gzip. */
  readonly zipped: Buffer;
  readonly datums: number;
  /** Time of its latest sample, epoch milliseconds. */
  readonly latest: number;
}

/** What stands in the way of holding a request longer. */
export type HoldBound = 'hold-full' | 'hold-too-long';

/** One that is being sent, with what is known of it. */
export interface Taken { readonly request: HeldRequest; readonly place: Place }

interface Place {
  readonly number: number;
  /** Monotonic milliseconds. */
  readonly since: number;
  /** Requests accepted when it failed last; null: it has not. */
  acceptedAtFailure: number | null;
  /** Failures of it alone: others were accepted meanwhile. It waits behind those that have fewer. */
  suspicion: number;
}

/** Each so many turns the youngest request goes before the oldest: metrics of now are not held up by those of an outage. */
const YOUNGEST_EACH = 4;

/** Requests that wait for the service, oldest first, within the plan's bounds. */
export class MetricHold {
  readonly #bounds: MetricRetentionPlan;
  readonly #let: (bound: HoldBound, request: HeldRequest) => void;
  /** By suspicion, then by number. */
  #waiting: Taken[] = [];
  #taken = 0;
  #bytes = 0;
  #datums = 0;
  #accepted = 0;
  #numbers = 0;
  #turn = 0;

  /** @param letGo told of each request that the bounds cost. */
  constructor(bounds: MetricRetentionPlan, letGo: (bound: HoldBound, request: HeldRequest) => void) {
    this.#bounds = bounds;
    this.#let = letGo;
  }

  /** Compressed bytes, datums and requests, those being sent included. */
  get bytes(): number { return this.#bytes; }
  get datums(): number { return this.#datums; }
  get requests(): number { return this.#waiting.length + this.#taken; }
  get isWaiting(): boolean { return this.#waiting.length > 0; }

  /** @param now monotonic milliseconds. */
  add(request: HeldRequest, now: number): void {
    this.#count(request, 1);
    this.#insert({ request, place: { number: this.#numbers++, since: now, acceptedAtFailure: null, suspicion: 0 } });
    this.#keepBounds(now);
  }

  /** The next to be sent; it counts until it is settled or put back. */
  take(now: number): Taken | null {
    this.#keepBounds(now);
    const youngest = ++this.#turn % YOUNGEST_EACH === 0 ? this.#youngest() : 0;
    const [taken = null] = this.#waiting.splice(youngest, 1);
    if (taken !== null) this.#taken++;
    return taken;
  }

  /** Accepted, or given up as a whole. */
  settle({ request }: Taken, accepted: boolean): void {
    this.#taken--;
    this.#count(request, -1);
    if (accepted) this.#accepted++;
  }

  /** It failed, and waits again. @param rest what is left of it. @param suspicious the service refuses this one as it is. */
  putBack({ request, place }: Taken, now: number, { rest = request, suspicious = false }: { readonly rest?: HeldRequest; readonly suspicious?: boolean } = {}): void {
    this.#taken--;
    this.#count(request, -1);
    this.#count(rest, 1);
    if (suspicious || (place.acceptedAtFailure !== null && this.#accepted > place.acceptedAtFailure)) place.suspicion++;
    place.acceptedAtFailure = this.#accepted;
    this.#insert({ request: rest, place });
    this.#keepBounds(now);
  }

  /** Everything that waits, for safe keeping: it is held no more. */
  empty(): readonly HeldRequest[] {
    const requests = this.#waiting.toSorted((a, b) => a.place.number - b.place.number).map(({ request }) => request);
    for (const request of requests) this.#count(request, -1);
    this.#waiting = [];
    return requests;
  }

  #youngest(): number {
    const suspect = this.#waiting.findIndex(({ place }) => place.suspicion > 0);
    return Math.max(0, (suspect < 0 ? this.#waiting.length : suspect) - 1);
  }

  #insert(taken: Taken): void {
    const { number, suspicion } = taken.place;
    const isAfter = ({ place }: Taken): boolean => place.suspicion < suspicion || (place.suspicion === suspicion && place.number < number);
    // New ones come last, and what failed was first.
    const at = this.#waiting.length > 0 && isAfter(this.#waiting.at(-1)!) ? this.#waiting.length : this.#waiting.findIndex((other) => !isAfter(other));
    this.#waiting.splice(at < 0 ? 0 : at, 0, taken);
  }

  #keepBounds(now: number): void {
    const { maxAgeMs, maxBytes } = this.#bounds;
    while (this.#waiting.length > 0) {
      const oldest = this.#waiting.at(-1)!.place.suspicion === 0 ? 0 : this.#waiting.reduce((least, { place }, i) => (place.number < this.#waiting[least]!.place.number ? i : least), 0);
      const { request, place } = this.#waiting[oldest]!;
      const bound = now - place.since > maxAgeMs ? 'hold-too-long' : this.#bytes > maxBytes ? 'hold-full' : null;
      if (bound === null) return;
      this.#waiting.splice(oldest, 1);
      this.#count(request, -1);
      this.#let(bound, request);
    }
  }

  #count({ zipped, datums }: HeldRequest, sign: 1 | -1): void {
    this.#bytes += sign * zipped.length;
    this.#datums += sign * datums;
  }
}

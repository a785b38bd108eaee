/** One request as it was answered. */
export interface RequestEntry {
  /** Epoch milliseconds of our own clock. */
  readonly at: number;
  readonly operation: string;
  readonly group: string | null;
  readonly stream: string | null;
  /** Events of a PutLogEvents, else 0. */
  readonly events: number;
  /** Body bytes on the wire, and after decompression. */
  readonly wireBytes: number;
  readonly bodyBytes: number;
  /** 0: the connection was reset or left without an answer. */
  readonly status: number;
  /** AWS error type, or null. */
  readonly error: string | null;
  /** Kinds of the faults that hit it. */
  readonly faults: readonly string[];
  readonly ms: number;
}

export interface OperationCounts {
  readonly calls: number;
  readonly succeeded: number;
  readonly errors: Readonly<Record<string, number>>;
}

/** Entries kept for reading back. */
const KEPT_ENTRIES = 1000;
/** Operation names counted one by one; a client that makes names up is counted under `other`. */
const MAX_OPERATIONS = 100;

interface Tally { calls: number; succeeded: number; errors: Record<string, number> }

/** What was asked and answered: the latest entries, and counts since the start. */
export class RequestLog {
  readonly #recent: RequestEntry[] = [];
  readonly #tallies = new Map<string, Tally>();
  #inFlight = 0;
  #maxInFlight = 0;
  #events = 0;
  #wireBytes = 0;

  /** The latest requests, oldest first, at most 1,000. */
  get recent(): readonly RequestEntry[] { return this.#recent; }
  get inFlight(): number { return this.#inFlight; }
  get maxInFlight(): number { return this.#maxInFlight; }
  /** Events of all PutLogEvents that were answered with 200 or stored before the answer was dropped. */
  get events(): number { return this.#events; }
  get wireBytes(): number { return this.#wireBytes; }

  /** Requests of one operation, or of all. */
  count(operation?: string): number {
    if (operation !== undefined) return this.#tallies.get(operation)?.calls ?? 0;
    return this.#tallies.values().reduce((sum, tally) => sum + tally.calls, 0);
  }

  counts(): Readonly<Record<string, OperationCounts>> {
    return Object.fromEntries(this.#tallies.entries().map(([name, tally]) => [name, { ...tally, errors: { ...tally.errors } }]));
  }

  began(): void {
    this.#maxInFlight = Math.max(this.#maxInFlight, ++this.#inFlight);
  }

  ended(entry: RequestEntry, stored: boolean): void {
    this.#inFlight--;
    this.#recent.push(entry);
    if (this.#recent.length > KEPT_ENTRIES) this.#recent.shift();
    const name = this.#tallies.has(entry.operation) || this.#tallies.size < MAX_OPERATIONS ? entry.operation : 'other';
    const tally = this.#tallies.get(name) ?? { calls: 0, succeeded: 0, errors: {} };
    this.#tallies.set(name, tally);
    tally.calls++;
    if (entry.status === 200) tally.succeeded++;
    if (entry.error !== null) tally.errors[entry.error] = (tally.errors[entry.error] ?? 0) + 1;
    if (stored) this.#events += entry.events;
    this.#wireBytes += entry.wireBytes;
  }

  clear(): void {
    this.#recent.length = 0;
    this.#tallies.clear();
    this.#maxInFlight = this.#inFlight;
    this.#events = 0;
    this.#wireBytes = 0;
  }
}

/** One stored event. */
export interface StoredEvent {
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

/** A stored event and its place among all events the store ever took: what orders equal timestamps, and makes its id. */
export interface PlacedEvent extends StoredEvent {
  readonly place: number;
}

/** The events of one accepted PutLogEvents: columns, so that an event costs its text and eight bytes. */
export interface Block {
  readonly stream: LogStream;
  readonly ingestionTime: number;
  readonly timestamps: Float64Array;
  readonly messages: readonly string[];
  /** UTF-8 bytes plus 26 for each event. */
  readonly bytes: number;
  /** Place of its first event. */
  readonly place: number;
}

function byTime(a: PlacedEvent, b: PlacedEvent): number {
  return a.timestamp - b.timestamp || a.place - b.place;
}

/** One log stream: its blocks in the order of arrival. */
export class LogStream {
  readonly group: string;
  readonly name: string;
  readonly creationTime: number;
  readonly #blocks: Block[] = [];
  #firstEvent: number | null = null;
  #lastEvent: number | null = null;
  #lastIngestion: number | null = null;
  #count = 0;
  #sorted: PlacedEvent[] | null = null;

  constructor(group: string, name: string, creationTime: number) {
    this.group = group;
    this.name = name;
    this.creationTime = creationTime;
  }

  /** Least and greatest timestamp and latest arrival ever stored; null before the first event. Epoch milliseconds. */
  get firstEventTimestamp(): number | null { return this.#firstEvent; }
  get lastEventTimestamp(): number | null { return this.#lastEvent; }
  get lastIngestionTime(): number | null { return this.#lastIngestion; }
  /** Events held now. */
  get count(): number { return this.#count; }
  get blocks(): readonly Block[] { return this.#blocks; }

  append(block: Block): void {
    const { timestamps } = block;
    if (timestamps.length === 0) return;
    const first = timestamps.reduce((a, b) => Math.min(a, b));
    const last = timestamps.reduce((a, b) => Math.max(a, b));
    this.#firstEvent = Math.min(this.#firstEvent ?? first, first);
    this.#lastEvent = Math.max(this.#lastEvent ?? last, last);
    this.#lastIngestion = block.ingestionTime;
    this.#blocks.push(block);
    this.#count += timestamps.length;
    this.#sorted = null;
  }

  /** Forgets the oldest block. */
  evict(block: Block): void {
    const at = this.#blocks.indexOf(block);
    if (at < 0) return;
    this.#blocks.splice(at, 1);
    this.#count -= block.timestamps.length;
    this.#sorted = null;
  }

  /** In the order of arrival. */
  *arrivals(): Generator<PlacedEvent> {
    for (const { timestamps, messages, ingestionTime, place } of this.#blocks) {
      for (let i = 0; i < timestamps.length; i++) {
        yield { timestamp: timestamps[i] ?? 0, ingestionTime, message: messages[i] ?? '', place: place + i };
      }
    }
  }

  /** In the order of timestamp, then arrival. Kept until the stream changes, so that paging does not sort each time. */
  sorted(): readonly PlacedEvent[] {
    this.#sorted ??= [...this.arrivals()].sort(byTime);
    return this.#sorted;
  }
}

import type { ChunkText } from '../records/chunk-text.ts';
import type { Spans } from '../records/spans.ts';
import type { TimestampReader } from '../records/timestamp.ts';

/** A reader of times that remembers where the first frame's stood. */
export class WatchedTimes implements TimestampReader {
  readonly #reader: TimestampReader;
  readonly #own: Spans = { from: new Int32Array(1), to: new Int32Array(1) };
  /** Of the first frame of the latest `parseAll`, as indices of its bytes; -1 for none. */
  from = -1;
  to = -1;

  constructor(reader: TimestampReader) { this.#reader = reader; }

  get previous(): number { return this.#reader.previous; }
  set previous(time: number) { this.#reader.previous = time; }
  fork(): TimestampReader { return this.#reader.fork(); }

  /** One frame at a time: the spans kept here are one frame's. */
  parseAll(text: ChunkText, reference: number, spans: Spans | null): void {
    const { from, to } = spans ?? this.#own;
    // The time of a field stands nowhere in the text.
    from[0] = to[0] = -1;
    this.#reader.parseAll(text, reference, { from, to });
    this.from = from[0]!;
    this.to = to[0]!;
  }
}

/** A position in a generation with what is needed to find it again. Offsets are bytes of the source file. */
export interface Mark {
  readonly offset: number;
  /** crc32 of the `windowLength` bytes that end at `offset`. */
  readonly windowCrc: number;
  readonly windowLength: number;
  /** Set when the mark lies inside a message that was cut into pieces. */
  readonly split: { readonly piece: number; readonly time: number } | null;
}

/** The offsets between which the bytes of a batch lie, and the marks there. */
export interface HeldRange<M> { readonly from: number; readonly to: number; readonly first: M; readonly last: M }

/** What a batch holds of a generation: its bytes lie between the mark before its first and the one behind its last. */
interface Held<M> { readonly first: M; last: M }

/**
 * Which bytes of a generation, or of what was read of a journal, are still held. `hold` and `skip` are called in the order of the bytes; batches may settle
 * in any order. The cost is per batch, not per record: one entry for each unsettled batch.
 */
export class Ledger<M extends { readonly offset: number } = Mark> {
  /** Insertion order is the order of the bytes, so the first entry is the oldest unsettled byte. */
  readonly #held = new Map<object, Held<M>>();
  #mark: M;
  /** Bytes up to here may be settled although some before them are not. */
  #aheadTo = 0;

  constructor(start: M) { this.#mark = start; }

  /** The bytes since the previous mark travel with `batch`. Gives whether bytes before them do. */
  hold(mark: M, batch: object): boolean {
    const held = this.#held.get(batch);
    if (held === undefined) this.#held.set(batch, { first: this.#mark, last: mark });
    else held.last = mark;
    this.#mark = mark;
    return held !== undefined;
  }

  /** The bytes since the previous mark need nothing: only the mark moves. */
  skip(mark: M): void { this.#mark = mark; }

  /** `batch` needs no more work. Gives what `rangeOf` did. */
  settle(batch: object): HeldRange<M> | null {
    const range = this.rangeOf(batch);
    if (range === null) return null;
    this.#held.delete(batch);
    if (range.to > this.safe.offset) this.#aheadTo = Math.max(this.#aheadTo, range.to);
    return range;
  }

  /** Where the bytes of `batch` lie; null: it holds none. */
  rangeOf(batch: object): HeldRange<M> | null {
    const held = this.#held.get(batch);
    return held === undefined ? null : { ...held, from: held.first.offset, to: held.last.offset };
  }

  /** Whether rewinding would take back these batches and nothing else: no other one holds bytes, and none behind the safe mark is settled. */
  rewindsOnly(batches: ReadonlySet<object>): boolean {
    return this.#aheadTo <= this.safe.offset && this.#held.keys().every((batch) => batches.has(batch));
  }

  /** Forgets every unsettled batch and goes back to the safe mark, from where the bytes are read again. */
  rewind(): M {
    this.#mark = this.safe;
    this.#held.clear();
    return this.#mark;
  }

  /** Up to here every byte is settled. */
  get safe(): M {
    for (const { first } of this.#held.values()) return first;
    return this.#mark;
  }

  /** Up to here every byte was handed on. */
  get mark(): M { return this.#mark; }
  get settled(): boolean { return this.#held.size === 0; }
}

/** A position in a generation with what is needed to find it again. Offsets are bytes of the source file. */
export interface Mark {
  readonly offset: number;
  /** crc32 of the `windowLength` bytes that end at `offset`. */
  readonly windowCrc: number;
  readonly windowLength: number;
  /** Set when the mark lies inside a message that was cut into pieces. */
  readonly split: { readonly piece: number; readonly time: number } | null;
}

/**
 * Which bytes of a generation are still held. `hold` and `skip` are called in the order of the bytes; batches may settle
 * in any order. The cost is per batch, not per record: one entry for each unsettled batch, its first byte.
 */
export class Ledger {
  /** Insertion order is the order of the bytes, so the first entry is the oldest unsettled byte. */
  readonly #held = new Map<object, Mark>();
  #mark: Mark;

  constructor(start: Mark) { this.#mark = start; }

  /** The bytes since the previous mark travel with `batch`. */
  hold(mark: Mark, batch: object): void {
    if (!this.#held.has(batch)) this.#held.set(batch, this.#mark);
    this.#mark = mark;
  }

  /** The bytes since the previous mark need nothing: only the mark moves. */
  skip(mark: Mark): void { this.#mark = mark; }

  /** `batch` needs no more work. */
  settle(batch: object): void { this.#held.delete(batch); }

  /** Forgets every unsettled batch and goes back to the safe mark, from where the bytes are read again. */
  rewind(): Mark {
    this.#mark = this.safe;
    this.#held.clear();
    return this.#mark;
  }

  /** Up to here every byte is settled. */
  get safe(): Mark {
    for (const first of this.#held.values()) return first;
    return this.#mark;
  }

  /** Up to here every byte was handed on. */
  get mark(): Mark { return this.#mark; }
  get settled(): boolean { return this.#held.size === 0; }
}

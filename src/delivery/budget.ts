/** Of the limit: what failing lanes may hold together, */
const FAILING_MOST = 1 / 2;
/** and how much of that they may keep; the rest is for those that have given all back, or one dead destination could keep another from trying again. */
const FAILING_HOLD = 3 / 8;
/** Estimated memory of one chunk on its way into a batch: its bytes and the escapes of a JSON-heavy log. A lane that fails needs as much to try again with. */
const CHUNK_BYTES = 400_000;

/**
 * Bytes the agent may hold in memory, shared by all lanes: reservations for the chunk being read, and encoded bodies until
 * they settle. Lanes in retry together may hold half of it at most, so a dead destination cannot starve a live one.
 */
export class Budget {
  readonly limit: number;
  #used = 0;
  #failing = 0;
  /** Bytes wanted, by who waits for them; who waits longest comes first. */
  readonly #waiting = new Map<() => void, number>();
  readonly #relief = new Set<() => void>();
  readonly #shareWaiting = new Set<() => void>();

  constructor(limit: number) { this.limit = limit; }

  get used(): number { return this.#used; }
  get failing(): number { return this.#failing; }

  /** Takes `bytes` if they fit; a budget in which nothing is held grants any size, so one huge event cannot deadlock. */
  tryReserve(bytes: number): boolean {
    if (!this.#fits(this.#used, bytes)) return false;
    this.#used += bytes;
    return true;
  }

  /**
   * Reserves room for one chunk, or gives null when there is none, and what can be sent is. Dispose it when the chunk was
   * added; what was added is accounted by then. To be used before the next await, so that nobody reserves on an estimate alone.
   */
  tryReserveChunk(): Disposable | null {
    if (!this.tryReserve(CHUNK_BYTES)) { this.press(); return null; }
    return { [Symbol.dispose]: () => this.charge(-CHUNK_BYTES) };
  }

  /** Adds what a body grew by (it was reserved for only roughly), or returns what was freed, with a negative number. */
  charge(bytes: number): void {
    this.#used += bytes;
    if (bytes < 0) this.passOn();
  }

  /** Moves bytes between what healthy and what failing lanes hold. */
  chargeFailing(bytes: number): void {
    this.#failing += bytes;
    if (bytes >= 0) return;
    const listeners = [...this.#shareWaiting];
    this.#shareWaiting.clear();
    for (const listener of listeners) listener();
    this.passOn();
  }

  /** Failing lanes hold so much that they must give back what can be read again, and take no more on top of what they hold. */
  get failingOverShare(): boolean { return this.#failing > this.limit * FAILING_HOLD; }

  /** Failing lanes hold all they may: not even one that holds nothing gets room to try again with. */
  get failingFull(): boolean { return this.#failing + CHUNK_BYTES > this.limit * FAILING_MOST; }

  /** Calls `listener` once, when failing lanes hold less. */
  onShareFreed(listener: () => void): void { this.#shareWaiting.add(listener); }

  /** Calls `listener` once when the budget is short, so that open batches are sent instead of waiting for their flush. */
  onPressure(listener: () => void): void { this.#relief.add(listener); }
  offPressure(listener: () => void): void { this.#relief.delete(listener); }

  /** The budget is short now. */
  press(): void {
    const listeners = [...this.#relief];
    this.#relief.clear();
    for (const listener of listeners) listener();
  }

  /** Calls `listener` once, when something was freed and `bytes` of it are there for it. */
  onFreed(listener: () => void, bytes = 0): void { this.#waiting.set(listener, bytes); }
  /** Calls `listener` once, when there is room for a chunk. */
  onChunkFreed(listener: () => void): void { this.onFreed(listener, CHUNK_BYTES); }
  /** Resolves when there is room for a chunk, or on `signal`. */
  chunkFreed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => { signal.removeEventListener('abort', finish); this.forget(finish); resolve(); };
      signal.addEventListener('abort', finish, { once: true });
      this.onChunkFreed(finish);
    });
  }
  forget(listener: () => void): void {
    this.#waiting.delete(listener);
    this.#shareWaiting.delete(listener);
  }

  /**
   * Calls those who wait, as far as there is room for what they want: with hundreds of them, calling all for the room of
   * one would cost a core. Who is called and has no use for the room must pass it on.
   */
  passOn(): void {
    let promised = this.#used;
    let left = this.#waiting.size;
    for (const [listener, bytes] of this.#waiting) {
      if (left-- === 0 || !this.#fits(promised, bytes)) return;
      promised += bytes;
      this.#waiting.delete(listener);
      listener();
    }
  }

  #fits(used: number, bytes: number): boolean { return used <= 0 || used + bytes <= this.limit; }
}

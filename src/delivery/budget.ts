/**
 * Bytes the agent may hold in memory, shared by all lanes: reservations for the chunk being read, and encoded bodies until
 * they settle. Lanes in retry together may hold half of it at most, so a dead destination cannot starve a live one.
 */
export class Budget {
  readonly limit: number;
  #used = 0;
  #failing = 0;
  readonly #waiting = new Set<() => void>();
  readonly #relief = new Set<() => void>();

  constructor(limit: number) { this.limit = limit; }

  get used(): number { return this.#used; }
  get failing(): number { return this.#failing; }

  /** Takes `bytes` if they fit; a budget in which nothing is held grants any size, so one huge event cannot deadlock. */
  tryReserve(bytes: number): boolean {
    if (this.#used > 0 && this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    return true;
  }

  /** Adds what a body grew by (it was reserved for only roughly), or returns what was freed, with a negative number. */
  charge(bytes: number): void {
    this.#used += bytes;
    if (bytes < 0) this.#wake();
  }

  /** Moves bytes between what healthy and what failing lanes hold. */
  chargeFailing(bytes: number): void {
    this.#failing += bytes;
    if (bytes < 0) this.#wake();
  }

  /** More is held for failing lanes than their half. */
  get failingOverShare(): boolean { return this.#failing > this.limit / 2; }

  /** Calls `listener` once when the budget is short, so that open batches are sent instead of waiting for their flush. */
  onPressure(listener: () => void): void { this.#relief.add(listener); }
  offPressure(listener: () => void): void { this.#relief.delete(listener); }

  /** The budget is short now. */
  press(): void {
    const listeners = [...this.#relief];
    this.#relief.clear();
    for (const listener of listeners) listener();
  }

  /** Calls `listener` once, when something was freed. */
  onFreed(listener: () => void): void { this.#waiting.add(listener); }
  forget(listener: () => void): void { this.#waiting.delete(listener); }

  #wake(): void {
    if (this.#waiting.size === 0) return;
    const listeners = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of listeners) listener();
  }
}

import type { Budget } from './budget.ts';

/** What one lane holds of the Budget. While the lane fails, all of it counts toward what failing lanes may hold together. */
export class Share {
  readonly #budget: Budget;
  #held = 0;
  #failing = false;

  constructor(budget: Budget) { this.#budget = budget; }

  /** Bytes. */
  get held(): number { return this.#held; }
  /** The last attempt failed. */
  get failing(): boolean { return this.#failing; }

  /** Takes what a body grew by, or gives back what was freed, with a negative number. */
  charge(bytes: number): void {
    this.#held += bytes;
    this.#budget.charge(bytes);
    if (this.#failing) this.#budget.chargeFailing(bytes);
  }

  setFailing(failing: boolean): void {
    if (failing === this.#failing) return;
    this.#failing = failing;
    this.#budget.chargeFailing(failing ? this.#held : -this.#held);
  }

  /** The lane fails, and failing lanes hold too much for it to take more. */
  get isSpent(): boolean {
    return this.#failing && (this.#held > 0 ? this.#budget.failingOverShare : this.#budget.failingFull);
  }

  /** The lane fails, and failing lanes hold so much that it must give back what can be read again. */
  get mustGiveBack(): boolean { return this.#failing && this.#budget.failingOverShare; }
}

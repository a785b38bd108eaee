/** How much may be held together by those who share it; in what unit, its owner says. */
export class Allowance {
  #left: number;

  constructor(limit: number) { this.#left = limit; }

  /** False, and nothing is taken, where less is left. */
  take(amount: number): boolean {
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }

  give(amount: number): void { this.#left += amount; }
}

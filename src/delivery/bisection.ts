/** Events [from, to) of a batch. */
export interface Part { readonly from: number; readonly to: number }

/** Finds the events that spoil a batch: what was refused is halved. Parts come in the order of their events. */
export class Bisection {
  readonly #parts: Part[] = [];

  /** The next part to try; null: all were tried. */
  next(): Part | null { return this.#parts.pop() ?? null; }

  /** The part was refused: its halves are tried next. False for a single event: it is the one to blame. */
  refused({ from, to }: Part): boolean {
    if (to - from <= 1) return false;
    const middle = from + Math.ceil((to - from) / 2);
    this.#parts.push({ from: middle, to }, { from, to: middle });
    return true;
  }
}

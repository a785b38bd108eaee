/** Directories looked at in each second, 3 µs each; with more they take turns, the busy ones each time. 5,000 are all seen in 2 s. */
const LOOKS_PER_SECOND = 2500;
const BUSY_LOOKS = 500;

/** Chooses the directories of one second's scan. */
export class Turns {
  #from = 0;

  /** All of them, or, of too many, some of the busy ones and those whose turn it is. @param now monotonic milliseconds. */
  next<T extends { isBusy(now: number): boolean }>(all: readonly T[], now: number): readonly T[] {
    if (all.length <= LOOKS_PER_SECOND) return all;
    const busy = all.filter((each) => each.isBusy(now)).slice(0, BUSY_LOOKS);
    const from = this.#from % all.length;
    this.#from = from + LOOKS_PER_SECOND;
    const turns = all.slice(from, from + LOOKS_PER_SECOND);
    return [...new Set([...busy, ...turns, ...all.slice(0, LOOKS_PER_SECOND - turns.length)])];
  }
}

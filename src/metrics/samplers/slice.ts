import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work at a time: a hundred files of /proc. */
const SLICE_MS = 1;
/** Steps between two looks at the clock. */
const STEPS = 8;

/** Long work in slices: `over` says when the event loop should have its turn, `next` gives it. */
export class Slice {
  #steps = 0;
  #until = performance.now() + SLICE_MS;

  /** To be asked after each step of some ten microseconds. */
  get over(): boolean {
    this.#steps += 1;
    return this.#steps % STEPS === 0 && performance.now() >= this.#until;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#until = performance.now() + SLICE_MS;
  }
}

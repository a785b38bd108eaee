import PQueue from 'p-queue';

/**
 * Request slots: a slot covers one attempt, never a backoff. Attempts of lanes in retry pass a second, narrower gate
 * first, so together they hold at most half of the slots and cannot slow a live destination.
 */
export class Slots {
  readonly #all: PQueue;
  readonly #retrying: PQueue;

  /** @param count requests in flight over all lanes. */
  constructor(count: number) {
    this.#all = new PQueue({ concurrency: count });
    this.#retrying = new PQueue({ concurrency: Math.max(1, Math.floor(count / 2)) });
  }

  run<T>(retrying: boolean, attempt: () => Promise<T>): Promise<T> {
    return retrying ? this.#retrying.add(() => this.#all.add(attempt)) : this.#all.add(attempt);
  }
}

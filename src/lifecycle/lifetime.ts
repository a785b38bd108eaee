/** Two signals that end things: `stop` (take nothing new, finish what you hold), then `abandon` (let go now). */
export interface Lifetime {
  readonly stop: AbortSignal;
  readonly abandon: AbortSignal;
}

/** Something that runs until its lifetime ends. `run` resolves when it has drained; a rejection is a bug. */
export interface Service {
  readonly name: string;
  run(life: Lifetime): Promise<void>;
}

/** The owner's side of a Lifetime: both calls are idempotent, and `abandon` implies `stop`. */
export class LifetimeControl implements Lifetime {
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();
  get stop(): AbortSignal { return this.#stop.signal; }
  get abandon(): AbortSignal { return this.#abandon.signal; }
  requestStop(): void { this.#stop.abort(); }
  requestAbandon(): void { this.#stop.abort(); this.#abandon.abort(); }
}

/** Resolves when it is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => { signal.addEventListener('abort', () => { resolve(); }, { once: true }); });
}

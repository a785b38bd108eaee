/** Lanes that wait for the same service probe it one at a time, at this pace (milliseconds, jittered by a quarter). */
const PROBE_MS = 1_000;

/**
 * What lanes in backoff share: while a service is down, one waiting lane a second tries again, whatever its own backoff;
 * the first success lets all others try at once. So recovery is noticed within about a second without every lane of
 * every host knocking at that pace.
 */
export class Recovery {
  readonly #waiting = new Map<object, () => void>();
  readonly #random: () => number;
  #timer: NodeJS.Timeout | null = null;

  constructor(random: () => number) { this.#random = random; }

  /** Resolves after `ms`, when probing is this caller's turn, when the service answers again, or on `signal`. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const key = {};
      const finish = (): void => {
        clearTimeout(own);
        this.#waiting.delete(key);
        signal.removeEventListener('abort', finish);
        if (this.#waiting.size === 0 && this.#timer !== null) { clearTimeout(this.#timer); this.#timer = null; }
        resolve();
      };
      const own = setTimeout(finish, ms);
      signal.addEventListener('abort', finish, { once: true });
      this.#waiting.set(key, finish);
      this.#arm();
    });
  }

  /** An attempt went through: everybody may try. */
  succeeded(): void {
    if (this.#waiting.size === 0) return;
    for (const finish of [...this.#waiting.values()]) finish();
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      for (const finish of this.#waiting.values()) { finish(); break; }
      if (this.#waiting.size > 0) this.#arm();
    }, PROBE_MS * (0.75 + this.#random() / 2));
  }
}

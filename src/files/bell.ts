/** A wait that others can end. */
export class Bell {
  #end: (() => void) | null = null;

  /** Ends the wait that is on, if one is. */
  ring(): void { this.#end?.(); }

  /** Waits `ms` milliseconds, less if the bell rings or `signal` aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#end = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      this.#end = end;
    });
  }
}

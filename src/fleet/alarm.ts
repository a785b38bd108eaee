/** A wall clock may be set, and a timer takes no more than 24 days: nobody sleeps longer than this. Milliseconds. */
const LONGEST_SLEEP_MS = 3_600_000;

/** A sleep that somebody else can end. */
export class Alarm {
  #end: () => void = () => {};

  /** Resolves after `ms`, after an hour at the latest, at `stop`, or when it rings. */
  sleep(ms: number, stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => { clearTimeout(timer); stop.removeEventListener('abort', end); resolve(); };
      const timer = setTimeout(end, Math.min(Math.max(0, ms), LONGEST_SLEEP_MS));
      stop.addEventListener('abort', end, { once: true });
      this.#end = end;
    });
  }

  ring(): void { this.#end(); }
}

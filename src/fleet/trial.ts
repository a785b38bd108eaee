import type { Current } from './config-ports.ts';
import { HealthWatch } from './health.ts';
import type { Health } from './health.ts';

/**
 * The time in which a new version has to show that it works: delivery is watched, and compared with how it went before.
 * Versions that follow each other within that time are one trial, and go back to what was good before the first of them.
 */
export class Trial {
  readonly #health: () => Health;
  readonly #now: () => number;
  #before: Current | null = null;
  #watch: HealthWatch | null = null;
  #baseline: { readonly health: Health; readonly dropRate: number } | null = null;
  #lastHealth: { readonly at: number; readonly health: Health } | null = null;

  /** @param now epoch milliseconds. */
  constructor(health: () => Health, now: () => number) {
    this.#health = health;
    this.#now = now;
  }

  /** What was good, to go back to; null while nothing is on trial. */
  get before(): Current | null { return this.#before; }
  /** Epoch milliseconds until which delivery is watched, or null. */
  get until(): number | null { return this.#watch?.until ?? null; }

  /** What ran until now is not what is to run: it was good, unless it is on trial itself. */
  follows(current: Current): void { this.#before ??= current; }

  /** Watches the version that runs from now on; after `follows`. */
  watch(watchMs: number): void {
    const health = this.#health();
    const at = this.#now();
    this.#baseline = this.#baseline === null
      ? { health, dropRate: this.#dropRate(health, at) }
      // What the version before this one mended is this one's fault when it fails again.
      : { ...this.#baseline, health: { ...this.#baseline.health, failing: Math.min(this.#baseline.health.failing, health.failing) } };
    this.#watch = new HealthWatch(this.#baseline.health, this.#baseline.dropRate, at, watchMs);
  }

  /** To be asked each second: what got worse, in words, that it passed, or null for not yet. */
  verdict(): 'passed' | { readonly fault: string } | null {
    if (this.#watch === null) return null;
    const at = this.#now();
    const fault = this.#watch.fault(this.#health(), at);
    if (fault !== null) return { fault };
    return this.#watch.isOver(at) ? 'passed' : null;
  }

  end(): void { this.#before = this.#watch = this.#baseline = null; }

  /** Notes now and then, while nothing is watched, how many events were dropped: what is usual at the next change. */
  sample(): void {
    if (this.#watch === null) this.#lastHealth = { at: this.#now(), health: this.#health() };
  }

  /** Drops per millisecond since the last sample. */
  #dropRate(health: Health, at: number): number {
    const last = this.#lastHealth;
    return last === null || at <= last.at ? 0 : (health.undelivered - last.health.undelivered) / (at - last.at);
  }
}

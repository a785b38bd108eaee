/** How delivery goes, as far as a config can spoil it. */
export interface Health {
  /** Destinations in use that take nothing at present. */
  readonly failing: number;
  /** Events that were dropped since the start because they cannot be delivered: refused, too old, too far ahead. */
  readonly undelivered: number;
}

/** A destination that fails shorter than this has a hiccup. Milliseconds. */
const SUSTAINED_MS = 10_000;
/** Fewer drops than this are no rise. */
const FEW_DROPS = 10;
/** Drops rise when there are this many times more of them per second than before. */
const RISE = 2;

/**
 * Watches how delivery goes after a change of the config. Failing destinations and drops that were there before do not
 * count against it: a service that is down is down for the old config too.
 */
export class HealthWatch {
  readonly #before: Health;
  /** Drops per millisecond before the change. */
  readonly #dropRate: number;
  readonly #since: number;
  readonly #watchMs: number;
  #failingSince: number | null = null;

  /**
   * @param before at the change
   * @param dropRate drops per millisecond before it
   * @param at epoch milliseconds of the change
   */
  constructor(before: Health, dropRate: number, at: number, watchMs: number) {
    this.#before = before;
    this.#dropRate = dropRate;
    this.#since = at;
    this.#watchMs = watchMs;
  }

  /** Epoch milliseconds. */
  get until(): number { return this.#since + this.#watchMs; }

  /** A failure that is being timed is decided first: what sends only every flush interval fails late, and would pass unseen. */
  isOver(at: number): boolean { return at >= this.until && this.#failingSince === null; }

  /** What got worse since the change, in words, or null. To be asked about each second. */
  fault(health: Health, at: number): string | null {
    const more = health.failing - this.#before.failing;
    if (more <= 0) this.#failingSince = null;
    else {
      this.#failingSince ??= at;
      if (at - this.#failingSince >= Math.min(SUSTAINED_MS, this.#watchMs / 2)) return `${more} ${more === 1 ? 'destination takes' : 'destinations take'} nothing since the change`;
    }
    const drops = health.undelivered - this.#before.undelivered;
    const usual = this.#dropRate * (at - this.#since);
    return drops > FEW_DROPS && drops > RISE * usual ? `${drops} events could not be delivered since the change` : null;
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Lifetime } from '../lifecycle/lifetime.ts';

/** The longest a timer waits at once, milliseconds: the wall clock may be set in the meantime. */
const MAX_WAIT_MS = 10_000;

export interface TicksOptions {
  readonly intervalMs: number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  readonly life: Lifetime;
  /** Called with the tick's time, epoch milliseconds. Ticks that come while it is under way are skipped. Must not reject. */
  readonly tick: (at: number) => Promise<void>;
  /** So many ticks were skipped. */
  readonly skipped?: (count: number) => void;
}

/** Calls `tick` at each multiple of the interval on the wall clock, until the lifetime ends. */
export async function runTicks({ intervalMs, wallNow, life, tick, skipped }: TicksOptions): Promise<void> {
  const { stop } = life;
  let next = tickAfter(wallNow(), intervalMs);
  while (!stop.aborted) {
    const wait = next - wallNow();
    // A clock that was set back by more than an interval.
    if (wait > intervalMs) next = tickAfter(wallNow(), intervalMs);
    else if (wait > 0) await pause(Math.min(wait, MAX_WAIT_MS), undefined, { signal: stop }).catch(() => undefined);
    else {
      await tick(next);
      const following = tickAfter(Math.max(wallNow(), next), intervalMs);
      const late = Math.round((following - next) / intervalMs) - 1;
      if (late > 0 && !stop.aborted) skipped?.(late);
      next = following;
    }
  }
}

const tickAfter = (now: number, intervalMs: number): number => (Math.floor(now / intervalMs) + 1) * intervalMs;

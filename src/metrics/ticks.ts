import { setTimeout as sleep } from 'node:timers/promises';
import type { Lifetime } from '../lifecycle/lifetime.ts';

/** The longest a timer waits at once, milliseconds: the wall clock may be set in the meantime. */
const MAX_WAIT_MS = 10_000;

/**
 * Waits for the next multiple of `intervalMs` of the wall clock and gives it, in epoch milliseconds; null when `signal` aborts.
 * A clock that is set back meanwhile makes it end at once, by the new time.
 */
export async function nextTick(intervalMs: number, wallNow: () => number, signal: AbortSignal): Promise<number | null> {
  const due = (Math.floor(wallNow() / intervalMs) + 1) * intervalMs;
  for (let left = due - wallNow(); left > 0 && left <= intervalMs; left = due - wallNow()) {
    try {
      await sleep(Math.min(left, MAX_WAIT_MS), undefined, { signal });
    } catch {
      return null;
    }
  }
  return signal.aborted ? null : Math.floor(wallNow() / intervalMs) * intervalMs;
}

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
export async function runTicks({ intervalMs, wallNow, life: { stop }, tick, skipped }: TicksOptions): Promise<void> {
  for (let at = await nextTick(intervalMs, wallNow, stop); at !== null; at = await nextTick(intervalMs, wallNow, stop)) {
    await tick(at);
    const late = Math.floor((wallNow() - at) / intervalMs);
    if (late > 0 && !stop.aborted) skipped?.(late);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/** A timer takes no more. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * Waits for the next multiple of `intervalMs` of the wall clock and gives it, in epoch milliseconds; null when `signal` aborts.
 * A clock that is set meanwhile makes it end at once, or wait for two intervals at most.
 */
export async function nextTick(intervalMs: number, wallNow: () => number, signal: AbortSignal): Promise<number | null> {
  const due = (Math.floor(wallNow() / intervalMs) + 1) * intervalMs;
  for (;;) {
    const left = due - wallNow();
    if (left <= 0 || left > intervalMs) break;
    try {
      await sleep(Math.min(left, LONGEST_WAIT_MS), undefined, { signal });
    } catch {
      return null;
    }
  }
  return signal.aborted ? null : Math.floor(wallNow() / intervalMs) * intervalMs;
}

import { AssertionError } from 'node:assert/strict';

/** Begins the message of every failure that is about time alone: scripts/test.ts runs such a test again, alone, and no other. */
const TOO_SLOW = 'too slow: ';

/** Fails when something is told that a slow machine explains. */
export function assertNoneSlow(told: readonly string[], what: string): void {
  if (told.length > 0) throw new AssertionError({ message: `${TOO_SLOW}${what}: ${told.join('; ')}` });
}

/** Fails when something took longer than it may (both in milliseconds). What is lost or in disorder is never judged by these. */
export function assertQuick(took: number, limit: number, what: string): void {
  if (!(took <= limit)) throw new AssertionError({ message: `${TOO_SLOW}${what}: ${took.toFixed(1)} ms, at most ${limit.toFixed(0)} are allowed` });
}

/**
 * Waits between attempts, milliseconds. `short` is the CloudWatch agent's (200 ms doubling five times, then a minute;
 * PUSH/retry.go). `long`, for throttling and outages, begins sooner than its 2 s, because one throttled call in three
 * would otherwise hold a busy stream below its rate, and reaches a minute after as many seconds. `slow` is for what only
 * a person can change, such as a permission.
 */
const PACES = {
  short: { first: 200, steps: 5, rest: 60_000 },
  long: { first: 400, steps: 7, rest: 60_000 },
  slow: { first: 30_000, steps: 1, rest: 60_000 },
} as const;

export type Pace = keyof typeof PACES;

/**
 * The wait before attempt `attempt + 1`: uniform in [d/2, d), and never less than what the service asked for.
 * @param attempt failed attempts so far, from 1. @param random in [0, 1). @param askedMs Retry-After, or null.
 */
export function backoffMs(pace: Pace, attempt: number, random: number, askedMs: number | null): number {
  const { first, steps, rest } = PACES[pace];
  const d = attempt <= steps ? first * 2 ** (attempt - 1) : rest;
  return Math.max(d / 2 + (random * d) / 2, askedMs ?? 0);
}

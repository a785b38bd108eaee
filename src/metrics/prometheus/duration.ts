const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNITS_MS = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1];
/** Longer than any scrape interval means anything, and well within what a timer can wait. */
const MAX_MS = 86_400_000;

/** Milliseconds of Prometheus's `1m30s`; null when it is no such text, 0, or more than a day. */
export function durationOf(text: string): number | null {
  const match = DURATION.exec(text);
  const ms = match === null ? 0 : UNITS_MS.reduce((sum, unit, i) => sum + unit * Number(match[i + 1] ?? 0), 0);
  return ms > 0 && ms <= MAX_MS ? ms : null;
}

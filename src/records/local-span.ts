import { DAY_MS, civilFromDays } from './calendar.ts';
import type { Zone } from './zone.ts';

const HOUR_MS = 3_600_000;
/** Within a quarter of an hour no zone changes its offset: see Zone. */
const QUARTER_MS = 900_000;

/** A stretch of time, [start, end) in epoch milliseconds, that lies in one hour, or on one day, of a local calendar. */
export interface LocalSpan {
  readonly start: number;
  readonly end: number;
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** Of `start`. */
  readonly hour: number;
}

/**
 * The span that `time` (epoch milliseconds) lies in. On a day on which clocks change it may be shorter than the day, so
 * that a day of 23 or 25 hours is several spans of one date.
 */
export function localSpanAt(zone: Zone, time: number, unit: 'day' | 'hour'): LocalSpan {
  const offset = zone.offsetAt(time);
  const length = unit === 'day' ? DAY_MS : HOUR_MS;
  let start = Math.floor((time + offset) / length) * length - offset;
  let end = start + length;
  if (zone.offsetAt(start) !== offset || zone.offsetAt(end - 1) !== offset) {
    const quarter = Math.floor(time / QUARTER_MS) * QUARTER_MS;
    start = Math.max(start, quarter);
    end = Math.min(end, quarter + QUARTER_MS);
  }
  const local = start + offset;
  const days = Math.floor(local / DAY_MS);
  return { start, end, ...civilFromDays(days), hour: Math.floor((local - days * DAY_MS) / HOUR_MS) };
}

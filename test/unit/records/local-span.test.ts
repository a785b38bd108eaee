import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { localSpanAt } from '../../../src/records/local-span.ts';
import { Zone } from '../../../src/records/zone.ts';

const HOUR_MS = 3_600_000;
/** With half hours, quarters, changes at midnight, changes of half an hour, and a day that did not occur. */
const NAMES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Asia/Beirut', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/St_Johns'];
const zones = NAMES.map((name) => ({ zone: Zone.open(name)!, clock: new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' }) }));
const digits = (value: number, count = 2): string => String(value).padStart(count, '0');

test('every instant of a span has the span\'s own date, and hour, on the clock of the zone', () => {
  const time = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2030, 0) });
  fc.assert(fc.property(fc.constantFrom(...zones), time, fc.constantFrom('day' as const, 'hour' as const), fc.double({ min: 0, max: 1, noNaN: true }), ({ zone, clock }, at, unit, part) => {
    const span = localSpanAt(zone, at, unit);
    assert.ok(at >= span.start && at < span.end, 'it holds the time it was asked for');
    const date = `${digits(span.year, 4)}-${digits(span.month)}-${digits(span.day)}`;
    for (const within of [span.start, span.end - 1, at, span.start + Math.floor(part * (span.end - span.start - 1))]) {
      const [day, hour] = clock.format(within).split(' ') as [string, string];
      assert.equal(day, date);
      if (unit === 'hour') assert.equal(hour.slice(0, 2), digits(span.hour));
    }
  }), { numRuns: 400 });
});

/** The spans of a local day, by their dates: how many hours each has. */
function hoursOf(zone: Zone, from: number, until: number): Readonly<Record<string, number>> {
  const hours: Record<string, number> = {};
  for (let at = from; at < until;) {
    const { end, year, month, day } = localSpanAt(zone, at, 'day');
    const date = `${year}-${month}-${day}`;
    hours[date] = (hours[date] ?? 0) + (Math.min(end, until) - at) / HOUR_MS;
    at = end;
  }
  return hours;
}

test('days on which clocks change have 23 and 25 hours, and one stream each', () => {
  const berlin = Zone.open('Europe/Berlin')!;
  assert.deepEqual(hoursOf(berlin, Date.UTC(2026, 2, 27, 23), Date.UTC(2026, 2, 30, 22)), { '2026-3-28': 24, '2026-3-29': 23, '2026-3-30': 24 });
  assert.deepEqual(hoursOf(berlin, Date.UTC(2026, 9, 23, 22), Date.UTC(2026, 9, 26, 23)), { '2026-10-24': 24, '2026-10-25': 25, '2026-10-26': 24 });
});

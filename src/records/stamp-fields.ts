import { DAY_MS, civilFromDays, daysFromCivil, daysInMonth, isLeap } from './calendar.ts';
import { MONTHS } from './strptime.ts';
import type { DigitField, Step } from './strptime.ts';
import type { Zone } from './zone.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A date without its year lies in the latest year that does not put it further ahead of the reference than this. */
const DATE_AHEAD_MS = DAY_MS;
/** The same for a time of day without a date. It is what PutLogEvents takes too. */
const TIME_AHEAD_MS = 2 * HOUR_MS;
/** Years back in which a 29 February is found in any case: 1896 to 1904 is the longest gap. */
const LEAP_GAP = 8;

/** What was read of one timestamp, and the rules by which it becomes a time. One object is filled again and again. */
export class StampFields {
  year = -1;
  month = -1;
  day = -1;
  dayOfYear = -1;
  hour = 0;
  minute = 0;
  second = 0;
  /** Milliseconds of the second. */
  fraction = 0;
  /** The hour is on a 12-hour clock. */
  twelve = false;
  half: 'none' | 'am' | 'pm' = 'none';
  /** Milliseconds ahead of UTC that the text itself names, or NaN. */
  offset = Number.NaN;
  /** Epoch milliseconds that the text itself names, or NaN. */
  epoch = Number.NaN;
  /** A zone's abbreviation, or an offset in its place; '' for none. */
  zoneName = '';
  #reference = Number.NaN;
  #referenceOffset = 0;

  clear(): void {
    this.year = this.month = this.day = this.dayOfYear = -1;
    this.hour = this.minute = this.second = this.fraction = 0;
    this.twelve = false;
    this.half = 'none';
    this.offset = this.epoch = Number.NaN;
    this.zoneName = '';
  }

  takeDigits(field: DigitField, value: number): void {
    switch (field) {
      case 'year': this.year = value; return;
      // POSIX: 69 to 99 are the twentieth century.
      case 'shortYear': this.year = value < 69 ? 2000 + value : 1900 + value; return;
      case 'month': this.month = value; return;
      case 'day': this.day = value; return;
      case 'dayOfYear': this.dayOfYear = value; return;
      case 'hour': this.hour = value; return;
      case 'hour12': this.hour = value; this.twelve = true; return;
      case 'minute': this.minute = value; return;
      case 'second': this.second = value; return;
      default: field satisfies never;
    }
  }

  takeText(kind: Exclude<Step['kind'], 'literal' | 'digits'>, text: string): void {
    switch (kind) {
      case 'monthName': this.month = MONTHS.findIndex((name) => name.startsWith(text.slice(0, 3).toLowerCase())) + 1; return;
      // A wrong day of the week is no reason to give up a date.
      case 'dayName': return;
      case 'fraction': this.fraction = Number(text.slice(0, 3).padEnd(3, '0')); return;
      case 'half': this.half = text[0] === 'a' || text[0] === 'A' ? 'am' : 'pm'; return;
      case 'offset': this.offset = numericOffset(text); return;
      case 'zone': this.zoneName = text; return;
      case 'epoch': this.epoch = epochMilliseconds(text); return;
      default: kind satisfies never;
    }
  }

  /**
   * Epoch milliseconds, or NaN if the values are no time (month 13, 30 February, 24:00). Second 60 is taken.
   * @param reference epoch ms near which a text without year or date lies: the file's mtime, or now.
   * @param previous epoch ms read before it, or NaN: decides an hour that occurs twice.
   */
  resolve(zone: Zone, reference: number, previous: number): number {
    if (!Number.isNaN(this.epoch)) return this.epoch + this.fraction;
    if (this.zoneName !== '') this.offset = /^[-+]/.test(this.zoneName) ? numericOffset(this.zoneName) : zone.offsetOfName(this.zoneName);
    const hour = this.#hour24();
    if (hour > 23 || this.minute > 59 || this.second > 60 || this.month > 12 || this.month === 0 || this.day === 0 || this.day > 31) return Number.NaN;
    const time = hour * HOUR_MS + this.minute * MINUTE_MS + this.second * 1000 + this.fraction;
    const days = this.year >= 0 ? this.#daysIn(this.year) : this.#daysNear(zone, reference, time);
    const local = days * DAY_MS + time;
    return Number.isNaN(local) || !Number.isNaN(this.offset) ? local - this.offset : zone.toUtc(local, previous);
  }

  #hour24(): number {
    if (!this.twelve) return this.hour;
    if (this.hour > 12) return Infinity;
    if (this.half === 'pm') return this.hour < 12 ? this.hour + 12 : 12;
    return this.half === 'am' && this.hour === 12 ? 0 : this.hour;
  }

  /** Days since 1970 of this date in a year, or NaN if the year does not have it. */
  #daysIn(year: number): number {
    if (this.dayOfYear >= 0) {
      return this.dayOfYear === 0 || this.dayOfYear > (isLeap(year) ? 366 : 365) ? Number.NaN : daysFromCivil(year, 1, this.dayOfYear);
    }
    const month = this.month < 0 ? 1 : this.month;
    const day = this.day < 0 ? 1 : this.day;
    return day > 28 && day > daysInMonth(year, month) ? Number.NaN : daysFromCivil(year, month, day);
  }

  /** Compares clocks, not instants: an hour of daylight saving does not matter against a day. */
  #daysNear(zone: Zone, reference: number, time: number): number {
    if (reference !== this.#reference) {
      this.#reference = reference;
      this.#referenceOffset = zone.offsetAt(reference);
    }
    const here = reference + (Number.isNaN(this.offset) ? this.#referenceOffset : this.offset);
    const today = Math.floor(here / DAY_MS);
    if (this.month < 0 && this.day < 0 && this.dayOfYear < 0) return today * DAY_MS + time > here + TIME_AHEAD_MS ? today - 1 : today;
    const latest = here + DATE_AHEAD_MS - time;
    const { year, month } = civilFromDays(today);
    if (this.month >= 0 || this.dayOfYear >= 0) {
      for (let y = year + 1; y >= year - LEAP_GAP; y--) {
        const days = this.#daysIn(y);
        if (days * DAY_MS <= latest) return days;
      }
      return Number.NaN;
    }
    for (let ago = -1; ago < 12; ago++) {
      const [y, m] = [year + Math.floor((month - 1 - ago) / 12), ((month - 1 - ago) % 12 + 12) % 12 + 1];
      const days = this.day > daysInMonth(y, m) ? Number.NaN : daysFromCivil(y, m, this.day);
      if (days * DAY_MS <= latest) return days;
    }
    return Number.NaN;
  }
}

/** Of `+hhmm`, `+hh:mm`, `+hh` or `Z`, in ms. */
function numericOffset(text: string): number {
  if (text.length === 1) return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.length === 3 ? 0 : text.slice(-2));
  return (text[0] === '-' ? -MINUTE_MS : MINUTE_MS) * minutes;
}

/** Seconds, milliseconds, microseconds or nanoseconds, by the number of digits: 10, 13, 16 or 19. */
function epochMilliseconds(digits: string): number {
  return Number(digits.slice(0, 10)) * 1000 + Number(digits.slice(10, 13));
}

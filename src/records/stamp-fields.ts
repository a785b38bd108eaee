import { DAY_MS, civilFromDays, daysFromCivil, daysInMonth, isLeap } from './calendar.ts';
import { DIGIT_FIELDS, MONTHS } from './strptime.ts';
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

/** Places in `values`, in the order of DIGIT_FIELDS. */
const [YEAR, SHORT_YEAR, MONTH, DAY, DAY_OF_YEAR, HOUR, HOUR12, MINUTE, SECOND] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/**
 * What was read of one timestamp, and the rules by which it becomes a time. One object serves one format and is filled
 * again and again: each reading sets the same fields, so none has to be cleared.
 */
export class StampFields {
  /** One number per DIGIT_FIELDS; -1 for what the format does not have. */
  readonly values = new Int32Array(DIGIT_FIELDS.length).fill(-1);
  /** Milliseconds of the second. */
  fraction = 0;
  half: 'none' | 'am' | 'pm' = 'none';
  /** Milliseconds ahead of UTC that the text itself names, or NaN. */
  offset = Number.NaN;
  /** Epoch milliseconds that the text itself names, or NaN. */
  epoch = Number.NaN;
  /** A zone's abbreviation, or an offset in its place; '' for none. */
  zoneName = '';
  #reference = Number.NaN;
  #referenceOffset = 0;
  #today = 0;
  #civil = civilFromDays(0);

  takeDigits(field: DigitField, value: number): void {
    this.values[DIGIT_FIELDS.indexOf(field)] = value;
  }

  takeText(kind: Exclude<Step['kind'], 'literal' | 'digits'>, text: string): void {
    switch (kind) {
      case 'monthName': this.values[MONTH] = MONTHS.findIndex((name) => name.startsWith(text.slice(0, 3).toLowerCase())) + 1; return;
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
    const { values } = this;
    const hour = this.#hour24();
    const minute = Math.max(0, values[MINUTE]!);
    const second = Math.max(0, values[SECOND]!);
    const month = values[MONTH]!;
    const day = values[DAY]!;
    if (hour > 23 || minute > 59 || second > 60 || month > 12 || month === 0 || day === 0 || day > 31) return Number.NaN;
    const time = hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + this.fraction;
    const year = this.#year();
    const days = year >= 0 ? this.#daysIn(year) : this.#daysNear(zone, reference, time);
    const local = days * DAY_MS + time;
    return Number.isNaN(local) || !Number.isNaN(this.offset) ? local - this.offset : zone.toUtc(local, previous);
  }

  #year(): number {
    const short = this.values[SHORT_YEAR]!;
    // POSIX: 69 to 99 are the twentieth century.
    return short < 0 ? this.values[YEAR]! : short < 69 ? 2000 + short : 1900 + short;
  }

  #hour24(): number {
    const hour = this.values[HOUR12]!;
    if (hour < 0) return Math.max(0, this.values[HOUR]!);
    if (hour > 12) return Infinity;
    if (this.half === 'pm') return hour < 12 ? hour + 12 : 12;
    return this.half === 'am' && hour === 12 ? 0 : hour;
  }

  /** Days since 1970 of this date in a year, or NaN if the year does not have it. */
  #daysIn(year: number): number {
    const dayOfYear = this.values[DAY_OF_YEAR]!;
    if (dayOfYear >= 0) return dayOfYear === 0 || dayOfYear > (isLeap(year) ? 366 : 365) ? Number.NaN : daysFromCivil(year, 1, dayOfYear);
    // What is missing is the first: -1 stands for it.
    const month = Math.abs(this.values[MONTH]!);
    const day = Math.abs(this.values[DAY]!);
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
    const ownMonth = this.values[MONTH]!;
    const ownDay = this.values[DAY]!;
    const dayOfYear = this.values[DAY_OF_YEAR]!;
    if (ownMonth < 0 && ownDay < 0 && dayOfYear < 0) return today * DAY_MS + time > here + TIME_AHEAD_MS ? today - 1 : today;
    const latest = here + DATE_AHEAD_MS - time;
    if (today !== this.#today) {
      this.#today = today;
      this.#civil = civilFromDays(today);
    }
    const { year, month } = this.#civil;
    if (ownMonth >= 0 || dayOfYear >= 0) {
      for (let y = year + 1; y >= year - LEAP_GAP; y--) {
        const days = this.#daysIn(y);
        if (days * DAY_MS <= latest) return days;
      }
      return Number.NaN;
    }
    for (let ago = -1; ago < 12; ago++) {
      const [y, m] = [year + Math.floor((month - 1 - ago) / 12), ((month - 1 - ago) % 12 + 12) % 12 + 1];
      const days = ownDay > daysInMonth(y, m) ? Number.NaN : daysFromCivil(y, m, ownDay);
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

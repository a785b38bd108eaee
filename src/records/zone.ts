import { DAY_MS } from './calendar.ts';
import { ABBREVIATIONS } from './zone-abbreviations.ts';

/** Offsets change only at multiples of it, in UTC as in local time, since zones gave up local mean time. */
const SLOT_MS = 900_000;
const MAX_SLOTS = 4096;
const MAX_NAMES = 256;
/** Lines of one file may be this much out of order without being taken for the second pass of an hour. */
const DISORDER_MS = 60_000;
const MINUTE_MS = 60_000;
const UTC_NAMES = /^(?:Etc\/)?(?:UTC|UCT|GMT|Zulu|Universal|Greenwich)$/i;

/**
 * An IANA time zone. Offsets come from the runtime's Intl database, one question for 15 minutes.
 *
 * Local time to UTC is not a function where clocks change:
 *  - an hour that occurs twice (clocks set back) is taken for its first occurrence, unless that would run backwards from
 *    the time read before: if the previous time lies more than a minute behind it on the clock, it is the second one;
 *  - an hour that does not occur (clocks set forward) is read with the offset in force before the change: 02:30 becomes 03:30.
 */
export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat | null;
  readonly #offsets = new Map<number, number>();
  readonly #names = new Map<string, number>();
  #slot = Number.NaN;
  #offset = 0;

  private constructor(name: string, format: Intl.DateTimeFormat | null) {
    this.name = name;
    this.#format = format;
  }

  /** @param name `UTC` or an IANA name. Answers null if the runtime knows no such zone. */
  static open(name: string): Zone | null {
    if (UTC_NAMES.test(name)) return new Zone(name, null);
    try {
      return new Zone(name, new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', year: 'numeric' }));
    } catch {
      return null;
    }
  }

  /** Milliseconds that local time is ahead of UTC at `utc` (epoch ms). */
  offsetAt(utc: number): number {
    if (this.#format === null || !(Math.abs(utc) <= 8.64e15)) return 0;
    const slot = Math.floor(utc / SLOT_MS);
    const known = this.#offsets.get(slot);
    if (known !== undefined) return known;
    const offset = offsetOf(this.#format, slot * SLOT_MS);
    if (this.#offsets.size >= MAX_SLOTS) this.#offsets.clear();
    this.#offsets.set(slot, offset);
    return offset;
  }

  /**
   * @param local milliseconds since 1970-01-01 on the clock of this zone.
   * @param previous epoch ms of the timestamp before it in the same file, or NaN.
   */
  toUtc(local: number, previous: number): number {
    if (this.#format === null) return local;
    const slot = Math.floor(local / SLOT_MS);
    if (slot === this.#slot) return local - this.#offset;
    const before = this.offsetAt(local - DAY_MS);
    const after = this.offsetAt(local + DAY_MS);
    const first = local - Math.max(before, after);
    const second = local - Math.min(before, after);
    const firstOccurs = this.offsetAt(first) === local - first;
    const secondOccurs = this.offsetAt(second) === local - second;
    if (firstOccurs && secondOccurs && first !== second) {
      const behind = previous - first;
      return behind > DISORDER_MS && behind <= 2 * (second - first) ? second : first;
    }
    const utc = firstOccurs ? first : secondOccurs ? second : local - before;
    this.#slot = slot;
    this.#offset = local - utc;
    return utc;
  }

  /** Offset in ms that an abbreviation such as CEST means in this zone, or NaN if nobody knows it. */
  offsetOfName(abbreviation: string): number {
    const name = abbreviation.toUpperCase();
    let offset = this.#names.get(name);
    if (offset === undefined) {
      offset = this.#meaning(name);
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      this.#names.set(name, offset);
    }
    return offset;
  }

  /** The zone's own abbreviation, or that meaning of the table which is an offset of this zone, or the usual one. */
  #meaning(name: string): number {
    const own = new Set<number>();
    if (this.#format !== null) {
      const short = new Intl.DateTimeFormat('en-US', { timeZone: this.name, timeZoneName: 'short', year: 'numeric' });
      for (const month of [0, 6]) {
        const utc = Date.UTC(2025, month, 1);
        own.add(this.offsetAt(utc));
        if (nameOf(short, utc) === name) return this.offsetAt(utc);
      }
    }
    const meanings = Object.hasOwn(ABBREVIATIONS, name) ? ABBREVIATIONS[name]! : [];
    const minutes = meanings.find((meaning) => own.has(meaning * MINUTE_MS)) ?? meanings[0];
    return minutes === undefined ? Number.NaN : minutes * MINUTE_MS;
  }
}

function nameOf(format: Intl.DateTimeFormat, utc: number): string {
  return format.formatToParts(utc).find((part) => part.type === 'timeZoneName')?.value ?? '';
}

function offsetOf(format: Intl.DateTimeFormat, utc: number): number {
  const found = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(nameOf(format, utc));
  if (found === null) return 0;
  const seconds = Number(found[2]) * 3600 + Number(found[3]) * 60 + Number(found[4] ?? 0);
  return (found[1] === '-' ? -1000 : 1000) * seconds;
}

import { epochMs } from './epoch.ts';
import { StampFields } from './stamp-fields.ts';
import { compileTimestamp } from './timestamp.ts';
import type { TimestampParser, ValueReader } from './timestamp.ts';
import type { Zone } from './zone.ts';

/** RFC 3339, and what is usual besides: a blank for the T, no seconds, a comma, an offset without colon, or none. */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;
const PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
const EXPONENT = /^\d+(?:\.\d+)?[eE]\+?\d+$/;
/** What nearly every library writes: read in bytes, several times as fast as the rest. */
const COMMON = compileTimestamp('%Y-%m-%dT%H:%M:%S.%f%z', 'UTC', 'UTC') as TimestampParser;
/** RFC 3339 with nanoseconds has 35 characters. */
const MAX_LENGTH = 40;

/** Reads a value that is all time: RFC 3339, or a number since 1970 whose size tells its unit. */
export class AnyTime implements ValueReader {
  readonly #zone: Zone;
  readonly #fields = new StampFields();
  readonly #common = COMMON.fork();
  previous = Number.NaN;

  /** @param zone for times that name none. */
  constructor(zone: Zone) { this.#zone = zone; }

  fork(): AnyTime { return new AnyTime(this.#zone); }

  parse(bytes: Buffer, from: number, to: number, reference: number): number {
    if (to - from > MAX_LENGTH) return Number.NaN;
    let time = this.#common.parse(bytes, from, to, reference);
    if (Number.isNaN(time) || this.#common.matchFrom !== from || this.#common.matchTo !== to) time = epochMs(bytes, from, to);
    if (Number.isNaN(time)) time = this.#text(bytes.toString('latin1', from, to), reference);
    if (!Number.isNaN(time)) this.previous = time;
    return time;
  }

  #text(text: string, reference: number): number {
    if (EXPONENT.test(text)) {
      const digits = Buffer.from(String(Number(text)));
      return epochMs(digits, 0, digits.length);
    }
    const match = RFC_3339.exec(text);
    if (match === null) return Number.NaN;
    const fields = this.#fields;
    for (const [i, part] of PARTS.entries()) fields.takeDigits(part, Number(match[i + 1] ?? 0));
    fields.takeText('fraction', match[7] ?? '0');
    fields.offset = Number.NaN;
    if (match[8] !== undefined) fields.takeText('offset', match[8]);
    return fields.resolve(this.#zone, reference, this.previous);
  }
}

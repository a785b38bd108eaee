import { AnyTime } from './any-time.ts';
import { EpochParser, isEpochFormat } from './epoch.ts';
import { JsonField } from './json-field.ts';
import { compileFormat, compileTimestamp, openZone } from './timestamp.ts';
import type { Zone } from './zone.ts';

/** Lines of one file, in their order, and what else is known of it. */
export interface LineSample {
  readonly lines: readonly string[];
  /** When the file was last written, epoch milliseconds: about when its last line was. */
  readonly writtenAt: number;
  /** IANA name of the host's zone. */
  readonly localZone: string;
}

/** What a format finds in each line of a sample. */
export interface LineTimes {
  /** Epoch milliseconds, or NaN, by line. */
  readonly times: readonly number[];
  /** Where the timestamp begins in the line, in bytes of its UTF-8, or -1. */
  readonly starts: readonly number[];
  /** Where it ends. */
  readonly ends: readonly number[];
}

/** A line's beginning in which a timestamp is looked for, bytes: enough for an access log with a long address, and a bound on the work. */
const MAX_LINE_BYTES = 1024;

/**
 * Reads the lines with the parser that the running agent uses.
 * @param zone `UTC`, `Local` or an IANA name, for timestamps that name none.
 * @param zones zones opened before, by name.
 */
export function readTimes({ lines, writtenAt, localZone }: LineSample, format: string, zone: string, zones: Map<string, Zone> = new Map()): LineTimes | { readonly problem: string } {
  const parser = isEpochFormat(format) ? new EpochParser(format) : compileTimestamp(format, zone, localZone, zones);
  if ('problem' in parser) return parser;
  const times: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (const line of lines) {
    const bytes = Buffer.from(line.slice(0, MAX_LINE_BYTES));
    const time = parser.parse(bytes, 0, bytes.length, writtenAt);
    const found = !Number.isNaN(time);
    times.push(time);
    starts.push(found ? parser.matchFrom : -1);
    ends.push(found ? parser.matchTo : -1);
  }
  return { times, starts, ends };
}

/**
 * The time of each line from a field of its JSON object, NaN where there is none; as the running agent reads it.
 * @param field its path, with dots. @param format of the field's text; null for RFC 3339 and epoch numbers.
 */
export function readFieldTimes({ lines, writtenAt, localZone }: LineSample, field: string, format: string | null, zone: string): readonly number[] | { readonly problem: string } {
  const zones = new Map<string, Zone>();
  const opened = openZone(zone, localZone, zones);
  if ('problem' in opened) return opened;
  const value = format === null ? new AnyTime(opened) : compileFormat(format, zone, localZone, zones);
  if ('problem' in value) return value;
  const finder = new JsonField(field);
  return lines.map((line) => {
    const bytes = Buffer.from(line);
    return finder.find(bytes, 0, bytes.length) ? value.parse(finder.value, finder.valueFrom, finder.valueTo, writtenAt) : Number.NaN;
  });
}

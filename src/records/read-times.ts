import { AnyTime } from './any-time.ts';
import { EpochParser, isEpochFormat } from './epoch.ts';
import { compileTimestamp, openZone } from './timestamp.ts';
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
 * The time of each text that is nothing but a time, as the running agent reads the value of a JSON field: RFC 3339, or a number since 1970.
 * @param zone `UTC`, `Local` or an IANA name, for times that name none.
 */
export function readValues(texts: readonly string[], { writtenAt, localZone }: LineSample, zone: string): readonly number[] | { readonly problem: string } {
  const opened = openZone(zone, localZone, new Map());
  if ('problem' in opened) return opened;
  const value = new AnyTime(opened);
  return texts.map((text) => {
    const bytes = Buffer.from(text);
    return value.parse(bytes, 0, bytes.length, writtenAt);
  });
}

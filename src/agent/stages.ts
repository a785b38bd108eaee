import type { Undelivered } from '../delivery/lane.ts';
import type { Descriptors } from '../files/descriptors.ts';
import type { Reach } from '../files/reach.ts';
import { resolveEncoding } from '../framing/encodings.ts';
import { Framer } from '../framing/framer.ts';
import type { StartRule } from '../framing/framer.ts';
import { DecodedLines } from '../framing/transcode.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { isDated } from '../naming/template.ts';
import { EVENT_OVERHEAD_BYTES } from '../plan.ts';
import type { FileEntryPlan, Plan, UndeliverablePolicy } from '../plan.ts';
import { FieldTimes } from '../records/field-times.ts';
import { compileFilters } from '../records/filter.ts';
import { JsonField } from '../records/json-field.ts';
import { Matcher } from '../records/matcher.ts';
import { Redaction } from '../records/redact/redaction.ts';
import type { FormatReader, TimestampReader, ValueReader } from '../records/timestamp.ts';
import type { Zone } from '../records/zone.ts';
import type { Report } from '../report/report.ts';
import type { SharedParts } from './shared-parts.ts';
import { Stamper } from './stamper.ts';

/** First read of a chunk; a message that does not fit is read again with twice the size. */
export const CHUNK_BYTES = 262_144;
/** A read beyond the largest event: its marks and the line after it. */
const READ_MARGIN = 65_536;

/** Input bytes of an arena for the entries of a plan: their largest event, and at least the usual chunk with its window. */
export function arenaBytes({ entries, journald }: Pick<Plan, 'entries' | 'journald'>): number {
  return Math.max(CHUNK_BYTES, ...entries.map((entry) => entry.framing.maxEventBytes), ...journald.map((entry) => entry.maxEventBytes)) + READ_MARGIN;
}

/** The stages between a file and a lane, for one entry. Its generations share them: a chunk passes all of them at once. */
export interface Stages {
  readonly arena: Arena;
  readonly framer: Framer;
  readonly stamper: Stamper;
  readonly descriptors: Descriptors;
  readonly reach: Reach;
  readonly report: Report;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** Whose dates name the streams; null where none does. */
  readonly dateZone: Zone | null;
}

export interface StageContext {
  readonly arena: Arena;
  readonly kernel: Kernel;
  readonly descriptors: Descriptors;
  readonly reach: Reach;
  readonly report: Report;
  readonly now: () => number;
  readonly undeliverable: UndeliverablePolicy;
  readonly undelivered: Undelivered;
  readonly parts: SharedParts;
}

/** Throws for an entry that the compiler of the plan would not have passed. */
export function buildStages(entry: FileEntryPlan, c: StageContext): Stages {
  const { arena, kernel, report, now, parts } = c;
  const { framing } = entry;
  const encoding = resolveEncoding(framing.encoding);
  if ('problem' in encoding) throw new Error(`${entry.pointer}: ${encoding.problem}`);
  const format = formatReader(entry, c);
  const times = timesOf(entry, format, c);
  const { text } = parts;
  const framer = new Framer({
    arena, kernel, maxEventBytes: framing.maxEventBytes,
    start: startRule(entry, format, c),
    source: encoding.name === 'utf-8' ? null : new DecodedLines(encoding),
  });
  const stamper = new Stamper({
    arena, text, report,
    timestamp: times === null ? null : { parser: times, trim: entry.timestamp!.trim },
    filters: entry.filters.length === 0 ? null : compileFilters(entry.filters, now, parts.searchOf),
    redaction: entry.redact.length === 0 ? null : new Redaction(entry.redact, framing.maxEventBytes - EVENT_OVERHEAD_BYTES, now, parts.searchOf),
    spooled: entry.naming.emf === true,
    textFramed: framing.start.kind === 'pattern' || framing.start.kind === 'timestamp',
    undeliverable: c.undeliverable,
    undelivered: c.undelivered,
    wallNow: Date.now,
    wide: encoding.unit === 2,
  });
  return { arena, framer, stamper, descriptors: c.descriptors, reach: c.reach, report, now, wallNow: Date.now, dateZone: dateZoneOf(entry, c) };
}

function dateZoneOf({ naming, pointer }: FileEntryPlan, { parts }: StageContext): Zone | null {
  if (!isDated(naming.stream)) return null;
  const zone = parts.zoneOf(naming.dateZone);
  if ('problem' in zone) throw new Error(`${pointer}: ${zone.problem}`);
  return zone;
}

function formatReader({ timestamp, pointer }: FileEntryPlan, { parts }: StageContext): FormatReader | null {
  if (timestamp === null || timestamp.format === null) return null;
  const reader = parts.formatOf(timestamp.format, timestamp.zone);
  if ('problem' in reader) throw new Error(`${pointer}: ${reader.problem}`);
  return reader;
}

/** What gives events their times: the format in their text, or a field that has the format, or any usual one. */
function timesOf({ timestamp, pointer }: FileEntryPlan, format: FormatReader | null, { parts }: StageContext): TimestampReader | null {
  if (timestamp === null || timestamp.field === null) return format;
  const zone = parts.zoneOf(timestamp.zone);
  if ('problem' in zone) throw new Error(`${pointer}: ${zone.problem}`);
  const value: ValueReader = format ?? parts.anyTimeIn(zone);
  return new FieldTimes([timestamp.field, timestamp.orField].flatMap((field) => field === undefined ? [] : new JsonField(field)), value);
}

function startRule(entry: FileEntryPlan, format: FormatReader | null, { arena, now, report, parts: { text, searchOf } }: StageContext): StartRule {
  const { start } = entry.framing;
  const { begins } = arena.scratch;
  const rule = (find: () => void): StartRule => ({ begin: () => { text.reset(arena); find(); }, starts: (i) => begins[i] === 1 });
  switch (start.kind) {
    case 'nonspace': case 'line': return start.kind;
    case 'pattern': {
      const matcher = new Matcher(start.pattern, now, searchOf);
      return rule(() => {
        matcher.matchAll(text, begins);
        if (matcher.overBudget > 1) report.trouble(`pattern ${entry.pointer}`, `${entry.pointer}: multi_line_start_pattern ${start.pattern.source} takes longer than 50 ms for a chunk; simplify it`);
      });
    }
    case 'timestamp': {
      if (format === null) throw new Error(`${entry.pointer}: {timestamp_format} without timestamp_format`);
      return rule(() => format.foundAll(text, begins));
    }
    default: return start satisfies never;
  }
}

import type { Undelivered } from '../delivery/lane.ts';
import type { Descriptors } from '../files/descriptors.ts';
import { resolveEncoding } from '../framing/encodings.ts';
import { Framer } from '../framing/framer.ts';
import type { StartRule } from '../framing/framer.ts';
import { DecodedLines } from '../framing/transcode.ts';
import { MAX_FRAMES } from '../kernel/arena.ts';
import type { Arena } from '../kernel/arena.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { isDated } from '../naming/template.ts';
import type { FileEntryPlan, UndeliverablePolicy } from '../plan.ts';
import { ChunkText } from '../records/chunk-text.ts';
import { compileFilters } from '../records/filter.ts';
import { Matcher } from '../records/matcher.ts';
import { compileTimestamp } from '../records/timestamp.ts';
import type { TimestampParser } from '../records/timestamp.ts';
import { Zone } from '../records/zone.ts';
import type { Report } from '../report/report.ts';
import { Stamper } from './stamper.ts';

/** First read of a chunk; a message that does not fit is read again with twice the size. */
export const CHUNK_BYTES = 262_144;

/** The stages between a file and a lane, for one entry. Its generations share them: a chunk passes all of them at once. */
export interface Stages {
  readonly arena: Arena;
  readonly framer: Framer;
  readonly stamper: Stamper;
  readonly descriptors: Descriptors;
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
  readonly report: Report;
  readonly now: () => number;
  readonly localZone: string;
  readonly undeliverable: UndeliverablePolicy;
  readonly undelivered: Undelivered;
  /** Time zones opened so far: one costs up to 12 ms, and entries share few. */
  readonly zones: Map<string, Zone>;
}

/** Throws for an entry that the compiler of the plan would not have passed. */
export function buildStages(entry: FileEntryPlan, c: StageContext): Stages {
  const { arena, kernel, report, now } = c;
  const { framing } = entry;
  const encoding = resolveEncoding(framing.encoding);
  if ('problem' in encoding) throw new Error(`${entry.pointer}: ${encoding.problem}`);
  const parser = timestampParser(entry, c);
  const text = new ChunkText();
  const framer = new Framer({
    arena, kernel, maxEventBytes: framing.maxEventBytes,
    start: startRule(entry, text, parser, c),
    source: encoding.name === 'utf-8' ? null : new DecodedLines(encoding),
  });
  const stamper = new Stamper({
    arena, text, report,
    timestamp: parser === null ? null : { parser, trim: entry.timestamp!.trim },
    filters: entry.filters.length === 0 ? null : compileFilters(entry.filters, now),
    textFramed: framing.start.kind === 'pattern' || framing.start.kind === 'timestamp',
    undeliverable: c.undeliverable,
    undelivered: c.undelivered,
    wallNow: Date.now,
    wide: encoding.unit === 2,
  });
  return { arena, framer, stamper, descriptors: c.descriptors, report, now, wallNow: Date.now, dateZone: dateZoneOf(entry, c) };
}

function dateZoneOf({ naming, pointer }: FileEntryPlan, { localZone, zones }: StageContext): Zone | null {
  if (!isDated(naming.stream)) return null;
  const name = naming.dateZone === 'Local' ? localZone : naming.dateZone;
  const zone = zones.get(name) ?? Zone.open(name);
  if (zone === null) throw new Error(`${pointer}: there is no time zone ${name}`);
  zones.set(name, zone);
  return zone;
}

function timestampParser(entry: FileEntryPlan, { localZone, zones }: StageContext): TimestampParser | null {
  if (entry.timestamp === null) return null;
  const parser = compileTimestamp(entry.timestamp.format, entry.timestamp.zone, localZone, zones);
  if ('problem' in parser) throw new Error(`${entry.pointer}: ${parser.problem}`);
  return parser;
}

function startRule(entry: FileEntryPlan, text: ChunkText, parser: TimestampParser | null, { arena, now, report }: StageContext): StartRule {
  const { start } = entry.framing;
  const begins = new Uint8Array(MAX_FRAMES);
  const rule = (find: () => void): StartRule => ({ begin: () => { text.reset(arena); find(); }, starts: (i) => begins[i] === 1 });
  switch (start.kind) {
    case 'nonspace': case 'line': return start.kind;
    case 'pattern': {
      const matcher = new Matcher(start.pattern, now);
      return rule(() => {
        matcher.matchAll(text, begins);
        if (matcher.overBudget > 1) report.trouble(`pattern ${entry.pointer}`, `${entry.pointer}: multi_line_start_pattern ${start.pattern.source} takes longer than 50 ms for a chunk; simplify it`);
      });
    }
    case 'timestamp': {
      if (parser === null) throw new Error(`${entry.pointer}: {timestamp_format} without timestamp_format`);
      return rule(() => parser.foundAll(text, begins));
    }
    default: return start satisfies never;
  }
}

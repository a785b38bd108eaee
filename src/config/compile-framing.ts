import { resolveEncoding } from '../framing/encodings.ts';
import type { FilterPlan, FramingPlan, PatternPlan, StartPlan, TimestampPlan } from '../plan.ts';
import { compilePattern, isProblem } from '../records/pattern.ts';
import { formatFault } from '../records/timestamp.ts';
import type { FileEntry } from './generated/document.generated.ts';
import { nearest } from './nearest.ts';
import type { Reporter } from './reporter.ts';

/** The word that stands for the timestamp's own pattern. */
const TIMESTAMP_START = '{timestamp_format}';
/** Patterns of the CloudWatch agent's implied rule: the first byte of a line is no white space. */
const NONSPACE_STARTS: ReadonlySet<string> = new Set([String.raw`^[\S]`, String.raw`^\S`]);
/** Patterns that every line matches, an empty one too. */
const LINE_STARTS: ReadonlySet<string> = new Set(['^', '^.*', '.*', '^.*$', '.*$']);

/** How long a held event waits for its next line: the CloudWatch agent's fixed 5 s where a pattern is configured, and 1 s where it is only implied. */
const CONFIGURED_TIMEOUT_MS = 5000;
const IMPLIED_TIMEOUT_MS = 1000;
const PARTIAL_LINE_TIMEOUT_MS = 30_000;
/** 256 KiB with the 26 bytes of overhead: the event limit of the service until 2025, and of many compatible ones. */
const DEFAULT_MAX_EVENT = 262_144;

export interface FramingLimits {
  readonly maxBatchBytes: number;
  readonly localZone: string;
}

/** Compiles patterns once each: fleets of entries share a few. */
export class PatternCompiler {
  readonly #compiled = new Map<string, ReturnType<typeof compilePattern>>();
  readonly #report: Reporter;

  constructor(report: Reporter) {
    this.#report = report;
  }

  /** The pattern, or null when it is wrong (and reported at `pointer`). */
  compile(source: string, pointer: string): PatternPlan | null {
    const compiled = this.#compiled.get(source) ?? compilePattern(source);
    this.#compiled.set(source, compiled);
    if (!isProblem(compiled)) return compiled;
    this.#report.error(pointer, compiled.problem, { expected: compiled.kind === 'syntax' ? 'an RE2 regular expression' : 'a pattern without a repetition inside a repetition of the same text' });
    return null;
  }
}

/** Zone as the plan has it, or null when there is none of that name (and it is reported). */
function zoneOf(entry: FileEntry, pointer: string, report: Reporter): string | null {
  const zone = entry.timezone ?? 'Local';
  if (zone === 'UTC') return 'UTC';
  if (zone === 'Local' || zone === 'LOCAL') return 'Local';
  try {
    void new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    report.error(`${pointer}/timezone`, `${JSON.stringify(zone)} is no time zone`, {
      expected: 'UTC, Local, or an IANA name such as Europe/Berlin',
      didYouMean: nearest(zone, ['UTC', 'Local', ...Intl.supportedValuesOf('timeZone')]),
    });
    return null;
  }
}

/** How the entry's timestamps are read; null without `timestamp_format` and `timestamp_field`. @param dated the zone says also whose dates name the stream */
export function compileTimestampPlan(entry: FileEntry, pointer: string, report: Reporter, dated = false): TimestampPlan | null {
  const format = entry.timestamp_format;
  const field = entry.timestamp_field;
  const zone = zoneOf(entry, pointer, report);
  if (format === undefined && field === undefined) {
    if (dated) report.note(pointer, 'the date in the name of its stream is that on which an event is read: the entry has no timestamp_format or timestamp_field');
    for (const key of ['timezone', 'trim_timestamp'] as const) {
      if (entry[key] !== undefined && entry[key] !== false && !(dated && key === 'timezone')) report.warning(`${pointer}/${key}`, 'has no effect without timestamp_format or timestamp_field');
    }
    return null;
  }
  if (field?.split('.').includes('') === true) report.error(`${pointer}/timestamp_field`, `${JSON.stringify(field)} has an empty name before or behind a dot`, { expected: 'names with dots between them, such as log.ts' });
  if (field !== undefined && entry.trim_timestamp === true) report.warning(`${pointer}/trim_timestamp`, 'has no effect with timestamp_field: cut out of its field, the event would be no JSON any more');
  if (zone === null) return null;
  const fault = format === undefined ? null : formatFault(format);
  if (fault !== null) {
    report.error(`${pointer}/timestamp_format`, fault, { expected: 'strptime directives such as %Y-%m-%dT%H:%M:%S.%f%z, or epoch_s, epoch_ms, epoch_us, epoch_ns' });
    return null;
  }
  return { format: format ?? null, field: field ?? null, zone, trim: field === undefined && entry.trim_timestamp === true };
}

function startOf(entry: FileEntry, pointer: string, patterns: PatternCompiler, report: Reporter): StartPlan {
  const source = entry.multi_line_start_pattern;
  const here = `${pointer}/multi_line_start_pattern`;
  if (source === undefined || NONSPACE_STARTS.has(source)) return { kind: 'nonspace' };
  if (LINE_STARTS.has(source)) return { kind: 'line' };
  if (source === TIMESTAMP_START) {
    if (entry.timestamp_format === undefined) {
      report.error(here, `${TIMESTAMP_START} stands for the timestamp, but the entry has no timestamp_format: no line would ever begin an event`, {
        expected: '"timestamp_format" beside it, or a regular expression',
      });
    } else if (entry.timestamp_field !== undefined) {
      report.error(here, `${TIMESTAMP_START} stands for a timestamp in the text, but this entry has its own in a JSON field (timestamp_field)`, { expected: 'nothing here, where each event is one line, or a regular expression' });
    }
    return { kind: 'timestamp' };
  }
  if (/^\{\w+\}$/.test(source)) report.warning(here, `${source} is taken as a regular expression: these very characters`, { didYouMean: nearest(source, [TIMESTAMP_START]) });
  const pattern = patterns.compile(source, here);
  return pattern === null ? { kind: 'nonspace' } : { kind: 'pattern', pattern };
}

/** How the entry's bytes become events. */
export function compileFraming(entry: FileEntry, pointer: string, limits: FramingLimits, patterns: PatternCompiler, report: Reporter): FramingPlan {
  let encoding = 'utf-8';
  if (entry.encoding !== undefined) {
    const resolved = resolveEncoding(entry.encoding);
    if ('problem' in resolved) report.error(`${pointer}/encoding`, resolved.problem, { expected: 'a WHATWG label or IANA name such as utf-16le, gbk, shift_jis, iso-8859-1', didYouMean: resolved.didYouMean });
    else encoding = resolved.name;
  }
  if (entry.max_event_size !== undefined && entry.max_event_size > limits.maxBatchBytes) {
    report.error(`${pointer}/max_event_size`, `an event of ${entry.max_event_size} bytes fits in no request: the largest batch has ${limits.maxBatchBytes}`, { expected: `at most ${limits.maxBatchBytes}, or a larger logs.max_batch_size` });
  }
  const implied = entry.multi_line_start_pattern === undefined ? IMPLIED_TIMEOUT_MS : CONFIGURED_TIMEOUT_MS;
  return {
    encoding,
    start: startOf(entry, pointer, patterns, report),
    multilineTimeoutMs: entry.multi_line_timeout === undefined ? implied : Math.round(entry.multi_line_timeout * 1000),
    partialLineTimeoutMs: entry.partial_line_timeout === undefined ? PARTIAL_LINE_TIMEOUT_MS : Math.round(entry.partial_line_timeout * 1000),
    maxEventBytes: maxEventBytesOf(entry.max_event_size, limits),
  };
}

/** The largest event, with its overhead. */
export const maxEventBytesOf = (configured: number | undefined, { maxBatchBytes }: Pick<FramingLimits, 'maxBatchBytes'>): number => configured ?? Math.min(DEFAULT_MAX_EVENT, maxBatchBytes);

/** The entry's filters in the order written; a wrong one is reported and left out. */
export function compileFilters(entry: Pick<FileEntry, 'filters'>, pointer: string, patterns: PatternCompiler): readonly FilterPlan[] {
  return (entry.filters ?? []).flatMap(({ type, expression }, index) => {
    const pattern = patterns.compile(expression, `${pointer}/filters/${index}/expression`);
    return pattern === null ? [] : [{ type, pattern }];
  });
}

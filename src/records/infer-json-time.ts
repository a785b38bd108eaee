import { fitsUtc, inferTimestamp } from './infer-timestamp.ts';
import { readTimes, readValues, type LineSample } from './read-times.ts';

/** The time of events that are JSON objects, told from a file's own lines. */
export interface InferredField {
  /** `timestamp_field` of the config: a path with dots. */
  readonly field: string;
  /** `timestamp_format` of the field's text, or null where it is RFC 3339 or an epoch number. */
  readonly format: string | null;
  /** `timezone` of the config: where the texts name none and the host's own does not fit, or as it was given. Else null. */
  readonly timezone: string | null;
  readonly ambiguousWith: string | null;
  /** Epoch milliseconds, or NaN, by line. */
  readonly times: readonly number[];
}

/** Lines that must be JSON objects, and objects that must have the field. */
const NEARLY_ALL = 0.9;
/** Objects inside of objects that are looked into. */
const MAX_DEPTH = 3;
/** What loggers call the time of an event, the usual names first. */
const NAMES = ['timestamp', '@timestamp', 'time', 'ts', 'datetime', 'date', 't', 'asctime', 'eventtime', 'event_time', 'created', 'created_at', 'starttime'];
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Tells which field of a file's JSON lines holds their time; null where the lines are no JSON, or have none. */
export function inferJsonTime(sample: LineSample): InferredField | null {
  const objects = sample.lines.map(objectOf);
  const present = objects.filter((value) => value !== null);
  if (present.length === 0 || present.length < NEARLY_ALL * sample.lines.filter((line) => line.trim() !== '').length) return null;
  const paths = new Map<string, number>();
  for (const value of present) {
    for (const path of timePaths(value, '', 0)) paths.set(path, (paths.get(path) ?? 0) + 1);
  }
  const usual = [...paths].filter(([, count]) => count >= NEARLY_ALL * present.length).map(([path]) => path);
  for (const field of usual.toSorted((a, b) => rank(a) - rank(b))) {
    const inferred = fieldTimes(sample, field, null, null);
    if (!('problem' in inferred)) return inferred;
  }
  return null;
}

/**
 * The times of a field, held against the lines. A format of null is told from its texts.
 * @param timezone for times that name no zone; null for the host's, or what fits the last write.
 */
export function fieldTimes(sample: LineSample, field: string, format: string | null, timezone: string | null): InferredField | { readonly problem: string } {
  const texts = sample.lines.map((line) => textAt(objectOf(line), field));
  if (format !== null) {
    const found = readTimes({ ...sample, lines: texts }, format, timezone ?? 'Local');
    return 'problem' in found ? found : { field, format, timezone, ambiguousWith: null, times: found.times };
  }
  const times = readValues(texts, sample, timezone ?? 'Local');
  if ('problem' in times) return times;
  if (texts.every((text, line) => text === '' || !Number.isNaN(times[line]!))) {
    const utc = readValues(texts, sample, 'UTC');
    const isUtc = timezone === null && !('problem' in utc) && fitsUtc(times, utc, sample.writtenAt);
    return { field, format: null, timezone: isUtc ? 'UTC' : timezone, ambiguousWith: null, times: isUtc ? utc : times };
  }
  const told = inferTimestamp({ ...sample, lines: texts });
  return told === null ? { problem: `no time is read from the field ${JSON.stringify(field)} of these lines` } : { field, format: told.format, timezone: timezone ?? told.timezone, ambiguousWith: told.ambiguousWith, times: told.found.times };
}

type JsonObject = Readonly<Record<string, unknown>>;

function objectOf(line: string): JsonObject | null {
  if (!line.trimStart().startsWith('{')) return null;
  try {
    return JSON.parse(line) as JsonObject;
  } catch {
    return null; // a line that only begins like an object
  }
}

/** Paths of the members that may be times by name or by value. */
function timePaths(value: JsonObject, prefix: string, depth: number): readonly string[] {
  return Object.entries(value).flatMap(([key, member]) => {
    const path = `${prefix}${key}`;
    if (typeof member === 'object' && member !== null && !Array.isArray(member)) return depth < MAX_DEPTH ? timePaths(member as JsonObject, `${path}.`, depth + 1) : [];
    const text = scalarText(member);
    return RFC_3339.test(text) || (NAMES.includes(key.toLowerCase()) && /\d{2}/.test(text)) ? [path] : [];
  });
}

/** Lower is likelier: a usual name, then a short way to it. */
function rank(path: string): number {
  const keys = path.split('.');
  const name = NAMES.indexOf(keys.at(-1)!.toLowerCase());
  return (name === -1 ? NAMES.length : name) + keys.length * NAMES.length;
}

const scalarText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** The value at a path, a text or number; empty where there is none. A key that has the dots itself is found too. */
function textAt(value: unknown, path: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const object = value as JsonObject;
  if (Object.hasOwn(object, path)) return scalarText(object[path]);
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const text = Object.hasOwn(object, path.slice(0, dot)) ? textAt(object[path.slice(0, dot)], path.slice(dot + 1)) : '';
    if (text !== '') return text;
  }
  return '';
}

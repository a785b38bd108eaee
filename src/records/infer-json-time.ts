import { inferTimestamp, type InferredTimestamp } from './infer-timestamp.ts';
import type { LineSample } from './read-times.ts';

/** The time of events that are JSON objects, told from a file's own lines. */
export interface InferredField {
  /** `timestamp_field` of the config: a path with dots. */
  readonly field: string;
  /** `timestamp_format` of the field's text, or null where it is RFC 3339 or an epoch number. */
  readonly format: string | null;
  readonly timezone: InferredTimestamp['timezone'];
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
const EPOCH = /^(\d{10}|\d{13}|\d{16}|\d{19})(?:\.\d+)?$/;

/** Tells which field of a file's JSON lines holds their time; null where the lines are no JSON, or have none. */
export function inferJsonTime(sample: LineSample): InferredField | null {
  const lines = sample.lines.map((line) => (line.trim() === '' ? null : objectOf(line)));
  const objects = lines.filter((value) => value !== null);
  if (objects.length === 0 || objects.length < NEARLY_ALL * sample.lines.filter((line) => line.trim() !== '').length) return null;
  const paths = new Map<string, number>();
  for (const value of objects) {
    for (const path of timePaths(value, '', 0)) paths.set(path, (paths.get(path) ?? 0) + 1);
  }
  const usual = [...paths].filter(([, count]) => count >= NEARLY_ALL * objects.length).map(([path]) => path);
  const field = usual.toSorted((a, b) => rank(a) - rank(b))[0];
  if (field === undefined) return null;
  const texts = lines.map((value) => (value === null ? '' : textAt(value, field)));
  const times = texts.map(timeOf);
  if (texts.every((text, line) => text === '' || !Number.isNaN(times[line]!))) return { field, format: null, timezone: null, ambiguousWith: null, times };
  const inferred = inferTimestamp({ ...sample, lines: texts });
  return inferred === null ? null : { field, format: inferred.format, timezone: inferred.timezone, ambiguousWith: inferred.ambiguousWith, times: inferred.found.times };
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
    if (key.includes('.')) return []; // a dot leads into an inner object
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

function textAt(value: JsonObject, path: string): string {
  let at: unknown = value;
  for (const key of path.split('.')) at = typeof at === 'object' && at !== null ? (at as JsonObject)[key] : undefined;
  return scalarText(at);
}

/** Epoch milliseconds of an RFC 3339 text, or of a number whose digits tell its unit; else NaN. */
function timeOf(text: string): number {
  if (RFC_3339.test(text)) return Date.parse(text.replace(' ', 'T').replace(',', '.'));
  const digits = EPOCH.exec(text)?.[1];
  return digits === undefined ? Number.NaN : Math.floor(Number(text) / 10 ** (digits.length - 13));
}

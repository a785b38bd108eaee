import { readTimes, type LineSample, type LineTimes } from './read-times.ts';
import { DATED_FORMS, EPOCH_FORMS, TIME_FORMS, namesZone, suffixOf } from './time-forms.ts';
import type { Zone } from './zone.ts';

/** The form of a file's timestamps, told from its own lines. */
export interface InferredTimestamp {
  /** `timestamp_format` of the config. */
  readonly format: string;
  /** Zone that fits the time of the last write where the text names none; null where the text says it, or the host's own fits. */
  readonly timezone: 'UTC' | null;
  /** A format that reads the same texts as other times (day and month swapped) which may be right as well; null where there is no doubt. */
  readonly ambiguousWith: string | null;
  readonly found: LineTimes;
}

interface Candidate {
  readonly format: string;
  readonly found: LineTimes;
  /** Lines with a plausible time. */
  readonly hits: number;
  /** Mean length of the timestamps, bytes. */
  readonly length: number;
}

const DAY_MS = 86_400_000;
/** Times further from the last write than this are numbers that only look like times: logs are seldom kept for longer. */
const OLDEST_MS = 3660 * DAY_MS;
/** How far clocks and zones may be ahead. */
const AHEAD_MS = DAY_MS;
/** Lines of one file may be this much out of order. */
const DISORDER_MS = 60_000;
/** Enough lines with a time, where there are that many lines, that it is no accident. */
const ENOUGH_HITS = 3;
/** Of neighbouring times, the share that must not run backwards. */
const RISING = 0.8;
/** Lines of which a time may begin anywhere (access logs); below it most must begin in the same column. */
const COMMON = 0.8;
/** A time of day alone ends within this many characters of its line: further on it may be a duration. */
const LEADING = 20;
/** Texts that almost all lines have. */
const NEARLY_ALL = 0.95;
/** A last time within this of the file's last write is right, whatever the zone. */
const NEAR_MS = 2 * DAY_MS;
/** A last line is written within this of the file's last change. */
const LAST_WRITE_MS = 600_000;

/**
 * Tells the timestamp format of a file from its last lines, or null when they have none. Each usual form is tried with
 * the real parser; one counts when its times are plausible, do not run backwards, and stand where a log has them.
 */
export function inferTimestamp(sample: LineSample): InferredTimestamp | null {
  const zones = new Map<string, Zone>();
  const best = bestOf(DATED_FORMS, sample, zones) ?? bestOf(TIME_FORMS, leading(sample), zones) ?? bestOf(EPOCH_FORMS, sample, zones);
  if (best === null) return null;
  const { format, found } = withSuffix(best.candidate, sample, zones);
  const timezone = zoneOf(format, found, sample, zones);
  const inZone = timezone === null ? found : readTimes(sample, format, timezone, zones);
  if ('problem' in inZone) return null;
  const suffix = format.slice(best.candidate.format.length);
  return { format, timezone, ambiguousWith: best.rival === null ? null : best.rival + suffix, found: inZone };
}

/** The beginnings of the lines alone. */
const leading = (sample: LineSample): LineSample => ({ ...sample, lines: sample.lines.map((line) => line.slice(0, LEADING)) });

/** A form, and another one that reads the same texts as other times that may be right as well. */
interface Choice { readonly candidate: Candidate; readonly rival: string | null }

/**
 * Of the forms that find something in nearly as many lines as any, the one with the longest text. Where several read the same
 * text (day and month), the one whose last time is nearest to the file's last write.
 */
function bestOf(forms: readonly string[], sample: LineSample, zones: Map<string, Zone>): Choice | null {
  const candidates = forms.map((form) => candidateOf(form, sample, zones)).filter((candidate) => candidate !== null);
  const most = Math.max(0, ...candidates.map(({ hits }) => hits));
  const frequent = candidates.filter(({ hits }) => hits >= NEARLY_ALL * most);
  const longest = Math.max(0, ...frequent.map(({ length }) => length));
  const [candidate, next] = frequent.filter(({ length }) => length > longest - 1).toSorted((a, b) => distance(a.found, sample) - distance(b.found, sample));
  if (candidate === undefined) return null;
  const certain = next === undefined || (distance(candidate.found, sample) <= NEAR_MS && distance(next.found, sample) > NEAR_MS);
  return { candidate, rival: certain ? null : next.format };
}

/** What a form finds, or null when that does not look like the timestamps of a log. */
function candidateOf(format: string, sample: LineSample, zones: Map<string, Zone>): Candidate | null {
  const found = readTimes(sample, format, 'Local', zones);
  if ('problem' in found) return null;
  const hits = found.times.flatMap((time, line) => (isPlausible(time, sample.writtenAt) ? line : []));
  const lines = sample.lines.filter((line) => line.trim() !== '').length;
  if (hits.length < Math.min(ENOUGH_HITS, lines) || hits.length === 0) return null;
  if (hits.length < COMMON * lines && !sameColumn(hits.map((line) => found.starts[line]!))) return null;
  if (!rises(hits.map((line) => found.times[line]!))) return null;
  const length = hits.reduce((sum, line) => sum + found.ends[line]! - found.starts[line]!, 0) / hits.length;
  return { format, found, hits: hits.length, length };
}

const isPlausible = (time: number, writtenAt: number): boolean => time >= writtenAt - OLDEST_MS && time <= writtenAt + AHEAD_MS;

function sameColumn(starts: readonly number[]): boolean {
  const counts = new Map<number, number>();
  for (const start of starts) counts.set(start, (counts.get(start) ?? 0) + 1);
  return Math.max(...counts.values()) >= COMMON * starts.length;
}

function rises(times: readonly number[]): boolean {
  const backwards = times.filter((time, i) => i > 0 && time < times[i - 1]! - DISORDER_MS).length;
  return times.length < 2 || backwards <= (1 - RISING) * (times.length - 1);
}

/** Milliseconds between the last of the times and the last write. */
function distance({ times }: Pick<LineTimes, 'times'>, { writtenAt }: Pick<LineSample, 'writtenAt'>): number {
  return Math.abs((times.findLast((time) => !Number.isNaN(time)) ?? Number.NaN) - writtenAt);
}

/** Whether the last time fits the last write (epoch milliseconds) when it is read as UTC, and not when it is read in the host's zone. */
export function fitsUtc(local: readonly number[], utc: readonly number[], writtenAt: number): boolean {
  return distance({ times: local }, { writtenAt }) > LAST_WRITE_MS && distance({ times: utc }, { writtenAt }) <= LAST_WRITE_MS;
}

/** The form with the fraction and zone that stand behind it in nearly all lines. */
function withSuffix(core: Candidate, sample: LineSample, zones: Map<string, Zone>): Candidate {
  if (namesZone(core.format)) return core;
  const counts = new Map<string, number>();
  for (const [line, end] of core.found.ends.entries()) {
    if (end === -1) continue;
    const suffix = suffixOf(Buffer.from(sample.lines[line]!).toString('utf8', end));
    counts.set(suffix, (counts.get(suffix) ?? 0) + 1);
  }
  const [suffix, count] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ['', 0] as [string, number]);
  if (suffix === '' || count < NEARLY_ALL * core.hits) return core;
  return candidateOf(core.format + suffix, sample, zones) ?? core;
}

function zoneOf(format: string, found: LineTimes, sample: LineSample, zones: Map<string, Zone>): 'UTC' | null {
  if (namesZone(format)) return null;
  const utc = readTimes(sample, format, 'UTC', zones);
  return !('problem' in utc) && fitsUtc(found.times, utc.times, sample.writtenAt) ? 'UTC' : null;
}

import { EpochParser, isEpochFormat } from './epoch.ts';
import type { EpochFormat } from './epoch.ts';
import { ByteLayout } from './layout-bytes.ts';
import { noteSpan } from './spans.ts';
import { StampFields } from './stamp-fields.ts';
import { compileLayout } from './strptime.ts';
import { Window } from './window.ts';
import { Zone } from './zone.ts';
import type { ChunkText } from './chunk-text.ts';
import type { Spans } from './spans.ts';
import type { Layout } from './strptime.ts';

/** Reads the times of one file's events. It remembers the last one, so each file has its own. */
export interface TimestampReader {
  /** The last time read (epoch ms, NaN for none). */
  previous: number;
  /** A reader of the same kind without this one's memory. */
  fork(): TimestampReader;
  /**
   * Sets the time of each frame, NaN where there is none, and if asked where it stood.
   * @param reference epoch ms near which texts without year or date lie: the file's mtime, or now.
   */
  parseAll(text: ChunkText, reference: number, spans: Spans | null): void;
}

/** Reads the time in one text. */
export interface ValueReader {
  previous: number;
  fork(): ValueReader;
  /** Epoch milliseconds of the first time in bytes[from, to), or NaN. */
  parse(bytes: Buffer, from: number, to: number, reference: number): number;
}

/** A reader of texts of one form, which can also tell which frames have one. */
export interface FormatReader extends TimestampReader, ValueReader {
  fork(): FormatReader;
  foundAll(text: ChunkText, out: Uint8Array): void;
}

/** What is wrong with a format that `compileFormat` is to be given, or null. Makes nothing that only a reader needs, most of the work. */
export function formatFault(format: string): string | null {
  const layout = layoutOf(format);
  return typeof layout === 'object' && 'problem' in layout ? layout.problem : null;
}

function layoutOf(format: string): EpochFormat | Layout | { readonly problem: string } {
  if (isEpochFormat(format)) return format;
  if (/^epoch/i.test(format)) return { problem: `${JSON.stringify(format)} is no format of a number; write epoch_s, epoch_ms, epoch_us or epoch_ns` };
  return compileLayout(format);
}

/** As `compileTimestamp`, for numbers since 1970 (`epoch_ms` …) too. */
export function compileFormat(format: string, zone: string, localZone: string, zones?: Map<string, Zone>): FormatReader | { readonly problem: string } {
  const layout = layoutOf(format);
  return typeof layout === 'string' ? new EpochParser(layout) : parserOf(layout, zone, localZone, zones);
}

/** The zone of a name; `Local` stands for the host's. */
export function openZone(zone: string, localZone: string, zones: Map<string, Zone>): Zone | { readonly problem: string } {
  const name = zone === 'Local' || zone === 'LOCAL' ? localZone : zone;
  const opened = zones.get(name) ?? Zone.open(name);
  if (opened === null) return { problem: `unknown time zone "${name}"; write UTC, Local or an IANA name such as Europe/Berlin` };
  zones.set(name, opened);
  return opened;
}

/**
 * Compiles a timestamp format.
 * @param format strptime directives; all else is literal. See `compileLayout` for the directives.
 * @param zone `UTC`, `Local` or an IANA name: for timestamps that name no zone, or one that nobody knows.
 * @param localZone IANA name of the host's zone, for `Local`.
 * @param zones zones opened before, by name: opening one takes about a millisecond, so callers with many formats keep them.
 */
export function compileTimestamp(format: string, zone: string, localZone: string, zones?: Map<string, Zone>): TimestampParser | { readonly problem: string } {
  return parserOf(compileLayout(format), zone, localZone, zones);
}

function parserOf(layout: Layout | { readonly problem: string }, zone: string, localZone: string, zones: Map<string, Zone> = new Map()): TimestampParser | { readonly problem: string } {
  if ('problem' in layout) return layout;
  const opened = openZone(zone, localZone, zones);
  if ('problem' in opened) return opened;
  return new TimestampParser(layout, layout.deterministic ? Window.of(layout.steps) : null, opened);
}

/**
 * Finds and reads timestamps of one format. What is found is the first text that has the format and is a time: 13 as a
 * month is passed over. It remembers the last time it read, which decides an hour that occurs twice (see Zone), so each
 * file has its own parser: `fork`.
 *
 * A date without its year lies in the latest year that is not more than a day ahead of `reference`; a time of day
 * without a date lies on the reference's day, or on the day before if that were more than two hours ahead.
 */
export class TimestampParser implements FormatReader {
  readonly #layout: Layout;
  readonly #window: Window | null;
  readonly #zone: Zone;
  readonly #fields = new StampFields();
  readonly #bytes: ByteLayout | null;
  readonly #pattern: RegExp;
  #previous = Number.NaN;
  #version = -1;
  #searchedFrom = Infinity;
  /** Beginning of the next match at or after #searchedFrom in the text of #version. */
  #next = 0;
  /** Place of the last timestamp found by `parse`, as indices of its bytes. */
  matchFrom = -1;
  matchTo = -1;

  /** @param window where to look for the format in bytes, or null to read it by its regular expression. */
  constructor(layout: Layout, window: Window | null, zone: Zone) {
    this.#layout = layout;
    this.#window = window;
    this.#zone = zone;
    this.#bytes = window === null ? null : new ByteLayout(layout.steps, window, this.#fields);
    this.#pattern = new RegExp(layout.pattern, 'g');
  }

  /** A parser of the same format without this one's memory. Cheap: they share the rest. */
  fork(): TimestampParser {
    return new TimestampParser(this.#layout, this.#window, this.#zone);
  }

  /** The last time read (epoch ms, NaN for none), for a parser that goes on after a restart. */
  get previous(): number { return this.#previous; }
  set previous(time: number) { this.#previous = time; }

  /**
   * Epoch milliseconds of the first timestamp in bytes[from, to), or NaN.
   * @param reference epoch ms near which texts without year or date lie: the file's mtime, or now.
   */
  parse(bytes: Buffer, from: number, to: number, reference: number): number {
    if (this.#bytes === null) return this.#parseText(bytes.toString('latin1', from, to), from, reference);
    for (let start = this.#bytes.find(bytes, from, to); start !== -1; start = this.#bytes.find(bytes, start + 1, to)) {
      const time = this.#fields.resolve(this.#zone, reference, this.#previous);
      if (Number.isNaN(time)) continue;
      this.matchFrom = start;
      this.matchTo = this.#bytes.end;
      this.#previous = time;
      return time;
    }
    return Number.NaN;
  }

  /** Whether bytes[from, to) contain a text of this format, be it a time or not: begins an event under `{timestamp_format}`. */
  found(bytes: Buffer, from: number, to: number): boolean {
    if (this.#bytes !== null) return this.#bytes.find(bytes, from, to) !== -1;
    this.#pattern.lastIndex = 0;
    return this.#pattern.test(bytes.toString('latin1', from, to));
  }

  /** `parse` for each frame: sets `frames.time` (NaN where there is none) and, if asked, where it stood. */
  parseAll(text: ChunkText, reference: number, spans: Spans | null): void {
    const { bytes, from, to, time, count } = text.frames;
    for (let i = 0; i < count; i++) {
      time[i] = this.#bytes === null && this.#isAbsent(text, from[i]!, to[i]!) ? Number.NaN : this.parse(bytes, from[i]!, to[i]!, reference);
      if (spans !== null) noteSpan(spans, i, time[i]!, this.matchFrom, this.matchTo);
    }
  }

  /** `found` for each frame. */
  foundAll(text: ChunkText, out: Uint8Array): void {
    const { bytes, from, to, count } = text.frames;
    for (let i = 0; i < count; i++) {
      const absent = this.#bytes === null && this.#isAbsent(text, from[i]!, to[i]!);
      out[i] = !absent && this.found(bytes, from[i]!, to[i]!) ? 1 : 0;
    }
  }

  #parseText(text: string, shift: number, reference: number): number {
    const pattern = this.#pattern;
    const fields = this.#fields;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      let group = 1;
      for (const step of this.#layout.steps) {
        if (step.kind === 'digits') fields.takeDigits(step.field, Number(match[group++]));
        else if (step.kind !== 'literal') fields.takeText(step.kind, match[group++]!);
      }
      const time = fields.resolve(this.#zone, reference, this.#previous);
      if (!Number.isNaN(time)) {
        this.matchFrom = shift + match.index;
        this.matchTo = this.matchFrom + match[0].length;
        this.#previous = time;
        return time;
      }
      pattern.lastIndex = match.index + 1;
    }
    return Number.NaN;
  }

  /** Whether a search through the whole chunk shows that nothing of this format begins in the frame. */
  #isAbsent(text: ChunkText, from: number, to: number): boolean {
    if (!text.beginsAtBreak(from) || !text.endsAtBreak(to)) return false;
    if (text.version !== this.#version || from < this.#searchedFrom || this.#next < from) {
      this.#version = text.version;
      this.#searchedFrom = from;
      this.#pattern.lastIndex = from - text.base;
      this.#next = text.base + (this.#pattern.exec(text.latin1)?.index ?? Infinity);
    }
    return this.#next >= to;
  }
}

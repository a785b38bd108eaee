import { MAX_AGE_MS, MAX_AHEAD_MS } from '../batching/limits.ts';
import type { Undelivered } from '../delivery/lane.ts';
import type { Destination } from '../flow.ts';
import type { Framer } from '../framing/framer.ts';
import { MAX_FRAMES } from '../kernel/arena.ts';
import type { Arena } from '../kernel/arena.ts';
import type { UndeliverablePolicy } from '../plan.ts';
import type { ChunkText } from '../records/chunk-text.ts';
import type { Filters } from '../records/filter.ts';
import type { Redaction } from '../records/redact/redaction.ts';
import type { Spans, TimestampReader } from '../records/timestamp.ts';
import { trimTimestamps } from '../records/trim.ts';
import type { Report } from '../report/report.ts';

/** In a split mark: the message's first piece was filtered out, so the others are too. */
export const DROPPED_TIME = -1;

export interface StamperOptions {
  readonly arena: Arena;
  readonly text: ChunkText;
  /** Null: events carry the time at which they were read. */
  readonly timestamp: { readonly parser: TimestampReader; readonly trim: boolean } | null;
  /** Null: nothing is filtered. */
  readonly filters: Filters | null;
  /** Null: events are sent as they are. */
  readonly redaction: Redaction | null;
  /** The framer has made `text` of the chunk's lines already. */
  readonly textFramed: boolean;
  readonly undeliverable: UndeliverablePolicy;
  readonly undelivered: Undelivered;
  readonly report: Report;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** The encoding has code units of two bytes: NULs are part of the text. */
  readonly wide: boolean;
}

/** The file a chunk comes from, as far as its records need it. */
export interface StampedFile {
  readonly path: string;
  readonly mtimeMs: number;
  readonly parser: TimestampReader | null;
  readonly lane: { readonly destination: Destination };
}

/** Gives every frame of a chunk its time and takes out the frames that are not to be sent: times, trim, filters, redaction, age. */
export class Stamper {
  readonly #o: StamperOptions;
  readonly #spans: Spans | null;
  readonly #keep = new Uint8Array(MAX_FRAMES);
  /** The latest time stamped at reading: a clock that is set back a little must not turn a stream back. */
  #readTime = 0;
  /** Of the chunk: what was dropped for its age, which has counters of its own. */
  #aged = 0;
  #agedBytes = 0;
  /** Time of the message that goes on after the chunk, or DROPPED_TIME. */
  openTime = 0;

  constructor(options: StamperOptions) {
    this.#o = options;
    this.#spans = options.timestamp?.trim === true ? { from: new Int32Array(MAX_FRAMES), to: new Int32Array(MAX_FRAMES) } : null;
  }

  get wide(): boolean { return this.#o.wide; }
  newParser(): TimestampReader | null { return this.#o.timestamp?.parser.fork() ?? null; }

  /** @param splitTime time of the message that the first frame continues, DROPPED_TIME, or null. */
  stamp(framer: Framer, file: StampedFile, splitTime: number | null): void {
    const { arena, timestamp, filters, redaction, text } = this.#o;
    if (arena.count === 0) return;
    this.#aged = this.#agedBytes = 0;
    const now = this.#o.wallNow();
    this.#readTime = now < this.#readTime && this.#readTime - now <= CLOCK_STEP_MS ? this.#readTime : now;
    if (timestamp === null) arena.time.fill(this.#readTime, 0, arena.count);
    if (timestamp !== null || filters !== null || redaction !== null) {
      if (this.#o.textFramed && !framer.hasPieces && !framer.dirty) text.reframe(arena);
      else text.reset(arena);
    }
    if (timestamp !== null && file.parser !== null) this.#parse(file.parser, file, framer);
    let dropping = splitTime === DROPPED_TIME || filters !== null || timestamp !== null;
    if (framer.hasPieces) this.#spreadTimes(framer, splitTime);
    if (dropping) {
      this.#keep.fill(1, 0, arena.count);
      if (filters !== null) {
        filters.narrow(text, this.#keep);
        const slow = filters.overBudget.findIndex((times) => times > 1);
        if (slow !== -1) this.#o.report.trouble(`filter ${slow} ${file.path}`, `${file.path}: filter ${slow + 1} of its entry takes longer than 50 ms for a chunk; simplify its expression`);
      }
      if (framer.hasPieces) this.#spreadVerdicts(framer, splitTime);
    }
    // Before the age is judged: what is too old goes to a file of our own.
    if (redaction !== null) this.#redact(redaction, dropping ? this.#keep : null, file);
    if (dropping) {
      if (timestamp !== null) this.#judgeAge(file);
      dropping = this.#keep.subarray(0, arena.count).includes(0);
    }
    const last = arena.count - 1;
    this.openTime = dropping && this.#keep[last] === 0 ? DROPPED_TIME : arena.time[last]!;
    if (dropping) this.#compact(framer);
  }

  #parse(parser: TimestampReader, file: StampedFile, framer: Framer): void {
    const { hasPieces, continues } = framer;
    const { arena, text, report } = this.#o;
    const before = parser.previous;
    let untimed = 0;
    // Backlog is read long after it was written: its year and day lie near the file's own time.
    const reference = file.mtimeMs > 0 ? Math.min(this.#readTime, file.mtimeMs) : this.#readTime;
    parser.parseAll(text, reference, this.#spans);
    let last = Number.isNaN(before) ? this.#readTime : before;
    for (let i = 0; i < arena.count; i++) {
      const time = arena.time[i]!;
      // Without a time of its own an event has the last one seen before it, as with the CloudWatch agent.
      if (Number.isNaN(time)) {
        arena.time[i] = last;
        if (!hasPieces || continues[i] === 0) untimed++;
      } else { last = Math.floor(time); arena.time[i] = last; }
    }
    if (untimed > 0) report.untimed(untimed, file.path);
    if (this.#spans !== null && trimTimestamps(arena, this.#spans)) {
      framer.soil();
      text.reset(arena);
    }
  }

  #redact(redaction: Redaction, keep: Uint8Array | null, file: StampedFile): void {
    const { arena, text, report } = this.#o;
    for (const [kind, replacements] of redaction.redact(text, keep, arena)) report.redacted(kind, replacements);
    if (redaction.slow) report.trouble(`redact ${file.path}`, `${file.path}: an own pattern of its entry's redact takes longer than 50 ms for a chunk; simplify it`);
  }

  #spreadTimes({ continues }: Framer, splitTime: number | null): void {
    const { time, count } = this.#o.arena;
    for (let i = 0; i < count; i++) {
      if (continues[i] === 0) continue;
      if (i > 0) time[i] = time[i - 1]!;
      else if (splitTime !== null && splitTime !== DROPPED_TIME) time[0] = splitTime;
    }
  }

  #spreadVerdicts({ continues }: Framer, splitTime: number | null): void {
    const { count } = this.#o.arena;
    for (let i = 0; i < count; i++) {
      if (continues[i] === 0) continue;
      this.#keep[i] = i > 0 ? this.#keep[i - 1]! : splitTime === DROPPED_TIME ? 0 : 1;
    }
  }

  #judgeAge(file: StampedFile): void {
    const { arena, undeliverable, undelivered, report } = this.#o;
    const now = this.#o.wallNow();
    const oldest = now - MAX_AGE_MS;
    const newest = now + MAX_AHEAD_MS;
    const { group, stream } = file.lane.destination;
    let clamped = 0;
    let [olds, oldBytes, news, newBytes] = [0, 0, 0, 0];
    for (let i = 0; i < arena.count; i++) {
      const time = arena.time[i]!;
      if (time >= oldest && time <= newest) continue;
      if (this.#keep[i] === 0) continue;
      if (undeliverable === 'clamp') {
        arena.time[i] = time < oldest ? oldest + CLAMP_MARGIN_MS : now;
        clamped++;
        continue;
      }
      this.#keep[i] = 0;
      const from = arena.from[i]!;
      const to = arena.to[i]!;
      const length = to - from;
      if (time < oldest) { olds++; oldBytes += length; } else { news++; newBytes += length; }
      undelivered.add({ group, stream, file: file.path, reason: time < oldest ? 'older than 14 days' : 'more than two hours in the future', timestamp: time, message: arena.bytes.toString('utf8', from, to) });
    }
    this.#aged += olds + news;
    this.#agedBytes += oldBytes + newBytes;
    if (olds > 0) report.dropped('too-old', olds, oldBytes, file.path);
    if (news > 0) report.dropped('too-new', news, newBytes, file.path);
    if (clamped > 0) report.clamped(clamped, file.path);
  }

  #compact({ continues }: Framer): void {
    const { arena, report } = this.#o;
    let kept = 0;
    let bytes = 0;
    for (let i = 0; i < arena.count; i++) {
      if (this.#keep[i] === 0) { bytes += arena.to[i]! - arena.from[i]!; continue; }
      if (kept !== i) {
        arena.from[kept] = arena.from[i]!;
        arena.to[kept] = arena.to[i]!;
        arena.end[kept] = arena.end[i]!;
        arena.time[kept] = arena.time[i]!;
        continues[kept] = continues[i]!;
      }
      kept++;
    }
    const filtered = arena.count - kept - this.#aged;
    if (this.#o.filters !== null && filtered > 0) report.dropped('filtered', filtered, bytes - this.#agedBytes, null);
    arena.count = kept;
  }
}

/**
 * A clock set back by more than this was wrong before: the corrected time is taken, or the stream would carry the wrong
 * one until the clock has caught up, and from two hours on the service would refuse it.
 */
const CLOCK_STEP_MS = 60_000;
/** A clamped event must still be young enough when it arrives. */
const CLAMP_MARGIN_MS = 600_000;

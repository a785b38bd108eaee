import { MAX_AGE_MS, MAX_AHEAD_MS } from '../batching/limits.ts';
import type { Undelivered } from '../delivery/lane.ts';
import type { Framer } from '../framing/framer.ts';
import type { Arena } from '../kernel/arena.ts';
import type { UndeliverablePolicy } from '../plan.ts';
import type { ChunkText } from '../records/chunk-text.ts';
import type { Filters } from '../records/filter.ts';
import type { Redaction } from '../records/redact/redaction.ts';
import type { Spans } from '../records/spans.ts';
import type { TimestampReader } from '../records/timestamp.ts';
import { trimTimestamps } from '../records/trim.ts';
import type { Loss, Report } from '../report/report.ts';
import type { Outlet } from './outlet.ts';

/** What the service says to an event's time. */
const AGE = { fits: 0, old: 1, ahead: 2, clamped: 3 } as const;

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
  /** Its files are the spool's. */
  readonly spooled?: boolean;
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

/** Who has cut the arena's frames, as far as stamping needs it: a Framer, or what makes whole messages itself. */
export type Cut = Pick<Framer, 'hasPieces' | 'continues' | 'dirty' | 'shorten' | 'soil'>;

/** The file a chunk comes from, as far as its records need it. */
export interface StampedFile {
  readonly path: string;
  readonly mtimeMs: number;
  readonly parser: TimestampReader | null;
  readonly outlet: Pick<Outlet, 'destinationAt' | 'admit'>;
  /** Told of what is left out of the chunk. */
  lost(loss: Loss): void;
}

/** Gives every frame of a chunk its time and takes out the frames that are not to be sent: times, trim, filters, redaction, age. */
export class Stamper {
  readonly #o: StamperOptions;
  readonly #spans: Spans | null;
  readonly #keep: Uint8Array;
  readonly #untimed: Uint8Array;
  #anyUntimed = false;
  readonly #age: Uint8Array;
  /** The latest time stamped at reading: a clock that is set back a little must not turn a stream back. */
  #readTime = 0;
  /** Of the chunk: what was dropped for its age, which has counters of its own. */
  #aged = 0;
  #agedBytes = 0;
  /** Time of the message that goes on after the chunk, or DROPPED_TIME. */
  openTime = 0;

  constructor(options: StamperOptions) {
    this.#o = options;
    const { keep, untimed, age, spans } = options.arena.scratch;
    this.#keep = keep;
    this.#untimed = untimed;
    this.#age = age;
    this.#spans = options.timestamp?.trim === true ? spans : null;
  }

  get wide(): boolean { return this.#o.wide; }
  newParser(): TimestampReader | null { return this.#o.timestamp?.parser.fork() ?? null; }

  /**
   * False: the outlet cannot take all of the frames now, and the framer was told to take back the others.
   * @param splitTime time of the message that the first frame continues, DROPPED_TIME, or null.
   */
  stamp(framer: Cut, file: StampedFile, splitTime: number | null): boolean {
    const { arena, timestamp, filters, redaction, text } = this.#o;
    if (arena.count === 0) return true;
    this.#aged = this.#agedBytes = 0;
    const now = this.#o.wallNow();
    this.#readTime = now < this.#readTime && this.#readTime - now <= CLOCK_STEP_MS ? this.#readTime : now;
    if (timestamp === null) arena.time.fill(this.#readTime, 0, arena.count);
    if (timestamp !== null || filters !== null || redaction !== null) {
      if (this.#o.textFramed && !framer.hasPieces && !framer.dirty) text.reframe(arena);
      else text.reset(arena);
    }
    const previous = file.parser?.previous ?? Number.NaN;
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
    const aged = timestamp !== null && this.#judgeAge(now);
    // Nothing was counted yet: what is taken back now is stamped again.
    const { count } = arena;
    const taken = file.outlet.admit(aged ? this.#wanted() : dropping ? this.#keep : null);
    if (taken < count) {
      if (file.parser !== null) file.parser.previous = this.#lastTime(taken, previous);
      framer.shorten(taken);
      if (taken === 0) return false;
    }
    if (timestamp !== null && this.#anyUntimed) this.#countUntimed(framer, file);
    // Before what is too old goes to a file of our own.
    if (redaction !== null) this.#redact(redaction, dropping ? this.#keep : null, file);
    if (aged) this.#dropAged(file);
    dropping &&= this.#keep.subarray(0, arena.count).includes(0);
    const last = arena.count - 1;
    this.openTime = dropping && this.#keep[last] === 0 ? DROPPED_TIME : arena.time[last]!;
    if (dropping) this.#compact(framer, file);
    return taken === count;
  }

  #parse(parser: TimestampReader, file: StampedFile, framer: Cut): void {
    const { arena, text } = this.#o;
    const before = parser.previous;
    this.#untimed.fill(0, 0, arena.count);
    this.#anyUntimed = false;
    // Backlog is read long after it was written: its year and day lie near the file's own time.
    const reference = file.mtimeMs > 0 ? Math.min(this.#readTime, file.mtimeMs) : this.#readTime;
    parser.parseAll(text, reference, this.#spans);
    let last = Number.isNaN(before) ? this.#readTime : before;
    for (let i = 0; i < arena.count; i++) {
      const time = arena.time[i]!;
      // Without a time of its own an event has the last one seen before it, as with the CloudWatch agent.
      if (Number.isNaN(time)) {
        arena.time[i] = last;
        this.#untimed[i] = 1;
        this.#anyUntimed = true;
      } else { last = Math.floor(time); arena.time[i] = last; }
    }
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

  /** The last time read in the first `count` frames; `previous` if there is none. */
  #lastTime(count: number, previous: number): number {
    const last = this.#untimed.subarray(0, count).lastIndexOf(0);
    return last < 0 ? previous : this.#o.arena.time[last]!;
  }

  #countUntimed({ hasPieces, continues }: Cut, file: StampedFile): void {
    const { arena, report, spooled = false } = this.#o;
    let untimed = 0;
    for (let i = 0; i < arena.count; i++) if (this.#untimed[i] === 1 && (!hasPieces || continues[i] === 0)) untimed++;
    if (untimed > 0) report.untimed(untimed, file.path, spooled ? file.outlet.destinationAt(0) : null);
  }

  #spreadTimes({ continues }: Cut, splitTime: number | null): void {
    const { time, count } = this.#o.arena;
    for (let i = 0; i < count; i++) {
      if (continues[i] === 0) continue;
      if (i > 0) time[i] = time[i - 1]!;
      else if (splitTime !== null && splitTime !== DROPPED_TIME) time[0] = splitTime;
    }
  }

  #spreadVerdicts({ continues }: Cut, splitTime: number | null): void {
    const { count } = this.#o.arena;
    for (let i = 0; i < count; i++) {
      if (continues[i] === 0) continue;
      this.#keep[i] = i > 0 ? this.#keep[i - 1]! : splitTime === DROPPED_TIME ? 0 : 1;
    }
  }

  /** Finds what the service would not store for its time, and clamps it if that is the policy; false if there is none. */
  #judgeAge(now: number): boolean {
    const { arena, undeliverable } = this.#o;
    const oldest = now - MAX_AGE_MS;
    const newest = now + MAX_AHEAD_MS;
    let found = false;
    for (let i = 0; i < arena.count; i++) {
      const time = arena.time[i]!;
      if (time >= oldest && time <= newest) continue;
      if (this.#keep[i] === 0) continue;
      if (!found) this.#age.fill(AGE.fits, 0, arena.count);
      found = true;
      const old = time < oldest;
      if (undeliverable === 'clamp') {
        arena.time[i] = old ? oldest + CLAMP_MARGIN_MS : now;
        this.#age[i] = AGE.clamped;
      } else this.#age[i] = old ? AGE.old : AGE.ahead;
    }
    return found;
  }

  /** 0 for each frame that was filtered out, or is too old or too new. */
  #wanted(): Uint8Array {
    return this.#keep.slice(0, this.#o.arena.count).map((kept, i) => this.#isDropped(i) ? 0 : kept);
  }

  #isDropped(frame: number): boolean { return this.#age[frame] === AGE.old || this.#age[frame] === AGE.ahead; }

  /** Counts what judgeAge found, and takes it out into quarantine unless it was clamped. */
  #dropAged(file: StampedFile): void {
    const { arena, undelivered, report } = this.#o;
    let clamped = 0;
    let [olds, oldBytes, news, newBytes] = [0, 0, 0, 0];
    for (let i = 0; i < arena.count; i++) {
      if (this.#age[i] === AGE.clamped) clamped++;
      if (!this.#isDropped(i)) continue;
      this.#keep[i] = 0;
      const old = this.#age[i] === AGE.old;
      const from = arena.from[i]!;
      const to = arena.to[i]!;
      const length = to - from;
      if (old) { olds++; oldBytes += length; } else { news++; newBytes += length; }
      const timestamp = arena.time[i]!;
      const { group, stream, service } = file.outlet.destinationAt(timestamp);
      undelivered.add({ group, stream, ...(service.label === null ? {} : { service: service.label }), file: file.path, reason: old ? 'older than 14 days' : 'more than two hours in the future', timestamp, message: arena.bytes.toString('utf8', from, to) });
    }
    this.#aged += olds + news;
    this.#agedBytes += oldBytes + newBytes;
    if (olds > 0) this.#drop(file, { reason: 'too-old', events: olds, bytes: oldBytes }, file.path);
    if (news > 0) this.#drop(file, { reason: 'too-new', events: news, bytes: newBytes }, file.path);
    if (clamped > 0) report.clamped(clamped, file.path);
  }

  #compact({ continues }: Cut, file: StampedFile): void {
    const { arena } = this.#o;
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
    if (this.#o.filters !== null && filtered > 0) this.#drop(file, { reason: 'filtered', events: filtered, bytes: bytes - this.#agedBytes }, null);
    arena.count = kept;
  }

  #drop(file: StampedFile, loss: Loss, path: string | null): void {
    this.#o.report.dropped(loss.reason, loss.events, loss.bytes, path);
    file.lost(loss);
  }
}

/**
 * A clock set back by more than this was wrong before: the corrected time is taken, or the stream would carry the wrong
 * one until the clock has caught up, and from two hours on the service would refuse it.
 */
const CLOCK_STEP_MS = 60_000;
/** A clamped event must still be young enough when it arrives. */
const CLAMP_MARGIN_MS = 600_000;

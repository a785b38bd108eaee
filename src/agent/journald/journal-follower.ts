import { setTimeout as sleep } from 'node:timers/promises';
import { entriesBetween, isSameEntry, timeOf } from '../../journald/cursor.ts';
import type { JournalEntry } from '../../journald/export-entries.ts';
import { NO_PROGRAM, findJournalctl, firstEntry, startJournalctl } from '../../journald/journal-program.ts';
import type { RunEnd } from '../../journald/journal-program.ts';
import { entryArgs, journalFault, seesPartOnly } from '../../journald/journalctl.ts';
import type { Lifetime } from '../../lifecycle/lifetime.ts';
import type { Report } from '../../report/report.ts';
import { Beat } from '../beat.ts';
import { isIdle } from '../follow.ts';
import { answerOf, readJournal } from './journal-reading.ts';
import type { Awaited, ReadingContext, Wait } from './journal-reading.ts';

/** A journal that cannot be read is tried again after this, then after twice as long, up to the second. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** systemd may end journalctl before the agent hears of the stop: that is no fault to speak of. */
const STOP_COMES_MS = 200;
/** Where nothing is waited for, whether all is acknowledged is asked this often. */
const ASK_MS = 20;
/** There, a journal is given up after so many failures in a row: journalctl may have been ended by chance. */
const TRIES = 2;

export interface FollowerContext extends Omit<ReadingContext, 'wait'> {
  readonly report: Report;
  /** Name of the user the agent runs as. */
  readonly user: string;
  /** Everything that exists is to be sent now, and nothing followed. */
  readonly hurry: () => boolean;
}

/**
 * Reads the journal through journalctl, in sessions:
 *
 *     is the entry of the position still there? ─► newest entry ─► read to the end ─► position there ─► follow
 *              └ no: a gap, counted
 *
 * A session ends when journalctl does, when what was read is to be read again, when there is no room for long, and when nothing
 * came for long; the next one goes on behind the last entry that was handed on. So it can be begun anew at any time.
 */
export class JournalFollower {
  readonly #c: FollowerContext;
  readonly #beat = new Beat();
  /** Null: it is at work. */
  #awaited: Awaited | null = null;
  /** Ends the session under way. */
  #over = new AbortController();
  /** Position whose gap is counted. */
  #countedGap: string | null = null;
  #reachedEnd = false;
  #failures = 0;
  gaps = 0;
  /** Why the journal cannot be read now, or null. */
  lastError: string | null = null;
  /** Why only a part of it can be read, or null. */
  partError: string | null = null;

  constructor(context: FollowerContext) { this.#c = context; }

  /** Everything that was there when it was last looked at the end is handed on. */
  get isAtEnd(): boolean { return this.#reachedEnd; }

  /** It cannot be read, and nobody waits until it can. */
  get isGivenUp(): boolean { return this.#failures >= TRIES && this.#c.hurry(); }

  /** Everything that is in the journal is read and acknowledged, as far as is known. */
  get caughtUp(): boolean { return this.#reachedEnd && this.#c.source.settled; }

  /** Grows with each turn it makes. */
  get turns(): number { return this.#beat.turns; }
  /** It waits for nothing, or for what is there. */
  get owesTurn(): boolean { return this.#beat.isRunning && this.#awaited?.isThere() !== false; }
  /** A journalctl that does not even end when it is killed waits for its disk: no start of the agent helps that. */
  get isVital(): boolean { return this.#awaited?.kind !== 'journalctl'; }

  /** What was read is to be read again. */
  rewound(): void {
    this.#reachedEnd = false;
    this.#over.abort();
  }

  /** Runs until the stop, or until it is begun anew: what stands still of the run before does nothing more. */
  async run({ stop }: Lifetime): Promise<void> {
    const run = this.#beat.begin();
    this.#awaited = null;
    this.rewound();
    await this.#sessions(run, stop);
    this.#beat.end(run);
  }

  async #sessions(run: number, stop: AbortSignal): Promise<void> {
    const { report, source, hurry, now } = this.#c;
    const goesOn = (): boolean => this.#beat.turn(run) && !stop.aborted;
    const wait: Wait = async (awaited, promise) => {
      if (this.#beat.turn(run)) this.#awaited = awaited;
      try {
        return await promise;
      } finally {
        if (this.#beat.turn(run)) this.#awaited = null;
      }
    };
    const pauseFor = (ms: number): Promise<void> => {
      const due = now() + ms;
      return wait({ kind: 'time', isThere: () => now() >= due }, sleep(ms, undefined, { signal: stop }).catch(() => undefined));
    };
    let pause = FIRST_PAUSE_MS;
    while (goesOn()) {
      await this.#room(wait, stop);
      if (!goesOn()) return;
      const began = now();
      const over = (this.#over = new AbortController());
      const fault = await this.#session(wait, AbortSignal.any([stop, over.signal]));
      if (!goesOn()) return;
      // One that went well for a while is no part of a row of failures.
      if (fault === null || now() - began > LONGEST_PAUSE_MS) pause = FIRST_PAUSE_MS;
      if (fault === null) {
        while (hurry() && this.#reachedEnd && goesOn()) await pauseFor(ASK_MS);
        continue;
      }
      await pauseFor(STOP_COMES_MS);
      if (!goesOn()) return;
      this.lastError = fault;
      this.#failures++;
      report.trouble(`journal ${source.path}`, `${source.path}: ${fault}${this.isGivenUp ? '' : '; it is tried again'}`);
      await pauseFor(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  /** Gives why the journal cannot be read, or null for a session that ended as it should, or at the signal. */
  async #session(wait: Wait, signal: AbortSignal): Promise<string | null> {
    const { entry, source, report, machineId, hurry } = this.#c;
    const program = await wait({ kind: 'journalctl', isThere: () => false }, findJournalctl());
    if (program === null) return NO_PROGRAM;
    const ask = (cursor: string | null): ReturnType<typeof firstEntry> => {
      const run = startJournalctl(program, entryArgs(entry, machineId, cursor));
      return wait(answerOf(run), firstEntry(run, signal));
    };
    const { cursor } = source.mark;
    if (cursor !== '') {
      const { entry: found, end } = await ask(cursor);
      if (signal.aborted) return null;
      if (end.code !== 0) return this.#faultOf(end);
      if (found === null || !isSameEntry(found.cursor, cursor)) this.#gap(cursor, found);
    }
    const { entry: newest, end } = await ask(null);
    if (signal.aborted) return null;
    if (end.code !== 0) return this.#faultOf(end);
    if (source.isNew) source.begin(entry.startAt === 'end' ? newest?.cursor ?? '' : '');
    const from = source.mark.cursor;
    const backlog = await this.#read(wait, program, false, signal);
    // Given back since its last entry: the position must not pass that.
    if (signal.aborted) return null;
    if (backlog !== 'ended') return backlog === 'again' ? null : backlog;
    if (newest !== null && isBehind(from, source.mark.cursor, newest.cursor)) source.passTo(newest.cursor);
    this.#reachedEnd = true;
    this.#failures = 0;
    this.lastError = null;
    report.recovered(`journal ${source.path}`, `${source.path}: can be read again`);
    if (hurry()) return null;
    const followed = await this.#read(wait, program, true, signal);
    return followed === 'ended' ? 'journalctl ended, although it was to follow the journal' : followed === 'again' ? null : followed;
  }

  /** Reads from the position on; `again`: a new session is to begin. Else a fault. */
  async #read(wait: Wait, program: string, follow: boolean, signal: AbortSignal): Promise<'ended' | 'again' | (string & {})> {
    const reading = await readJournal({ ...this.#c, wait }, program, follow, signal);
    if (signal.aborted) return 'again';
    switch (reading.kind) {
      case 'again':
        this.#reachedEnd = false;
        return 'again';
      case 'fault': return reading.fault;
      case 'ended':
        if (reading.end.code !== 0) return this.#faultOf(reading.end);
        this.#sayPart(reading.end);
        return 'ended';
      default: return reading satisfies never;
    }
  }

  /** Resolves when there is room, or at the stop. */
  async #room(wait: Wait, stop: AbortSignal): Promise<void> {
    const { outlet } = this.#c.source;
    while (!stop.aborted) {
      const room = outlet.tryRoom();
      room?.[Symbol.dispose]();
      if (room !== null) return;
      await wait({ kind: 'room', isThere: () => isIdle(outlet) }, outlet.roomChange(stop));
    }
  }

  #gap(cursor: string, found: JournalEntry | null): void {
    if (this.#countedGap === cursor) return;
    this.#countedGap = cursor;
    this.gaps++;
    const { report, source } = this.#c;
    const between = found === null ? null : entriesBetween(cursor, found.cursor);
    const missing = between !== null && between > 0 ? between : null;
    const until = found === null ? 'now' : new Date(found.time).toISOString();
    report.note(`${source.path}: the journal has deleted entries that follow the last one read: from ${new Date(timeOf(cursor)).toISOString()} to ${until} ${missing === null ? 'an unknown number' : `${missing}`} of all its entries are gone; reading goes on behind them`);
    source.gap(missing ?? 1);
  }

  #faultOf({ complaint }: RunEnd): string { return journalFault(complaint, this.#c.entry, this.#c.user); }

  #sayPart({ complaint }: RunEnd): void {
    const { report, source, user, entry } = this.#c;
    this.partError = seesPartOnly(complaint) ? `only a part of it can be read: ${journalFault('insufficient permissions', entry, user)}` : null;
    if (this.partError !== null) report.trouble(`journal part ${source.path}`, `${source.path}: ${this.partError}`);
    else report.recovered(`journal part ${source.path}`, `${source.path}: all of it can be read`);
  }
}

/** Whether the newest entry, as it was before the journal was read from `from` to its end, is behind the last one of that. */
function isBehind(from: string, last: string, newest: string): boolean {
  const between = last === '' ? 0 : entriesBetween(last, newest);
  if (between !== null) return between >= 0;
  return last === from && timeOf(newest) >= timeOf(last);
}

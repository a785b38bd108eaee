import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { RecentEntries, entriesBetween, isSameEntry, timeOf } from '../../journald/cursor.ts';
import { ExportEntries, ExportFormatError } from '../../journald/export-entries.ts';
import type { JournalEntry } from '../../journald/export-entries.ts';
import { NO_PROGRAM, findJournalctl, firstEntry, startJournalctl } from '../../journald/journal-program.ts';
import type { JournalRun, RunEnd } from '../../journald/journal-program.ts';
import { entryArgs, journalFault, readingArgs, seesPartOnly } from '../../journald/journalctl.ts';
import type { Lifetime } from '../../lifecycle/lifetime.ts';
import type { JournalEntryPlan } from '../../plan.ts';
import type { Report } from '../../report/report.ts';
import type { JournalSource } from './journal-source.ts';

/** A journal that cannot be read is tried again after this, then after twice as long, up to the second. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A reader never has to wait for room longer than this: journalctl keeps files open that the journal has deleted, and disk space with them. */
const HOLD_MS = 10_000;
/** After so long without an entry the position is moved to where the journal is: an entry that nothing was selected after may be deleted without a loss. */
const QUIET_MS = 3_600_000;
/** A reader that never has to wait gives the others a turn after this time. */
const TURN_MS = 10;
/** systemd may end journalctl before the agent hears of the stop: that is no fault to speak of. */
const STOP_COMES_MS = 200;
/** Where nothing is waited for, whether all is acknowledged is asked this often. */
const ASK_MS = 20;
/** There, a journal is given up after so many failures in a row: journalctl may have been ended by chance. */
const TRIES = 2;

export interface FollowerContext {
  readonly entry: JournalEntryPlan;
  readonly source: JournalSource;
  readonly report: Report;
  /** Null: unknown. */
  readonly machineId: string | null;
  /** Name of the user the agent runs as. */
  readonly user: string;
  readonly now: () => number;
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
 * came for long; the next one goes on behind the last entry that was handed on.
 */
export class JournalFollower {
  readonly #c: FollowerContext;
  #run: JournalRun | null = null;
  /** What was read is given back: the session under way is over. */
  #rewound = false;
  /** Position whose gap is counted. */
  #countedGap: string | null = null;
  /** Everything that was there when it was last looked at the end is handed on. */
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

  /** What was read is to be read again. */
  rewound(): void {
    this.#rewound = true;
    this.#reachedEnd = false;
    this.#run?.stop();
  }

  /** Runs until the stop. */
  async run(life: Lifetime): Promise<void> {
    const { report, source, hurry, now } = this.#c;
    let pause = FIRST_PAUSE_MS;
    while (!life.stop.aborted) {
      await this.#room(life.stop);
      if (life.stop.aborted) return;
      const began = now();
      const fault = await this.#session(life.stop);
      if (life.stop.aborted) return;
      // One that went well for a while is no part of a row of failures.
      if (fault === null || now() - began > LONGEST_PAUSE_MS) pause = FIRST_PAUSE_MS;
      if (fault === null) {
        while (hurry() && this.#reachedEnd && !life.stop.aborted) await pauseFor(ASK_MS, life.stop);
        continue;
      }
      await pauseFor(STOP_COMES_MS, life.stop);
      if (life.stop.aborted) return;
      this.lastError = fault;
      this.#failures++;
      report.trouble(`journal ${source.path}`, `${source.path}: ${fault}${this.isGivenUp ? '' : '; it is tried again'}`);
      await pauseFor(pause, life.stop);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  /** Gives why the journal cannot be read, or null for a session that ended as it should. */
  async #session(stop: AbortSignal): Promise<string | null> {
    const { entry, source, report, machineId, hurry } = this.#c;
    const program = await findJournalctl();
    if (program === null) return NO_PROGRAM;
    this.#rewound = false;
    const { cursor } = source.mark;
    if (cursor !== '') {
      const { entry: found, end } = await firstEntry(program, entryArgs(entry, machineId, cursor), stop);
      if (stop.aborted) return null;
      if (end.code !== 0) return this.#faultOf(end);
      if (found === null || !isSameEntry(found.cursor, cursor)) this.#gap(cursor, found);
    }
    const { entry: newest, end } = await firstEntry(program, entryArgs(entry, machineId, null), stop);
    if (stop.aborted) return null;
    if (end.code !== 0) return this.#faultOf(end);
    if (source.isNew) source.begin(entry.startAt === 'end' ? newest?.cursor ?? '' : '');
    const from = source.mark.cursor;
    const backlog = await this.#read(program, false, stop);
    if (backlog !== 'ended') return backlog === 'again' ? null : backlog;
    // Given back since its last entry: the position must not pass that.
    if (this.#rewound) return null;
    if (newest !== null && isBehind(from, source.mark.cursor, newest.cursor)) source.passTo(newest.cursor);
    this.#reachedEnd = true;
    this.#failures = 0;
    this.lastError = null;
    report.recovered(`journal ${source.path}`, `${source.path}: can be read again`);
    if (hurry()) return null;
    const followed = await this.#read(program, true, stop);
    return followed === 'ended' ? 'journalctl ended, although it was to follow the journal' : followed === 'again' ? null : followed;
  }

  /** Reads from the position on, to the end of the journal or for as long as it is followed; `again`: a new session is to begin. Else a fault. */
  async #read(program: string, follow: boolean, stop: AbortSignal): Promise<'ended' | 'again' | (string & {})> {
    const { entry, source, machineId } = this.#c;
    const { cursor } = source.mark;
    const run = startJournalctl(program, readingArgs(entry, machineId, cursor === '' ? null : cursor, follow));
    const onStop = (): void => run.stop();
    let isOver = false;
    const quiet = setTimeout(() => { isOver = true; run.stop(); }, QUIET_MS);
    this.#run = run;
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted || this.#rewound) run.stop();
    const parser = new ExportEntries(entry.maxEventBytes);
    const recent = new RecentEntries();
    // Its own entry comes again, if it is selected.
    if (cursor !== '') recent.knows(cursor);
    try {
      for await (const chunk of run.output) {
        quiet.refresh();
        const entries = parser.push(chunk).filter((one) => !recent.knows(one.cursor));
        if (await this.#handOn(entries, stop)) continue;
        isOver = true;
        this.#reachedEnd = false;
        break;
      }
    } catch (error) {
      run.stop();
      if (!(error instanceof ExportFormatError)) throw error;
      return `what journalctl prints cannot be read: ${error.message}`;
    } finally {
      clearTimeout(quiet);
      stop.removeEventListener('abort', onStop);
      this.#run = null;
      if (isOver || stop.aborted || this.#rewound) run.stop();
    }
    const end = await run.ended;
    if (isOver || stop.aborted || this.#rewound) return 'again';
    if (end.code !== 0) return this.#faultOf(end);
    this.#sayPart(end);
    return 'ended';
  }

  /** Hands all of them on; false when the session is over before that: what is left of them is read again. */
  async #handOn(entries: readonly JournalEntry[], stop: AbortSignal): Promise<boolean> {
    const { source, now } = this.#c;
    let turnEnds = now() + TURN_MS;
    let waitsSince: number | null = null;
    for (let next = 0; next < entries.length;) {
      if (stop.aborted || this.#rewound) return false;
      const room = source.outlet.tryRoom();
      const taken = room === null ? 0 : source.take(entries, next);
      room?.[Symbol.dispose]();
      next += taken;
      if (taken > 0) {
        waitsSince = null;
        if (now() >= turnEnds) { await turn(); turnEnds = now() + TURN_MS; }
        continue;
      }
      waitsSince ??= now();
      const left = waitsSince + HOLD_MS - now();
      if (left <= 0) return false;
      await this.#roomWithin(left, stop);
    }
    return true;
  }

  /** Resolves when there may be room, after so many milliseconds, or at the stop. */
  async #roomWithin(ms: number, stop: AbortSignal): Promise<void> {
    const wait = new AbortController();
    const end = (): void => wait.abort();
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end, { once: true });
    if (stop.aborted) end();
    await this.#c.source.outlet.roomChange(wait.signal);
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
  }

  /** Resolves when there is room, or at the stop. */
  async #room(stop: AbortSignal): Promise<void> {
    const { outlet } = this.#c.source;
    while (!stop.aborted) {
      const room = outlet.tryRoom();
      room?.[Symbol.dispose]();
      if (room !== null) return;
      await outlet.roomChange(stop);
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
    report.dropped('journal-gap', missing ?? 1, 0, source.path);
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

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch { /* The stop. */ }
}

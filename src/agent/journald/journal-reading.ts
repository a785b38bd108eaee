import { setImmediate as turn } from 'node:timers/promises';
import { RecentEntries } from '../../journald/cursor.ts';
import { ExportEntries, ExportFormatError } from '../../journald/export-entries.ts';
import type { JournalEntry } from '../../journald/export-entries.ts';
import { startJournalctl } from '../../journald/journal-program.ts';
import type { JournalRun, RunEnd } from '../../journald/journal-program.ts';
import { readingArgs } from '../../journald/journalctl.ts';
import type { JournalEntryPlan } from '../../plan.ts';
import { isIdle } from '../follow.ts';
import type { JournalSource } from './journal-source.ts';

/** A reader never has to wait for room longer than this: journalctl keeps files open that the journal has deleted, and disk space with them. */
const HOLD_MS = 10_000;
/** After so long without an entry the position is moved to where the journal is: an entry that nothing was selected after may be deleted without a loss. */
const QUIET_MS = 3_600_000;
/** A reader that never has to wait gives the others a turn after this time. */
const TURN_MS = 10;

/** What is waited for. `isThere` although the wait goes on: it is a turn that is owed. */
export interface Awaited { readonly kind: 'room' | 'time' | 'journalctl'; readonly isThere: () => boolean }

/** Waits for a promise, and says meanwhile what for. */
export type Wait = <T>(awaited: Awaited, promise: Promise<T>) => Promise<T>;

/** One that was told to end ends, and what it has printed is taken. */
export const answerOf = (run: JournalRun): Awaited => ({ kind: 'journalctl', isThere: () => run.isStopped || run.hasOutput });

export interface ReadingContext {
  readonly entry: JournalEntryPlan;
  readonly source: JournalSource;
  /** Null: unknown. */
  readonly machineId: string | null;
  readonly now: () => number;
  readonly wait: Wait;
}

/** How a reading ended. `again`: another is to go on behind what it handed on. `fault`: what it printed is no journal. */
export type ReadingEnd = { readonly kind: 'ended'; readonly end: RunEnd } | { readonly kind: 'again' } | { readonly kind: 'fault'; readonly fault: string };

/**
 * One journalctl, which reads from the position on: to the end of the journal, or for as long as it is followed. It is over when
 * journalctl ends, at the signal, when there is no room for long, and when nothing came for long.
 */
export async function readJournal(c: ReadingContext, program: string, follow: boolean, signal: AbortSignal): Promise<ReadingEnd> {
  const { entry, source, machineId, wait } = c;
  const { cursor } = source.mark;
  const run = startJournalctl(program, readingArgs(entry, machineId, cursor === '' ? null : cursor, follow));
  const stop = (): void => {
    clearTimeout(quiet);
    run.stop();
  };
  const quiet = setTimeout(stop, QUIET_MS);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const parser = new ExportEntries(entry.maxEventBytes);
  const recent = new RecentEntries();
  // Its own entry comes again, if it is selected.
  if (cursor !== '') recent.knows(cursor);
  try {
    const output = run.output[Symbol.asyncIterator]();
    for (;;) {
      const { done, value: chunk } = await wait(answerOf(run), output.next());
      if (done === true || signal.aborted) break;
      quiet.refresh();
      const entries = parser.push(chunk).filter((one) => !recent.knows(one.cursor));
      if (await handOn(c, entries, signal)) continue;
      stop();
      break;
    }
  } catch (error) {
    stop();
    if (!(error instanceof ExportFormatError)) throw error;
    return { kind: 'fault', fault: `what journalctl prints cannot be read: ${error.message}` };
  } finally {
    clearTimeout(quiet);
    signal.removeEventListener('abort', stop);
  }
  const end = await wait(answerOf(run), run.ended);
  return run.isStopped ? { kind: 'again' } : { kind: 'ended', end };
}

/** Hands all of them on; false when the reading is over before that: what is left of them is read again. */
async function handOn({ source, now, wait }: ReadingContext, entries: readonly JournalEntry[], signal: AbortSignal): Promise<boolean> {
  const { outlet } = source;
  let turnEnds = now() + TURN_MS;
  let waitsSince: number | null = null;
  for (let next = 0; next < entries.length;) {
    if (signal.aborted) return false;
    const room = outlet.tryRoom();
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
    await wait({ kind: 'room', isThere: () => isIdle(outlet) }, outlet.roomChange(AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(left))])));
  }
  return true;
}

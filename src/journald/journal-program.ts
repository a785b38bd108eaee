import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ExportEntries, ExportFormatError } from './export-entries.ts';
import type { JournalEntry } from './export-entries.ts';

const PATHS = ['/usr/bin/journalctl', '/bin/journalctl', '/run/current-system/sw/bin/journalctl'] as const;
/** Nothing of the agent's own environment, where credentials may be, is for it. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
const MAX_COMPLAINT = 4_096;
/** A journal of thousands of files on a slow disk is opened within this; a journalctl that hangs must not hold the entry up for ever. */
const PATIENCE_MS = 60_000;
/** Kept of an entry of which only the cursor is wanted. */
const CURSOR_BYTES = 65_536;

/** journalctl is not there. */
export const NO_PROGRAM = 'journalctl is not installed: install the package systemd, or take journald out of logs.logs_collected';

/** How a run ended: with what code, or null where it was stopped or never began; and what it printed to stderr. */
export interface RunEnd { readonly code: number | null; readonly complaint: string }

/** journalctl under way. Not reading its output makes it wait. */
export interface JournalRun {
  /** Ends where it is stopped, too. */
  readonly output: AsyncIterable<Buffer>;
  readonly ended: Promise<RunEnd>;
  /** It was told to end. */
  readonly isStopped: boolean;
  /** Something of its output has come and was not taken yet. */
  readonly hasOutput: boolean;
  stop(): void;
}

/** Where journalctl is; null: nowhere. */
export async function findJournalctl(): Promise<string | null> {
  for (const path of PATHS) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch { /* Perhaps at the next place. */ }
  }
  return null;
}

/** Starts journalctl, without a shell. */
export function startJournalctl(program: string, args: readonly string[]): JournalRun {
  let child: ChildProcess;
  try {
    child = spawn(program, args, { cwd: '/', env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    // No memory for another process, or more words than one may be given.
    return { output: outputOf(null), ended: Promise.resolve({ code: null, complaint: (error as Error).message }), isStopped: false, hasOutput: false, stop: () => undefined };
  }
  // Where there are no descriptors left, there are no pipes.
  const { stdout, stderr }: { readonly stdout?: Readable | null; readonly stderr?: Readable | null } = child;
  let complaint = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => { complaint = (complaint + text).slice(0, MAX_COMPLAINT); });
  const { promise: ended, resolve } = Promise.withResolvers<RunEnd>();
  child.on('error', (error) => resolve({ code: null, complaint: complaint || error.message }));
  child.on('close', (code) => resolve({ code, complaint }));
  let isStopped = false;
  return {
    output: outputOf(stdout), ended,
    get isStopped() { return isStopped; },
    get hasOutput() { return (stdout?.readableLength ?? 0) > 0; },
    stop: () => {
      isStopped = true;
      // It has nothing to write down, and one that waits for its reader hears no softer signal.
      child.kill('SIGKILL');
      stdout?.destroy();
    },
  };
}

/** What it prints, to its end or until it is stopped. */
async function* outputOf(stdout: Readable | null | undefined): AsyncGenerator<Buffer> {
  if (stdout == null) return;
  try {
    for await (const chunk of stdout) yield chunk as Buffer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** The first entry of what journalctl answers, once it has ended; null: there is none. */
export async function firstEntry(run: JournalRun, signal: AbortSignal): Promise<{ readonly entry: JournalEntry | null; readonly end: RunEnd }> {
  const stop = (): void => run.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const timer = setTimeout(stop, PATIENCE_MS);
  const parser = new ExportEntries(CURSOR_BYTES);
  let entry: JournalEntry | null = null;
  try {
    for await (const chunk of run.output) for (const one of parser.push(chunk)) entry ??= one;
  } catch (error) {
    if (!(error instanceof ExportFormatError)) throw error;
    // There is no entry in what it says.
    stop();
  }
  const end = await run.ended;
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  return { entry, end };
}

import { setTimeout as delay } from 'node:timers/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { NoAgentError, askStatus } from '../control/client.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import type { StatusDocument } from '../control/status-document.ts';
import { ratesOf } from './status-rates.ts';
import { problemsOf, statusLine, statusText } from './status-text.ts';

/** The agent answers, and has problems. */
const EXIT_PROBLEMS = 1;
/** sysexits.h EX_UNAVAILABLE: no agent answers. */
const EXIT_UNAVAILABLE = 69;
const WATCH_MS = 2_000;
/** To the top left; clear to the end of the line, of the screen (ECMA-48 CUP, EL, ED). */
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

interface StatusOptions {
  readonly stateDir: string;
  readonly json?: true;
  readonly watch?: true;
}

/** Where `status` writes. */
export interface StatusOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** `agent status`: what the agent of a state directory does now. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Say what the running agent does: files, destinations, counters, troubles.\nExit code: 0 healthy, 1 the agent has problems, 69 no agent answers')
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .option('--json', 'print everything as JSON')
    .option('--watch', 'again every 2 s until Ctrl-C, with rates: in place on a terminal, a line each elsewhere')
    .action(async ({ stateDir, json, watch }: StatusOptions) => {
      const output = { out: (text: string) => process.stdout.write(text), err: (text: string) => process.stderr.write(text) };
      const directory = resolve(stateDir);
      if (watch === true) return watchStatus(directory, json === true, output);
      process.exitCode = await status(directory, json === true, output);
    });
}

/** Writes the status of one agent; gives the exit code: 0, 1 when it has problems, 69 when none answers. */
export async function status(stateDirectory: string, json: boolean, { out, err }: StatusOutput): Promise<number> {
  try {
    const document = await askStatus(stateDirectory);
    out(json ? `${JSON.stringify(document, null, 2)}\n` : statusText(document));
    return problemsOf(document).length === 0 ? 0 : EXIT_PROBLEMS;
  } catch (error) {
    if (!(error instanceof NoAgentError)) throw error;
    err(`agent status: ${error.message}\n`);
    return EXIT_UNAVAILABLE;
  }
}

/**
 * Again and again until a signal, or until whoever reads is gone: redrawn in place on a terminal, elsewhere a line each (with
 * `json` the whole document), with rates from the second look on. Ends with the exit code of the last look.
 */
async function watchStatus(stateDirectory: string, json: boolean, { out, err }: StatusOutput): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  process.stdout.once('error', end);
  const screen = process.stdout.isTTY && !json;
  let before: StatusDocument | null = null;
  while (!ended.signal.aborted) {
    try {
      const now = await askStatus(stateDirectory);
      const rates = before === null ? null : ratesOf(before, now);
      out(json ? `${JSON.stringify(now)}\n` : screen ? redraw(statusText(now, rates), process.stdout) : statusLine(now, rates));
      process.exitCode = problemsOf(now).length === 0 ? 0 : EXIT_PROBLEMS;
      before = now;
    } catch (error) {
      if (!(error instanceof NoAgentError)) throw error;
      const text = `agent status: ${error.message}\n`;
      if (screen) out(redraw(text, process.stdout)); else err(text);
      process.exitCode = EXIT_UNAVAILABLE;
    }
    await delay(WATCH_MS, undefined, { signal: ended.signal }).catch(() => undefined);
  }
}

/** A text over the one before, cut to the screen: a line that wraps or scrolls would leave the rest of it behind. */
export function redraw(text: string, { rows, columns }: { readonly rows: number; readonly columns: number }): string {
  // A terminal that does not know its size says 0.
  const lines = text.trimEnd().split('\n').slice(0, rows > 1 ? rows - 1 : undefined).map((line) => line.slice(0, columns > 0 ? columns : undefined));
  return `${HOME}${lines.map((line) => `${line}${REST_OF_LINE}\n`).join('')}${REST_OF_SCREEN}`;
}

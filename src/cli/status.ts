import { setTimeout as delay } from 'node:timers/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { NoAgentError, askStatus } from '../control/client.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { problemsOf, statusText } from './status-text.ts';

/** The agent answers, and has problems. */
const EXIT_PROBLEMS = 1;
/** sysexits.h EX_UNAVAILABLE: no agent answers. */
const EXIT_UNAVAILABLE = 69;
const WATCH_MS = 2_000;
/** Moves to the top left and clears the screen below (ECMA-48 CUP, ED). */
const REDRAW = '\u001b[H\u001b[J';

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
    .option('--watch', 'again every 2 s until Ctrl-C')
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

/** Redraws on a terminal; one block after the other elsewhere. Ends with the exit code of the last look. */
async function watchStatus(stateDirectory: string, json: boolean, { out, err }: StatusOutput): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  process.stdout.once('error', end);
  const redraw = process.stdout.isTTY && !json;
  while (!ended.signal.aborted) {
    let text = '';
    const collect = (piece: string): void => { text += piece; };
    process.exitCode = await status(stateDirectory, json, { out: collect, err: redraw ? collect : err });
    out(redraw ? `${REDRAW}${text}` : text);
    await delay(WATCH_MS, undefined, { signal: ended.signal }).catch(() => undefined);
  }
}

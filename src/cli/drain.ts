import { resolve } from 'node:path';
import { Command } from 'commander';
import { NoAgentError, RefusedError, askDrain } from '../control/client.ts';
import type { DrainReceipt, DrainedFile } from '../control/drain-receipt.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { duration } from './duration.ts';
import { printable } from './text-table.ts';
import { bytesText, countText } from './units.ts';

/** sysexits.h EX_TEMPFAIL: something is left. EX_UNAVAILABLE: no agent answers. */
const EXIT_LEFT = 75;
const EXIT_UNAVAILABLE = 69;
/** Below two minutes, which is what most scale-in hooks give. */
const DEADLINE_MS = 110_000;
/** Files with something left that are listed; `--json` has all of them. */
const LISTED = 20;

interface DrainOptions {
  readonly stateDir: string;
  readonly deadline: number;
  readonly json?: true;
}

/** `agent drain`: everything written before now is delivered, or said to be left. */
export function drainCommand(): Command {
  return new Command('drain')
    .description('Deliver everything that was written before now, at once, and say what became of it; the agent goes on.\nExit code: 0 all of it is acknowledged or dropped for a counted reason, 69 no agent answers, 75 something is left at the deadline')
    .option('--deadline <time>', 'wait at most this long, such as 110s or 2m', duration, DEADLINE_MS)
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .option('--json', 'print the receipt as JSON')
    .action(async ({ stateDir, deadline, json }: DrainOptions) => {
      try {
        const receipt = await askDrain(resolve(stateDir), deadline);
        process.stdout.write(json === true ? `${JSON.stringify(receipt, null, 2)}\n` : receiptText(receipt));
        process.exitCode = receipt.complete ? 0 : EXIT_LEFT;
      } catch (error) {
        if (!(error instanceof NoAgentError || error instanceof RefusedError)) throw error;
        process.stderr.write(`agent drain: ${error.message}\n`);
        process.exitCode = error instanceof NoAgentError ? EXIT_UNAVAILABLE : EXIT_LEFT;
      }
    });
}

const LEFT: Readonly<Record<DrainReceipt['ended'], string>> = {
  complete: 'drained',
  deadline: 'not drained within the deadline; the agent goes on with the rest',
  stopping: 'the agent was stopped meanwhile: it delivers what it holds, and reads the rest at its next start',
};

/** The receipt for a person. */
export function receiptText({ ended, startedAt, endedAt, bytes, leftBytes, deliveredEvents, dropped, files, searched, journals, settledFiles, metrics }: DrainReceipt): string {
  const left = files.list.filter((file) => file.settledTo < file.to);
  const lines = [
    `${LEFT[ended]} (${((endedAt - startedAt) / 1000).toFixed(1)} s)`,
    `${countText(files.total, 'file')} had ${bytesText(bytes)} to settle${settledFiles > 0 ? `, ${settledFiles} more had nothing` : ''}: ${countText(deliveredEvents, 'event')} delivered`,
    ...dropped.map(({ reason, events, bytes: size }) => `dropped as ${reason}: ${events > 0 ? `${countText(events, 'event')}, ` : ''}${bytesText(size)}`),
    ...(searched ? [] : ['new files may be left too: the look for them did not end in time (`agent status` says whether something stands still)']),
    ...journals.filter(({ settled }) => !settled).map(({ entry, why }) => `${entry}: something is left of the journal: ${why}`),
    ...(metrics === null ? [] : [`${countText(metrics.datums - metrics.left, 'datum', 'datums')} of metrics published${metrics.left > 0 ? `, ${metrics.left} left: ${metrics.why}` : ''}`]),
    ...(leftBytes === 0 ? [] : [`${bytesText(leftBytes)} left`, ...left.slice(0, LISTED).map(leftText), ...(left.length > LISTED ? [`  and ${countText(left.length - LISTED, 'more file')} (--json lists them)`] : [])]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function leftText({ path, settledTo, to, why }: DrainedFile): string { return `  ${path}: bytes ${settledTo} to ${to}: ${why}`; }

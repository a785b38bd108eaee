import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { quarantineAtRest } from '../../agent/quarantine-at-rest.ts';
import type { QuarantinedRecord } from '../../agent/quarantine-at-rest.ts';
import { printable } from '../text-table.ts';
import { timeText } from './list.ts';
import { EXIT_NO_INPUT, unreadable, withSelection } from './selection.ts';
import type { SelectionOptions } from './selection.ts';

/** Records that are shown unless `--limit` says otherwise. */
const SHOWN = 20;

/** `agent quarantine show`. */
export function showCommand(): Command {
  return withSelection(new Command('show').description('Print records in quarantine with their reasons, the oldest first; control characters are escaped.\nExit code: 0, 66 it cannot be read'))
    .option('--limit <count>', 'at most so many', count, SHOWN)
    .option('--json', 'print each record as a JSON object in a line')
    .action(async ({ stateDir, json, limit, ...selection }: SelectionOptions & { readonly limit: number; readonly json?: true }) => {
      const directory = resolve(stateDir);
      let shown = 0;
      try {
        for await (const { record } of quarantineAtRest(directory, selection)) {
          if (record === null) continue;
          if (++shown > limit) break;
          process.stdout.write(json === true ? `${JSON.stringify(record)}\n` : recordText(record));
        }
      } catch (error) {
        process.stderr.write(`agent quarantine show: ${unreadable(directory, error)}\n`);
        process.exitCode = EXIT_NO_INPUT;
        return;
      }
      if (shown > limit) process.stderr.write(`there are more: --limit, or a selection such as --reason, shows them\n`);
      if (shown === 0) process.stderr.write('nothing like that lies in quarantine\n');
    });
}

/** A record for a terminal. The message keeps its lines; what would steer the terminal is escaped as in JSON. */
export function recordText({ time, group, stream, service, file, reason, timestamp, message }: QuarantinedRecord): string {
  const where = `${group} ${stream}${service === undefined ? '' : ` (${service})`}`;
  const lines = message.split('\n').map((line) => `  | ${escaped(line)}\n`);
  return `${timeText(timestamp)}  ${printable(where)}  from ${printable(file)}\n  given up at ${timeText(time)}: ${printable(reason)}\n${lines.join('')}`;
}

/** Control characters, and those that turn the direction of text, as `\\u` and four digits; a tab stays. */
export function escaped(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => (character === '\t' ? character : `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`));
}

function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('A count such as 100 is expected.');
  return Number(text);
}

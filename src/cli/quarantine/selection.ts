import type { Command } from 'commander';
import type { Selection } from '../../agent/quarantine-at-rest.ts';
import { DEFAULT_STATE_DIR } from '../../control/state-directory.ts';

/** sysexits.h EX_NOINPUT: the files cannot be read. */
export const EXIT_NO_INPUT = 66;

export interface SelectionOptions extends Selection { readonly stateDir: string }

/** The options that say which records are meant. */
export function withSelection(command: Command): Command {
  return command
    .option('--group <name>', 'records of this log group')
    .option('--stream <name>', 'records of this log stream')
    .option('--reason <text>', 'records in whose reason this text stands')
    .option('--file <path>', 'records of this source file')
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR);
}

/** The system's error about the files, for a person; throws anything else. */
export function unreadable(stateDir: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return `the quarantine in ${stateDir} cannot be read (${message})${code === 'EACCES' ? ': ask as the user the agent runs as, or as root' : code === 'ENOENT' ? ': name the agent\'s state directory with --state-dir' : ''}`;
}

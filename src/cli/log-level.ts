import { resolve } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { NoAgentError, askLogLevel } from '../control/client.ts';
import type { LogLevelDocument } from '../control/log-level-document.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { LOG_LEVELS } from '../report/own-log.ts';
import { duration } from './duration.ts';
import { CONFIGURED } from './log-level-routes.ts';

/** sysexits.h EX_UNAVAILABLE: no agent answers. */
const EXIT_UNAVAILABLE = 69;

interface LogLevelOptions {
  readonly stateDir: string;
  readonly for?: number;
  readonly json?: true;
}

/** `agent log-level`: how much the running agent says of itself. */
export function logLevelCommand(): Command {
  return new Command('log-level')
    .description('Show or set the level of the running agent\'s own log; a restart forgets it, a reload does not.\nExit code: 0, 69 no agent answers')
    .addArgument(new Argument('[level]', `what it is to be; ${CONFIGURED}: as config, environment and command line say`).argParser(chosen))
    .option('--for <time>', 'go back after this time, such as 10m', duration)
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .option('--json', 'print the answer as JSON')
    .action(async (level: string | undefined, { stateDir, for: forMs, json }: LogLevelOptions, command: Command) => {
      if (forMs !== undefined && (level === undefined || level === CONFIGURED)) command.error('error: --for needs a level');
      try {
        const answer = await askLogLevel(resolve(stateDir), level === undefined ? null : { level, forMs: forMs ?? null });
        process.stdout.write(json === true ? `${JSON.stringify(answer)}\n` : `${textOf(answer)}\n`);
      } catch (error) {
        if (!(error instanceof NoAgentError)) throw error;
        process.stderr.write(`agent log-level: ${error.message}\n`);
        process.exitCode = EXIT_UNAVAILABLE;
      }
    });
}

function textOf({ level, configured, until }: LogLevelDocument): string {
  if (until !== null) return `${level} until ${new Date(until).toISOString()}, then ${configured}`;
  return level === configured ? level : `${level} until the agent ends; ${configured} is configured`;
}

function chosen(text: string): string {
  const level = text.toLowerCase();
  const known = [...LOG_LEVELS, CONFIGURED];
  if (!known.includes(level)) throw new InvalidArgumentError(`One of ${known.join(', ')} is expected.`);
  return level;
}

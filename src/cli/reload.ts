import { resolve } from 'node:path';
import { Command } from 'commander';
import { NoAgentError, askReload } from '../control/client.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import type { ReloadDocument } from '../control/status-document.ts';
import { differenceText } from '../fleet/difference-text.ts';

/** sysexits.h EX_CONFIG: the config has errors. EX_NOINPUT: it cannot be read. EX_UNAVAILABLE: no agent answers. */
const EXIT_CONFIG = 78;
const EXIT_NO_INPUT = 66;
const EXIT_UNAVAILABLE = 69;

/** `agent reload`: the running agent reads its config again. */
export function reloadCommand(): Command {
  return new Command('reload')
    .description('Let the running agent read its config again and apply what changed, without a stop; a config with errors is refused whole.\nExit code: 0 applied or unchanged, 66 it cannot be read, 69 no agent answers, 78 refused')
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .action(async ({ stateDir }: { readonly stateDir: string }) => {
      try {
        const answer = await askReload(resolve(stateDir));
        process.stderr.write(answer.problems);
        process.stdout.write(`${textOf(answer)}\n`);
        process.exitCode = answer.outcome === 'refused' ? EXIT_CONFIG : answer.outcome === 'unreadable' ? EXIT_NO_INPUT : 0;
      } catch (error) {
        if (!(error instanceof NoAgentError)) throw error;
        process.stderr.write(`agent reload: ${error.message}\n`);
        process.exitCode = EXIT_UNAVAILABLE;
      }
    });
}

function textOf(answer: ReloadDocument): string {
  switch (answer.outcome) {
    case 'applied': return `applied${answer.version === '' ? '' : ` ${answer.version}`}: ${differenceText(answer.difference)}`;
    case 'unchanged': return 'unchanged: the config is the one that runs';
    case 'refused': return `refused: ${answer.reason}; the config before goes on`;
    case 'unreadable': return `not read: ${answer.reason}; the config before goes on`;
    default: return answer satisfies never;
  }
}

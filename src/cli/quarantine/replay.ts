import { resolve } from 'node:path';
import { Command } from 'commander';
import { quarantineAtRest, replayAlone } from '../../agent/quarantine-at-rest.ts';
import { NoAgentError, RefusedError, askReplay, askStatus } from '../../control/client.ts';
import type { ReplayReceipt, ReplayRequest } from '../../control/replay-document.ts';
import { AgentReport } from '../../report/agent-report.ts';
import { duration } from '../duration.ts';
import { SIDE_FILE_OPTIONS, loadEnvironment } from '../environment.ts';
import type { SideFiles } from '../environment.ts';
import { CONFIG_OPTION, USUAL_CONFIG, loadPlan } from '../load-plan.ts';
import { settleEnvironment } from '../runtime.ts';
import { printable } from '../text-table.ts';
import { countText } from '../units.ts';
import { EXIT_NO_INPUT, unreadable, withSelection } from './selection.ts';
import type { SelectionOptions } from './selection.ts';

/** sysexits.h EX_TEMPFAIL: something is left. EX_UNAVAILABLE: neither an agent nor a config to do without one. */
const EXIT_LEFT = 75;
const EXIT_UNAVAILABLE = 69;
const DEADLINE_MS = 60_000;

interface ReplayOptions extends SelectionOptions, SideFiles {
  readonly config: readonly string[];
  readonly clamp?: true;
  readonly deadline: number;
  readonly json?: true;
}

/** `agent quarantine replay`. */
export function replayCommand(): Command {
  return withSelection(new Command('replay').description('Send again what lies in quarantine, all of it or what is selected, through the running agent or, where none runs, by itself. A record is removed once the service has taken it.\nExit code: 0 all of it was taken, 66 it cannot be read, 69 no agent answers and it cannot be done without, 75 something is left'))
    .option('--clamp', 'give events the nearest time the service takes: without it what was too old is refused again')
    .option('--deadline <time>', 'try requests that fail again for this long', duration, DEADLINE_MS)
    .option('--config <source...>', `where no agent runs: ${CONFIG_OPTION}`, USUAL_CONFIG)
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .option('--json', 'print the receipt as JSON')
    .action(async ({ stateDir, config, clamp, deadline, json, commonConfig, envConfig, ...selection }: ReplayOptions) => {
      const directory = resolve(stateDir);
      const fail = (code: number, message: string): void => {
        process.stderr.write(`agent quarantine replay: ${message}\n`);
        process.exitCode = code;
      };
      const request: ReplayRequest = { ...selection, clamp: clamp === true, deadlineMs: deadline };
      let receipt: ReplayReceipt;
      try {
        // One that does not answer at all is not waited for as long as a replay may take.
        await askStatus(directory);
        receipt = await askReplay(directory, request);
      } catch (error) {
        if (error instanceof RefusedError) return fail(EXIT_LEFT, error.message);
        if (!(error instanceof NoAgentError)) throw error;
        try {
          if (!(await liesThere(directory, request))) receipt = { matched: 0, sent: 0, left: [], notRemoved: null };
          else {
            const done = await alone(directory, config, { ...(commonConfig === undefined ? {} : { commonConfig }), ...(envConfig === undefined ? {} : { envConfig }) }, request);
            if (typeof done === 'string') return fail(EXIT_UNAVAILABLE, `${error.message}. It cannot be done without one either: ${done}`);
            receipt = done;
          }
        } catch (problem) {
          return fail(EXIT_NO_INPUT, unreadable(directory, problem));
        }
      }
      process.stdout.write(json === true ? `${JSON.stringify(receipt, null, 2)}\n` : receiptText(receipt));
      process.exitCode = receipt.left.length === 0 && receipt.notRemoved === null ? 0 : EXIT_LEFT;
    });
}

async function liesThere(directory: string, request: ReplayRequest): Promise<boolean> {
  for await (const { record } of quarantineAtRest(directory, request)) if (record !== null) return true;
  return false;
}

/** Without an agent; or why not. */
async function alone(directory: string, words: readonly string[], sideFiles: SideFiles, request: ReplayRequest): Promise<ReplayReceipt | string> {
  const { env, problems } = await loadEnvironment(sideFiles, process.env);
  const wrong = problems.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) return wrong.message;
  settleEnvironment(env);
  const { plan } = await loadPlan(words, env);
  if (plan === null) return 'its config cannot be used (`agent check` says why); name one with --config';
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => { ended.abort(); });
  try {
    return await replayAlone(directory, plan, env, new AgentReport((_, message) => { process.stderr.write(`${message}\n`); }, Date.now), request, ended.signal);
  } catch (error) {
    if ((error as Error).name !== 'StateLockedError') throw error;
    return (error as Error).message;
  }
}

/** The receipt for a person. */
export function receiptText({ matched, sent, left, notRemoved }: ReplayReceipt): string {
  if (matched === 0) return 'nothing like that lies in quarantine\n';
  const lines = [
    `${countText(sent, 'event')} of ${matched.toLocaleString('en-US')} sent again and removed from quarantine`,
    ...left.map(({ group, stream, reason, events }) => `  ${countText(events, 'event')} left, for log group ${group}, stream ${stream}: ${reason}`),
    ...(left.some(({ reason }) => reason.startsWith('older than 14 days')) ? ['--clamp sends old events with the oldest time the service takes'] : []),
    ...(notRemoved === null ? [] : [`what was sent could not be removed (${notRemoved}): another replay sends it twice. Check the free space and the disk`]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

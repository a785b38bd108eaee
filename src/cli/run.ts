import { resolve } from 'node:path';
import { Command } from 'commander';
import { Agent } from '../agent/agent.ts';
import { StateDirectoryError } from '../agent/state-directory.ts';
import { globFault } from '../agent/file-lookup.ts';
import { networkFault } from '../agent/network-fault.ts';
import { statusOf } from '../agent/status.ts';
import { formatProblems } from '../config/problem.ts';
import { openControl } from '../control/server.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { hostZone } from '../host/time-zone.ts';
import { LifetimeControl } from '../lifecycle/lifetime.ts';
import { SIDE_FILE_OPTIONS, loadEnvironment } from './environment.ts';
import type { SideFiles } from './environment.ts';
import { releaseMemory, settleEnvironment } from './runtime.ts';
import { AgentReport } from '../report/agent-report.ts';
import type { LogLevel } from '../report/agent-report.ts';
import { loadPlan } from './load-plan.ts';
import { agentVersion } from './version.ts';

/** sysexits.h EX_CONFIG, EX_NOINPUT, EX_TEMPFAIL, EX_CANTCREAT (the state directory cannot be used). */
const EXIT_CONFIG = 78;
const EXIT_NO_INPUT = 66;
const EXIT_UNFINISHED = 75;
const EXIT_NO_STATE = 73;
/** Time to deliver what is held after SIGTERM: below systemd's default TimeoutStopSec of 90 s. */
const DRAIN_MS = 60_000;

interface RunOptions extends SideFiles {
  readonly config: readonly string[];
  readonly stateDir: string;
  readonly untilCaughtUp?: true;
  readonly quiet?: true;
}

/** `agent run`: the daemon in the foreground. */
export function runCommand(): Command {
  return new Command('run')
    .description('Follow the configured files and deliver them until SIGTERM')
    .requiredOption('--config <file...>', 'config files, merged in this order')
    .option('--state-dir <dir>', 'where checkpoints, quarantine and the control socket live', DEFAULT_STATE_DIR)
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .option('--until-caught-up', 'deliver what exists, however long the service takes, then exit 0; 75 when a signal comes before that')
    .option('--quiet', 'say warnings and errors only')
    .action(async (options: RunOptions) => { process.exitCode = await run(options); });
}

/** Gives the exit code. */
async function run({ config, stateDir: directory, untilCaughtUp, quiet, ...sideFiles }: RunOptions): Promise<number> {
  const life = endedBySignals();
  const stateDir = resolve(directory);
  const around = await loadEnvironment(sideFiles, process.env);
  const { env } = around;
  const { plan, problems, unreadable } = await loadPlan(config, env, globFault);
  const said = [...around.problems, ...problems];
  if (said.length > 0) process.stderr.write(formatProblems(said, process.stderr.isTTY));
  if (unreadable || around.unreadable) return EXIT_NO_INPUT;
  if (around.problems.some(({ severity }) => severity === 'error')) {
    process.stderr.write('agent: nothing is run: as whom, and by which way, is not sure while these files are wrong\n');
    return EXIT_CONFIG;
  }
  settleEnvironment(env);
  if (plan === null || plan.entries.length === 0) {
    process.stderr.write('agent: nothing to run: the config has no entry that works; `agent check` says what is wrong\n');
    return EXIT_CONFIG;
  }
  const unreachable = networkFault(env);
  if (unreachable !== null) {
    process.stderr.write(`agent: ${unreachable}\n`);
    return EXIT_CONFIG;
  }
  const report = new AgentReport((level, message) => { if (quiet !== true || level !== 'info') logLine(level, message); }, Date.now);
  const agent = new Agent({
    plan, stateDir, report, env, localZone: hostZone(env), releaseMemory, untilCaughtUp: untilCaughtUp === true,
    alongside: (running) => openControl({ stateDirectory: stateDir, status: () => statusOf(running, agentVersion), report }),
  });
  report.note(`following ${plan.entries.length} ${plan.entries.length === 1 ? 'entry' : 'entries'}${plan.disabled.length > 0 ? `, ${plan.disabled.length} disabled` : ''}; delivering to ${plan.service.endpoint ?? `CloudWatch Logs in ${plan.service.region}`}; state in ${stateDir}`);
  try {
    await agent.run(life);
  } catch (error) {
    if (!(error instanceof StateDirectoryError)) throw error;
    process.stderr.write(`agent: ${error.message}\n`);
    return EXIT_NO_STATE;
  }
  const { files, bytes } = agent.unfinished;
  // The agent ends by itself once it has caught up; a signal came before that.
  const unfinished = untilCaughtUp === true && (life.stop.aborted || files > 0);
  report.note(`stopped${unfinished ? ' before everything was delivered' : ''}: ${report.deliveredEvents} events delivered${files > 0 ? `; ${bytes} bytes of ${files} ${files === 1 ? 'file' : 'files'} are not acknowledged, they are read at the next start` : ''}`);
  return unfinished ? EXIT_UNFINISHED : 0;
}

/** Ends with SIGTERM or SIGINT, also one that comes while the config is read; at the second one, or the deadline, at once. */
function endedBySignals(): LifetimeControl {
  const life = new LifetimeControl();
  const onSignal = (): void => {
    if (life.stop.aborted) { life.requestAbandon(); return; }
    life.requestStop();
    setTimeout(() => life.requestAbandon(), DRAIN_MS).unref();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return life;
}

function logLine(level: LogLevel, message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}\n`);
}

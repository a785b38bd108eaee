import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { Agent } from '../agent/agent.ts';
import { StateDirectoryError, giveToOwner } from '../agent/state-directory.ts';
import { networkFault } from '../agent/network-fault.ts';
import { summaryOf } from '../agent/summary.ts';
import { heldText } from '../agent/unfinished.ts';
import { formatProblem, formatProblems, shownProblems } from '../config/problem.ts';
import type { Problem, Severity } from '../config/problem.ts';
import { openControl } from '../control/server.ts';
import { ServiceState } from '../control/service-state.ts';
import type { ReloadDocument } from '../control/status-document.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { isOfUnit } from '../host/cgroup.ts';
import { hostZone } from '../host/time-zone.ts';
import { LifetimeControl } from '../lifecycle/lifetime.ts';
import { placesBelow } from './ctl/places.ts';
import { EnvironmentWatch } from './environment-watch.ts';
import { DEFAULT_ENV_CONFIG, SIDE_FILE_OPTIONS, loadEnvironment } from './environment.ts';
import type { SideFiles } from './environment.ts';
import { releaseProgramPages } from './program-pages.ts';
import { releaseMemory, settleEnvironment } from './runtime.ts';
import { AgentReport } from '../report/agent-report.ts';
import { OwnLog } from '../report/own-log.ts';
import type { LogLevel } from '../report/own-log.ts';
import { askInstance } from '../host/instance.ts';
import type { LogPlan, Plan } from '../plan.ts';
import { controlRoutes } from './control-routes.ts';
import { lookAtLimits } from './host-limits.ts';
import { isJournal } from './journal-stream.ts';
import { KeptConfig } from './keep-config.ts';
import { awaitInstance } from './late-instance.ts';
import { leave } from './leave.ts';
import { followLevel } from './live-level.ts';
import { CONFIG_OPTION, USUAL_CONFIG } from './load-plan.ts';
import { lookBeside } from './neighbour.ts';
import { OUR_UNIT } from './own-unit.ts';
import { parameterAccess } from './parameter-access.ts';

/** sysexits.h EX_CONFIG, EX_NOINPUT, EX_TEMPFAIL (twice), EX_CANTCREAT (the state directory cannot be used). */
const EXIT_CONFIG = 78;
const EXIT_NO_INPUT = 66;
const EXIT_UNFINISHED = 75;
/** What the config lacks may be known a moment later: systemd starts the agent anew, which it does not after EXIT_CONFIG. */
const EXIT_NO_INSTANCE = 75;
const EXIT_NO_STATE = 73;
/** Time to deliver what is held after SIGTERM: below TimeoutStopSec of the unit, and below systemd's default of 90 s. */
const DRAIN_MS = 60_000;
/** A stop that takes longer says why. */
const SLOW_STOP_MS = 1_000;
/** Between two looks for an agent that sends the same. */
const NEIGHBOUR_MS = 60_000;
/** A start is over, also one with thousands of files. */
const STARTED_MS = 20_000;
/** Of what could not be read, in the last line of the log. */
const MOST_NAMED = 5;
const DEFAULT_LOG: LogPlan = { level: 'info', format: 'text' };
const LEVEL_OF: Readonly<Record<Severity, LogLevel>> = { error: 'error', warning: 'warn', note: 'info' };

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
    .option('--config <source...>', CONFIG_OPTION, USUAL_CONFIG)
    .option('--state-dir <dir>', 'where checkpoints, quarantine and the control socket live', DEFAULT_STATE_DIR)
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .option('--until-caught-up', 'deliver what exists, however long the service takes, then exit 0; 75 when a signal comes before that, or something cannot be read')
    .option('--quiet', 'say warnings and errors only')
    .action(async (options: RunOptions) => { process.exitCode = await run(options); });
}

/** Gives the exit code. */
async function run({ config, stateDir: directory, untilCaughtUp, quiet, ...sideFiles }: RunOptions): Promise<number> {
  const life = endedBySignals();
  const stateDir = resolve(directory);
  const toJournal = isJournal(process.env['JOURNAL_STREAM']);
  const log = new OwnLog(DEFAULT_LOG, (line) => { process.stderr.write(line); }, Date.now, { least: quiet === true ? 'warn' : 'debug', isJournal: toJournal });
  const around = await loadEnvironment(sideFiles, process.env);
  // For this process alone: a program that the agent starts must not speak for it.
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, ...env } = around.env;
  const surroundings = around.problems.some(({ severity }) => severity === 'error') ? 'nothing is run: as whom, and by which way, is not sure while these files are wrong' : networkFault(env);
  if (surroundings !== null) {
    sayProblems(around.problems, log);
    log.fatal(surroundings);
    return around.unreadable ? EXIT_NO_INPUT : EXIT_CONFIG;
  }
  settleEnvironment(env);
  const report = new AgentReport(log.line, Date.now, () => log.says('debug'));
  const environment = await EnvironmentWatch.open({ sideFiles, isService: isOfUnit(OUR_UNIT), report });
  using service = await ServiceState.open({ NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID }, report);
  const kept = new KeptConfig({ sources: config, stateDir, env, report, log, access: parameterAccess(env, {}, life.abandon) });
  const start = await kept.keeper.start();
  if (start.kind === 'current') log.follow(start.plan.log);
  sayProblems([...around.problems, ...kept.problems], log);
  if (start.kind === 'none' && kept.unreadable) return EXIT_NO_INPUT;
  if (start.kind === 'none' || (start.plan.entries.length === 0 && start.plan.journald.length === 0 && start.plan.emf === null && start.plan.metrics === null && start.plan.prometheus === null)) {
    log.fatal(start.kind === 'none' && start.errors !== null
      ? `nothing is run: the config in Parameter Store has errors (${start.errors}), and no earlier one is kept here; \`agent check\` names every error`
      : `nothing to run: there is no entry of a config that works; \`agent check\` says what is wrong${kept.isInstanceMissing ? '. The metadata of this EC2 instance do not answer: it may be they alone that are missing, so the service is started again' : ''}`);
    return kept.isInstanceMissing ? EXIT_NO_INSTANCE : EXIT_CONFIG;
  }
  const { plan } = start;
  const neighbour = (): string | null => lookBeside({ places: placesBelow(''), sources: kept.sources, report });
  const reload = async (): Promise<ReloadDocument> => {
    const outcome = await service.during(() => kept.keeper.reload());
    const stale = await environment.look();
    return { ...outcome, problems: `${formatProblems(kept.problems, false)}${stale === null ? '' : `${stale}\n`}` };
  };
  // Also where it never comes to rest: what a start alone needs goes.
  const started = setTimeout(releaseProgramPages, STARTED_MS).unref();
  const agent = new Agent({
    plan, stateDir, report, env, localZone: hostZone(env), releaseMemory: () => { clearTimeout(started); releaseMemory(); releaseProgramPages(); }, untilCaughtUp: untilCaughtUp === true,
    configCounts: () => kept.keeper.state,
    instance: (tags) => askInstance(env, tags),
    alongside: (running) => openControl({
      stateDirectory: stateDir, report,
      routes: controlRoutes({
        agent: running, log,
        limits: () => lookAtLimits(running.plan.delivery.budgetBytes, report),
        restart: () => environment.look(),
        neighbour,
        config: () => ({ sources: kept.sources, ...kept.keeper.state, changing: running.changing }),
        reload: async () => life.stop.aborted
          ? { outcome: 'unreadable', reason: 'the agent is being stopped', problems: '' }
          : reload(),
      }),
    }),
  });
  kept.agent = agent;
  report.note(`${begunText(plan)}; state in ${stateDir}`);
  lookAtLimits(plan.delivery.budgetBytes, report);
  const stopped = sayIfStopTakesLong(life, report);
  neighbour();
  const looking = setInterval(neighbour, NEIGHBOUR_MS).unref();
  using _ = followLevel(sideFiles.envConfig ?? DEFAULT_ENV_CONFIG, log);
  life.stop.addEventListener('abort', () => { service.stopping(); }, { once: true });
  try {
    await together(life, [agent.run(life), ...(untilCaughtUp === true ? [] : [keepConfig({ kept, agent, service, reload, report }, life)])]);
  } catch (error) {
    if (!(error instanceof StateDirectoryError)) throw error;
    kept.keeper.endInOrder();
    log.fatal(error.message);
    return EXIT_NO_STATE;
  } finally {
    stopped();
    clearInterval(looking);
    // Begun by hand as root on the service's directory: what it leaves there must not lock the service out.
    await giveToOwner(stateDir).catch((error: unknown) => { report.trouble('state', `${stateDir} has files of root that could not be given to its owner (${(error as Error).message}): chown them before its service starts`); });
  }
  kept.keeper.endInOrder();
  const { unread } = agent.unfinished;
  const held = heldText(agent.unfinished);
  // The agent ends by itself once it has caught up with what it can read; a signal came before that, or there is more.
  const unfinished = untilCaughtUp === true && (life.stop.aborted || held !== null || unread.length > 0);
  report.note(`stopped${unfinished ? ' before everything was delivered' : ''}: ${report.deliveredEvents} events delivered${undeliveredText(report)}${held === null ? '' : `; ${held} are not acknowledged, they are read at the next start`}${unreadText(unread)}`);
  const code = unfinished ? EXIT_UNFINISHED : 0;
  if (agent.hangingThreads > 0) leave(code);
  return code;
}

/** What runs and where it goes, in the first line of the log. */
function begunText({ entries: files, journald, disabled, service, metrics, emf, prometheus }: Plan): string {
  const entries = [...files, ...journald];
  const logs = entries.length === 0 && emf === null && prometheus === null ? [] : [`following ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}${disabled.length > 0 ? `, ${disabled.length} disabled` : ''}; delivering to ${service.endpoint ?? `CloudWatch Logs in ${service.region}`}`];
  if (metrics === null) return logs.join('');
  const collectors = metrics.samplers.length + [metrics.statsd, metrics.collectd].filter((listener) => listener !== null).length;
  const to = metrics.destinations.cloudwatch ? metrics.service.endpoint ?? `CloudWatch in ${metrics.service.region}` : 'events of the embedded metric format';
  return [...logs, `${collectors} ${collectors === 1 ? 'collector' : 'collectors'} of metrics; publishing to ${to}`].join('; ');
}

/** Until all have ended. One that fails ends the others: half an agent would run on, and nobody start it anew. */
async function together(life: LifetimeControl, works: readonly Promise<void>[]): Promise<void> {
  await Promise.all(works.map(async (work) => {
    try {
      await work;
    } catch (error) {
      endInTime(life);
      throw error;
    }
  }));
}

/** What was dropped since the start, other than by the filters of the config: the last line of the log must not sound as if all was well. */
function undeliveredText({ drops }: AgentReport): string {
  const parts = [...drops].filter(([reason]) => reason !== 'filtered' && reason !== 'blank')
    .map(([reason, { events, bytes }]) => `${events > 0 ? `${events} events` : `${bytes} bytes`} not (${reason})`);
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

/** The reasons were said when they were met. */
function unreadText(unread: readonly string[]): string {
  if (unread.length === 0) return '';
  const more = unread.length - MOST_NAMED;
  return `; what cannot be read is not delivered: ${unread.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A service that is away makes a stop wait, and who waits for it is to know why. Ends with the function that is returned. */
function sayIfStopTakesLong({ stop }: LifetimeControl, report: AgentReport): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => report.note(`stopping: what is held is delivered first, for at most ${DRAIN_MS / 1000} s; a second SIGTERM or Ctrl-C ends at once, and what is not acknowledged is read at the next start`), SLOW_STOP_MS);
  };
  stop.addEventListener('abort', begin, { once: true });
  return () => { stop.removeEventListener('abort', begin); clearTimeout(timer); };
}

interface Keeping { readonly kept: KeptConfig; readonly agent: Agent; readonly service: ServiceState; readonly reload: () => Promise<unknown>; readonly report: AgentReport }

/** Looks after the config for as long as the agent runs, which is told from now on; SIGHUP reads it again. */
async function keepConfig({ kept, agent, service, reload, report }: Keeping, life: LifetimeControl): Promise<void> {
  if (!(await agent.follows(life))) return;
  service.ready({ text: () => summaryOf(agent, life.stop.aborted), isAlive: () => agent.isAlive });
  const onHangup = (): void => { void reload(); };
  process.on('SIGHUP', onHangup);
  const pause = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
  const known = (instanceId: string): Promise<void> => service.during(() => kept.keeper.renew(`this is the instance ${instanceId}, as its metadata say now`));
  try {
    await Promise.all([kept.keeper.run(life), awaitInstance({ isMissing: () => kept.isInstanceMissing, ask: () => kept.instanceId(), known, report, pause }, life.stop)]);
  } finally {
    process.off('SIGHUP', onHangup);
  }
}

/** For people as `check` prints them; a program that reads the log gets one line each. */
function sayProblems(problems: readonly Problem[], log: OwnLog): void {
  if (log.isByLine) {
    const { shown, left } = shownProblems(problems);
    for (const { problem, alike } of shown) log.line(LEVEL_OF[problem.severity], `${formatProblem(problem, false).replace(/\n\s+/, '; ')}${alike === 0 ? '' : `; and the same at ${alike} more items`}`);
    if (left !== null) log.line('warn', `${left} of the config; \`agent check --json\` prints all of them`);
  } else if (problems.length > 0) process.stderr.write(formatProblems(problems, process.stderr.isTTY));
}

/** Ends with SIGTERM or SIGINT, also one that comes while the config is read; at the second one, or the deadline, at once. */
function endedBySignals(): LifetimeControl {
  const life = new LifetimeControl();
  const onSignal = (): void => {
    if (life.stop.aborted) life.requestAbandon();
    else endInTime(life);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // Until there is an agent to reload, a hangup must not end it.
  process.on('SIGHUP', () => {});
  return life;
}

function endInTime(life: LifetimeControl): void {
  life.requestStop();
  setTimeout(() => life.requestAbandon(), DRAIN_MS).unref();
}

import { Command } from 'commander';
import { Destinations } from '../agent/destination.ts';
import { PlanLookup } from '../agent/file-lookup.ts';
import { journalNow, type JournalNow } from '../agent/journald/journal-check.ts';
import type { FileFault } from '../agent/metric-files.ts';
import { networkFault } from '../agent/network-fault.ts';
import type { GlobFault } from '../config/compile-logs.ts';
import { countProblems, formatProblems, strictly } from '../config/problem.ts';
import type { Problem } from '../config/problem.ts';
import type { Environment } from '../config/placeholders.ts';
import { sideProblem } from '../config/side-file.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { isPerFile, shown } from '../naming/template.ts';
import type { FileEntryPlan, JournalEntryPlan, Plan } from '../plan.ts';
import { processOutput, type CommandOutput } from './config/command-output.ts';
import { SIDE_FILE_OPTIONS } from './environment.ts';
import type { LoadedEnvironment, SideFiles } from './environment.ts';
import { describeJournal } from './journal-text.ts';
import { judgedEnvironment } from './judged-environment.ts';
import { CONFIG_OPTION, USUAL_CONFIG, loadPlan } from './load-plan.ts';
import { mountsNow } from './mounts-now.ts';
import { describeMetrics, describePrometheus } from './metrics-text.ts';
import { settleEnvironment } from './runtime.ts';
import { describeEmf, describeEntry, describeService, type EntryMatches } from './plan-text.ts';

/** sysexits.h EX_NOINPUT: a config file cannot be read. */
const EXIT_NO_INPUT = 66;
/** sysexits.h EX_CONFIG: the config has errors. */
const EXIT_CONFIG = 78;

/** What `check` wants to know of the disk. */
export interface FileLookup {
  /** What is wrong with an absolute path or glob, or null. */
  readonly globFault: GlobFault;
  /** The files that match each entry of the plan now, in the order of the entries. */
  readonly listMatches: (plan: Plan) => Promise<readonly EntryMatches[]>;
  /** What can be read of the journal now that has its files in a folder; null: of that of this host. */
  readonly journal: (directory: string | null) => Promise<JournalNow>;
  /** What is wrong with the files that collectors read while they run. */
  readonly fileFaults: (plan: Plan) => Promise<readonly FileFault[]>;
}

function disk(): FileLookup {
  const lookup = new PlanLookup(mountsNow());
  return {
    globFault: (pattern) => lookup.globFault(pattern),
    listMatches: ({ entries, ownLogs }) => lookup.filesNow(entries, { logs: ownLogs, stateDirectory: DEFAULT_STATE_DIR }),
    journal: journalNow,
    fileFaults: async (plan) => (plan.prometheus === null && plan.metrics === null ? [] : (await import('../agent/metric-files.ts')).metricFileFaults(plan)),
  };
}

/** `agent check`: every problem of the config, or what it compiles to and which files match now. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Print every problem of a config, or what it compiles to and which files match now')
    .option('--config <source...>', CONFIG_OPTION, USUAL_CONFIG)
    .option('--json', 'print problems, plan and files as JSON')
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .option('--strict', 'take warnings, and notes of what is not run, for errors')
    .action(async ({ config, json, strict, ...sideFiles }: SideFiles & { readonly config: readonly string[]; readonly json?: true; readonly strict?: true }) => {
      const around = await judgedEnvironment(config, sideFiles, process.env);
      settleEnvironment(around.env);
      process.exitCode = await check(config, { json: json === true, strict: strict === true, env: around.env, around, lookup: disk() }, processOutput());
    });
}

/** Checks the files and writes the answer; gives the exit code: 0, 66 for a file that cannot be read, 78 for a config with errors. */
export async function check(
  files: readonly string[],
  options: { readonly json: boolean; readonly strict?: boolean; readonly env: Environment; readonly around?: Pick<LoadedEnvironment, 'problems' | 'unreadable'>; readonly lookup: FileLookup | null },
  { out, err, colour }: CommandOutput,
): Promise<number> {
  const { env, around = { problems: [], unreadable: false } } = options;
  const { plan, problems: inConfig, unreadable } = await loadPlan(files, env, options.lookup?.globFault);
  const fault = networkFault(env);
  const inFiles = plan === null ? [] : (await options.lookup?.fileFaults(plan) ?? []).map(fileProblem);
  const found = [...around.problems, ...(fault === null ? [] : [sideProblem('error', 'environment', null, fault)]), ...inConfig, ...inFiles];
  const problems = options.strict === true ? strictly(found) : found;
  const failed = problems.some((problem) => problem.severity === 'error');
  const listed = plan === null || failed ? [] : await options.lookup?.listMatches(plan);
  const entries = failed || plan === null ? [] : plan.entries.map((entry, index) => {
    const found = listed?.[index];
    return { entry, found: found === undefined ? null : withNames(entry, found) };
  });
  const journals = failed || plan === null ? [] : await lookAtJournals(plan.journald, options.lookup);
  if (options.json) {
    const matches = entries.flatMap(({ entry, found }) => (found === null ? [] : { entry: entry.key, ...found }));
    out(`${JSON.stringify({ problems, plan, matches, journals: journals.map(({ entry, now }) => ({ entry: entry.key, ...now })) }, null, 2)}\n`);
  } else {
    err(formatProblems(problems, colour, '--json prints all of them'));
    // What stands on a part that is wrong is not looked at: a second round must not come as a surprise.
    if (failed) err(`${countProblems(problems)}${plan === null || plan.disabled.length > 0 ? '; what stands on a wrong part is checked once that is mended' : ''}\n`);
    else if (plan !== null) out([
      ...(plan.entries.length === 0 && plan.journald.length === 0 && plan.emf === null && plan.prometheus === null ? [] : [describeService(plan)]),
      ...(plan.emf === null ? [] : [describeEmf(plan.emf, plan.spool)]),
      ...(plan.prometheus === null ? [] : [describePrometheus(plan.prometheus)]),
      ...(plan.metrics === null ? [] : [describeMetrics(plan.metrics)]),
      ...entries.map(({ entry, found }) => describeEntry(entry, found)),
      ...journals.map(({ entry, now }) => describeJournal(entry, now)),
    ].join('\n'));
  }
  if (unreadable || around.unreadable) return EXIT_NO_INPUT;
  return failed ? EXIT_CONFIG : 0;
}

/** Each journal is looked at once, one after the other. */
async function lookAtJournals(entries: readonly JournalEntryPlan[], lookup: FileLookup | null): Promise<readonly { readonly entry: JournalEntryPlan; readonly now: JournalNow | null }[]> {
  const looks = new Map<string | null, JournalNow | null>();
  for (const { directory } of entries) if (!looks.has(directory)) looks.set(directory, await lookup?.journal(directory) ?? null);
  return entries.map((entry) => ({ entry, now: looks.get(entry.directory) ?? null }));
}

function fileProblem({ file, line, severity, message, expected }: FileFault): Problem {
  const place = line === null ? null : { line, column: 1 };
  return severity === 'not-run' ? { ...sideProblem('note', file, place, message, expected), notRun: true } : sideProblem(severity, file, place, message, expected);
}

/** Says of each file where it goes, if the entry's files go to different places, and skips those that can go nowhere. */
function withNames(entry: FileEntryPlan, { matches, skipped }: EntryMatches): EntryMatches {
  const { naming } = entry;
  const groups = isPerFile(naming.group);
  const streams = isPerFile(naming.stream);
  if (!groups && !streams) return { matches, skipped };
  const destinations = new Destinations(entry);
  const nameless: EntryMatches['skipped'][number][] = [];
  const named = matches.flatMap((file) => {
    const to = destinations.of(file.path);
    if (typeof to !== 'string') return { ...file, ...(groups ? { group: to.group } : {}), ...(streams ? { stream: shown(to.stream) } : {}) };
    nameless.push({ path: file.path, reason: to });
    return [];
  });
  return { matches: named, skipped: [...skipped, ...nameless] };
}

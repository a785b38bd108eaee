import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { filesNow, globFault, matcherOf } from '../agent/file-lookup.ts';
import { growthOf, growthOfEvents, watchGrowth } from '../agent/growth.ts';
import type { Growth, Unknown } from '../agent/growth.ts';
import type { MountWatch } from '../agent/mount-watch.ts';
import { previewFile } from '../agent/preview.ts';
import type { Preview } from '../agent/preview.ts';
import type { Environment } from '../config/placeholders.ts';
import { countProblems, formatProblems } from '../config/problem.ts';
import type { Problem } from '../config/problem.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { hostZone } from '../host/time-zone.ts';
import type { FileEntryPlan, Plan } from '../plan.ts';
import { SIDE_FILE_OPTIONS, loadEnvironment } from './environment.ts';
import type { SideFiles } from './environment.ts';
import { JOURNAL_ARGUMENT, journalArgument } from './journal-argument.ts';
import { judgedEnvironment } from './judged-environment.ts';
import { CONFIG_OPTION, USUAL_CONFIG, loadPlan, planOf } from './load-plan.ts';
import type { LoadedPlan } from './load-plan.ts';
import { mountsNow } from './mounts-now.ts';
import { costOfDay } from './preview/cost.ts';
import { addEntryFlags, documentOf, firstGiven, problemsOfFlags } from './preview/flags.ts';
import type { GivenFlags } from './preview/flags.ts';
import { previewOfJournal } from './preview/journal.ts';
import { previewText } from './preview/text.ts';
import type { PreviewTelling } from './preview/text.ts';

/** sysexits.h EX_USAGE, EX_NOINPUT (a file cannot be read, or is not followed), EX_CONFIG. */
const EXIT_USAGE = 64;
const EXIT_NO_INPUT = 66;
const EXIT_CONFIG = 78;
const DEFAULT_EVENTS = 20;
/** Each may hold 8 KiB of text. */
const MOST_EVENTS = 10_000;
const MOST_WATCHED_S = 86_400;
/** Where nothing names a region: it matters for {aws_region} and the price alone. */
const DEFAULT_REGION = 'us-east-1';

interface PreviewOptions extends SideFiles {
  readonly config?: readonly string[];
  readonly entry?: number;
  readonly lines: number;
  readonly fromStart?: true;
  readonly watch?: number;
  readonly pricePerGb?: number;
  readonly json?: true;
}

/** `agent preview`: what would be sent of a file, and what that would cost. */
export function previewCommand(): Command {
  const command = new Command('preview')
    .description('Show what would be sent of a file: events, their times, what filters and redaction do to them, where they go, and what a day of it costs.\nNothing is sent, and no position is touched')
    .usage('[options] <file>')
    .argument('[file]', `the log file; or ${JOURNAL_ARGUMENT}`)
    .option('--config <source...>', `${CONFIG_OPTION}; the entries that match the file are used (without it and the flags below: those of usual, where any matches)`)
    .option('--entry <n>', 'only this entry of the config, counted from 0 as in messages', parseWith('a whole number from 0', 0, 16_383))
    .option('--lines <n>', 'events to show', parseWith(`a whole number from 1 to ${MOST_EVENTS}`, 1, MOST_EVENTS), DEFAULT_EVENTS)
    .option('--from-start', 'show the first events of the file, not the last')
    .option('--watch <seconds>', 'measure the growth for so long', parseWith(`a whole number from 1 to ${MOST_WATCHED_S}`, 1, MOST_WATCHED_S))
    .option('--price-per-gb <usd>', 'US dollars for taking in a gigabyte', parsePrice)
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .option('--json', 'print all of it as JSON');
  return addEntryFlags(command).action(async (file: string | undefined, options: PreviewOptions & GivenFlags) => {
    if (file !== undefined) { process.exitCode = await preview(file, options); return; }
    process.stderr.write(`agent preview: no file is named${options.config === undefined ? '' : '; every word behind --config is a config: the file comes before it'}\n`);
    process.exitCode = EXIT_USAGE;
  });
}

function parseWith(what: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d{1,9}$/.test(text) || number < least || number > most) throw new InvalidArgumentError(`give ${what}`);
    return number;
  };
}

function parsePrice(text: string): number {
  const price = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || !Number.isFinite(price)) throw new InvalidArgumentError('give a number such as 0.57');
  return price;
}

/** Gives the exit code: 0, 64 for flags that contradict each other, 66 for a file that would not be followed, 78 for a config with errors. */
async function preview(file: string, options: PreviewOptions & GivenFlags): Promise<number> {
  const flag = firstGiven(options);
  const journal = journalArgument(file);
  if (journal !== null) {
    const ofFiles = flag ?? (options.watch === undefined ? null : '--watch');
    if (ofFiles === null) return previewOfJournal(journal, options);
    process.stderr.write(`agent: ${ofFiles} is for a file: what is read of the journal is said by a config; leave it out, or write ./${file} for a file of that name\n`);
    return EXIT_USAGE;
  }
  const path = resolve(file);
  if (options.config !== undefined && flag !== null) {
    process.stderr.write(`agent: --config and ${flag} both say what the entry is: leave out --config, or change the config\n`);
    return EXIT_USAGE;
  }
  const around = await (flag === null ? judgedEnvironment(options.config ?? USUAL_CONFIG, options, process.env) : loadEnvironment(options, process.env));
  const { env } = around;
  const ofHost = options.config === undefined && flag === null ? await planOfHost(path, options, env) : null;
  const loaded = ofHost ?? (options.config === undefined ? await planOfFlags(path, options, env) : await loadPlan(options.config, env, globFault));
  const { plan } = loaded;
  const problems = [...around.problems, ...loaded.problems];
  const unreadable = around.unreadable || loaded.unreadable;
  const failed = problems.some(({ severity }) => severity === 'error');
  if (options.json !== true) process.stderr.write(formatProblems(problems, process.stderr.isTTY));
  if (plan === null || unreadable || (failed && options.config === undefined && ofHost === null)) {
    if (options.json === true) process.stdout.write(documentText([], problems));
    else process.stderr.write(`${countProblems(problems)}\n`);
    return unreadable ? EXIT_NO_INPUT : EXIT_CONFIG;
  }
  const { entries, fault } = entriesFor(path, plan, options);
  const mounts = mountsNow();
  const inTheWay = fault === null ? await mounts.inTheWayOf(path) : null;
  if (fault !== null || inTheWay !== null) {
    process.stderr.write(`agent: ${fault ?? `${path} cannot be looked at: ${inTheWay} gives no answer, its server or its process hangs; try again when it answers`}\n`);
    return EXIT_NO_INPUT;
  }
  const shown: Shown[] = [];
  const localZone = hostZone(env);
  for (const entry of entries) {
    const made = previewFile({ path, entry, undeliverable: plan.delivery.undeliverable, localZone, ownLogs: plan.ownLogs, events: options.lines, from: options.fromStart === true ? 'start' : 'end' });
    if ('refused' in made) {
      process.stderr.write(`agent: ${path} is not followed: ${made.refused}\n`);
      return EXIT_NO_INPUT;
    }
    shown.push({ entry, preview: made, notes: await notesOf(entry, path, plan, mounts) });
  }
  const growth = options.watch === undefined ? growthOf(path, Date.now()) : await watchGrowth(path, 1000 * options.watch);
  const tellings = shown.map((one) => telling(one, 'unknown' in growth ? (growthOfSample(one.preview) ?? growth) : growth, plan, options, localZone));
  process.stdout.write(options.json === true ? documentText(tellings, problems) : tellings.map((one) => previewText(one, process.stdout.isTTY)).join('\n'));
  return failed ? EXIT_CONFIG : 0;
}

/** What the events themselves say of the growth, where the file system says nothing; null where they have no times. */
function growthOfSample({ sample: { sourceBytes, firstTime } }: Preview): Growth | null {
  const growth = firstTime === null ? null : growthOfEvents(sourceBytes, firstTime, Date.now());
  return growth === null || 'unknown' in growth ? null : growth;
}

/** The config of this host, where it has an entry for the file: what `run` would do. Else null: there is nothing but the file. */
async function planOfHost(path: string, options: PreviewOptions, env: Environment): Promise<LoadedPlan | null> {
  const loaded = await loadPlan(USUAL_CONFIG, env, globFault);
  return options.entry !== undefined || (loaded.plan !== null && entriesFor(path, loaded.plan, options).fault === null) ? loaded : null;
}

interface Shown { readonly entry: FileEntryPlan; readonly preview: Preview; readonly notes: readonly string[] }

async function planOfFlags(path: string, options: GivenFlags, env: Environment): Promise<Omit<LoadedPlan, 'remote'>> {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || DEFAULT_REGION;
  const { plan, problems } = await planOf({ root: documentOf(path, options, region), problems: [] }, env, globFault);
  return { plan, problems: problemsOfFlags(problems), unreadable: false };
}

/** The entries of the plan that would follow the file, or why there are none. */
function entriesFor(path: string, plan: Plan, { entry: wanted }: PreviewOptions): { readonly entries: readonly FileEntryPlan[]; readonly fault: string | null } {
  const candidates = wanted === undefined ? plan.entries : plan.entries.filter(({ pointer }) => pointer.endsWith(`/${wanted}`));
  if (candidates.length === 0) return { entries: [], fault: `there is no entry ${wanted} that works; the config's entries are 0 to ${plan.entries.length + plan.disabled.length - 1}` };
  const entries: FileEntryPlan[] = [];
  const broken = plan.disabled.find(({ pattern }) => matcherOf({ pattern, exclude: null })(path) === true);
  let excluded = broken === undefined ? null : `the entry that matches ${path} does not work (${broken.pointer}): ${broken.reason}`;
  for (const entry of candidates) {
    const match = matcherOf(entry)(path);
    if (match === true) entries.push(entry);
    else if (match !== false) excluded ??= `${path} matches ${entry.pattern}, but is ${match.excluded} (${entry.pointer})`;
  }
  if (entries.length > 0) return { entries, fault: null };
  const which = wanted === undefined ? `no entry of the config matches ${path}` : `entry ${wanted} (${candidates[0]!.pattern}) does not match ${path}`;
  return { entries: [], fault: excluded ?? `${which}: \`agent check\` lists what each entry matches; without --config, flags say what the entry would be` };
}

/** What of the entry keeps this very file, or what is in it now, from being sent. */
async function notesOf(entry: FileEntryPlan, path: string, { ownLogs }: Plan, reach: MountWatch): Promise<readonly string[]> {
  const notes: string[] = [];
  if (entry.startAt === 'end') notes.push('initial_position is "end": what is in a file when the agent first sees it at its start is not sent, only what is written later');
  if (entry.follow === 'newest') {
    const { matches } = await filesNow({ pattern: entry.pattern, exclude: entry.exclude, encoding: entry.framing.encoding, ownLogs, stateDirectory: DEFAULT_STATE_DIR, reach });
    const newest = matches.reduce<(typeof matches)[number] | null>((latest, match) => (latest === null || match.mtimeMs > latest.mtimeMs ? match : latest), null);
    if (newest !== null && newest.path !== path) notes.push(`${newest.path} was changed later, and the entry follows only the newest of files it has not seen before ("follow": "all" follows each)`);
  }
  return notes;
}

function telling({ entry, preview: made, notes }: Shown, growth: Growth | Unknown, plan: Plan, options: PreviewOptions, localZone: string): PreviewTelling {
  return { preview: made, entry, notes, growth, undeliverable: plan.delivery.undeliverable, price: { region: entry.service.region, groupClass: entry.naming.groupClass, given: options.pricePerGb ?? null }, localZone };
}

function documentText(tellings: readonly PreviewTelling[], problems: readonly Problem[]): string {
  const previews = tellings.map(({ preview: made, entry, notes, growth, price }) => ({ entry: entry.pointer, pattern: entry.pattern, notes, ...made, growth, cost: costOfDay(growth, made.sample, price) }));
  return `${JSON.stringify({ problems, previews }, null, 2)}\n`;
}

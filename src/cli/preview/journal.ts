import { previewJournal } from '../../agent/journald/journal-preview.ts';
import { countProblems, formatProblems } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { hostZone } from '../../host/time-zone.ts';
import type { JournalEntryPlan, Plan } from '../../plan.ts';
import type { SideFiles } from '../environment.ts';
import { meansKey } from '../journal-argument.ts';
import type { JournalArgument } from '../journal-argument.ts';
import { judgedEnvironment } from '../judged-environment.ts';
import { USUAL_CONFIG, loadPlan } from '../load-plan.ts';
import { costOfDay } from './cost.ts';
import { growthOfEntries, journalPreviewText } from './journal-text.ts';
import type { JournalTelling } from './journal-text.ts';

/** sysexits.h EX_NOINPUT, EX_CONFIG. */
const EXIT_NO_INPUT = 66;
const EXIT_CONFIG = 78;

export interface JournalPreviewOptions extends SideFiles {
  readonly config?: readonly string[];
  readonly entry?: number;
  readonly lines: number;
  readonly fromStart?: true;
  readonly pricePerGb?: number;
  readonly json?: true;
}

/** What would be sent of the journal, by each entry of a config that is meant. Gives the exit code: 0, 66 for a journal that cannot be read or that no entry reads, 78 for a config with errors. */
export async function previewOfJournal(argument: JournalArgument, options: JournalPreviewOptions): Promise<number> {
  const words = options.config ?? USUAL_CONFIG;
  const around = await judgedEnvironment(words, options, process.env);
  const { plan, unreadable, ...loaded } = await loadPlan(words, around.env);
  const problems = [...around.problems, ...loaded.problems];
  if (options.json !== true) process.stderr.write(formatProblems(problems, process.stderr.isTTY));
  if (plan === null || unreadable || around.unreadable) {
    if (options.json === true) process.stdout.write(documentText([], problems));
    else process.stderr.write(`${countProblems(problems)}\n`);
    return unreadable || around.unreadable ? EXIT_NO_INPUT : EXIT_CONFIG;
  }
  const entries = plan.journald.filter(({ key, pointer }) => meansKey(argument, key) && (options.entry === undefined || pointer.endsWith(`/${options.entry}`)));
  if (entries.length === 0) {
    process.stderr.write(`agent: ${noneText(argument, options, plan)}\n`);
    return EXIT_NO_INPUT;
  }
  const localZone = hostZone(around.env);
  const from = options.fromStart === true ? 'start' : 'end';
  const tellings: JournalTelling[] = [];
  let isRefused = false;
  for (const entry of entries) {
    const { undeliverable } = plan.delivery;
    const preview = await previewJournal({ entry, undeliverable, localZone, events: options.lines, from });
    if ('refused' in preview) {
      process.stderr.write(`agent: ${entry.key}: ${preview.refused}\n`);
      isRefused = true;
      continue;
    }
    tellings.push({
      preview, entry, undeliverable, localZone, notes: notesOf(entry),
      growth: growthOfEntries(preview, from, Date.now()),
      price: { region: entry.service.region, groupClass: entry.naming.groupClass, given: options.pricePerGb ?? null },
    });
  }
  process.stdout.write(options.json === true ? documentText(tellings, problems) : tellings.map((one) => journalPreviewText(one, process.stdout.isTTY)).join('\n'));
  if (isRefused) return EXIT_NO_INPUT;
  return problems.some(({ severity }) => severity === 'error') ? EXIT_CONFIG : 0;
}

function noneText({ group }: JournalArgument, { entry }: JournalPreviewOptions, { journald }: Plan): string {
  if (journald.length === 0) return 'no entry of the config reads the journal: logs.logs_collected.journald has none that works; `agent check` says what is wrong';
  const wanted = [...(group === null ? [] : [`to log group ${group}`]), ...(entry === undefined ? [] : [`with number ${entry}`])].join(', ');
  return `no entry of the config reads the journal ${wanted}; those that do: ${journald.map(({ key, pointer }) => `${key} (${pointer})`).join(', ')}`;
}

function notesOf({ startAt }: JournalEntryPlan): readonly string[] {
  return startAt === 'start' ? [] : ['where the entry has no position yet, it begins at the end of the journal: what is there already is not sent ("initial_position": "start" sends it)'];
}

function documentText(tellings: readonly JournalTelling[], problems: readonly Problem[]): string {
  const previews = tellings.map(({ preview, entry, notes, growth, price }) => ({ entry: entry.pointer, key: entry.key, directory: entry.directory, notes, ...preview, growth, cost: costOfDay(growth, preview.sample, price) }));
  return `${JSON.stringify({ problems, previews }, null, 2)}\n`;
}

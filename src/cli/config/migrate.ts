import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { filesNow, globFault } from '../../agent/file-lookup.ts';
import { readAwslogsState } from '../../agent/import/awslogs-state.ts';
import type { LegacyStream } from '../../agent/import/awslogs-state.ts';
import { importPositions } from '../../agent/import/import-positions.ts';
import { StateDirectoryError } from '../../agent/state-directory.ts';
import { ENTRIES } from '../../config/compile-logs.ts';
import { parseIni } from '../../config/ini.ts';
import type { IniSection } from '../../config/ini.ts';
import { migrateAwslogs } from '../../config/migrate-awslogs.ts';
import type { MigratedConfig } from '../../config/migrate-awslogs.ts';
import { parseJson } from '../../config/parse-json.ts';
import { countProblems, formatProblems } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { DEFAULT_STATE_DIR } from '../../control/state-directory.ts';
import type { Plan } from '../../plan.ts';
import { planOf } from '../load-plan.ts';
import { EXIT, EXIT_INCOMPLETE } from './exit-codes.ts';
import { writeNewFile } from './new-file.ts';
import { positionsText } from './positions-text.ts';
import { replaceFile } from './replace-file.ts';

/** No config of that agent is larger. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Where the legacy agent keeps its positions unless its config says otherwise. */
const STATE_FILE = '/var/awslogs/state/agent-state';

interface MigrateOptions {
  readonly output?: string;
  readonly force?: true;
  readonly dir?: string;
  readonly region?: string;
  readonly importState?: true;
  readonly stateFile?: string;
  readonly stateDir: string;
  readonly dryRun?: true;
}

/** `agent config migrate`: the legacy agent's config in this agent's words, and its positions. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description("Translate the legacy agent's awslogs.conf; --import-state takes over how far it has sent each file")
    .argument('<file>', 'awslogs.conf, as a rule /var/awslogs/etc/awslogs.conf')
    .option('--output <file>', 'where the config is written; without it, to standard output')
    .option('--force', 'replace the output file, and positions this agent has already')
    .option('--dir <dir>', 'folder with more of its configs (default: the folder "config" beside the file, if there is one)')
    .option('--region <region>', 'AWS region (default: the one in aws.conf beside the file, if there is one)')
    .option('--import-state', 'take over its positions; it must be stopped')
    .option('--state-file <file>', 'where they are (default: what the config calls state_file)')
    .option('--state-dir <dir>', 'where this agent keeps its own', DEFAULT_STATE_DIR)
    .option('--dry-run', 'write neither the output file nor the state')
    .action(async (file: string, options: MigrateOptions) => { process.exitCode = await migrate(resolve(file), options); });
}

const say = (text: string): void => { process.stderr.write(text); };

/** Gives the exit code. */
async function migrate(file: string, options: MigrateOptions): Promise<number> {
  const read = await readSections(file, options.dir ?? null);
  if ('fault' in read) { say(`agent: ${read.fault}\n`); return EXIT.noInput; }
  const region = options.region ?? (await regionBeside(file));
  const migrated = migrateAwslogs(read.sections, region);
  const text = `${JSON.stringify(migrated.document, null, 2)}\n`;
  const { root } = parseJson(file, text);
  if (root === null) throw new Error('what JSON.stringify writes is JSON');
  const { plan, problems: found } = await planOf({ root, problems: [] }, process.env, globFault);
  const problems = [...read.problems, ...migrated.problems, ...found.map((problem) => inIni(problem, file, migrated))];
  say(formatProblems(problems, process.stderr.isTTY));
  const failed = problems.some(({ severity }) => severity === 'error');
  if (failed) say(`${countProblems(problems)}\n`);
  const written = await write(text, options);
  if (!written) return EXIT.cannotCreate;
  if (options.importState === true) {
    if (plan === null) { say('agent: no position is imported: no entry of the new config works\n'); return EXIT.config; }
    const code = await importState(plan, migrated, options);
    if (code !== 0) return code;
  }
  return failed ? EXIT.config : 0;
}

interface Sections { readonly sections: readonly IniSection[]; readonly problems: readonly Problem[] }

/** The config and those of the folder, as the legacy agent puts them together: a section counts where it stands first, `[general]` in the main file alone. */
export async function readSections(file: string, folder: string | null): Promise<Sections | { readonly fault: string }> {
  const files = [file];
  const more = folder ?? join(dirname(file), 'config');
  try {
    files.push(...(await readdir(more)).toSorted().map((name) => join(more, name)));
  } catch (error) {
    if (folder !== null) return { fault: `${folder} cannot be read (${codeOf(error)}): --dir names a folder of configs` };
  }
  const sections = new Map<string, IniSection>();
  const problems: Problem[] = [];
  for (const path of files) {
    let text: string;
    try {
      text = await readText(path);
    } catch (error) {
      if (path === file) return { fault: `${file} cannot be read (${codeOf(error)}): name the awslogs.conf of the legacy agent` };
      if (codeOf(error) !== 'EISDIR') problems.push(warning(path, null, `cannot be read (${codeOf(error)}); left out`));
      continue;
    }
    const ini = parseIni(path, text);
    problems.push(...ini.problems);
    for (const section of ini.sections) {
      const known = sections.get(section.name);
      if (path !== file && section.name === 'general') problems.push(warning(path, section.line, '[general] counts in the main file alone; left out'));
      else if (known === undefined) sections.set(section.name, section);
      else problems.push(warning(path, section.line, `[${section.name}] is left out: ${known.file}:${known.line} has one of this name, and the first counts`));
    }
  }
  return { sections: [...sections.values()], problems };
}

/** The legacy agent's region stands beside its config, with its credentials, which are left where they are. */
async function regionBeside(file: string): Promise<string | null> {
  const path = join(dirname(file), 'aws.conf');
  const text = await readText(path).catch(() => null);
  const values = text === null ? undefined : parseIni(path, text).sections.find(({ name }) => name === 'default')?.values;
  if (values?.has('aws_access_key_id') === true) say(`note: ${path} holds an access key, which is not copied: put it where the AWS SDK looks (~/.aws/credentials of the agent's user), or use a role\n`);
  return values?.get('region')?.text ?? null;
}

/** Rejects with the error of the file system, also for what is no plain file or too large for a config. */
async function readText(path: string): Promise<string> {
  const stats = await stat(path);
  if (stats.isFile() && stats.size > MAX_FILE_BYTES) throw Object.assign(new Error(`${path} is too large`), { code: 'EFBIG' });
  if (!stats.isFile() && !stats.isDirectory()) throw Object.assign(new Error(`${path} is no plain file`), { code: 'EINVAL' });
  return readFile(path, 'utf8');
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown reason';

const warning = (file: string, line: number | null, message: string): Problem => ({ severity: 'warning', file, line, column: line === null ? null : 1, pointer: '', message, expected: null, didYouMean: null });

/** Keys by the names they have in the old config. */
const OLD_NAMES: Readonly<Record<string, string>> = { file_path: 'file', timestamp_format: 'datetime_format', timezone: 'time_zone' };

/** A problem of the new config, told of the line in the old one that it comes from. */
function inIni(problem: Problem, file: string, { sections }: MigratedConfig): Problem {
  const [index = '', key = ''] = problem.pointer.startsWith(`${ENTRIES}/`) ? problem.pointer.slice(ENTRIES.length + 1).split('/') : [];
  const section = index === '' ? undefined : sections[Number(index)]?.section;
  const old = OLD_NAMES[key] ?? key;
  if (section === undefined) return { ...problem, file, line: null, column: null };
  return { ...problem, file: section.file, line: section.values.get(old)?.line ?? section.line, column: 1, pointer: old };
}

async function write(text: string, { output, force, dryRun }: MigrateOptions): Promise<boolean> {
  if (output === undefined) { process.stdout.write(text); return true; }
  if (dryRun === true) return true;
  try {
    if (force === true) await replaceFile(resolve(output), text);
    else await writeNewFile(resolve(output), text);
    return true;
  } catch (error) {
    say(`agent: ${output} ${codeOf(error) === 'EEXIST' ? 'exists already: --force replaces it, or name another --output' : `cannot be written (${codeOf(error)})`}\n`);
    return false;
  }
}

async function importState(plan: Plan, { sections, stateFile }: MigratedConfig, options: MigrateOptions): Promise<number> {
  const database = resolve(options.stateFile ?? stateFile ?? STATE_FILE);
  const stateDirectory = resolve(options.stateDir);
  const streams: LegacyStream[] = [];
  for (const { pointer, key, pattern, exclude, framing } of plan.entries) {
    const { section } = sections[Number(pointer.slice(ENTRIES.length + 1))]!;
    const { matches } = await filesNow({ pattern, exclude, encoding: framing.encoding, ownLogs: plan.ownLogs, stateDirectory: null });
    streams.push({ section: section.name, fingerprintLines: section.values.get('file_fingerprint_lines')?.text ?? '1', entry: key, files: matches });
  }
  let found: ReturnType<typeof readAwslogsState>;
  try {
    found = readAwslogsState(database, streams);
  } catch (error) {
    say(`agent: ${(error as Error).message}\n`);
    return EXIT.noInput;
  }
  const report = { checkpointTrouble: (message: string) => say(`agent: ${message}\n`), checkpointRecovered: () => {} };
  const dryRun = options.dryRun === true;
  try {
    const imported = await importPositions({ entries: plan.entries, positions: found.positions, stateDirectory, force: options.force === true, dryRun, report });
    say(positionsText(imported, found.without, { stateDirectory, dryRun }));
    return imported.some(({ standing }) => standing.kind === 'unreadable') ? EXIT_INCOMPLETE : 0;
  } catch (error) {
    if (!(error instanceof StateDirectoryError)) throw error;
    say(`agent: ${error.message}\n`);
    return EXIT.cannotCreate;
  }
}

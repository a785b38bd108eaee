import { resolve } from 'node:path';
import { Command } from 'commander';
import { filesNow, globFault } from '../../agent/file-lookup.ts';
import { CLOUDWATCH_AGENT_STATE, readStateFolder } from '../../agent/import/cloudwatch-agent-state.ts';
import { importPositions } from '../../agent/import/import-positions.ts';
import { StateDirectoryError } from '../../agent/state-directory.ts';
import { countProblems, formatProblems } from '../../config/problem.ts';
import { DEFAULT_STATE_DIR } from '../../control/state-directory.ts';
import type { Plan } from '../../plan.ts';
import { SIDE_FILE_OPTIONS, loadEnvironment } from '../environment.ts';
import type { SideFiles } from '../environment.ts';
import { CONFIG_OPTION, USUAL_CONFIG, loadPlan } from '../load-plan.ts';
import { EXIT, EXIT_INCOMPLETE } from './exit-codes.ts';
import { positionsText } from './positions-text.ts';

interface ImportOptions extends SideFiles {
  readonly from: string;
  readonly config: readonly string[];
  readonly stateDir: string;
  readonly dryRun?: true;
  readonly force?: true;
}

/** `agent config import-state`: the CloudWatch agent's positions become this agent's. */
export function importStateCommand(): Command {
  return new Command('import-state')
    .description('Take over the positions of a CloudWatch agent that was stopped, so that what it sent is not sent again')
    .option('--config <source...>', `${CONFIG_OPTION}; their entries say which files are followed`, USUAL_CONFIG)
    .option('--from <dir>', 'where its state files are', CLOUDWATCH_AGENT_STATE)
    .option('--state-dir <dir>', 'where this agent keeps its own', DEFAULT_STATE_DIR)
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--force', 'replace positions this agent has already')
    .action(async (options: ImportOptions) => { process.exitCode = await importState(options); });
}

/** Gives the exit code. */
async function importState({ from, config, stateDir, dryRun, force, ...sideFiles }: ImportOptions): Promise<number> {
  const around = await loadEnvironment(sideFiles, process.env);
  const { plan, unreadable, ...found } = await loadPlan(config, around.env, globFault);
  const problems = [...around.problems, ...found.problems];
  process.stderr.write(formatProblems(problems, process.stderr.isTTY));
  if (unreadable || around.unreadable) return EXIT.noInput;
  if (plan === null) {
    process.stderr.write(`${countProblems(problems)}\n`);
    return EXIT.config;
  }
  const folder = resolve(from);
  let state: ReturnType<typeof readStateFolder>;
  try {
    state = readStateFolder(folder, plan.delivery.window > 1, await pathsOf(plan));
  } catch (error) {
    process.stderr.write(`agent: ${folder} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): --from names the folder of the CloudWatch agent's state files, by default ${CLOUDWATCH_AGENT_STATE}; it is root's\n`);
    return EXIT.noInput;
  }
  const stateDirectory = resolve(stateDir);
  const report = { checkpointTrouble: (message: string) => process.stderr.write(`agent: ${message}\n`), checkpointRecovered: () => {} };
  try {
    const imported = await importPositions({ entries: plan.entries, positions: state.positions, stateDirectory, force: force === true, dryRun: dryRun === true, report });
    process.stdout.write(positionsText(imported, state.without, { stateDirectory, dryRun: dryRun === true }));
    if (dryRun !== true) process.stdout.write('What the CloudWatch agent sends from now on would be sent again: keep it stopped, and start this agent.\n');
    return imported.some(({ standing }) => standing.kind === 'unreadable') ? EXIT_INCOMPLETE : 0;
  } catch (error) {
    if (!(error instanceof StateDirectoryError)) throw error;
    process.stderr.write(`agent: ${error.message}\n`);
    return EXIT.cannotCreate;
  }
}

/** The files that are there for the entries: a state file of the oldest form names its own only by its name. */
export async function pathsOf({ entries, ownLogs }: Plan): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const { pattern, exclude, framing } of entries) {
    const { matches } = await filesNow({ pattern, exclude, encoding: framing.encoding, ownLogs, stateDirectory: null });
    paths.push(...matches.map(({ path }) => path));
  }
  return paths;
}

// The process edge: argv in, exit code out. Nothing else of the project reads argv but the start before it (launch.ts).
import './cli/runtime.ts';
import { Command, CommanderError } from 'commander';
import { settleEngine } from './cli/engine-settings.ts';
import { isDaemon, wordsOf } from './cli/start-settings.ts';

/** sysexits.h EX_USAGE: the command line itself is wrong. */
const EXIT_USAGE = 64;
/** sysexits.h EX_SOFTWARE: a defect of the agent. */
const EXIT_SOFTWARE = 70;

export interface LazyCommand { readonly summary: string; readonly load: () => Promise<Command> }

/** Every command of a program by name. Each is loaded only when it is the one asked for. */
export type Commands = Readonly<Record<string, LazyCommand>>;

/** The program with the wanted command complete and the others as one line each of its help. */
async function programFor(commands: Commands, wanted: string | undefined): Promise<Command> {
  const program = new Command('agent').description('Follows log files and delivers them to CloudWatch Logs, nothing lost, nothing silent.');
  for (const [name, command] of Object.entries(commands)) {
    program.addCommand(name === wanted ? await command.load() : new Command(name).description(command.summary));
  }
  return program;
}

/** The first argument that is not an option; `help run` and `--version` ask for what their plain forms ask for. */
function wantedCommand(args: readonly string[]): string | undefined {
  const words = wordsOf(args);
  return words[0] === 'help' ? words[1] : words[0];
}

/** Whoever reads what is said may go away (a log daemon that restarts, `| head`): that must not end the agent. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

async function perform(commands: Commands, args: readonly string[]): Promise<void> {
  outliveReaders();
  const spoken = args[0] === '--version' || args[0] === '-V' ? ['version'] : args;
  const program = await programFor(commands, wantedCommand(spoken));
  settleEngine({ daemon: isDaemon() });
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...spoken], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

/** Does what the command line says. */
export function main(commands: Commands): void {
  perform(commands, process.argv.slice(2)).catch((error: unknown) => {
    console.error('agent: this is a defect of the agent:', error);
    process.exitCode = EXIT_SOFTWARE;
  });
}

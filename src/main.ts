// The process edge: argv in, exit code out. Nothing else of the project reads argv but the start before it (launch.ts).
import './cli/runtime.ts';
import { Command, CommanderError } from 'commander';
import { settleEngine } from './cli/engine-settings.ts';
import { wordsOf } from './cli/start-settings.ts';

/** sysexits.h EX_USAGE: the command line itself is wrong. */
const EXIT_USAGE = 64;
/** sysexits.h EX_SOFTWARE: a defect of the agent. */
const EXIT_SOFTWARE = 70;

interface LazyCommand { readonly summary: string; readonly load: () => Promise<Command> }

/**
 * Every command by name. Each is loaded only when it is the one asked for (or when all are listed by `help`), so that
 * `run` never evaluates what `endpoint` or `demo` need.
 */
const COMMANDS: Readonly<Record<string, LazyCommand>> = {
  run: { summary: 'Follow the configured files and deliver them until SIGTERM', load: async () => (await import('./cli/run.ts')).runCommand() },
  check: { summary: 'Print every problem of a config, or what it compiles to and which files match now', load: async () => (await import('./cli/check.ts')).checkCommand() },
  preview: { summary: 'Show what would be sent of a file: events, times, filters, destination, cost of a day', load: async () => (await import('./cli/preview.ts')).previewCommand() },
  wizard: { summary: 'Make a config: finds the logs of this host, asks, shows what it costs, and writes it', load: async () => (await import('./cli/wizard.ts')).wizardCommand() },
  config: { summary: 'Show, compare, fetch and push configs; take over those of other agents, with their positions', load: async () => (await import('./cli/config/config.ts')).configCommand() },
  status: { summary: 'Say what the running agent does: files, destinations, counters, troubles', load: async () => (await import('./cli/status.ts')).statusCommand() },
  reload: { summary: 'Let the running agent read its config again and apply what changed, without a stop', load: async () => (await import('./cli/reload.ts')).reloadCommand() },
  endpoint: { summary: 'Run a CloudWatch-compatible server on this machine, to try the agent without AWS', load: async () => (await import('./cli/endpoint.ts')).endpointCommand() },
  demo: { summary: 'Follow logs of this machine and a rotating writer for a while, and prove that all of it arrives', load: async () => (await import('./cli/demo.ts')).demoCommand() },
  version: { summary: 'Print the version of the agent and of its runtime', load: async () => (await import('./cli/version.ts')).versionCommand() },
};

/** The program with the wanted command complete and the others as one line each of its help. */
async function programFor(wanted: string | undefined): Promise<Command> {
  const program = new Command('agent').description('Follows log files and delivers them to CloudWatch Logs, nothing lost, nothing silent.');
  for (const [name, command] of Object.entries(COMMANDS)) {
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

async function main(args: readonly string[]): Promise<void> {
  outliveReaders();
  const spoken = args[0] === '--version' || args[0] === '-V' ? ['version'] : args;
  const program = await programFor(wantedCommand(spoken));
  settleEngine();
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...spoken], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error('agent: this is a defect of the agent:', error);
  process.exitCode = EXIT_SOFTWARE;
});

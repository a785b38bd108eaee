import { Command } from 'commander';
import { changeConfig, type Mode } from './ctl/change-config.ts';
import { setVariables } from './ctl/env-config-file.ts';
import { parseFlags } from './ctl/getopts.ts';
import { CtlError, thisHost, type DropInHost } from './ctl/host.ts';
import { prepareRemoval, prepareRestart, restart, restartIfPrepared, start, stop } from './ctl/service.ts';
import { ctlStatus } from './ctl/status.ts';
import { ServiceError } from './ctl/systemd.ts';
import { isForTheirs } from './ctl/their-package.ts';
import { USAGE } from './ctl/usage.ts';

/** `agent ctl`: the CloudWatch agent's amazon-cloudwatch-agent-ctl, for this agent. */
export function ctlCommand(): Command {
  return new Command('ctl')
    .description('Take the place of amazon-cloudwatch-agent-ctl: same actions, flags, output and exit codes')
    // Its flags are read as a shell's getopts reads them, not as options of this program.
    .helpOption(false).allowUnknownOption().allowExcessArguments().argument('[words...]')
    .action(async (words: readonly string[]) => { process.exitCode = await ctl(words, thisHost()); });
}

const MODES: ReadonlySet<string> = new Set<Mode>(['ec2', 'onPremise', 'onPrem', 'auto']);
const LEVELS: ReadonlySet<string> = new Set(['INFO', 'DEBUG', 'WARN', 'ERROR', 'OFF']);
/** What a shell exits with for a variable that is not set: that command has no other word for a missing `-l`. */
const EXIT_NO_LEVEL = 2;

const CHANGES = { 'fetch-config': 'fetch', 'append-config': 'append', 'remove-config': 'remove' } as const;

/** Of what stands in env-config.json. */
const NEXT_START = 'it counts from the next start of the agent on (-a stop, -a start)\n';

interface Wanted { action: string; from: string; mode: Mode; restart: boolean; dualStack: boolean; level: string | null; variable: string }

/** Does what the words say; gives the exit code. */
export async function ctl(words: readonly string[], host: DropInHost): Promise<number> {
  const { out, err } = host.output;
  try {
    const wanted = readWords(words, err);
    if (wanted === 'help') { out(`${USAGE}\n`); return 0; }
    await perform(wanted, host);
    return 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof CtlError) { err(`${error.message}\n`); return error.code; }
    if (error instanceof ServiceError) { err(`${error.message}\n`); return 1; }
    // A file of the CloudWatch agent's place that this user may not write, or a disk that is full.
    if (code?.startsWith('E') !== true) throw error;
    err(`amazon-cloudwatch-agent-ctl: ${(error as Error).message}${code === 'EACCES' || code === 'EPERM' ? ': run it as root' : ''}\n`);
    return 1;
  }
}

function readWords(words: readonly string[], err: (text: string) => void): Wanted | 'help' {
  const wanted: Wanted = { action: '', from: '', mode: 'ec2', restart: false, dualStack: false, level: null, variable: '' };
  let mode = 'ec2';
  for (const flag of parseFlags(words, 'hsa:c:m:l:de:')) {
    if (flag.kind === 'unknown') { err(`Invalid option: -${flag.letter} ${USAGE}\n`); continue; }
    if (flag.kind === 'incomplete') throw new CtlError(`Option -${flag.letter} requires an argument ${USAGE}`);
    const argument = flag.argument ?? '';
    switch (flag.letter) {
      case 'h': return 'help';
      case 's': wanted.restart = true; break;
      case 'd': wanted.dualStack = true; break;
      case 'a': wanted.action = argument; break;
      case 'c': wanted.from = argument; break;
      case 'm': mode = argument; break;
      case 'l': wanted.level = argument; break;
      case 'e': wanted.variable = argument; break;
    }
  }
  if (!MODES.has(mode)) throw new CtlError(`Invalid mode: ${mode} ${USAGE}`);
  return { ...wanted, mode: mode as Mode };
}

async function perform(wanted: Wanted, host: DropInHost): Promise<void> {
  const change = { ...wanted, from: wanted.from === '' ? 'default' : wanted.from };
  if (await isForTheirs(wanted.action, host)) return;
  switch (wanted.action) {
    case 'start': return start(wanted.mode, host);
    case 'stop': return stop(host);
    case 'status': host.output.out(await ctlStatus(host, { workloads: false })); return;
    case 'status-with-workloads': host.output.out(await ctlStatus(host, { workloads: true })); return;
    case 'fetch-config': case 'append-config': case 'remove-config':
      if ((await changeConfig(CHANGES[wanted.action], change, host)) && wanted.restart) await restart(wanted.mode, host);
      return;
    case 'set-log-level': return setLogLevel(wanted.level, host);
    case 'set-env': return setVariable(wanted.variable, host);
    case 'prep-restart': return prepareRestart(host);
    case 'cond-restart': return restartIfPrepared(wanted.mode, host);
    case 'preun': return prepareRemoval(host);
    default: throw new CtlError(`Invalid action: ${wanted.action} ${USAGE}`);
  }
}

async function setLogLevel(level: string | null, { places, output }: DropInHost): Promise<void> {
  if (level === null) throw new CtlError('log_level: parameter not set: name the level with -l', EXIT_NO_LEVEL);
  if (!LEVELS.has(level)) throw new CtlError(`Invalid log level: ${level} ${USAGE}`);
  await setVariables(places, { CWAGENT_LOG_LEVEL: level }, output.colour);
  output.out(`\nSet CWAGENT_LOG_LEVEL to ${level}\n`);
}

async function setVariable(words: string, { places, output }: DropInHost): Promise<void> {
  const [, name, value] = /^([^=\0]+)=([^\0]*)$/s.exec(words) ?? [];
  if (name === undefined || value === undefined) throw new CtlError(`Invalid environment variable: ${words.replace(/=.*/s, '=…')}: -e takes KEY=VALUE ${USAGE}`);
  await setVariables(places, { [name]: value }, output.colour);
  output.out(`\nSet ${name}\n`);
  output.err(NEXT_START);
}

import { Command } from 'commander';
import { installStandIns, removeStandIns } from './compat/install.ts';
import { CtlError } from './ctl/host.ts';
import { ROOT_VARIABLE, UMASK, placesBelow } from './ctl/places.ts';
import { systemctl } from './ctl/systemd.ts';
import { agentVersion } from './version.ts';

/** Where the packages put the agent's command. */
export const PROGRAM = '/usr/bin/unified-agent';

/** `agent compat`: the CloudWatch agent's paths lead to this agent. */
export function compatCommand(): Command {
  const command = new Command('compat').description('Put amazon-cloudwatch-agent-ctl and the unit\'s name where scripts look for them, or take them away again.\nExit code: 0, or 1 when nothing was done');
  command.addCommand(new Command('install')
    .description('Make /opt/aws/amazon-cloudwatch-agent with its ctl and wizard, which call this agent, and amazon-cloudwatch-agent.service an alias of its unit')
    .option('--program <path>', 'the command that they call', PROGRAM)
    .action(({ program }: { readonly program: string }) => told(async () => {
      const changed = await installStandIns(placesBelow(process.env[ROOT_VARIABLE] ?? ''), { program, version: agentVersion, replace: false });
      return changed.length === 0 ? 'nothing to do: all of it is there\n' : `${changed.map((path) => `${path}\n`).join('')}installed; \`agent compat remove\` takes it away\n`;
    }))
    .exitOverride());
  command.addCommand(new Command('remove')
    .description('Take away exactly what `install` made; configs stay')
    .action(() => told(async () => {
      const { removed, stay } = await removeStandIns(placesBelow(process.env[ROOT_VARIABLE] ?? ''));
      return `${stay.map((line) => `${line}\n`).join('')}${removed === 0 ? 'nothing to remove\n' : `${removed} files and folders removed\n`}`;
    }))
    .exitOverride());
  return command;
}

async function told(act: () => Promise<string>): Promise<void> {
  process.umask(UMASK);
  try {
    process.stdout.write(await act());
    // An alias counts from then on; where systemd does not run there is nobody to tell.
    await systemctl('daemon-reload');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof CtlError) && code?.startsWith('E') !== true) throw error;
    process.stderr.write(`agent compat: ${message}${code === 'EACCES' || code === 'EPERM' ? ': run it as root' : ''}\n`);
    process.exitCode = 1;
  }
}

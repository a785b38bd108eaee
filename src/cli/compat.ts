import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { configDownloader, configTranslator } from './compat/helpers.ts';
import { installStandIns, removeStandIns } from './compat/install.ts';
import { CtlError, thisHost, type DropInHost } from './ctl/host.ts';
import { systemctl } from './ctl/systemd.ts';
import { agentVersion } from './version.ts';

/** Where the packages put the agent's command. */
const PACKAGED = '/usr/bin/unified-agent';

/** The agent's command for scripts that call it: the one that runs now, for install.sh puts it elsewhere. @param called path of the command that was called */
export function ownProgram(called = process.argv[1] ?? PACKAGED): string {
  const beside = join(dirname(called), 'unified-agent');
  return existsSync(beside) ? beside : PACKAGED;
}

/** `agent compat`: the CloudWatch agent's paths lead to this agent. */
export function compatCommand(): Command {
  const command = new Command('compat').description('Put amazon-cloudwatch-agent-ctl and the unit\'s name where scripts look for them, or take them away again.\nExit code: 0, or 1 when nothing was done');
  command.addCommand(new Command('install')
    .description('Make /opt/aws/amazon-cloudwatch-agent with its ctl and wizard, which call this agent, and amazon-cloudwatch-agent.service an alias of its unit')
    .option('--program <path>', 'the command that they call', ownProgram())
    .action(({ program }: { readonly program: string }) => told(async ({ places }) => {
      const changed = await installStandIns(places, { program, version: agentVersion, replace: false });
      await reloaded();
      return changed.length === 0 ? 'nothing to do: all of it is there\n' : `${changed.map((path) => `${path}\n`).join('')}installed; \`agent compat remove\` takes it away\n`;
    }))
    .exitOverride());
  command.addCommand(new Command('remove')
    .description('Take away exactly what `install` made; configs stay')
    .action(() => told(async ({ places }) => {
      const { removed, stay } = await removeStandIns(places);
      await reloaded();
      return `${stay.map((line) => `${line}\n`).join('')}${removed === 0 ? 'nothing to remove\n' : `${removed} files and folders removed\n`}`;
    }))
    .exitOverride());
  for (const [name, perform] of [['config-downloader', configDownloader], ['config-translator', configTranslator]] as const) {
    command.addCommand(new Command(name)
      .description(`What the CloudWatch agent's ${name} does, for the script of its name`)
      .helpOption(false).allowUnknownOption().allowExcessArguments().argument('[words...]')
      .action((words: readonly string[]) => told(async (host) => {
        await perform(words, host);
        return '';
      })),
    { hidden: true });
  }
  return command;
}

/** An alias counts from then on; where systemd does not run there is nobody to tell. */
const reloaded = (): Promise<unknown> => systemctl('daemon-reload');

async function told(act: (host: DropInHost) => Promise<string>): Promise<void> {
  try {
    process.stdout.write(await act(thisHost()));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof CtlError) && code?.startsWith('E') !== true) throw error;
    process.stderr.write(`agent compat: ${message}${code === 'EACCES' || code === 'EPERM' ? ': run it as root' : ''}\n`);
    process.exitCode = 1;
  }
}

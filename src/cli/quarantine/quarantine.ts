import { Command } from 'commander';
import { listCommand } from './list.ts';
import { replayCommand } from './replay.ts';
import { showCommand } from './show.ts';

/** `agent quarantine`: events that could not be delivered, and the way back for them. */
export function quarantineCommand(): Command {
  const command = new Command('quarantine').description('List, show and send again the events that could not be delivered');
  for (const each of [listCommand(), showCommand(), replayCommand()]) command.addCommand(each.exitOverride());
  return command;
}

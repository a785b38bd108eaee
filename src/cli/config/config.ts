import { Command } from 'commander';
import { diffCommand } from './diff.ts';
import { fetchCommand } from './fetch.ts';
import { pushCommand } from './push.ts';
import { showCommand } from './show.ts';

/** `agent config`: what a config is as a whole, and its way from and to Parameter Store. */
export function configCommand(): Command {
  const command = new Command('config').description('Show, compare, fetch and push configs');
  for (const each of [showCommand(), diffCommand(), fetchCommand(), pushCommand()]) command.addCommand(each.exitOverride());
  return command;
}

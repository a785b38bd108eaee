import { Command } from 'commander';
import { diffCommand } from './diff.ts';
import { fetchCommand } from './fetch.ts';
import { importStateCommand } from './import-state.ts';
import { migrateCommand } from './migrate.ts';
import { pushCommand } from './push.ts';
import { showCommand } from './show.ts';

/** `agent config`: what a config is as a whole, its way from and to Parameter Store, and the way from other agents to it. */
export function configCommand(): Command {
  const command = new Command('config').description('Show, compare, fetch and push configs; take over those of other agents, with their positions');
  for (const each of [showCommand(), diffCommand(), fetchCommand(), pushCommand(), importStateCommand(), migrateCommand()]) command.addCommand(each.exitOverride());
  return command;
}

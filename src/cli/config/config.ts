import { Command } from 'commander';
import { importStateCommand } from './import-state.ts';
import { migrateCommand } from './migrate.ts';

/** `agent config`: what a config is as a whole, and the way to it from other agents. */
export function configCommand(): Command {
  const command = new Command('config').description('Take over the config and the positions of another agent');
  for (const each of [importStateCommand(), migrateCommand()]) command.addCommand(each.exitOverride());
  return command;
}

import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };

/** The version of package.json, which the bundle carries inside. */
export const agentVersion: string = manifest.version;

/** `agent version`: the agent, the runtime it runs on, and the machine's architecture, on one line. */
export function versionCommand(): Command {
  return new Command('version')
    .description('Print the version of the agent and of its runtime')
    .action(() => console.log(`unified-agent ${agentVersion} (node ${process.versions.node}, ${process.platform} ${process.arch})`));
}

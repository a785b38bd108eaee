// Beginning and ending the agent, in the words of the CloudWatch agent's ctl.
import { rm } from 'node:fs/promises';
import { NoAgentError, askStatus } from '../../control/client.ts';
import { changeConfig, type Mode } from './change-config.ts';
import { CtlError, type DropInHost } from './host.ts';
import { installedConfigs, isThere, ownConfig, writeConfig } from './installed-configs.ts';

/** Whether the agent runs; where there is no systemd, whether one answers. */
export async function runs({ unit, stateDirectory }: DropInHost): Promise<boolean> {
  return (await unit.isActive()) ?? (await answers(stateDirectory));
}

async function answers(stateDirectory: string): Promise<boolean> {
  try {
    await askStatus(stateDirectory);
    return true;
  } catch (error) {
    if (!(error instanceof NoAgentError)) throw error;
    return false;
  }
}

/** Whether there is a config that the agent would read. */
export const isConfigured = async ({ places }: DropInHost): Promise<boolean> => (await ownConfig(places)) !== null || (await installedConfigs(places)).length > 0;

/** Throws CtlError where there is no systemd. */
async function isActive({ unit }: DropInHost): Promise<boolean> {
  const active = await unit.isActive();
  if (active === null) throw new CtlError('unknown init system: this command controls the agent through systemd, which does not run here');
  return active;
}

/** As `start`, without its heading. */
async function begin(mode: Mode, host: DropInHost): Promise<void> {
  const { unit, output: { out } } = host;
  if (await isActive(host)) { out('amazon-cloudwatch-agent has already been started\n'); return; }
  if (!(await isConfigured(host))) {
    out('amazon-cloudwatch-agent is not configured. Applying amazon-cloudwatch-agent default configuration.\n');
    await changeConfig('fetch', { from: 'default', mode, dualStack: false }, host);
  }
  await unit.startAndEnable();
}

async function end(host: DropInHost): Promise<void> {
  if ((await isActive(host)) || (await host.unit.isUp())) await host.unit.stop();
  else host.output.out('amazon-cloudwatch-agent has already been stopped\n');
}

export async function start(mode: Mode, host: DropInHost): Promise<void> {
  host.output.out('\n****** processing amazon-cloudwatch-agent ******\n');
  await begin(mode, host);
}

export async function stop(host: DropInHost): Promise<void> {
  host.output.out('\n****** processing amazon-cloudwatch-agent ******\n');
  await end(host);
}

export async function restart(mode: Mode, host: DropInHost): Promise<void> {
  await end(host);
  await begin(mode, host);
}

/** Before a package is exchanged: remembers whether the agent ran. */
export async function prepareRestart(host: DropInHost): Promise<void> {
  if (await runs(host)) await writeConfig(host.places.restart, '');
}

/** After it: starts the agent if it ran before. */
export async function restartIfPrepared(mode: Mode, host: DropInHost): Promise<void> {
  if (!(await isThere(host.places.restart))) return;
  await begin(mode, host);
  await rm(host.places.restart, { force: true });
}

/** Before the package goes. */
export async function prepareRemoval(host: DropInHost): Promise<void> {
  await end(host);
  await host.unit.disable();
  await host.unit.must('reset-failed');
}

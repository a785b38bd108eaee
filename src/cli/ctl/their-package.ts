// What the scripts of the CloudWatch agent's package ask of its ctl. After a takeover that ctl is ours, and they mean the other agent's service:
// an upgrade or a removal of its package would else stop the agent that has its place, and nobody would start it again.
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { recordFile } from '../takeover/host.ts';
import type { DropInHost } from './host.ts';
import { isThere, writeConfig } from './installed-configs.ts';
import type { Places } from './places.ts';

/** Between `prep-restart` and `stop` of one script; later, a stop is a person's own, milliseconds. */
const SCRIPT_MS = 10 * 60_000;

const markFile = ({ home }: Places): string => join(home, 'unified-agent-package');

export const isTakenOver = ({ places }: Pick<DropInHost, 'places'>): Promise<boolean> => isThere(recordFile(places));

/** The package is about to be exchanged: the stop that follows is not for this agent. */
export const notePackage = ({ places }: DropInHost): Promise<void> => writeConfig(markFile(places), '');

/** Whether a stop is that of the package's script, and no person's; it is so once. */
export async function isStopOfPackage(host: DropInHost): Promise<boolean> {
  const file = markFile(host.places);
  const marked = await stat(file).catch(() => null);
  if (marked === null) return false;
  await forgetPackage(host);
  return await isTakenOver(host) && Date.now() - marked.mtimeMs < SCRIPT_MS;
}

export const forgetPackage = ({ places }: DropInHost): Promise<void> => rm(markFile(places), { force: true });

export function saySpared({ unit, output: { out } }: DropInHost): void {
  out(`${unit.name} has the place of the CloudWatch agent (\`agent takeover\`) and goes on: what that agent's package does with its own service does not stop it\n`);
}

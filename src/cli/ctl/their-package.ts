// What the package of the CloudWatch agent asks of its ctl while this agent has its place: its scripts mean their own service.
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OUR_UNIT } from '../own-unit.ts';
import { recordFile } from '../takeover/host.ts';
import type { DropInHost } from './host.ts';
import { isThere, writeConfig } from './installed-configs.ts';
import type { Places } from './places.ts';

/** An upgrade asks prep-restart, and then at once to stop. */
const AT_ONCE_MS = 60_000;
/** dpkg(1): set for the scripts of a package. */
const SCRIPT_OF = 'DPKG_MAINTSCRIPT_PACKAGE';
const THEIR_PACKAGE = 'amazon-cloudwatch-agent';

/** Not in the agent's own folder there, which is its user's. */
const markOf = ({ root }: Places): string => join(root === '' ? '/' : root, 'run/unified-agent.upgrade');

/**
 * Whether an action of ctl is asked by the scripts of that package after a takeover. An upgrade of it, which many fleets do by themselves, would stop
 * this agent, and its removal disable it: nobody would collect. It is said, and true is given: then nothing is to be done.
 */
export async function isForTheirs(action: string, { places, env, output: { err } }: DropInHost): Promise<boolean> {
  if (!(await isThere(recordFile(places))) || !(await isAsked(action, places, env[SCRIPT_OF] === THEIR_PACKAGE))) return false;
  err(`asked for the CloudWatch agent by its package: ${OUR_UNIT}, which has its place since \`agent takeover\`, goes on\n`);
  return true;
}

async function isAsked(action: string, places: Places, byScript: boolean): Promise<boolean> {
  switch (action) {
    case 'prep-restart': await writeConfig(markOf(places), ''); return true;
    case 'cond-restart': case 'preun': return true;
    case 'stop': return (await takeMark(places)) || byScript;
    default: return false;
  }
}

/** True once after a prep-restart, and soon after it. */
async function takeMark(places: Places): Promise<boolean> {
  const mark = await stat(markOf(places)).catch(() => null);
  if (mark === null) return false;
  await rm(markOf(places), { force: true });
  return Date.now() - mark.mtimeMs < AT_ONCE_MS;
}

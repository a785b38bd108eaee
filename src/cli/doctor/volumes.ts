// Whether the statistics that volumes keep themselves can be asked for: the kernel takes that command of administrators alone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredVolume } from '../../agent/volume-access.ts';
import { dropInCommand } from '../../report/unit-drop-in.ts';
import type { Unit } from '../ctl/systemd.ts';
import { OUR_UNIT } from '../own-unit.ts';
import { failed, note, ok } from './finding.ts';
import type { Finding } from './finding.ts';

/** What one who runs the agent may do with devices. */
export interface DeviceRights {
  /** Whose rights these are, as the subject of a sentence. */
  readonly who: string;
  /** CAP_SYS_ADMIN. */
  readonly administers: boolean;
  /** Whether a path below /dev is there for it. */
  readonly sees: (path: string) => boolean;
  /** Whether the unit is what gives these rights. */
  readonly ofUnit: boolean;
}

type AskedUnit = Pick<Unit, 'isKnown' | 'property'>;

/**
 * Of the running agent; without one of the unit, if systemd knows it; else of who asks.
 * @param process the running agent's, or this one's @param unit that of the packages
 */
export async function deviceRights({ pid, administers }: { readonly pid: number | null; readonly administers: boolean }, unit: AskedUnit): Promise<DeviceRights> {
  const ofUnit = await unit.isKnown();
  if (pid !== null) return { who: `the running agent (process ${pid})`, administers, sees: seenBy(pid), ofUnit };
  if (!ofUnit) return { who: 'who asks now', administers, sees: existsSync, ofUnit };
  const user = await unit.property('User');
  const capabilities = await unit.property(user === '' || user === 'root' ? 'CapabilityBoundingSet' : 'AmbientCapabilities');
  const hidesDevices = await unit.property('PrivateDevices') === 'yes';
  return { who: OUR_UNIT, administers: capabilities.split(' ').includes('cap_sys_admin'), sees: (path) => !hidesDevices && existsSync(path), ofUnit };
}

/** A service may have a /dev of its own. Who may not look into it judges by what there is here. */
function seenBy(pid: number): (path: string) => boolean {
  const root = `/proc/${pid}/root`;
  return existsSync(`${root}/dev`) ? (path) => existsSync(join(root, path)) : existsSync;
}

/** @param volumes whose statistics the config measures */
export function volumesFinding(volumes: readonly MeasuredVolume[], { who, administers, sees, ofUnit }: DeviceRights): Finding {
  if (volumes.length === 0) return note('volumes', 'ebs_ and instance_store_ metrics of diskio are asked for, and this host has no such volume attached by NVMe: they are missing', 'take them out of the section diskio, or see its "resources"');
  const unseen = volumes.filter(({ path }) => !sees(path));
  if (administers && unseen.length === 0) return ok('volumes', `${who} may ask ${named(volumes)} for their own statistics`);
  const lacks = [...(administers ? [] : ['has no CAP_SYS_ADMIN']), ...(unseen.length === 0 ? [] : [`does not see ${unseen[0]!.path}${unseen.length === 1 ? '' : ` and ${unseen.length - 1} more`}`])];
  return failed('volumes', `${who} ${lacks.join(' and ')}: no ebs_ and instance_store_ metrics of ${named(volumes)}`, ofUnit ? dropInCommand('nvme.conf') : 'run the agent as root; a container with --cap-add SYS_ADMIN and --device of each of them');
}

/** Volumes by name in a message. */
const MOST_NAMED = 5;

function named(volumes: readonly MeasuredVolume[]): string {
  const more = volumes.length - MOST_NAMED;
  return `${volumes.slice(0, MOST_NAMED).map(({ name }) => name).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

import { join } from 'node:path';
import type { DropInHost } from '../ctl/host.ts';
import type { Places } from '../ctl/places.ts';
import { THEIR_UNIT } from '../compat/stand-ins.ts';
import type { Unit } from '../ctl/systemd.ts';

/** Both agents of this machine. */
export interface TakeoverHost extends DropInHost {
  readonly theirs: Unit;
  /** The agent's command, for the scripts that stand in for the other one's. */
  readonly program: string;
  /** How long the started agent has to prove itself, milliseconds. */
  readonly proofMs: number;
}

/** How the CloudWatch agent was before, so that it can be put back. Root's own. */
export interface TakeoverRecord {
  readonly wasActive: boolean;
  readonly wasEnabled: boolean;
  /** Its positions are ours: before, ours are of an earlier time, and are not given back. */
  readonly isImported: boolean;
}

export const recordFile = ({ home }: Places): string => join(home, 'unified-agent-takeover.json');

/** While the record is there, the other agent's unit does not start: neither at boot nor by the upgrade of its package. */
export const reservationFile = ({ root }: Places): string => join(root === '' ? '/' : root, 'etc/systemd/system', `${THEIR_UNIT}.d`, 'unified-agent.conf');

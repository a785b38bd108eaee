import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { VolumeKind } from './log-page.ts';

/** An NVMe controller of EC2, and with it the one volume that it has. */
export interface VolumeDevice {
  readonly kind: VolumeKind;
  /** `nvme1`: the character device of that name takes its commands. */
  readonly controller: string;
  /** The controller, its namespaces and their partitions, as /dev has them: any of them stands for the volume. */
  readonly names: readonly string[];
  /** `vol-0123…` of EBS, the serial number of an instance store. */
  readonly id: string;
}

/** What the controllers say of themselves. */
const KINDS: Readonly<Record<string, VolumeKind>> = { 'Amazon Elastic Block Store': 'ebs', 'Amazon EC2 NVMe Instance Storage': 'instance_store' };

/** The id of an EBS volume as its controller has it for a serial number (`vol0123…`); null: it is none. */
export function volumeIdOf(serial: string): string | null {
  const [, digits] = /^vol-?([0-9a-f]+)$/.exec(serial) ?? [];
  return digits === undefined ? null : `vol-${digits}`;
}

/** The volumes of this host that are attached by NVMe, by the number of their controllers. None where the kernel knows no NVMe. */
export function listVolumeDevices(sys: string): readonly VolumeDevice[] {
  const folder = join(sys, 'class/nvme');
  return namesIn(folder).filter((name) => /^nvme\d+$/.test(name)).toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4))).flatMap((controller): readonly VolumeDevice[] => {
    const kind = KINDS[textOf(join(folder, controller, 'model'))];
    const serial = textOf(join(folder, controller, 'serial'));
    const id = kind === 'ebs' ? volumeIdOf(serial) : serial;
    if (kind === undefined || id === null || id === '') return [];
    const namespaces = namesIn(join(folder, controller)).filter((name) => /^nvme\d+n\d+$/.test(name));
    const partitions = namespaces.flatMap((name) => namesIn(join(folder, controller, name)).filter((part) => part.startsWith(`${name}p`)));
    return [{ kind, controller, names: [controller, ...namespaces, ...partitions], id }];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no NVMe, or detached at this moment
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}

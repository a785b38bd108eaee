import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SamplerPlan } from '../../metrics-plan.ts';
import { dropInCommand } from '../../report/unit-drop-in.ts';
import { listVolumeDevices } from '../nvme/devices.ts';
import type { VolumeDevice } from '../nvme/devices.ts';
import type { IoctlAnswer } from '../nvme/ioctl-thread.ts';
import { decodeLogPage } from '../nvme/log-page.ts';
import type { VolumeCounts, VolumeKind } from '../nvme/log-page.ts';
import type { PathThreads } from '../path-threads.ts';
import type { FieldKind, KernelFolders, Reading, Sampler, SamplerReport } from '../sampler.ts';
import { WaitingAnswers } from '../waiting-answers.ts';
import type { Asked, WaitingWords } from '../waiting-answers.ts';
import { wantedDevices } from './diskio.ts';
import type { DeviceFolders } from './diskio.ts';
import { Troubles } from './troubles.ts';

const COUNT: FieldKind = { unit: 'None', delta: true };
const BYTES: FieldKind = { unit: 'Bytes', delta: true };
const NOW: FieldKind = { unit: 'None' };

const KINDS_OF_COUNTS = {
  total_read_ops: COUNT, total_write_ops: COUNT, total_read_bytes: BYTES, total_write_bytes: BYTES, total_read_time: COUNT, total_write_time: COUNT,
  volume_performance_exceeded_iops: COUNT, volume_performance_exceeded_tp: COUNT, ec2_instance_performance_exceeded_iops: COUNT, ec2_instance_performance_exceeded_tp: COUNT,
  volume_queue_length: NOW,
} as const satisfies Readonly<Record<keyof VolumeCounts, FieldKind>>;
const ALL = Object.keys(KINDS_OF_COUNTS) as readonly (keyof VolumeCounts)[];

/** What is published of each kind of device, and the count of its page that it is. */
const PUBLISHED: Readonly<Record<VolumeKind, ReadonlyMap<string, keyof VolumeCounts>>> = {
  ebs: new Map(ALL.map((count) => [`ebs_${count}`, count])),
  // The limits that it meets are the instance's: there is no volume that would have its own.
  instance_store: new Map(ALL.filter((count) => !count.startsWith('volume_performance_')).map((count) => [`instance_store_${count.replace('ec2_instance_', '')}`, count])),
};
const KINDS = ['ebs', 'instance_store'] as const satisfies readonly VolumeKind[];
const FIELDS: Readonly<Record<string, FieldKind>> = Object.fromEntries(KINDS.flatMap((kind) => [...PUBLISHED[kind]].map(([name, count]) => [name, KINDS_OF_COUNTS[count]])));

/** The dimension that names a device. */
const ID: Readonly<Record<VolumeKind, string>> = { ebs: 'VolumeId', instance_store: 'SerialId' };
const WORDS_OF_KIND: Readonly<Record<VolumeKind, string>> = { ebs: 'EBS volume', instance_store: 'instance store' };

interface AskedVolume extends Asked { readonly device: VolumeDevice }

/** Why the answer of a device has no statistics. */
function faultOf({ device: { kind } }: AskedVolume, { returned, page }: IoctlAnswer): string | null {
  if (returned !== 0) return `NVMe status 0x${returned.toString(16)}`;
  return decodeLogPage(page, kind) === null ? 'its page is none of this kind' : null;
}

function readingOf({ device: { kind, id } }: AskedVolume, { page }: IoctlAnswer): Reading {
  const counts = decodeLogPage(page, kind)!;
  return { dimensions: [[ID[kind], id]], values: Object.fromEntries([...PUBLISHED[kind]].map(([name, count]) => [name, counts[count]])) };
}

const nameOf = ({ device: { kind, id }, path }: AskedVolume): string => `the ${WORDS_OF_KIND[kind]} ${id} (${path})`;
const without = ({ device: { kind } }: AskedVolume): string => `it has no ${kind}_ metrics`;

const WORDS: WaitingWords<AskedVolume> = {
  owing: (asked, other) => `${nameOf(asked)} is not asked for its statistics while ${other} gives no answer: ${without(asked)} until then`,
  crowded: (asked, hanging) => `${nameOf(asked)} is not asked for its statistics while ${hanging} other devices hang: ${without(asked)} until one of them answers`,
  late: (asked, seconds) => `${nameOf(asked)} has not given its statistics for ${seconds} s: ${without(asked)} until it answers`,
  failed: (asked, code) => `the statistics of ${nameOf(asked)} cannot be read (${code}): ${without(asked)} until they can be. ${remedyFor(code)}`,
  again: (asked) => `the statistics of ${nameOf(asked)} can be read again`,
};

function remedyFor(code: string): string {
  switch (code) {
    case 'EACCES': case 'EPERM': return `The command needs CAP_SYS_ADMIN, which the service does not have by itself. Next step: ${dropInCommand('nvme.conf')} (in a container: --cap-add SYS_ADMIN and the device)`;
    case 'ENOENT': case 'ENXIO': case 'ENODEV': return `The service sees no devices by itself. Next step: ${dropInCommand('nvme.conf')} (in a container: show it the devices of the host, and say where with HOST_DEV)`;
    case 'ERR_UNKNOWN_BUILTIN_MODULE': case 'ERR_ACCESS_DENIED': return 'The agent needs the runtime that it is delivered with';
    default: return `"nvme amzn stats" shows whether the device has any`;
  }
}

export interface NvmeOptions {
  readonly report: SamplerReport;
  /** Of the whole run. */
  readonly threads: PathThreads<IoctlAnswer>;
}

type VolumesPart = Pick<Extract<SamplerPlan, { kind: 'nvme' }>, 'devices' | 'measurements'>;

const kindsOf = ({ measurements }: VolumesPart): readonly VolumeKind[] => KINDS.filter((kind) => measurements.some(({ field }) => field.startsWith(`${kind}_`)));

function chosenVolumes(plan: VolumesPart, folders: KernelFolders, places: DeviceFolders): readonly AskedVolume[] {
  const kinds = kindsOf(plan);
  const isWanted = plan.devices === null ? () => true : wantedDevices(plan.devices, places);
  return listVolumeDevices(folders.sys).filter(({ kind, names }) => kinds.includes(kind) && names.some((name) => isWanted({ name, number: '' }))).map((device) => {
    const { controller, names, id } = device;
    // A container may be shown the disk alone; it takes the same commands.
    const path = join(places.dev, names.find((name) => existsSync(join(places.dev, name))) ?? controller);
    return { device, path, key: `${controller} ${id}`, subject: id, server: controller };
  });
}

/** The volumes that a plan's sampler asks now: as a person knows them, and what is opened. */
export function listChosenVolumes(plan: VolumesPart, folders: KernelFolders, places: DeviceFolders): readonly { readonly name: string; readonly path: string }[] {
  return chosenVolumes(plan, folders, places).map(({ device: { kind, id }, path }) => ({ name: `${WORDS_OF_KIND[kind]} ${id}`, path }));
}

/** The statistics that EBS volumes and instance stores keep themselves, of each device of the kinds that are measured. */
export function createNvmeSampler(plan: VolumesPart & Pick<SamplerPlan, 'intervalMs'>, folders: KernelFolders, places: DeviceFolders, { report, threads }: NvmeOptions): Sampler {
  const troubles = new Troubles(report);
  const answers = new WaitingAnswers({ threads, troubles, words: WORDS, fault: faultOf, intervalMs: plan.intervalMs });
  const kinds = kindsOf(plan);

  return {
    fields: FIELDS,
    sample: async () => {
      const volumes = chosenVolumes(plan, folders, places);
      if (volumes.length === 0) throw new Error(`this host has no ${kinds.map((kind) => WORDS_OF_KIND[kind]).join(' and no ')} that is attached by NVMe${plan.devices === null ? '' : ' and that "resources" names'}`);
      troubles.keep((subject) => volumes.some(({ device: { id } }) => id === subject));
      return [...await answers.of(volumes)].map(([asked, answer]) => readingOf(asked, answer));
    },
    [Symbol.dispose]: () => { answers[Symbol.dispose](); },
  };
}

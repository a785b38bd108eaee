import { readFileSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { SamplerPlan } from '../../metrics-plan.ts';
import { KernelFile } from '../kernel-file.ts';
import { compileNameGlobs, isNameGlob } from '../name-glob.ts';
import type { FieldKind, KernelFolders, Sampler } from '../sampler.ts';

const COUNT: FieldKind = { unit: 'Count', delta: true };
const BYTES: FieldKind = { unit: 'Bytes', delta: true };
const TIME: FieldKind = { unit: 'Milliseconds', delta: true };

const FIELDS = {
  reads: COUNT, writes: COUNT, read_bytes: BYTES, write_bytes: BYTES, read_time: TIME, write_time: TIME, io_time: TIME,
  iops_in_progress: { unit: 'Count' },
} as const satisfies Readonly<Record<string, FieldKind>>;

/** What the kernel calls a sector, whatever the device's own are. */
const SECTOR_BYTES = 512;
/** Columns behind the name (Documentation/admin-guide/iostats.rst) that every kernel has which is supported. */
const COLUMNS = 11;

/** How long it is known which devices are wanted: links to a device come a moment after the device. */
const FRESH_MS = 60_000;

export interface DeviceCounts {
  readonly number: string;
  readonly name: string;
  /** Something was ever counted of it. */
  readonly isUsed: boolean;
  readonly values: Readonly<Record<keyof typeof FIELDS, number>>;
}

/** The devices of /proc/diskstats, their partitions among them; `number` is `major:minor`. */
export function parseDeviceCounts(text: string): readonly DeviceCounts[] {
  return text.split('\n').flatMap((line) => {
    const [major, minor, name, ...columns] = line.trim().split(/ +/);
    const counts = columns.map(Number);
    if (name === undefined || counts.length < COLUMNS || !counts.every(Number.isFinite)) return [];
    const [reads, , sectorsRead, readTime, writes, , sectorsWritten, writeTime, inProgress, ioTime] = counts as [number, number, number, number, number, number, number, number, number, number];
    const values = {
      reads, writes, read_bytes: sectorsRead * SECTOR_BYTES, write_bytes: sectorsWritten * SECTOR_BYTES,
      read_time: readTime, write_time: writeTime, io_time: ioTime, iops_in_progress: inProgress,
    };
    return [{ number: `${major}:${minor}`, name, isUsed: counts.some((count) => count > 0), values }];
  });
}

/** Where devices and what udev knows of them are found. */
export interface DeviceFolders { readonly dev: string; readonly run: string }
const DEVICE_FOLDERS: DeviceFolders = { dev: '/dev', run: '/run' };

/** Links to a device as udev tells them, without `/dev/`: `disk/by-id/…`, `mapper/…`. */
function linksOf(run: string, number: string): readonly string[] {
  try {
    return readFileSync(join(run, 'udev/data', `b${number}`), 'utf8').split('\n').filter((line) => line.startsWith('S:')).map((line) => line.slice(2));
  } catch {
    return [];
  }
}

/** The name of the device that a plain name, a path or a link of /dev stands for. */
function nameBehind(dev: string, device: string): string {
  try {
    return basename(realpathSync(resolve(dev, device)));
  } catch {
    return basename(device);
  }
}

/** Tells whether a device is one of `devices`: by its name, or by one of its links. */
export function wantedDevices(devices: readonly string[], { dev, run }: DeviceFolders): (device: Pick<DeviceCounts, 'name' | 'number'>) => boolean {
  const relative = devices.map((device) => (device.startsWith('/dev/') ? device.slice('/dev/'.length) : device));
  const globs = compileNameGlobs(relative.filter(isNameGlob));
  const plain = new Set(relative.filter((device) => !isNameGlob(device)).flatMap((device) => [device, nameBehind(dev, device)]));
  return ({ name, number }) => plain.has(name) || globs(name) || linksOf(run, number).some(globs);
}

/**
 * /proc/diskstats. Reads, writes and their bytes and times count from the boot on; `iops_in_progress` is what is under way now. Where no
 * devices are named, those that were never used are left out, as in the CloudWatch agent: a host has eight loop devices by default,
 * each of which would cost as much as its disk.
 */
export function createDiskioSampler(plan: Pick<Extract<SamplerPlan, { kind: 'diskio' }>, 'devices'>, folders: KernelFolders, places: DeviceFolders = DEVICE_FOLDERS): Sampler {
  const file = new KernelFile(join(folders.proc, 'diskstats'));
  let judged = new Map<string, boolean>();
  let isWanted = wantedDevices(plan.devices ?? ['*'], places);
  let freshUntil = -Infinity;
  const select = (device: DeviceCounts, now: number): boolean => {
    if (plan.devices === null) return device.isUsed;
    if (now >= freshUntil) {
      judged = new Map();
      isWanted = wantedDevices(plan.devices, places);
      freshUntil = now + FRESH_MS;
    }
    const key = `${device.number} ${device.name}`;
    const known = judged.get(key) ?? isWanted(device);
    judged.set(key, known);
    return known;
  };
  return {
    fields: FIELDS,
    sample: async (now) => parseDeviceCounts(file.read())
      .filter((device) => select(device, now))
      .map(({ name, values }) => ({ dimensions: [['name', name]], values })),
    [Symbol.dispose]: () => { file[Symbol.dispose](); },
  };
}

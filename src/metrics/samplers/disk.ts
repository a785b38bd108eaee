import { readlinkSync, realpathSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Dimensions, SamplerPlan } from '../../metrics-plan.ts';
import { KernelFile } from '../kernel-file.ts';
import { waitingMounts } from '../local-file-systems.ts';
import { parseMountTable } from '../mount-table.ts';
import type { Mount } from '../mount-table.ts';
import type { PathThreads } from '../path-threads.ts';
import type { FieldKind, KernelFolders, Reading, Sampler, SamplerReport } from '../sampler.ts';
import { spaceFrom } from '../space.ts';
import type { Statfs } from '../space.ts';
import type { StatfsAnswer } from '../statfs-thread.ts';
import { VolumesOfDevices } from '../volume-of-device.ts';
import type { AttachedVolumes } from '../volume-of-device.ts';
import { Troubles } from './troubles.ts';
import { WaitingSpace } from './waiting-space.ts';
import type { AskedMount } from './waiting-space.ts';

const BYTES: FieldKind = { unit: 'Bytes' };
const COUNT: FieldKind = { unit: 'Count' };

const FIELDS = {
  free: BYTES, total: BYTES, used: BYTES, inodes_free: COUNT, inodes_total: COUNT, inodes_used: COUNT, used_percent: { unit: 'Percent' },
} as const satisfies Readonly<Record<string, FieldKind>>;

/** Local mounts asked in one turn of the event loop, at 10 µs each; container hosts have thousands. */
const MOUNTS_A_TURN = 64;

export interface DiskOptions {
  readonly report: SamplerReport;
  /** Of the whole run. */
  readonly threads: PathThreads<StatfsAnswer>;
  /** What EC2 knows of devices that do not say their volume. */
  readonly attached: AttachedVolumes;
  /** HOST_MOUNT_PREFIX: where the host's file systems are in this container; empty: here. */
  readonly mountPrefix: string;
  readonly dev?: string;
  readonly statfs?: (path: string) => Statfs;
}

/** The device as the CloudWatch agent names it: without `/dev/`, names of the device mapper and `/dev/root` resolved. */
function deviceOf({ source, number }: Mount, dev: string, sys: string): string {
  try {
    if (source.startsWith('/dev/mapper/')) return basename(realpathSync(join(dev, source.slice('/dev/'.length))));
    if (source === '/dev/root') return basename(readlinkSync(join(sys, 'dev/block', number)));
  } catch {
    // What cannot be resolved keeps its name.
  }
  return source.replaceAll('/dev/', '');
}

/** The device of a table's root. */
const rootOf = (mounts: readonly Mount[]): string | undefined => mounts.find(({ mountPoint }) => mountPoint === '/')?.number;

/**
 * The table of the host's first process: a service of systemd may be shown other mounts than there are (PrivateTmp, ProtectSystem).
 * Where that process has another root, and no prefix leads there, paths of its table mean nothing here: then this process's own.
 */
function openMountTable(proc: string, hasPrefix: boolean): KernelFile {
  const own = new KernelFile(join(proc, 'self/mountinfo'));
  const first = new KernelFile(join(proc, '1/mountinfo'));
  try {
    if (rootOf(parseMountTable(first.read())) === rootOf(parseMountTable(own.read())) || hasPrefix) {
      own[Symbol.dispose]();
      return first;
    }
  } catch {
    // It may be hidden from who is not root.
  }
  first[Symbol.dispose]();
  return own;
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** The mounts that are wanted, with the path by which each is asked: below the prefix, unless that is a mount of its own. */
function chosenMounts(mounts: readonly Mount[], plan: DiskPart, prefix: string): readonly AskedMount[] {
  const wanted = plan.mountPoints === null ? null : new Set(plan.mountPoints);
  const ignored = new Set(['autofs', ...plan.ignoredTypes]);
  const mountPoints = new Set(mounts.map(({ mountPoint }) => mountPoint));
  return mounts.flatMap((mount) => {
    const { mountPoint, type } = mount;
    if (ignored.has(type) || wanted?.has(mountPoint) === false) return [];
    if (prefix === '' || isWithin(mountPoint, prefix)) return [{ mount, path: mountPoint }];
    const path = mountPoint === '/' ? prefix : prefix + mountPoint;
    return mountPoints.has(path) ? [] : [{ mount, path }];
  });
}

type DiskPart = Pick<Extract<SamplerPlan, { kind: 'disk' }>, 'mountPoints' | 'ignoredTypes' | 'dropDevice' | 'volumeId' | 'intervalMs'>;

/**
 * Mounts of mountinfo that have any space, and statfs of each. File systems of this host are asked at once, others
 * in a thread that is made for the first of them.
 */
export function createDiskSampler(plan: DiskPart, folders: KernelFolders, options: DiskOptions): Sampler {
  const { report, threads, dev = '/dev', statfs = statfsSync } = options;
  const prefix = options.mountPrefix.replace(/\/+$/, '');
  const file = openMountTable(folders.proc, prefix !== '');
  const troubles = new Troubles(report);
  const volumes = new VolumesOfDevices(folders.sys, options.attached);
  const waitingSpace = new WaitingSpace({ threads, troubles, intervalMs: plan.intervalMs });

  const dimensionsOf = (mount: Mount, now: number): Dimensions => {
    const { mountPoint, type } = mount;
    const path = prefix !== '' && isWithin(mountPoint, prefix) ? mountPoint.slice(prefix.length) || '/' : mountPoint;
    const device = deviceOf(mount, dev, folders.sys);
    const volume = plan.volumeId ? volumes.of(mount.number, device, now) : null;
    return [...(volume === null ? [] : [['VolumeId', volume] as const]), ...(plan.dropDevice ? [] : [['device', device] as const]), ['fstype', type], ['path', path]];
  };
  const askLocal = ({ mount: { mountPoint, type }, path }: AskedMount): Statfs | null => {
    try {
      const answer = statfs(path);
      troubles.end(mountPoint, `the space of ${mountPoint} (${type}) can be read again`);
      return answer;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Hidden below another mount, as systemd hides the credentials of other units from a service: nobody asked for that one.
      if (code === 'ENOENT' && plan.mountPoints === null) return null;
      troubles.begin(mountPoint, `the space of ${mountPoint} (${type}) cannot be read (${code ?? String(error)}): it has no disk metrics until it can be`);
      return null;
    }
  };
  const sayMissing = (mounts: readonly Mount[]): void => {
    const here = new Set(mounts.map(({ mountPoint }) => mountPoint));
    const named = new Set(plan.mountPoints);
    troubles.keep((subject) => here.has(subject) || named.has(subject));
    for (const mountPoint of named) {
      if (!here.has(mountPoint)) troubles.begin(mountPoint, `nothing is mounted at ${mountPoint}, which "resources" of disk names: it has no metrics until something is`);
    }
  };

  return {
    fields: FIELDS,
    sample: async (now) => {
      const mounts = parseMountTable(file.read());
      sayMissing(mounts);
      const waiting = waitingMounts(mounts);
      const chosen = chosenMounts(mounts, plan, prefix);
      const answers = new Map<Mount, Statfs>();
      for (const [index, each] of chosen.filter(({ mount }) => !waiting.has(mount)).entries()) {
        const answer = askLocal(each);
        if (answer !== null) answers.set(each.mount, answer);
        if (index % MOUNTS_A_TURN === MOUNTS_A_TURN - 1) await turn();
      }
      const late = await waitingSpace.of(chosen.filter(({ mount }) => waiting.has(mount)));
      return chosen.flatMap(({ mount }): readonly Reading[] => {
        const answer = answers.get(mount) ?? late.get(mount);
        return answer === undefined || answer.blocks === 0 ? [] : [{ dimensions: dimensionsOf(mount, now), values: spaceFrom(answer) }];
      });
    },
    [Symbol.dispose]: () => {
      file[Symbol.dispose]();
      waitingSpace[Symbol.dispose]();
    },
  };
}

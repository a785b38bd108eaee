import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { volumeIdOf } from './nvme/devices.ts';

/** Device mappers on device mappers (encryption on LVM) that are seen through. */
const MAX_LAYERS = 5;
/** Things that are looked up again so often: a device's number is another's after it was detached. */
const FRESH_MS = 60_000;

/** Volumes of devices that say nothing of theirs (Xen), by what EC2 knows: null where it is not known, or not yet. */
export interface AttachedVolumes { of(device: { readonly disk: string; readonly name: string }): string | null }

/** Tells on which EBS volume a block device is. */
export class VolumesOfDevices {
  readonly #sys: string;
  readonly #attached: AttachedVolumes;
  #known = new Map<string, string | null>();
  #freshUntil = -Infinity;
  /** What EC2 has not told yet may be told by the next sample. */
  #isOpen = false;

  constructor(sys: string, attached: AttachedVolumes) {
    this.#sys = sys;
    this.#attached = attached;
  }

  /**
   * The id of the volume that all of the device is on; null: it is on none, on several, or that is not known.
   * @param number `major:minor`
   * @param name of the device in /dev, for file systems (btrfs) whose number is that of no device
   * @param now monotonic milliseconds
   */
  of(number: string, name: string, now: number): string | null {
    if (now >= this.#freshUntil) {
      this.#known = new Map();
      this.#freshUntil = now + FRESH_MS;
    }
    const key = `${number} ${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#isOpen = false;
    const folder = [join(this.#sys, 'dev/block', number), join(this.#sys, 'class/block', name.replaceAll('/', '!'))].map(realPath).find((path) => path !== null) ?? null;
    const volume = folder === null ? null : this.#ofFolder(folder, MAX_LAYERS);
    if (!this.#isOpen) this.#known.set(key, volume);
    return volume;
  }

  #ofFolder(folder: string, layers: number): string | null {
    const below = namesIn(join(folder, 'slaves')).map((name) => realPath(join(folder, 'slaves', name)));
    if (below.length > 0) {
      const volumes = new Set(below.map((path) => (path === null || layers === 0 ? null : this.#ofFolder(path, layers - 1))));
      const [only = null] = volumes;
      return volumes.size === 1 ? only : null;
    }
    const disk = existsSync(join(folder, 'partition')) ? dirname(folder) : folder;
    const id = volumeIdOf(textOf(join(disk, 'device/serial')));
    if (id !== null || !/^(?:xvd|sd)/.test(basename(disk))) return id;
    const attached = this.#attached.of({ disk: basename(disk), name: basename(folder) });
    if (attached === null) this.#isOpen = true;
    return attached;
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}

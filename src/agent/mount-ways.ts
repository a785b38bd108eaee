import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { below } from '../files/look.ts';
import { waitingMounts } from '../metrics/local-file-systems.ts';
import { parseMountTable } from '../metrics/mount-table.ts';
import type { Mount } from '../metrics/mount-table.ts';

/** Paths of which is known where they lead. */
const MAX_WAYS = 50_000;
/** Links on one way; the kernel follows no more either. */
const MAX_LINKS = 40;
const NO_MOUNTS: readonly Mount[] = [];

/** Where a path really leads, and the mounts that may hang and that a look at it meets. */
interface Way { readonly real: string; readonly mounts: readonly Mount[] }

const ROOT: Way = { real: '/', mounts: NO_MOUNTS };

/**
 * Which of the mounts that may hang a path leads to, links followed as the kernel does, but for those that cannot be followed
 * without a look at a mount that gives no answer. What waits for the root itself is not looked for: so does the agent.
 */
export class MountWays {
  readonly #isSilent: (mount: Mount) => boolean;
  readonly #table: () => string;
  readonly #ways = new Map<string, Way>();
  #text = '';
  #points: ReadonlySet<string> = new Set();
  #mayHang: ReadonlyMap<string, Mount> = new Map();
  /** Folders in which such a mount is. */
  #around: ReadonlySet<string> = new Set();

  /** @param isSilent asked before each look at what lies on a mount. @param table the text of mountinfo. */
  constructor(isSilent: (mount: Mount) => boolean, table = tableText) {
    this.#isSilent = isSilent;
    this.#table = table;
  }

  /** True if something is mounted at this very path. */
  isMountPoint(path: string): boolean { return this.#points.has(path); }

  isMounted(mount: Mount): boolean { return this.#mayHang.get(mount.mountPoint)?.number === mount.number; }

  /** Reads what is mounted now, as the kernel tells this process (proc_pid_mountinfo(5)): 0.1 ms where there are a hundred. */
  readTable(): void {
    const text = this.#table();
    if (text === this.#text) return;
    this.#text = text;
    const mounts = parseMountTable(text);
    this.#points = new Set(mounts.map(({ mountPoint }) => mountPoint));
    this.#mayHang = new Map([...waitingMounts(mounts)].map((mount) => [mount.mountPoint, mount]));
    this.#around = new Set([...this.#mayHang.keys()].map((mountPoint) => dirname(mountPoint)));
    this.forget();
  }

  /** A link may lead elsewhere by now, and what lies behind a mount can be looked at again. */
  forget(): void { this.#ways.clear(); }

  mountsOnWayTo(path: string): readonly Mount[] { return this.#mayHang.size === 0 ? NO_MOUNTS : this.#wayTo(path, 0).mounts; }

  /** A look at the path, or at each name in the folder that it leads to, meets such a mount. */
  meetsMount(path: string): boolean {
    if (this.#mayHang.size === 0) return false;
    const { real, mounts } = this.#wayTo(path, 0);
    return mounts.length > 0 || this.#around.has(real);
  }

  #wayTo(path: string, links: number): Way {
    if (path === '/' || path === '.') return ROOT;
    const known = this.#ways.get(path);
    if (known !== undefined) return known;
    const way = this.#findWay(path, links);
    if (this.#ways.size >= MAX_WAYS) this.#ways.clear();
    this.#ways.set(path, way);
    return way;
  }

  #findWay(path: string, links: number): Way {
    const folder = this.#wayTo(dirname(path), links);
    const real = folder.real === dirname(path) ? path : below(folder.real, basename(path));
    const mount = this.#mayHang.get(real);
    const mounts = mount === undefined ? folder.mounts : [...folder.mounts, mount];
    const target = mounts.some(this.#isSilent) || links >= MAX_LINKS ? null : targetOf(real);
    if (target === null) return { real, mounts };
    const beyond = this.#wayTo(resolve(folder.real, target), links + 1);
    return { real: beyond.real, mounts: [...new Set([...mounts, ...beyond.mounts])] };
  }
}

function tableText(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    // A system that does not tell: nothing is known to hang.
    return '';
  }
}

/** What a link says, or null for anything else. */
function targetOf(path: string): string | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}

// As whom a process opens files, and what is in its way to a path. Decided from owners and modes, so that it can be said of another process.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What decides which files a process may open. */
export interface Identity {
  readonly uid: number;
  readonly groups: ReadonlySet<number>;
  /** CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE: modes are no obstacle to reading. */
  readonly readsAll: boolean;
  /** CAP_SYS_ADMIN: devices take its commands. */
  readonly administers: boolean;
}

/** Of it, what decides about files. */
export type Reader = Omit<Identity, 'administers'>;

/** What is in the way to a path, and what it would have to allow. */
export interface Obstacle {
  readonly path: string;
  /** `search`: to pass through a directory; `list`: to see what is in it; `read`: a file's content. */
  readonly need: 'search' | 'list' | 'read';
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** Bits of CapEff (capability.h). */
const CAP_DAC_OVERRIDE = 1n << 1n;
const CAP_DAC_READ_SEARCH = 1n << 2n;
const CAP_SYS_ADMIN = 1n << 21n;

/** @param status text of /proc/PID/status. Null: it is not that. */
export function identityIn(status: string): Identity | null {
  const field = (name: string): string[] | undefined => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/);
  const [uids, gids, groups, caps] = [field('Uid'), field('Gid'), field('Groups'), field('CapEff')];
  // Effective is the second of real, effective, saved and that of the file system.
  if (uids?.[1] === undefined || gids?.[1] === undefined || caps?.[0] === undefined) return null;
  const effective = BigInt(`0x${caps[0]}`);
  return {
    uid: Number(uids[1]),
    groups: new Set([gids[1], ...(groups ?? [])].filter((gid) => gid !== '').map(Number)),
    readsAll: (effective & (CAP_DAC_OVERRIDE | CAP_DAC_READ_SEARCH)) !== 0n,
    administers: (effective & CAP_SYS_ADMIN) !== 0n,
  };
}

/** Of a process, or of this one. Null when it is gone. */
export function identityOf(pid: number | 'self'): Identity | null {
  try {
    return identityIn(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return null;
  }
}

/** The bits of `need` in the octal digit of a mode that is the identity's. */
const BITS = { search: 0o1, read: 0o4, list: 0o5 } as const;

function allows({ uid, groups, readsAll }: Reader, owner: { readonly uid: number; readonly gid: number; readonly mode: number }, need: Obstacle['need']): boolean {
  if (readsAll) return true;
  const shift = owner.uid === uid ? 6 : groups.has(owner.gid) ? 3 : 0;
  return ((owner.mode >> shift) & BITS[need]) === BITS[need];
}

/**
 * The first component of an absolute path that keeps an identity from it, from the root on; null: none does, or what is there cannot be seen
 * from here either. Access control lists are not looked at.
 */
export function obstacleTo(path: string, need: 'list' | 'read', identity: Reader): Obstacle | null {
  const folders: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === '/') break;
  }
  for (const [component, what] of [...folders.map((folder) => [folder, 'search'] as const), [path, need] as const]) {
    const stats = statSync(component, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    const { uid, gid, mode } = stats;
    if (!allows(identity, { uid, gid, mode }, what)) return { path: component, need: what, uid, gid, mode: mode & 0o7777 };
  }
  return null;
}

/** The name of a number in /etc/passwd or /etc/group, else the number. */
export function nameIn(file: '/etc/passwd' | '/etc/group', id: number): string {
  try {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [name, , number] = line.split(':');
      if (name !== undefined && name !== '' && number === String(id)) return name;
    }
  } catch { /* a container without the file: the number says it */ }
  return String(id);
}

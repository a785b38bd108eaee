// The files beside a file, as they stand now.

import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Found } from './directory.ts';
import { errorCode } from './file-id.ts';
import { below, look } from './look.ts';
import { byAge, isArchive, isRotationOf, sharedPrefix } from './rotation-name.ts';

/** A sibling as it stood when listed. */
export type Candidate = Found;

/** Names looked at by stat in one listing, those that share the base name's beginning first: 3 µs each. */
const MAX_LOOKED_AT = 10_000;
/** Listings of directories in which names change under the listing. */
const MAX_LISTINGS = 4;

interface Name { readonly path: string; readonly shared: number }

/** Regular files of the directories, names akin to `base` first; at most 10,000. Directories that cannot be read are left out. */
export function listSiblings(directories: readonly string[], base: string, wanted: (name: string) => boolean = () => true): readonly Candidate[] {
  const candidates: (Candidate & Name)[] = [];
  for (const name of namesIn(directories, base, wanted)) {
    const candidate = candidateAt(name.path);
    if (candidate !== null) candidates.push({ ...candidate, ...name });
  }
  return candidates.sort((a, b) => b.shared - a.shared || b.mtimeMs - a.mtimeMs);
}

/**
 * As `listSiblings`, of one moment: a rotation between the reading of the names and the look at their files moves each file to
 * the next name, and one of them out of the listing. Directories that never rest are given as last seen.
 */
export function listSteadily(directories: readonly string[], base: string, wanted: (name: string) => boolean): readonly Candidate[] {
  let listing = listSiblings(directories, base, wanted);
  for (let n = 1; n < MAX_LISTINGS; n++) {
    const again = listSiblings(directories, base, wanted);
    if (sameFiles(listing, again)) return again;
    listing = again;
  }
  return listing;
}

/** The name in `directory` that leads to this inode now, or null. Content is not compared. */
export function findByInode(directory: string, device: number, inode: number, base = ''): Candidate | null {
  for (const { path } of namesIn([directory], base, () => true)) {
    const candidate = candidateAt(path);
    if (candidate?.inode === inode && candidate.device === device) return candidate;
  }
  return null;
}

/** Where a file that was listed is now, after a rotation as before it; null: nowhere beside. */
export function pathNow({ path, device, inode }: Candidate): string | null {
  const at = candidateAt(path);
  return at?.inode === inode && at.device === device ? path : findByInode(dirname(path), device, inode, basename(path))?.path ?? null;
}

/** Archives (.gz, .zst) that can hold an older life of `base`, newest first. */
export function archivesOf(directories: readonly string[], base: string): readonly Candidate[] {
  return listSiblings(directories, base, (name) => isArchive(name) && isRotationOf(base, name)).toSorted((a, b) => byAge(b, a));
}

function namesIn(directories: readonly string[], base: string, wanted: (name: string) => boolean): readonly Name[] {
  const names: Name[] = [];
  for (const directory of new Set(directories)) {
    try {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (entry.isFile() && wanted(entry.name)) names.push({ path: below(directory, entry.name), shared: sharedPrefix(base, entry.name) });
      }
    } catch (error) {
      errorCode(error);
    }
  }
  return names.sort((a, b) => b.shared - a.shared).slice(0, MAX_LOOKED_AT);
}

function candidateAt(path: string): Candidate | null {
  const seen = look(path);
  if (seen.kind !== 'present' || !seen.stats.isFile()) return null;
  const { dev, ino, size, mtimeMs } = seen.stats;
  return { path, device: dev, inode: ino, size, mtimeMs };
}

function sameFiles(before: readonly Candidate[], now: readonly Candidate[]): boolean {
  const inodes = new Map(before.map(({ path, inode }) => [path, inode]));
  return before.length === now.length && now.every(({ path, inode }) => inodes.get(path) === inode);
}

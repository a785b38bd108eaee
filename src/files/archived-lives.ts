// Lives of a file that were rotated and compressed: which of them nobody has seen.

import type { Checkpoint, FileId } from '../flow.ts';
import { readArchiveHead } from './archive-head.ts';
import { headHash } from './file-id.ts';
import { byAge, isArchive, isRotationOf, plainName } from './rotation-name.ts';
import { listSteadily } from './sibling-list.ts';
import type { Candidate } from './sibling-list.ts';

/** A life inside an archive: `id` by its content and the archive's inode. */
export interface ArchivedLife {
  readonly candidate: Candidate;
  readonly id: FileId;
  readonly head: Buffer;
  /** It was written to since the time that was asked for. */
  readonly isRecent: boolean;
}

export interface ArchivedLives {
  readonly lives: readonly ArchivedLife[];
  /** Archives written to since then of which not even the beginning can be unpacked, and why. */
  readonly damaged: readonly { readonly path: string; readonly code: string }[];
}

/** Archives opened in one search, 100 µs each: a rotation each minute for most of a day. */
const MAX_WANTED = 1_000;
/** Of those from before, the youngest: one of them may hold the rest of what was read. */
const MAX_OLDER = 100;

/**
 * Archives of lives of `base` that were written to since `since` (epoch ms), oldest first; of those from before the ones that may hold
 * what `missing` speak of.
 * One beside its plain file is none: it is being made, and the plain file has the bytes. What packs a file keeps the time of its last
 * write, and gzip writes it down as well: of the two the earlier counts, for what was packed lately may be years old.
 */
export function archivedLives(directories: readonly string[], base: string, since: number, missing: readonly Checkpoint[] = []): ArchivedLives {
  const lives: ArchivedLife[] = [];
  const damaged: { readonly path: string; readonly code: string }[] = [];
  if (since === Infinity && missing.length === 0) return { lives, damaged };
  const listing = listSteadily(directories, base, (name) => name === base || isRotationOf(base, name));
  const plain = new Set(listing.map(({ path }) => path));
  const archives = listing.filter(({ path, size }) => size > 0 && isArchive(path) && !plain.has(plainName(path))).sort((a, b) => byAge(b, a));
  const inodes = new Set(missing.map(({ id }) => id.inode));
  const isWanted = ({ inode, mtimeMs }: Candidate): boolean => mtimeMs >= since || inodes.has(inode);
  const wanted = archives.filter(isWanted);
  for (const { path } of wanted.slice(MAX_WANTED)) damaged.push({ path, code: `one of more than ${MAX_WANTED}` });
  const older = missing.length === 0 ? [] : archives.filter((archive) => !isWanted(archive)).slice(0, MAX_OLDER);
  for (const candidate of [...wanted.slice(0, MAX_WANTED), ...older].sort((a, b) => byAge(b, a))) {
    const isRecent = candidate.mtimeMs >= since;
    const read = readArchiveHead(candidate.path);
    if (read.kind === 'unreadable') { if (isRecent && read.code !== 'ENOENT') damaged.push({ path: candidate.path, code: read.code }); continue; }
    const { head, writtenAt } = read;
    if (head.length === 0) continue;
    const { device, inode } = candidate;
    lives.push({ candidate, id: { device, inode, headHash: headHash(head), headLength: head.length }, head, isRecent: isRecent && (writtenAt ?? Infinity) >= since });
  }
  return { lives: lives.toReversed(), damaged };
}

/** True if the life begins as the checkpoint's does: nothing else can be told without unpacking it. */
export function beginsAs({ head }: ArchivedLife, { id }: Checkpoint): boolean {
  return id.headLength > 0 && head.length >= id.headLength && headHash(head.subarray(0, id.headLength)) === id.headHash;
}

/** True if a checkpoint speaks of the life in this very archive. */
export function isTracked({ id }: ArchivedLife, known: readonly Checkpoint[]): boolean {
  return known.some((checkpoint) => checkpoint.id.inode === id.inode && checkpoint.id.headHash === id.headHash);
}

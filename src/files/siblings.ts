// Where did a generation go? After a rotation its bytes live on under another name (a rename), or in a copy beside a truncated
// original. Both are found by identity, among the names that could be it.

import { closeSync, fstatSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Checkpoint } from '../flow.ts';
import type { Found } from './directory.ts';
import { errorCode, HEAD_BYTES, openQuietly, sameGeneration, type Kinship } from './file-id.ts';
import { below, look } from './look.ts';
import { byAge, isArchive, isRotationOf, sharedPrefix } from './rotation-name.ts';

/** A sibling as it stood when listed. */
export type Candidate = Found;

/** A life of a file that is not at its own name any more and has bytes to deliver. */
export interface Pending {
  readonly candidate: Candidate;
  /** Where to go on; null: no byte of it was ever read (it came and was rotated while the agent was down), begin at 0. */
  readonly checkpoint: Checkpoint | null;
}

export interface PendingSearch {
  /** Oldest first. */
  readonly pending: readonly Pending[];
  /** Checkpoints whose generation is in none of the plain files; it may be in an archive, or gone. */
  readonly missing: readonly Checkpoint[];
}

/** Names looked at by stat in one search, those that share the base name's beginning first: 3 µs each. */
const MAX_LOOKED_AT = 10_000;
/** Files opened in one search: 10 µs each. */
const MAX_OPENED = 300;
/** A file may have come and gone unseen for this long before the generation before it had ended: a stop drains for a minute. */
const UNSEEN_MS = 60_000;
/** Verdicts remembered: a search is repeated while a backlog waits. */
const MAX_VERDICTS = 4096;

/** Regular files of the directories, names akin to `base` first; at most 10,000. Directories that cannot be read are left out. */
export function listSiblings(directories: readonly string[], base: string): readonly Candidate[] {
  const names: { readonly path: string; readonly shared: number }[] = [];
  for (const directory of new Set(directories)) {
    try {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (entry.isFile()) names.push({ path: below(directory, entry.name), shared: sharedPrefix(base, entry.name) });
      }
    } catch (error) {
      errorCode(error);
    }
  }
  if (names.length > MAX_LOOKED_AT) names.sort((a, b) => b.shared - a.shared);
  const candidates: (Candidate & { readonly shared: number })[] = [];
  for (const { path, shared } of names.slice(0, MAX_LOOKED_AT)) {
    const seen = look(path);
    if (seen.kind !== 'present' || !seen.stats.isFile()) continue;
    const { dev, ino, size, mtimeMs } = seen.stats;
    candidates.push({ path, device: dev, inode: ino, size, mtimeMs, shared });
  }
  return candidates.sort((a, b) => b.shared - a.shared || b.mtimeMs - a.mtimeMs);
}

/** The name in `directory` that leads to this inode now, or null. Content is not compared. */
export function findByInode(directory: string, device: number, inode: number, base = ''): Candidate | null {
  return listSiblings([directory], base).find((candidate) => candidate.inode === inode && candidate.device === device) ?? null;
}

/** Archives (.gz, .zst) that can hold an older life of `base`, newest first. */
export function archivesOf(directories: readonly string[], base: string): readonly Candidate[] {
  return listSiblings(directories, base).filter(({ path }) => isArchive(path) && isRotationOf(base, basename(path))).sort((a, b) => byAge(b, a));
}

/** Searches for generations, and remembers what a file was found to be as long as its size and mtime stay. */
export class SiblingSearch {
  readonly #verdicts = new Map<string, Kinship>();
  #opened = 0;

  /** Files opened so far by this search object. */
  get opened(): number { return this.#opened; }

  /**
   * The plain file that goes on with the checkpoint's generation: a rename, else the longest copy that holds every byte before the
   * offset. A copy is evidence only if the original was truncated or vanished: ask in no other case.
   */
  findCopy(checkpoint: Checkpoint, candidates: readonly Candidate[]): Candidate | null {
    const { id, offset } = checkpoint;
    const possible = candidates.filter(({ path, size }) => size >= offset && size >= id.headLength && !isArchive(path));
    const renamed = possible.filter((candidate) => candidate.inode === id.inode).slice(0, MAX_OPENED);
    for (const candidate of renamed) if (this.#kinship(checkpoint, candidate) === 'same') return candidate;
    let best: Candidate | null = null;
    for (const candidate of possible.filter(({ inode }) => inode !== id.inode).slice(0, MAX_OPENED - renamed.length)) {
      if (best !== null && candidate.size <= best.size) continue;
      if (this.#kinship(checkpoint, candidate) === 'copy') best = candidate;
    }
    return best;
  }

  /**
   * Lives of the file at `path` that were rotated away while nobody looked, oldest first: the rest of each generation in `checkpoints`, and
   * rotated files, written to no earlier than the oldest of these, that no checkpoint knows. The file at `path` itself is never among them.
   * @param checkpoints those of this path; a generation that still stands at `path`, or has ended, is neither pending nor missing
   * @param known every checkpoint of the entry, ended ones too: their files are not taken for new ones
   * @param directories the file's directory and, if rotated files go elsewhere (`olddir`), that one
   */
  pendingGenerations(path: string, checkpoints: readonly Checkpoint[], known: readonly Checkpoint[], directories: readonly string[]): PendingSearch {
    const base = basename(path);
    const siblings = listSiblings(directories, base);
    const others = siblings.filter((candidate) => candidate.path !== path);
    const live = look(path);
    const pending: Pending[] = [];
    const missing: Checkpoint[] = [];
    let since = Infinity;
    for (const checkpoint of checkpoints) {
      if (checkpoint.ended) { since = Math.min(since, checkpoint.updatedAt - UNSEEN_MS); continue; }
      if (live.kind === 'present' && this.#kinship(checkpoint, { path, device: live.stats.dev, inode: live.stats.ino, size: live.stats.size, mtimeMs: live.stats.mtimeMs }) === 'same') continue;
      // Equal heads are common (banners, CSV headers): a short one makes a copy only if the original was visibly truncated.
      const copyCounts = checkpoint.offset >= HEAD_BYTES || (live.kind === 'present' && live.stats.ino === checkpoint.id.inode);
      const candidate = this.findCopy(checkpoint, copyCounts ? others : others.filter(({ inode }) => inode === checkpoint.id.inode));
      // The candidate may have been written to after younger lives were; the checkpoint is of a time when there were none.
      since = Math.min(since, candidate?.mtimeMs ?? Infinity, checkpoint.updatedAt);
      if (candidate === null) missing.push(checkpoint);
      else if (candidate.size > checkpoint.offset) pending.push({ candidate, checkpoint });
    }
    const taken = new Set(pending.map(({ candidate }) => candidate.path));
    for (const candidate of this.#unknown(base, others, since, known)) if (!taken.has(candidate.path)) pending.push({ candidate, checkpoint: null });
    return { pending: pending.sort((a, b) => byAge(a.candidate, b.candidate)), missing };
  }

  /**
   * Rotated lives of the file at `path` that were written to since `since` (epoch ms) and that none of `known` speaks of, oldest first.
   * @param begun a generation of which copies may lie about: what begins as it does and has no more bytes than its offset is none of them
   */
  unknownLives(path: string, since: number, known: readonly Checkpoint[], directories: readonly string[], begun: Checkpoint | null = null): readonly Candidate[] {
    const base = basename(path);
    const others = listSiblings(directories, base).filter((candidate) => candidate.path !== path);
    return this.#unknown(base, others, since, known).filter((candidate) => begun === null || !this.#isBegunBy(candidate, begun)).sort(byAge);
  }

  /**
   * The copy of a truncated generation that was made before the last of its bytes were written and read: a rotated file that begins as
   * it does, has no more bytes than its offset, and of which none of `known` speaks. It holds nothing that was not read.
   */
  findCutCopy(checkpoint: Checkpoint, known: readonly Checkpoint[], directories: readonly string[]): Candidate | null {
    const { path } = checkpoint;
    const others = listSiblings(directories, basename(path)).filter((candidate) => candidate.path !== path);
    return this.#unknown(basename(path), others, -Infinity, known).filter((candidate) => this.#isBegunBy(candidate, checkpoint)).sort(byAge).at(-1) ?? null;
  }

  #unknown(base: string, others: readonly Candidate[], since: number, known: readonly Checkpoint[]): readonly Candidate[] {
    return others.filter((candidate) => {
      const name = basename(candidate.path);
      return candidate.mtimeMs >= since && candidate.size > 0 && !isArchive(name) && isRotationOf(base, name) && !this.#isKnown(candidate, known);
    });
  }

  #isBegunBy(candidate: Candidate, { id, offset }: Checkpoint): boolean {
    if (id.headLength === 0 || candidate.size < id.headLength || candidate.size > offset) return false;
    return this.#kinship({ entry: '', path: candidate.path, id: { ...id, inode: -1 }, offset: id.headLength, windowCrc: 0, windowLength: 0, split: null, ended: false, updatedAt: 0 }, candidate) === 'copy';
  }

  #isKnown(candidate: Candidate, known: readonly Checkpoint[]): boolean {
    return known.some((checkpoint) => {
      // The inode number of an empty file that is gone may be another's by now.
      if (checkpoint.ended && checkpoint.id.headLength === 0) return false;
      if (candidate.inode === checkpoint.id.inode) return this.#kinship(checkpoint, candidate) === 'same';
      // A copy of what was delivered ends where the delivery ended; one that is longer has bytes of its own.
      return candidate.size === checkpoint.offset && this.#kinship(checkpoint, candidate) === 'copy';
    });
  }

  #kinship(checkpoint: Checkpoint, candidate: Candidate): Kinship {
    const { id, offset, windowCrc, windowLength } = checkpoint;
    const key = [candidate.device, candidate.inode, candidate.size, candidate.mtimeMs, id.device, id.inode, id.headHash, id.headLength, offset, windowCrc, windowLength].join(':');
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const kinship = this.#compare(checkpoint, candidate.path);
    if (kinship !== 'unknown') {
      if (this.#verdicts.size >= MAX_VERDICTS) this.#verdicts.clear();
      this.#verdicts.set(key, kinship);
    }
    return kinship;
  }

  #compare(checkpoint: Checkpoint, path: string): Kinship {
    let fd: number;
    try {
      fd = openQuietly(path);
    } catch (error) {
      errorCode(error);
      return 'unknown';
    }
    this.#opened++;
    try {
      return sameGeneration(checkpoint, fd, fstatSync(fd));
    } catch (error) {
      errorCode(error);
      return 'unknown';
    } finally {
      closeSync(fd);
    }
  }
}

// Where did a generation go? After a rotation its bytes live on under another name (a rename), or in a copy beside a truncated
// original. Both are found by identity, among the names that could be it.

import { closeSync, fstatSync } from 'node:fs';
import { basename } from 'node:path';
import type { Checkpoint, FileId } from '../flow.ts';
import { archivedLives, beginsAs, isTracked } from './archived-lives.ts';
import type { ArchivedLife } from './archived-lives.ts';
import { errorCode, HEAD_BYTES, openQuietly, sameGeneration, type Kinship } from './file-id.ts';
import { look } from './look.ts';
import { byAge, isArchive, isDatedBefore, isRotationOf } from './rotation-name.ts';
import { listSteadily, pathNow } from './sibling-list.ts';
import type { Candidate } from './sibling-list.ts';

/** A life of a file that is not at its own name any more. */
export interface Life {
  readonly candidate: Candidate;
  /** The candidate is an archive: the life in it by its first bytes, and the archive's inode. Null: a plain file. */
  readonly archived: FileId | null;
}

/** One that has bytes to deliver. */
export interface Pending extends Life {
  /** Where to go on; null: no byte of it was ever read (it came and was rotated while the agent was down), begin at 0. */
  readonly checkpoint: Checkpoint | null;
}

export interface PendingSearch {
  /** Oldest first. */
  readonly pending: readonly Pending[];
  /** Checkpoints whose generation is in none of the plain files, and in no archive of the time that begins as it does. */
  readonly missing: readonly Checkpoint[];
  /** Archives that may hold a life which nobody has seen, and cannot be unpacked. */
  readonly damaged: readonly { readonly path: string; readonly code: string }[];
}

/** Files opened in one search: 10 µs each. */
const MAX_OPENED = 300;
/** A file may have come and gone unseen for this long before the generation before it had ended: a stop drains for a minute. */
const UNSEEN_MS = 60_000;
/** The clock of a file system runs a tick behind ours. */
export const CLOCK_SLACK_MS = 100;
/** Rotations under the look at one file. */
const MAX_MOVES = 8;
/** Rotations under the search for all. */
const MAX_SEARCHES = 8;
/** Verdicts remembered: a search is repeated while a backlog waits. */
const MAX_VERDICTS = 4096;

/** A plain file whose name says that it is an older life of `base`. */
function isLife(base: string, name: string): boolean { return !isArchive(name) && isRotationOf(base, name); }

/**
 * True if the file that has the checkpoint's inode number was made (epoch ms) after it: of an empty file nothing else is known. It is
 * read from its start, as that was to be; but others may have come and gone between the two.
 */
export function tookItsInode({ id, offset, updatedAt }: Checkpoint, bornAt: number): boolean {
  return id.headLength === 0 && offset === 0 && bornAt > updatedAt;
}

const inodeOf = (seen: ReturnType<typeof look>): number | null => (seen.kind === 'present' ? seen.stats.ino : null);

/** The archive to be tried first for a checkpoint's generation: its own, else one that begins as it does, of `archives` (oldest first). */
function archiveOf(checkpoint: Checkpoint, archives: readonly ArchivedLife[]): ArchivedLife | null {
  const own = archives.find((life) => isTracked(life, [checkpoint]));
  if (own !== undefined) return own;
  const akin = archives.filter((life) => beginsAs(life, checkpoint));
  return akin.find(({ isRecent }) => isRecent) ?? akin.at(-1) ?? null;
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
   * rotated files, plain or compressed, written to no earlier than the oldest of these, that no checkpoint knows. The file at `path` itself is never among them.
   * @param checkpoints those of this path; a generation that still stands at `path`, or has ended, is neither pending nor missing
   * @param known every checkpoint of the entry, ended ones too: their files are not taken for new ones
   * @param directories the file's directory and, if rotated files go elsewhere (`olddir`), that one
   */
  pendingGenerations(path: string, checkpoints: readonly Checkpoint[], known: readonly Checkpoint[], directories: readonly string[]): PendingSearch {
    for (let n = 1; ; n++) {
      const live = look(path);
      const found = this.#pendingBeside(path, live, checkpoints, known, directories);
      // A rotation meanwhile has put among the others what stood at the path.
      if (n === MAX_SEARCHES || inodeOf(look(path)) === inodeOf(live)) return found;
    }
  }

  #pendingBeside(path: string, live: ReturnType<typeof look>, checkpoints: readonly Checkpoint[], known: readonly Checkpoint[], directories: readonly string[]): PendingSearch {
    const base = basename(path);
    const others = listSteadily(directories, base, () => true).filter((candidate) => candidate.path !== path);
    const pending: Pending[] = [];
    const missing: Checkpoint[] = [];
    let since = Infinity;
    for (const checkpoint of checkpoints) {
      if (checkpoint.ended) { since = Math.min(since, checkpoint.updatedAt - UNSEEN_MS); continue; }
      if (live.kind === 'present' && this.#kinship(checkpoint, { path, device: live.stats.dev, inode: live.stats.ino, size: live.stats.size, mtimeMs: live.stats.mtimeMs }) === 'same') {
        if (tookItsInode(checkpoint, live.stats.birthtimeMs)) since = Math.min(since, checkpoint.updatedAt - CLOCK_SLACK_MS);
        continue;
      }
      // Equal heads are common (banners, CSV headers): a short one makes a copy only if the original was visibly truncated.
      const copyCounts = checkpoint.offset >= HEAD_BYTES || (live.kind === 'present' && live.stats.ino === checkpoint.id.inode);
      const candidate = this.findCopy(checkpoint, copyCounts ? others : others.filter(({ inode }) => inode === checkpoint.id.inode));
      // The candidate may have been written to after younger lives were; the checkpoint is of a time when there were none.
      since = Math.min(since, candidate?.mtimeMs ?? Infinity, checkpoint.updatedAt - CLOCK_SLACK_MS);
      if (candidate === null) missing.push(checkpoint);
      else if (candidate.size > checkpoint.offset) pending.push({ candidate, archived: null, checkpoint });
    }
    const taken = new Set(pending.map(({ candidate }) => candidate.path));
    for (const candidate of this.#unknown(base, others, since, known)) if (!taken.has(candidate.path)) pending.push({ candidate, archived: null, checkpoint: null });
    const { lives, damaged } = archivedLives(directories, base, since, missing);
    const packed = lives.filter((life) => !isTracked(life, known) || missing.some((checkpoint) => isTracked(life, [checkpoint])));
    const gone: Checkpoint[] = [];
    for (const checkpoint of missing) {
      const life = archiveOf(checkpoint, packed);
      if (life === null) { gone.push(checkpoint); continue; }
      packed.splice(packed.indexOf(life), 1);
      pending.push({ candidate: life.candidate, archived: life.id, checkpoint });
    }
    // Whatever its time says: what is dated before every life that is known was there before them.
    const anchors = pending.filter(({ checkpoint }) => checkpoint !== null).map(({ candidate }) => candidate.path);
    const isHistory = (path: string): boolean => anchors.length > 0 && anchors.every((anchor) => isDatedBefore(path, anchor));
    for (const { candidate, id, isRecent } of packed) if (isRecent && !isHistory(candidate.path)) pending.push({ candidate, archived: id, checkpoint: null });
    return { pending: pending.sort((a, b) => byAge(a.candidate, b.candidate)), missing: gone, damaged };
  }

  /**
   * Rotated lives of the file at `path` that were written to since `since` (epoch ms) and that none of `known` speaks of, oldest first.
   * @param begun a generation of which copies may lie about: what begins as it does and has no more bytes than its offset is none of them
   */
  unknownLives(path: string, since: number, known: readonly Checkpoint[], directories: readonly string[], begun: Checkpoint | null = null): readonly Life[] {
    const base = basename(path);
    const others = listSteadily(directories, base, (name) => isLife(base, name));
    const plain = this.#unknown(base, others, since, known).filter((candidate) => begun === null || !this.#isBegunBy(candidate, begun));
    const packed = archivedLives(directories, base, since).lives.filter((life) => life.isRecent && !isTracked(life, known) && (begun === null || !(beginsAs(life, begun) || isDatedBefore(life.candidate.path, begun.path))));
    return [
      ...plain.map((candidate) => ({ candidate, archived: null })),
      ...packed.map(({ candidate, id }) => ({ candidate, archived: id })),
    ].sort((a, b) => byAge(a.candidate, b.candidate));
  }

  /**
   * The copy of a truncated generation that was made before the last of its bytes were written and read: a rotated file that begins as
   * it does, has no more bytes than its offset, and of which none of `known` speaks. It holds nothing that was not read.
   */
  findCutCopy(checkpoint: Checkpoint, known: readonly Checkpoint[], directories: readonly string[]): Candidate | null {
    const { path } = checkpoint;
    const base = basename(path);
    return this.#unknown(base, listSteadily(directories, base, (name) => isLife(base, name)), -Infinity, known).filter((candidate) => this.#isBegunBy(candidate, checkpoint)).sort(byAge).at(-1) ?? null;
  }

  #unknown(base: string, others: readonly Candidate[], since: number, known: readonly Checkpoint[]): readonly Candidate[] {
    return others.filter((candidate) => {
      const name = basename(candidate.path);
      return candidate.mtimeMs >= since && candidate.size > 0 && isLife(base, name) && !this.#isKnown(candidate, known);
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
    const kinship = this.#compare(checkpoint, candidate);
    if (kinship !== 'unknown') {
      if (this.#verdicts.size >= MAX_VERDICTS) this.#verdicts.clear();
      this.#verdicts.set(key, kinship);
    }
    return kinship;
  }

  #compare(checkpoint: Checkpoint, candidate: Candidate): Kinship {
    for (let at: string | null = candidate.path, n = 0; at !== null && n < MAX_MOVES; n++) {
      let fd: number;
      try {
        fd = openQuietly(at);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') return 'unknown';
        at = pathNow(candidate);
        continue;
      }
      this.#opened++;
      try {
        const stats = fstatSync(fd);
        if (stats.ino === candidate.inode && stats.dev === candidate.device) return sameGeneration(checkpoint, fd, stats);
      } catch (error) {
        errorCode(error);
        return 'unknown';
      } finally {
        closeSync(fd);
      }
      at = pathNow(candidate);
    }
    return 'unknown';
  }
}

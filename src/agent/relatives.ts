import { closeSync, fstatSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Mark } from '../checkpoint/ledger.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import { ARCHIVE_LIMIT_BYTES, openArchived } from '../files/archive.ts';
import { skipByContent } from '../files/binary-content.ts';
import { readIdentity, readWindow } from '../files/file-id.ts';
import { isRotationOf } from '../files/rotation-name.ts';
import { archivesOf, findByInode, listSiblings } from '../files/sibling-list.ts';
import { SiblingSearch } from '../files/siblings.ts';
import type { Life, PendingSearch } from '../files/siblings.ts';
import { skipByType } from '../files/skip.ts';
import { openFile } from '../files/tailer.ts';
import type { Checkpoint, FileId } from '../flow.ts';
import type { Generation } from './generation.ts';
import type { MountWatch } from './mount-watch.ts';

export interface RelativesOptions {
  readonly stateDir: string;
  /** Canonical label of the entry's encoding. */
  readonly encoding: string;
  readonly maxArchiveBytes: number;
  readonly mounts: Pick<MountWatch, 'isMountPoint' | 'isOut'>;
}

/** Listings of archives in which the names change while they are opened. */
const MAX_RELISTS = 5;
/** A part of an archive that is unpacked holds the longest message at least. */
const LEAST_PART_BYTES = 8 * 1024 * 1024;

/** The errno name of why an archive, or the state directory, cannot be read or written now: a damaged archive has another. */
export type Unreadable = `E${string}`;

/** The rest of a generation, unpacked into a file without a name. */
export interface Archived { readonly fd: number; readonly path: string; readonly base: number; readonly end: number; readonly size: number }

/** Questions about the files around a followed one: where it went, what came between, what is a copy of it. */
export class Relatives {
  readonly #o: RelativesOptions;
  readonly #search = new SiblingSearch();

  constructor(options: RelativesOptions) { this.#o = options; }

  /** Why an open file is not followed, or null. */
  skipReason(fd: number): string | null {
    try {
      return skipByType(fstatSync(fd)) ?? skipByContent(fd, this.#o.encoding);
    } catch {
      return null;
    }
  }

  /** The file alone is mounted at its path: what happens to the name where it comes from is not seen here. */
  isMounted(path: string): boolean { return this.#o.mounts.isMountPoint(path); }

  /** True if rotation may have made `candidate` of `original`. */
  isRotation(original: string, candidate: string): boolean {
    return original !== candidate && dirname(original) === dirname(candidate) && isRotationOf(basename(original), basename(candidate));
  }

  /** The name under which an inode is found beside its old one, or null. */
  renamed(g: Generation): string | null {
    return findByInode(dirname(g.path), g.id.device, g.id.inode, basename(g.path))?.path ?? null;
  }

  /** The file holds nothing but what the live file begins with: a copy that is not complete yet. */
  isPrefixOf(live: Generation, fd: number, size: number): boolean {
    const liveFd = live.file.descriptor();
    if (liveFd === null || size === 0 || size > live.offset) return false;
    const length = Math.min(256, size);
    const mine = Buffer.allocUnsafe(length);
    const theirs = Buffer.allocUnsafe(length);
    try {
      return readSync(fd, mine, 0, length, size - length) === length && readSync(liveFd, theirs, 0, length, size - length) === length && mine.equals(theirs);
    } catch {
      return false;
    }
  }

  /** The bytes before its offset are not there any more. */
  isTruncated(live: Generation): boolean {
    const fd = live.file.unpacked ? null : live.file.descriptor();
    const { offset, windowCrc, windowLength } = live.mark;
    if (fd === null) return false;
    const window = readWindow(fd, offset);
    return window === null || (window.windowLength === windowLength && window.windowCrc !== windowCrc);
  }

  /** The mark at `offset` of an open file, or null if it cannot be read. */
  markAt(fd: number, offset: number): Mark | null {
    const window = readWindow(fd, offset);
    return window === null ? null : { offset, windowCrc: window.windowCrc, windowLength: window.windowLength, split: null };
  }

  /** The file that holds the bytes of a truncated generation, copied before the truncation, if there is one. */
  copyOf(g: Generation): { readonly path: string; readonly id: FileId; readonly size: number } | null {
    return this.copyHolding(g.reached);
  }

  /** The copy of a truncated generation that ends before its offset, with the mark at its end, if there is one (see findCutCopy). */
  cutCopyOf(g: Generation, known: readonly Checkpoint[]): { readonly path: string; readonly id: FileId; readonly mark: Mark } | null {
    const copy = this.#search.findCutCopy(g.reached, known, [dirname(g.path)]);
    if (copy === null) return null;
    const opened = openFile(copy.path);
    if ('error' in opened) return null;
    try {
      const identity = readIdentity(opened.fd);
      const mark = identity.kind === 'error' ? null : this.markAt(opened.fd, Math.min(identity.size, g.offset));
      return identity.kind === 'error' || mark === null ? null : { path: copy.path, id: identity.id, mark };
    } finally {
      closeSync(opened.fd);
    }
  }

  /** As `copyOf`, for a generation that an earlier run followed. */
  copyHolding(checkpoint: Checkpoint): { readonly path: string; readonly id: FileId; readonly size: number } | null {
    const { path, id } = checkpoint;
    const others = listSiblings([dirname(path)], basename(path)).filter((candidate) => candidate.inode !== id.inode);
    const copy = this.#search.findCopy(checkpoint, others);
    if (copy === null) return null;
    const opened = openFile(copy.path);
    if ('error' in opened) return null;
    try {
      const identity = readIdentity(opened.fd);
      return identity.kind === 'error' ? null : { path: copy.path, id: identity.id, size: identity.size };
    } finally {
      closeSync(opened.fd);
    }
  }

  /** Rotated lives of `path` that came after `g` was last seen in good order (epoch ms `since`), oldest first. */
  after(g: Generation, path: string, since: number, known: readonly Checkpoint[]): readonly Life[] {
    return this.#search.unknownLives(path, since, known, [dirname(path)], g.reached);
  }

  /** What earlier runs left unfinished of the file at `path`. */
  pending(path: string, checkpoints: readonly TrackedCheckpoint[], known: readonly TrackedCheckpoint[]): PendingSearch {
    return this.#search.pendingGenerations(path, checkpoints, known, [dirname(path)]);
  }

  /**
   * The archive that holds a vanished generation, unpacked from the checkpoint on; null if there is none (yet); otherwise
   * why it cannot be told now.
   * @param others checkpoints of other generations: of a generation of which nothing was read, any that begins alike seems to hold it
   * @param likeliest the archive's path when it was found
   */
  async archived(checkpoint: Checkpoint, name: string, signal: AbortSignal, others: readonly Checkpoint[] = [], likeliest = ''): Promise<Archived | 'incomplete' | Unreadable | null> {
    // The mount is said. To be tried again, as an archive that is still being written.
    if (this.#o.mounts.isOut(name)) return 'incomplete';
    const options = { stateDirectory: this.#o.stateDir, signal, limitBytes: Math.max(LEAST_PART_BYTES, Math.min(ARCHIVE_LIMIT_BYTES, this.#o.maxArchiveBytes)) };
    let listed = '';
    for (let attempt = 0; attempt < MAX_RELISTS; attempt++) {
      const archives = archivesOf([dirname(name)], basename(name));
      const listing = archives.map(({ path, inode }) => `${inode} ${path}`).join('\n');
      // A rotation gives the archives other names while they are opened one after the other.
      if (listing === listed) return null;
      listed = listing;
      const own = archives.filter(({ inode }) => inode === checkpoint.id.inode);
      const rest = archives.filter((one) => !own.includes(one) && (checkpoint.offset > 0 || !others.some(({ id }) => id.inode === one.inode)));
      const paths = [...own, ...rest.filter(({ path }) => path === likeliest), ...rest.filter(({ path }) => path !== likeliest)].map(({ path }) => path);
      const found = await openArchived(checkpoint, paths, options);
      switch (found.kind) {
        case 'opened': return found;
        case 'incomplete': return 'incomplete';
        case 'failed': if (!found.code.startsWith('Z')) return found.code as Unreadable; break;
        case 'absent': break;
        default: found satisfies never;
      }
      if (signal.aborted) return 'incomplete';
    }
    return null;
  }

  /** True if the archive holds the checkpoint's generation, up to its offset at least. */
  async holds(archive: string, checkpoint: Checkpoint, signal: AbortSignal): Promise<boolean> {
    const found = await openArchived(checkpoint, [archive], { stateDirectory: this.#o.stateDir, signal, limitBytes: 0 });
    if (found.kind === 'opened') closeSync(found.fd);
    return found.kind === 'opened';
  }
}

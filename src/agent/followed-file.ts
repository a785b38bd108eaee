import { closeSync, fstatSync, statSync } from 'node:fs';
import type { Closable } from '../files/descriptors.ts';
import { HEAD_BYTES, readIdentity } from '../files/file-id.ts';
import { openFile } from '../files/tailer.ts';
import type { Sleeper } from '../files/wake.ts';
import type { FileId } from '../flow.ts';
import type { Stages } from './stages.ts';

/** A name, or how the file lost it. */
export type Attachment = 'attached' | 'renamed' | 'deleted';

export interface FileStart {
  readonly path: string;
  readonly id: FileId;
  /** Offset of the descriptor's first byte: not 0 for the rest of an unpacked archive. */
  readonly base: number;
  /** It is read from an archive, unpacked into a file without a name. */
  readonly unpacked: boolean;
  /** An open descriptor to take over, or null: it is opened by its path, or unpacked when it is wanted. */
  readonly fd: number | null;
  /** Size of the life in the archive, if that is known. */
  readonly whole?: number;
}

/** The file of a generation as the disk has it: its name, or how it lost it; its open descriptor; its size and growth. */
export class FollowedFile implements Sleeper, Closable {
  path: string;
  id: FileId;
  base: number;
  readonly unpacked: boolean;
  /** Size of the life that is read from an archive, once that is known: what is unpacked of it may be a part. */
  whole: number | null;
  attachment: Attachment;
  /** Monotonic time at which it lost its name; null while it has one, and for what never had one. */
  detachedAt: number | null = null;
  /** Size when last looked at, bytes. */
  size = 0;
  /** Monotonic time of the last growth. */
  grewAt: number;
  /** Epoch milliseconds, as last seen. */
  mtimeMs = 0;
  /** Epoch milliseconds at which it was last found under its name. */
  seenAt: number;
  /** Why it cannot be opened or read now, or null. */
  lastError: string | null = null;
  /** Nobody can tell at present what its name leads to. */
  hidden = false;
  readonly #s: Pick<Stages, 'descriptors' | 'reach' | 'now' | 'wallNow'>;

  constructor(start: FileStart, stages: Pick<Stages, 'descriptors' | 'reach' | 'now' | 'wallNow'>) {
    this.path = start.path;
    this.id = start.id;
    this.base = start.base;
    this.unpacked = start.unpacked;
    this.whole = start.whole ?? null;
    this.attachment = start.unpacked ? 'deleted' : 'attached';
    this.#s = stages;
    this.grewAt = stages.now();
    this.seenAt = stages.wallNow();
    if (start.fd !== null) stages.descriptors.put(this, start.fd);
  }

  /** A deleted file's descriptor is all there is of it. */
  get pinned(): boolean { return this.attachment === 'deleted' || this.unpacked; }

  /** A look at it would wait for a mount that gives no answer: it is left as it was last seen. */
  get isOutOfReach(): boolean { return this.#s.reach.isOut(this.path) || this.#s.reach.isDeviceOut(this.id.device); }

  /** Why it cannot be read now, or null. */
  get fault(): string | null { return this.isOutOfReach ? 'its mount gives no answer' : this.lastError; }

  /** No name leads to it any more. */
  get unlinked(): boolean {
    if (this.attachment === 'deleted') return true;
    if (this.isOutOfReach) return false;
    const fd = this.#s.descriptors.get(this);
    try {
      return fd !== null && fstatSync(fd).nlink === 0;
    } catch {
      return false;
    }
  }

  /** It has a name that matches, again. */
  attach(): void {
    this.attachment = 'attached';
    this.detachedAt = null;
  }

  /** The open descriptor, opened again if it was closed; null if it is out of reach, or, with `lastError`, if it cannot be. */
  descriptor(): number | null { return this.isOutOfReach ? null : this.#s.descriptors.get(this) ?? this.#reopen(); }

  close(): void { this.#s.descriptors.close(this); }

  /** Takes over an unpacked part of its archive, in the place of the one it had. */
  unpack({ fd, base, size }: { readonly fd: number; readonly base: number; readonly size: number }): void {
    this.base = base;
    this.whole = size;
    this.#s.descriptors.put(this, fd);
  }

  /** More of it is in the archive than what is unpacked. */
  get isPart(): boolean { return this.unpacked && this.whole !== null && this.currentSize() < this.whole; }

  /** Its open descriptor, which is the caller's from now on, or null. */
  takeDescriptor(): number | null { return this.#s.descriptors.take(this); }

  grew(): boolean {
    const fd = this.#s.descriptors.get(this);
    if (fd === null) return !this.unpacked && this.#changedAtPath();
    try {
      return fstatSync(fd).size + this.base !== this.size;
    } catch {
      return true;
    }
  }

  changed(): boolean { return this.attachment === 'attached' ? this.#changedAtPath() : this.grew(); }

  /** Size of the file now, bytes; what was last seen if it cannot be asked. */
  currentSize(): number {
    if (this.isOutOfReach) return this.size;
    const fd = this.#s.descriptors.get(this);
    try {
      return fd === null ? this.size : fstatSync(fd).size + this.base;
    } catch {
      return this.size;
    }
  }

  /** Its size as the disk has it now; null: neither its path nor an open descriptor leads to it. */
  sizeOnDisk(): number | null {
    if (this.isOutOfReach) return null;
    const fd = this.#s.descriptors.get(this);
    try {
      if (fd !== null) return fstatSync(fd).size + this.base;
      const { ino, size } = statSync(this.path);
      return ino === this.id.inode && !this.unpacked ? size : null;
    } catch {
      return null;
    }
  }

  /** As `sizeOnDisk`; what was last seen if it cannot be asked. */
  sizeNow(): number { return this.sizeOnDisk() ?? this.size; }

  /**
   * It was read up to `size`, and maybe not to its end (`more`). The last byte was written when the file says so: an old
   * file's last message has waited long enough already.
   */
  grownTo(size: number, fd: number, more: boolean): void {
    this.size = size;
    const now = this.#s.now();
    this.grewAt = now;
    if (more) return;
    try {
      this.mtimeMs = fstatSync(fd).mtimeMs;
      this.grewAt = now - Math.max(0, this.#s.wallNow() - this.mtimeMs);
    } catch { /* The next read says what is wrong. */ }
  }

  /** Takes more of its head into its identity, as far as `read`: a copy made meanwhile may have no more than that. */
  growHead(read: number): boolean {
    if (this.id.headLength >= HEAD_BYTES || read <= this.id.headLength || this.unpacked) return false;
    const fd = this.descriptor();
    if (fd === null) return false;
    const identity = readIdentity(fd, read);
    if (identity.kind === 'error') return false;
    this.id = identity.id;
    return true;
  }

  #changedAtPath(): boolean {
    try {
      const { ino, size, mtimeMs } = statSync(this.path);
      const touched = mtimeMs !== this.mtimeMs;
      this.mtimeMs = mtimeMs;
      return touched || ino !== this.id.inode || size !== this.size;
    } catch {
      return true;
    }
  }

  #reopen(): number | null {
    if (this.pinned) { this.lastError = 'ENOENT'; return null; }
    const opened = openFile(this.path);
    if ('error' in opened) { this.lastError = opened.error; return null; }
    if (opened.inode !== this.id.inode) {
      closeSync(opened.fd);
      this.lastError = 'ESTALE';
      return null;
    }
    this.#s.descriptors.put(this, opened.fd);
    return opened.fd;
  }
}

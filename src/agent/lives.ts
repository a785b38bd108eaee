import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { FileId } from '../flow.ts';
import type { CheckpointIndex } from './checkpoint-index.ts';
import type { Generation } from './generation.ts';

/** The generations of an entry that are read or have bytes to be acknowledged: by inode, by path, by checkpoint. */
export class Lives implements Iterable<Generation> {
  readonly #all = new Set<Generation>();
  readonly #byInode = new Map<string, Generation>();
  readonly #byPath = new Map<string, Generation>();
  readonly #byCheckpoint = new Map<TrackedCheckpoint, Generation>();
  readonly #index: CheckpointIndex;

  constructor(index: CheckpointIndex) { this.#index = index; }

  [Symbol.iterator](): Iterator<Generation> { return this.#all.values(); }

  has(g: Generation): boolean { return this.#all.has(g); }

  add(g: Generation): void {
    this.#all.add(g);
    if (!g.file.unpacked) this.#byInode.set(inodeKey(g.id), g);
    this.#byPath.set(g.path, g);
    this.#byCheckpoint.set(g.handle, g);
    this.#index.enter(g.handle);
  }

  /** Its file is at another path now. */
  move(g: Generation, path: string): void {
    if (this.#byPath.get(g.path) === g) this.#byPath.delete(g.path);
    g.file.path = path;
    this.#byPath.set(path, g);
    g.handle.rename(path);
    this.#index.enter(g.handle);
  }

  drop(g: Generation): void {
    this.#all.delete(g);
    if (this.#byInode.get(inodeKey(g.id)) === g) this.#byInode.delete(inodeKey(g.id));
    if (this.#byPath.get(g.path) === g) this.#byPath.delete(g.path);
    if (this.#byCheckpoint.get(g.handle) === g) this.#byCheckpoint.delete(g.handle);
  }

  /** The generation that the file with this inode is now, or null. */
  inFile(id: Pick<FileId, 'device' | 'inode'>): Generation | null {
    const g = this.#byInode.get(inodeKey(id));
    return g === undefined || g.truncated || g.file.unpacked ? null : g;
  }

  /** The generation that has this name now, or null. */
  named(path: string): Generation | null {
    const g = this.#byPath.get(path);
    return g === undefined || g.file.attachment !== 'attached' || g.truncated || g.path !== path ? null : g;
  }

  /** The generation that moves this checkpoint, or null. */
  of(checkpoint: TrackedCheckpoint): Generation | null { return this.#byCheckpoint.get(checkpoint) ?? null; }

  /** A generation is or was in the file with this inode, and has bytes to be acknowledged at least. */
  isKnown(id: Pick<FileId, 'device' | 'inode'>): boolean { return this.#byInode.has(inodeKey(id)); }
}

function inodeKey({ device, inode }: Pick<FileId, 'device' | 'inode'>): string { return `${device}:${inode}`; }

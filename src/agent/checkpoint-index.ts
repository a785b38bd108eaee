import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import { originalsOf } from './rotation-names.ts';

/** Forgotten checkpoints are swept out after this many were entered, or as many as the last sweep left, if that is more. */
const LEAST_BEFORE_SWEEP = 1_000;

/** The checkpoints of an entry by inode and by each path they were ever at. Pure. */
export class CheckpointIndex {
  readonly #byInode = new Map<number, TrackedCheckpoint[]>();
  readonly #byPath = new Map<string, TrackedCheckpoint[]>();
  #untilSweep = LEAST_BEFORE_SWEEP;

  constructor(checkpoints: Iterable<TrackedCheckpoint>) {
    for (const checkpoint of checkpoints) this.enter(checkpoint);
  }

  /** A checkpoint that is new, or speaks of another file, or moved to another path: what it was known for stays known. */
  enter(checkpoint: TrackedCheckpoint): void {
    append(this.#byInode, checkpoint.id.inode, checkpoint);
    append(this.#byPath, checkpoint.path, checkpoint);
    if (--this.#untilSweep === 0) this.#sweep();
  }

  knowsInode(inode: number): boolean { return this.#byInode.has(inode); }

  /** Checkpoints that may speak of a file: of its inode, its path, or a name rotation may have made its path of. */
  about(path: string, inode: number): Iterable<TrackedCheckpoint> {
    const lists = [this.#byInode.get(inode), ...[path, ...originalsOf(path)].map((name) => this.#byPath.get(name))];
    return new Set(lists.flatMap((list) => list ?? []).filter((checkpoint) => !checkpoint.forgotten));
  }

  #sweep(): void {
    this.#untilSweep = Math.max(LEAST_BEFORE_SWEEP, sweep(this.#byInode), sweep(this.#byPath));
  }
}

function append<K>(map: Map<K, TrackedCheckpoint[]>, key: K, checkpoint: TrackedCheckpoint): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [checkpoint]);
  else if (!list.includes(checkpoint)) list.push(checkpoint);
}

/** Takes out what is forgotten; gives how much is left. */
function sweep<K>(map: Map<K, TrackedCheckpoint[]>): number {
  let left = 0;
  for (const [key, list] of map) {
    const kept = list.filter((checkpoint) => !checkpoint.forgotten);
    left += kept.length;
    if (kept.length === 0) map.delete(key); else map.set(key, kept);
  }
  return left;
}

import { dirname } from 'node:path';
import type { Generation } from '../generation.ts';

/**
 * The order of the files of one stream: those of a folder of the spool are written one after the other, and their names
 * ascend. A file that is found begins when the one before it was read to its end.
 */
export class FileSequence {
  /** By folder: the one begun last. */
  readonly #latest = new Map<string, Generation>();

  /** What is followed and comes before the file at `path`; null: nothing does. */
  before(path: string): Generation | null {
    const latest = this.#latest.get(dirname(path));
    return latest !== undefined && latest.path < path ? latest : null;
  }

  begins(g: Generation): void { this.#latest.set(dirname(g.path), g); }

  /** Nothing of it is left to be read or acknowledged. */
  ends(g: Generation): void { if (this.#latest.get(dirname(g.path)) === g) this.#latest.delete(dirname(g.path)); }
}

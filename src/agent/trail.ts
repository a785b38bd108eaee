import type { SettledRange } from '../checkpoint/settled-range.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { FileTrail } from './file-trail.ts';

export type TrailListener = (file: TrackedCheckpoint, range: SettledRange) => void;

/** What became of the bytes of all files, told to whoever listens: a range for each batch. */
export class Trail {
  readonly #listeners = new Set<TrailListener>();
  readonly #later = new Set<FileTrail>();

  /** Until the listening is disposed. */
  listen(listener: TrailListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => { this.#listeners.delete(listener); } };
  }

  tell(file: TrackedCheckpoint, range: SettledRange): void {
    for (const listener of this.#listeners) listener(file, range);
  }

  /** It has bytes to tell of that may become more: asked again at the next `tellAll`. */
  later(file: FileTrail): void { this.#later.add(file); }

  /** To be called about each second, and before what was told is to be complete. */
  tellAll(): void {
    for (const file of this.#later) file.tell();
    this.#later.clear();
  }
}

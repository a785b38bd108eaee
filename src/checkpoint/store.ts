// The safe offsets of the agent, in memory and on disk.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '../flow.ts';
import type { Lifetime, Service } from '../lifecycle/lifetime.ts';
import { Faults } from './faults.ts';
import type { StoreReport } from './faults.ts';
import { loadState } from './load.ts';
import type { LoadedState } from './load.ts';
import { lockState } from './lock.ts';
import type { StateLock } from './lock.ts';
import { TrackedCheckpoint } from './tracked.ts';
import type { ChangeListener } from './tracked.ts';
import { StateWriter } from './writer.ts';

export class CheckpointStore implements Service, ChangeListener {
  readonly name = 'checkpoints';
  readonly directory: string;
  /** Something of the state was lost: a file without a checkpoint is not proven new. */
  readonly damaged: boolean;
  /** What was found damaged at the start, for a person. */
  readonly problems: readonly string[];

  readonly #lock: StateLock;
  readonly #writer: StateWriter;
  readonly #faults: Faults;
  readonly #byNumber = new Map<number, TrackedCheckpoint>();
  readonly #byEntry = new Map<string, Set<TrackedCheckpoint>>();
  #next: number;
  #closing: Promise<void> | null = null;

  private constructor(directory: string, report: StoreReport, lock: StateLock, loaded: LoadedState) {
    this.directory = directory;
    this.damaged = loaded.damaged;
    this.problems = loaded.problems;
    this.#lock = lock;
    this.#next = loaded.next;
    this.#faults = new Faults(directory, report);
    this.#writer = new StateWriter(directory, { byNumber: this.#byNumber, next: () => this.#next }, this.#faults, loaded);
    for (const [number, checkpoint] of loaded.generations) this.#add(new TrackedCheckpoint(number, checkpoint, this));
  }

  /**
   * Takes the lock of the directory (created with mode 0700 if missing) and loads what it knows. Damage is reported and
   * does not throw: see `damaged`. Throws StateLockedError, StateVersionError, or why the directory cannot be used.
   */
  static async open(directory: string, { report }: { readonly report: StoreReport }): Promise<CheckpointStore> {
    await createDirectory(directory);
    const lock = await lockState(directory);
    try {
      for (const name of await readdir(directory)) if (/^(?:checkpoints|journal)-\d+\.tmp$/.test(name)) await rm(join(directory, name), { force: true });
      const loaded = await loadState(directory);
      const store = new CheckpointStore(directory, report, lock, loaded);
      if (loaded.problems.length > 0) {
        const outcome = loaded.damaged ? `${loaded.generations.size} files are known, others may have lost their position` : 'no position is lost: the copy before it and its journal are whole';
        report.checkpointTrouble(`checkpoints in ${directory}: ${loaded.problems.join('; ')}; ${outcome}. Check the disk`);
      }
      await store.#writer.begin(loaded.journal);
      return store;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Every generation known, loaded ones and those tracked since. */
  all(): Iterable<TrackedCheckpoint> { return this.#byNumber.values(); }

  /** The generations of one pipeline, by its FileEntryPlan.key. */
  entry(key: string): Iterable<TrackedCheckpoint> { return this.#byEntry.get(key) ?? []; }
  /** There are generations of an entry. */
  knows(key: string): boolean { return this.#byEntry.has(key); }

  /** A generation seen for the first time; its checkpoint is written like any change. */
  track(checkpoint: Checkpoint): TrackedCheckpoint {
    const generation = new TrackedCheckpoint(this.#next++, checkpoint, this);
    this.#add(generation);
    generation.markUnwritten('definition');
    return generation;
  }

  /** Generations known. */
  get size(): number { return this.#byNumber.size; }

  /** Why changes do not reach the disk at present, or null. */
  get trouble(): string | null { return this.#faults.current; }

  /** Changes that are not in the journal yet. */
  get unwritten(): number { return this.#writer.unwritten; }

  /** Called by the generations. */
  changed(generation: TrackedCheckpoint): void { this.#writer.changed(generation); }

  /** Called by the generations. */
  forgotten(generation: TrackedCheckpoint): void {
    this.#byNumber.delete(generation.number);
    const entry = this.#byEntry.get(generation.entry);
    entry?.delete(generation);
    if (entry?.size === 0) this.#byEntry.delete(generation.entry);
    this.#writer.forgotten(generation);
  }

  #add(generation: TrackedCheckpoint): void {
    this.#byNumber.set(generation.number, generation);
    const entry = this.#byEntry.get(generation.entry);
    if (entry === undefined) this.#byEntry.set(generation.entry, new Set([generation]));
    else entry.add(generation);
  }

  /** Writes what changes until `stop`, then once more: give it a lifetime that ends after the lanes have drained. */
  run(life: Lifetime): Promise<void> { return this.#writer.run(life); }

  /** Writes every change to the journal now. False when it failed: that is reported, and tried again by `run`. */
  flush(): Promise<boolean> { return this.#writer.flush(); }

  /** Writes and syncs what is left, closes the files and gives the lock back. After `run` has ended. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      await this.#lock.release();
    }
  }
}

/**
 * Creates a directory and what of its parents is missing, mode 0700. The runtime's own recursive mkdir tries without end
 * where a file system refuses a new directory with ENOENT (/proc, an automounter whose mount is missing).
 */
async function createDirectory(directory: string): Promise<void> {
  const missing: string[] = [];
  for (let path = directory; !(await exists(path)) && dirname(path) !== path; path = dirname(path)) missing.push(path);
  // Somebody else may create them meanwhile; what cannot be used shows when the lock is taken.
  for (const path of missing.toReversed()) await mkdir(path, { mode: 0o700 }).catch((error: unknown) => { if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

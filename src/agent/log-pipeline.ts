import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { Found } from '../files/finder.ts';
import type { FileEntryPlan } from '../plan.ts';
import { EntryFiles } from './entry-files.ts';
import type { Generation } from './generation.ts';
import type { HandedOver } from './handing-over.ts';
import type { Lingering } from './lingering.ts';
import type { PipelineContext } from './pipeline-parts.ts';
import type { OwedStage } from './stage-watch.ts';

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * One entry of the plan, running. Most entries of a large config have no file at present: what reads and follows files is
 * made when the first is found.
 */
export class LogPipeline {
  #entry: FileEntryPlan;
  readonly #context: () => PipelineContext;
  #files: EntryFiles | null = null;
  /** What the finder leaves out by name. */
  skippedByName: ReadonlyMap<string, string> = NONE;

  /** @param context asked for at most once, in `begin` or later. */
  constructor(entry: FileEntryPlan, context: () => PipelineContext) {
    this.#entry = entry;
    this.#context = context;
  }

  get entry(): FileEntryPlan { return this.#entry; }
  /** The same entry at another place of the config. */
  set entry(same: FileEntryPlan) {
    this.#entry = same;
    if (this.#files !== null) this.#files.entry = same;
  }

  get generations(): Iterable<Generation> { return this.#files?.generations ?? []; }
  /** Null: it has had no file yet. */
  get lingering(): Lingering | null { return this.#files?.lingering ?? null; }
  /** Files of this entry that are not followed, and why. */
  get skipped(): ReadonlyMap<string, string> { return this.#files?.skipped ?? NONE; }
  /** Files of this entry that are to be followed, and cannot be read. */
  get unread(): Iterable<string> { return this.#files?.unread ?? []; }
  /** A match could not be judged or opened yet: `reconcile` is to be called again. */
  get wantsReconcile(): boolean { return this.#files?.wantsReconcile === true; }
  /** Something is being looked for in archives; what is found begins with the next `reconcile`. */
  get isSearching(): boolean { return this.#files?.isSearching === true; }
  /** The rest of what this checkpoint speaks of is being looked for in archives. */
  searchesFor(handle: TrackedCheckpoint): boolean { return this.#files?.searchesFor(handle) === true; }
  /** Everything found is read and acknowledged to its end. */
  get caughtUp(): boolean { return this.#files?.caughtUp !== false; }

  /**
   * Takes up what the pipeline before it handed over, and what earlier runs left unfinished. From then on it follows what
   * `reconcile` is told of, until the lifetime ends.
   * @param known there are checkpoints of the entry.
   */
  begin(handedOver: readonly HandedOver[], known: boolean): void {
    // One that begins at the end has to remember its first scan even if that finds nothing.
    if (handedOver.length > 0 || known || this.#entry.startAt === 'end') this.#begun(handedOver);
  }

  #begun(handedOver: readonly HandedOver[]): EntryFiles {
    const files = new EntryFiles(this.#context());
    this.#files = files;
    files.entry = this.#entry;
    files.begin(handedOver);
    return files;
  }

  /** The files that match now, by path. */
  reconcile(matches: ReadonlyMap<string, Found>): void {
    if (this.#files === null && matches.size === 0) return;
    (this.#files ?? this.#begun([])).reconcile(matches);
  }

  /** Wakes its followers, because its lifetime has ended. */
  wakeAll(): void { this.#files?.wakeAll(); }

  /** Ends it for good, once its followers have ended and nothing it read is unacknowledged: see handOver. */
  handOver(): readonly HandedOver[] { return this.#files?.handOver() ?? []; }

  /** Followers that owe a turn. */
  owed(): Iterable<OwedStage> { return this.#files?.owed() ?? []; }

  /** To be called about each second. */
  keepHouse(): void { this.#files?.keepHouse(); }

  /** Resolves when every follower has ended. */
  async ended(): Promise<void> { await this.#files?.ended(); }
}

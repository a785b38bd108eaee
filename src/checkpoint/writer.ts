// Brings changes to the disk. A change reaches the journal (the page cache: it survives SIGKILL) within 50 ms and the
// disk (it survives a power cut) within about a second; when the journal has grown, a snapshot takes its place.
//
//   checkpoints-7  journal-7   journal 7 continues snapshot 7
//   checkpoints-8  journal-8   snapshot 8 = snapshot 7 + journal 7; the older pair is kept until there is a snapshot 9
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import { encodeDefinition, encodeForget, encodeHeader, encodeMove, encodeSnapshot } from './codec.ts';
import type { Faults } from './faults.ts';
import { Journal, syncDirectory, writeWhole } from './journal.ts';
import { journalName, listState, snapshotName } from './load.ts';
import type { LoadedState } from './load.ts';
import { forgettable } from './retention.ts';
import type { ChangeListener, TrackedCheckpoint, Unwritten } from './tracked.ts';

/** From the first change to its write; with the write itself below the 50 ms that are promised. */
const FLUSH_MS = 20;
/** From a write to its fdatasync: what a power cut may take. */
const SYNC_MS = 1000;
/** A journal beyond both is replaced by a snapshot: the first bounds the work at the next start, the second the writing. */
const COMPACT_BYTES = 1 << 20;
const COMPACT_RATIO = 4;

export interface Generations {
  readonly byNumber: ReadonlyMap<number, TrackedCheckpoint>;
  /** Least number no generation ever had. */
  next(): number;
}

export class StateWriter implements ChangeListener {
  readonly #directory: string;
  readonly #generations: Generations;
  readonly #faults: Faults;
  #sequence: number;
  #base: number;
  #baseBytes: number;
  #journal: Journal | null = null;
  /** The journal at hand has damaged lines, or damage lies behind it: a new one is begun with the next snapshot. */
  #journalSpoilt: boolean;
  #mustCompact: boolean;

  #changed: TrackedCheckpoint[] = [];
  #forgotten: number[] = [];
  /** performance.now() of the first unwritten change and the first unsynced write, or Infinity. */
  #changedSince = Infinity;
  #unsyncedSince = Infinity;
  #wake: (() => void) | null = null;
  /** Appends and the change of journals take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  #syncing: Promise<void> | null = null;
  #compacting: Promise<void> | null = null;

  constructor(directory: string, generations: Generations, faults: Faults, loaded: LoadedState) {
    this.#directory = directory;
    this.#generations = generations;
    this.#faults = faults;
    this.#sequence = loaded.sequence;
    this.#base = loaded.base;
    this.#baseBytes = loaded.baseBytes;
    this.#journalSpoilt = loaded.problems.length > 0;
    this.#mustCompact = loaded.problems.length > 0 || loaded.base === 0;
  }

  /** Goes on with the journal that was loaded; begins anew where there is none or it is damaged. Failures are reported. */
  async begin(journal: LoadedState['journal']): Promise<void> {
    // A journal that cannot be gone on with is replaced; if that fails too, it is reported.
    if (journal !== null) this.#journal = await Journal.continue(journal.path, journal.length).catch(() => null);
    if (this.#journal === null || this.#mustCompact) await this.#compact();
  }

  /** Changes that are not in the journal yet. */
  get unwritten(): number { return this.#changed.length + this.#forgotten.length; }

  changed(generation: TrackedCheckpoint): void {
    this.#changed.push(generation);
    this.#wakeAtFirst();
  }

  forgotten(generation: TrackedCheckpoint): void {
    this.#forgotten.push(generation.number);
    this.#wakeAtFirst();
  }

  #wakeAtFirst(): void {
    if (this.#changedSince !== Infinity) return;
    this.#changedSince = performance.now();
    this.#wake?.();
  }

  /** Writes what changes until `stop`, then once more. Without changes it has no timer. Rejects only by a bug. */
  async run({ stop }: Lifetime): Promise<void> {
    const wake = (): void => this.#wake?.();
    stop.addEventListener('abort', wake);
    try {
      while (!stop.aborted) {
        const { write, sync, compact } = this.#due();
        await this.#sleep(Math.min(write, sync, compact) - performance.now());
        if (!stop.aborted) await this.#step();
      }
    } finally {
      stop.removeEventListener('abort', wake);
    }
    await this.settle();
  }

  /** performance.now() from when each thing may be done, Infinity for what is not to be done. */
  #due(): { readonly write: number; readonly sync: number; readonly compact: number } {
    return {
      write: this.unwritten > 0 && this.#journal !== null ? Math.max(this.#changedSince + FLUSH_MS, this.#faults.retryAt('write')) : Infinity,
      sync: this.#syncing === null ? Math.max(this.#unsyncedSince + SYNC_MS, this.#faults.retryAt('sync')) : Infinity,
      compact: this.#compacting === null && this.#wantsCompaction() ? this.#faults.retryAt('snapshot') : Infinity,
    };
  }

  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  async #step(): Promise<void> {
    const now = performance.now();
    const { write, sync, compact } = this.#due();
    if (now >= write) await this.flush();
    if (now >= sync) void this.#sync();
    if (now >= compact) void this.#compact();
  }

  #wantsCompaction(): boolean {
    return this.#mustCompact || this.#journal === null || this.#journal.length > Math.max(COMPACT_BYTES, COMPACT_RATIO * this.#baseBytes);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Appends every change to the journal, in one write. False when it failed: that is reported, and tried again by `run`. */
  flush(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.unwritten === 0) return true;
      if (this.#journal === null) return false; // reported by the compaction that could not create it
      const [changed, forgotten] = [this.#changed, this.#forgotten];
      this.#changed = [];
      this.#forgotten = [];
      this.#changedSince = Infinity;
      const taken: (readonly [TrackedCheckpoint, Unwritten])[] = [];
      let text = '';
      for (const generation of changed) {
        const what = generation.takeUnwritten();
        if (generation.forgotten) continue;
        taken.push([generation, what]);
        text += what === 'definition' ? encodeDefinition(generation.number, generation) : encodeMove(generation.number, generation);
      }
      for (const number of forgotten) text += encodeForget(number);
      try {
        this.#journal.append(Buffer.from(text));
      } catch (error) {
        for (const [generation, what] of taken) generation.markUnwritten(what);
        this.#forgotten.push(...forgotten);
        this.#wakeAtFirst();
        this.#faults.failed('write', error);
        return false;
      }
      this.#unsyncedSince = Math.min(this.#unsyncedSince, performance.now());
      this.#faults.passed('write');
      return true;
    });
  }

  /** One fdatasync at a time, beside the appends: a slow disk must not hold those up. */
  #sync(): Promise<void> {
    this.#syncing ??= this.#syncJournal().finally(() => {
      this.#syncing = null;
      this.#wake?.();
    });
    return this.#syncing;
  }

  async #syncJournal(): Promise<void> {
    const journal = this.#journal;
    const since = this.#unsyncedSince;
    if (since === Infinity || journal === null) return;
    this.#unsyncedSince = Infinity;
    try {
      await journal.sync();
      this.#faults.passed('sync');
    } catch (error) {
      // A journal that was replaced meanwhile was synced by its replacement.
      if (journal !== this.#journal) return;
      this.#unsyncedSince = Math.min(since, this.#unsyncedSince);
      this.#faults.failed('sync', error);
    }
  }

  #compact(): Promise<void> {
    this.#compacting ??= this.#tryCompact().finally(() => {
      this.#compacting = null;
      this.#wake?.();
    });
    return this.#compacting;
  }

  async #tryCompact(): Promise<void> {
    try {
      await this.#writeSnapshot();
      this.#mustCompact = false;
      this.#faults.passed('snapshot');
    } catch (error) {
      this.#mustCompact = true;
      this.#faults.failed('snapshot', error);
    }
  }

  /**
   * Begins journal n + 1, writes snapshot n + 1 beside it, and removes what is older than the snapshot before. When an
   * earlier try got no further than the journal, only the snapshot is written: the journal's records are absolute, so
   * to read them over a snapshot that has some of them already leads to the same end.
   */
  async #writeSnapshot(): Promise<void> {
    for (const generation of await forgettable(this.#generations.byNumber.values(), Date.now())) generation.forget();
    const { sequence, snapshot } = await this.#inTurn(async () => {
      if (this.#journal === null || this.#base === this.#sequence || this.#journalSpoilt) await this.#beginJournal(this.#sequence + 1);
      // In the same turn: what changes from here on goes to the new journal.
      return { sequence: this.#sequence, snapshot: encodeSnapshot({ sequence: this.#sequence, next: this.#generations.next() }, this.#generations.byNumber) };
    });
    await writeWhole(join(this.#directory, snapshotName(sequence)), snapshot);
    await syncDirectory(this.#directory);
    const oldest = this.#base;
    this.#base = sequence;
    this.#baseBytes = snapshot.length;
    const { snapshots, journals } = await listState(this.#directory);
    const old = [...snapshots.filter((n) => n < oldest).map(snapshotName), ...journals.filter((n) => n < oldest).map(journalName)];
    for (const name of old) await rm(join(this.#directory, name), { force: true });
  }

  async #beginJournal(sequence: number): Promise<void> {
    const header = encodeHeader({ kind: 'journal', sequence, next: this.#generations.next(), fresh: this.#sequence === 0 });
    const journal = await Journal.create(join(this.#directory, journalName(sequence)), Buffer.from(header));
    const before = this.#journal;
    this.#journal = journal;
    this.#sequence = sequence;
    this.#journalSpoilt = false;
    if (before === null) return;
    // Until the snapshot stands the journal before it is needed, on disk.
    try {
      await before.sync();
    } finally {
      await before.close();
    }
  }

  /** Waits for what is under way, then writes and syncs what is left; one try each. */
  async settle(): Promise<void> {
    await this.#compacting;
    await this.flush();
    await this.#syncing;
    await this.#sync();
  }

  /** Settles and closes the journal. */
  async close(): Promise<void> {
    await this.settle();
    await this.#journal?.close();
    this.#journal = null;
  }
}

// Which files match now. All patterns share one tree of directories, so a directory is looked at once however many entries
// ask for it; a directory costs one stat per second, and a listing only after names came or went in it.
//
//   patterns ─► DirectoryTree ◄─look─ Finder ◄─"look here now"─ DirectoryWatches
//                    └─► MatchSet of each pattern ─► onChange

import { dirname } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Lifetime, Service } from '../lifecycle/lifetime.ts';
import { Bell } from './bell.ts';
import type { Directory, Found } from './directory.ts';
import { DirectoryTree, type FinderPattern } from './directory-tree.ts';
import { DirectoryWatches, watchDirectory, type WatchFactory } from './directory-watch.ts';
import { Turns } from './finder-turns.ts';
import type { MatchChange, MatchSet } from './match-set.ts';
import { ALL_IN_REACH, type Reach } from './reach.ts';
import type { OwnPaths } from './skip.ts';
import { Troubles, type FinderReport } from './troubles.ts';

export type { Found } from './directory.ts';
export type { FinderPattern } from './directory-tree.ts';
export type { MatchChange } from './match-set.ts';
export type { FinderReport } from './troubles.ts';

export interface FinderOptions {
  readonly patterns: readonly FinderPattern[];
  readonly own: OwnPaths;
  readonly report: FinderReport;
  /** Called once per scan and pattern whose matches changed, after the scan; `matches(key)` is up to date then. */
  readonly onChange?: (change: MatchChange) => void;
  /** How directories are watched; null: they are only looked at. Default: chokidar. */
  readonly watch?: WatchFactory | null;
  /** What is passed over; by default nothing. */
  readonly reach?: Reach;
}

const LOOK_EVERY_MS = 1000;
/** After a watch spoke: rename and create of a rotation come together. */
const SETTLE_MS = 25;
/** Time after which a scan lets others run. */
const SLICE_MS = 10;
/** Directories found on the way that join a scan at a time. */
const ARRIVED_AT_ONCE = 1000;

export class Finder implements Service {
  readonly name = 'finder';
  readonly #tree: DirectoryTree;
  readonly #byKey: ReadonlyMap<string, MatchSet>;
  readonly #watches: DirectoryWatches | null;
  readonly #onChange: (change: MatchChange) => void;
  readonly #moved = new Set<Directory>();
  readonly #bell = new Bell();
  readonly #turns = new Turns();
  readonly #reach: Reach;
  #busy: Promise<void> = Promise.resolve();
  /** Of its loop, and parts of a scan. */
  turns = 0;

  constructor(options: FinderOptions) {
    const watches = options.watch === null ? null : new DirectoryWatches({
      open: options.watch ?? watchDirectory,
      now: () => performance.now(),
      onMoved: (path, name) => this.#onMoved(path, name),
      onExhausted: (code) => options.report.watchesExhausted(code),
      mayHang: (path) => this.#reach.mayHang(path),
    });
    this.#watches = watches;
    this.#reach = options.reach ?? ALL_IN_REACH;
    this.#tree = new DirectoryTree({
      patterns: options.patterns,
      own: options.own,
      reach: this.#reach,
      onPassedOver: (path) => options.report.passedOver(path),
      troubles: new Troubles(options.report, options.patterns.length),
      onChangedIdentity: (path) => watches?.disarm(path),
      onLeft: (path) => watches?.forget(path),
    });
    this.#byKey = new Map(this.#tree.sets.map((set) => [set.key, set]));
    this.#onChange = options.onChange ?? (() => {});
  }

  /** Directories known, watches armed: for `status`. */
  get counts(): { readonly directories: number; readonly watches: number; readonly files: number } {
    return { directories: this.#tree.size, watches: this.#watches?.count ?? 0, files: this.#tree.files };
  }

  /** The files that match the pattern now, by path. Live: it changes with each scan. */
  matches(key: string): ReadonlyMap<string, Found> { return this.#set(key).matches; }

  /** Matching paths that are not followed, with the reason; at most 2,000 per pattern. */
  skipped(key: string): ReadonlyMap<string, string> { return this.#set(key).skipped; }

  /** Keys of the patterns that look for something at a path that was found unreadable. */
  keysAt(path: string): readonly string[] { return this.#tree.patternsAt(path).map((pattern) => this.#tree.sets[pattern]!.key); }

  /** Looks at every known match of the pattern again, for fresh sizes and times (3 µs each); changes are reported as in a scan. */
  async refresh(key: string): Promise<ReadonlyMap<string, Found>> {
    const set = this.#set(key);
    await this.#exclusive(async () => {
      const parents = new Set([...set.matches.keys()].map((path) => dirname(path)));
      for (const path of parents) this.#tree.at(path)?.refresh();
    });
    return set.matches;
  }

  /** Looks at every directory that may hold matches, once. */
  async scan(): Promise<void> {
    await this.#exclusive(async () => {
      // What is first met on the way is passed over until it is known to answer.
      do await this.#lookAt([...this.#tree.all]); while (await this.#reach.answered());
    });
  }

  async run(life: Lifetime): Promise<void> {
    const { stop } = life;
    await this.scan();
    let due = performance.now() + LOOK_EVERY_MS;
    try {
      while (!stop.aborted) {
        this.turns++;
        if (this.#moved.size === 0) await this.#bell.wait(due - performance.now(), stop);
        if (stop.aborted) break;
        if (performance.now() >= due) {
          due = performance.now() + LOOK_EVERY_MS;
          await this.#exclusive(() => this.#lookAt(this.#turns.next([...this.#tree.all], performance.now())));
          this.#watches?.arm(this.#watchable());
        } else {
          await pause(SETTLE_MS, undefined, { signal: stop }).catch(() => {});
          if (stop.aborted) break;
          const moved = [...this.#moved];
          this.#moved.clear();
          await this.#exclusive(() => this.#lookAt(moved));
        }
      }
    } finally {
      this.#watches?.close();
    }
  }

  #set(key: string): MatchSet {
    const set = this.#byKey.get(key);
    if (set === undefined) throw new RangeError(`no pattern has the key ${key}`);
    return set;
  }

  /** One scan at a time, whoever asks. */
  async #exclusive(scan: () => Promise<void>): Promise<void> {
    const before = this.#busy;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#busy = promise;
    await before;
    try {
      this.#tree.lookAtOwn();
      await scan();
    } finally {
      resolve();
    }
    for (const set of this.#tree.sets) {
      const change = set.takeChange();
      if (change !== null) this.#onChange(change);
    }
  }

  async #lookAt(directories: readonly Directory[]): Promise<void> {
    const tree = this.#tree;
    // Directories found on the way arrive at the end of the queue.
    let sliceEnds = performance.now() + SLICE_MS;
    const queue = [...new Set([...directories, ...tree.takeArrived(Infinity)])];
    for (const directory of queue) {
      if (tree.at(directory.path) === directory) directory.look();
      if (tree.hasArrived) queue.push(...tree.takeArrived(ARRIVED_AT_ONCE));
      if (performance.now() < sliceEnds) continue;
      this.turns++;
      await nextTurn();
      sliceEnds = performance.now() + SLICE_MS;
    }
  }

  *#watchable(): Iterable<string> {
    for (const directory of this.#tree.all) if (directory.present) yield directory.path;
  }

  #onMoved(path: string, name: string): void {
    const directory = this.#tree.at(path);
    if (directory === undefined) return;
    directory.touch(name);
    this.#moved.add(directory);
    this.#bell.ring();
  }
}

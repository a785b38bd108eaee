// Which files match now. All patterns share one tree of directories, so a directory is looked at once however many entries
// ask for it; a directory costs one stat per second, and a listing only after names came or went in it.
//
//   patterns ─roots─► Directory ─subdirectories─► Directory …     DirectoryWatches: "look here now"
//                         └─ found / lost / replaced ─► MatchSet of each pattern ─► onChange

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Lifetime, Service } from '../lifecycle/lifetime.ts';
import { Bell } from './bell.ts';
import type { Glob, GlobState } from './glob.ts';
import { Directory, type Found, type Tree, type Want } from './directory.ts';
import { DirectoryWatches, watchDirectory, type WatchFactory } from './directory-watch.ts';
import { MatchSet, type MatchChange } from './match-set.ts';
import { Troubles, type FinderReport } from './troubles.ts';
import { skipByName, skipByPattern, type OwnPaths } from './skip.ts';

export type { Found } from './directory.ts';
export type { MatchChange } from './match-set.ts';
export type { FinderReport } from './troubles.ts';

export interface FinderPattern {
  readonly key: string;
  readonly glob: Glob;
  /** The entry's `blacklist`: `source` as written, for messages. */
  readonly exclude: { readonly source: string; readonly js: string; readonly flags: string } | null;
}

export interface FinderOptions {
  readonly patterns: readonly FinderPattern[];
  readonly own: OwnPaths;
  readonly report: FinderReport;
  /** Called once per scan and pattern whose matches changed, after the scan; `matches(key)` is up to date then. */
  readonly onChange?: (change: MatchChange) => void;
  /** How directories are watched; null: they are only looked at. Default: chokidar. */
  readonly watch?: WatchFactory | null;
}

const LOOK_EVERY_MS = 1000;
/** After a watch spoke: rename and create of a rotation come together. */
const SETTLE_MS = 25;
/** Directories looked at in each second, 3 µs each; with more they take turns, the busy ones each time. 5,000 are all seen in 2 s. */
const LOOKS_PER_SECOND = 2500;
const BUSY_LOOKS = 500;
/** Time after which a scan lets others run. */
const SLICE_MS = 10;
const MAX_DIRECTORIES = 50_000;
const MAX_FILES = 200_000;
const MAX_SKIPPED = 2000;
/** Kernel file systems without log files, and without end: not entered through a wildcard. */
const PSEUDO = new Set(['/proc', '/sys', '/dev']);

export class Finder implements Service {
  readonly name = 'finder';
  readonly #patterns: readonly FinderPattern[];
  readonly #excludes: readonly (RegExp | null)[];
  readonly #sets: readonly MatchSet[];
  readonly #byKey: ReadonlyMap<string, MatchSet>;
  readonly #own: OwnPaths;
  readonly #troubles: Troubles;
  readonly #onChange: (change: MatchChange) => void;
  readonly #watches: DirectoryWatches | null;
  readonly #tree: Tree;
  readonly #directories = new Map<string, Directory>();
  readonly #arrived: Directory[] = [];
  readonly #moved = new Set<Directory>();
  readonly #bell = new Bell();
  readonly #names = new WeakMap<GlobState, ReadonlySet<string> | 'listing'>();
  #ownFiles = new Set<string>();
  #files = 0;
  #turn = 0;
  #busy: Promise<void> = Promise.resolve();

  constructor(options: FinderOptions) {
    this.#patterns = options.patterns;
    this.#excludes = options.patterns.map(({ exclude }) => exclude === null ? null : new RegExp(exclude.js, exclude.flags.replace(/[gy]/g, '')));
    this.#sets = options.patterns.map(({ key }) => new MatchSet(key, MAX_SKIPPED));
    this.#byKey = new Map(this.#sets.map((set) => [set.key, set]));
    this.#own = options.own;
    this.#troubles = new Troubles(options.report);
    this.#onChange = options.onChange ?? (() => {});
    this.#watches = options.watch === null ? null : new DirectoryWatches({
      open: options.watch ?? watchDirectory,
      now: () => performance.now(),
      onMoved: (path, name) => this.#onMoved(path, name),
      onExhausted: (code) => options.report.watchesExhausted(code),
    });
    this.#tree = this.#asTree();
    options.patterns.forEach(({ glob }, pattern) => {
      for (const { directory, state } of glob.roots) this.#directory(directory)?.root({ pattern, state, names: glob.names(state) });
    });
  }

  /** Directories known, watches armed: for `status`. */
  get counts(): { readonly directories: number; readonly watches: number; readonly files: number } {
    return { directories: this.#directories.size, watches: this.#watches?.count ?? 0, files: this.#files };
  }

  /** The files that match the pattern now, by path. Live: it changes with each scan. */
  matches(key: string): ReadonlyMap<string, Found> { return this.#set(key).matches; }

  /** Matching paths that are not followed, with the reason; at most 2,000 per pattern. */
  skipped(key: string): ReadonlyMap<string, string> { return this.#set(key).skipped; }

  /** Looks at every known match of the pattern again, for fresh sizes and times (3 µs each); changes are reported as in a scan. */
  async refresh(key: string): Promise<ReadonlyMap<string, Found>> {
    const set = this.#set(key);
    await this.#exclusive(async () => {
      const parents = new Set([...set.matches.keys()].map((path) => dirname(path)));
      for (const path of parents) this.#directories.get(path)?.refresh();
    });
    return set.matches;
  }

  /** Looks at every directory that may hold matches, once. */
  async scan(): Promise<void> { await this.#exclusive(() => this.#lookAt([...this.#directories.values()])); }

  async run(life: Lifetime): Promise<void> {
    const { stop } = life;
    await this.scan();
    let due = performance.now() + LOOK_EVERY_MS;
    try {
      while (!stop.aborted) {
        if (this.#moved.size === 0) await this.#bell.wait(due - performance.now(), stop);
        if (stop.aborted) break;
        if (performance.now() >= due) {
          due = performance.now() + LOOK_EVERY_MS;
          await this.#exclusive(() => this.#lookAt(this.#dueNow()));
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
      this.#lookAtOwn();
      await scan();
    } finally {
      resolve();
    }
    for (const set of this.#sets) {
      const change = set.takeChange();
      if (change !== null) this.#onChange(change);
    }
  }

  async #lookAt(directories: readonly Directory[]): Promise<void> {
    // Directories found on the way arrive at the end of the queue.
    let sliceEnds = performance.now() + SLICE_MS;
    const queue = [...new Set([...directories, ...this.#arrived.splice(0)])];
    for (const directory of queue) {
      if (this.#directories.get(directory.path) === directory) directory.look();
      if (this.#arrived.length > 0) queue.push(...this.#arrived.splice(0, 1000));
      if (performance.now() < sliceEnds) continue;
      await nextTurn();
      sliceEnds = performance.now() + SLICE_MS;
    }
  }

  #dueNow(): readonly Directory[] {
    const all = [...this.#directories.values()];
    if (all.length <= LOOKS_PER_SECOND) return all;
    const now = performance.now();
    const busy = all.filter((directory) => directory.isBusy(now)).slice(0, BUSY_LOOKS);
    const turns = take(all, this.#turn, LOOKS_PER_SECOND);
    this.#turn += LOOKS_PER_SECOND;
    return [...new Set([...busy, ...turns])];
  }

  *#watchable(): Iterable<string> {
    for (const directory of this.#directories.values()) if (directory.present) yield directory.path;
  }

  #onMoved(path: string, name: string): void {
    const directory = this.#directories.get(path);
    if (directory === undefined) return;
    directory.touch(name);
    this.#moved.add(directory);
    this.#bell.ring();
  }

  #directory(path: string): Directory | null {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    if (this.#directories.size >= MAX_DIRECTORIES) {
      this.#troubles.tooMany('directories', MAX_DIRECTORIES);
      return null;
    }
    const directory = new Directory(path, this.#tree);
    this.#directories.set(path, directory);
    this.#arrived.push(directory);
    return directory;
  }

  /** The agent's logs by device and inode too: a link must not lead to them. */
  #lookAtOwn(): void {
    const own = new Set<string>();
    for (const path of this.#own.logs) {
      try {
        const stats = statSync(path, { throwIfNoEntry: false });
        if (stats !== undefined) own.add(`${stats.dev}:${stats.ino}`);
      } catch { /* what cannot be looked at cannot be followed either */ }
    }
    this.#ownFiles = own;
  }

  #glob(pattern: number): Glob { return (this.#patterns[pattern] as FinderPattern).glob; }

  #namesAt(state: GlobState, pattern: number): ReadonlySet<string> | null {
    let names = this.#names.get(state);
    if (names === undefined) {
      names = this.#glob(pattern).names(state) ?? 'listing';
      this.#names.set(state, names);
    }
    return names === 'listing' ? null : names;
  }

  #asTree(): Tree {
    const set = (pattern: number): MatchSet => this.#sets[pattern] as MatchSet;
    return {
      now: () => performance.now(),
      advance: (want, name) => this.#glob(want.pattern).advance(want.state, name),
      enter: (state, want) => this.#glob(want.pattern).advance(state, '/'),
      names: (state, want) => this.#namesAt(state, want.pattern),
      skipReason: (pattern, path, stats) => {
        const exclude = this.#excludes[pattern] ?? null;
        if (this.#ownFiles.has(`${stats.dev}:${stats.ino}`)) return "the agent's own log";
        if (path.includes('\ufffd')) return 'the name is not valid UTF-8';
        return skipByName(path, this.#own) ?? skipByPattern(path, exclude, this.#patterns[pattern]?.exclude?.source ?? '');
      },
      found: (pattern, file) => {
        if (this.#files >= MAX_FILES) { this.#troubles.tooMany('files', MAX_FILES); return; }
        if (set(pattern).found(file)) this.#files++;
      },
      lost: (pattern, file) => { if (set(pattern).lost(file)) this.#files--; },
      replaced: (pattern, before, now) => set(pattern).replaced(before, now),
      skipped: (pattern, path, reason) => set(pattern).skip(path, reason),
      unreadable: (path, code) => this.#troubles.unreadable(path, code),
      descend: (path, wants) => this.#descend(path, wants),
      leave: (path) => this.#leave(path),
      changedIdentity: (path) => this.#watches?.disarm(path),
      isLoop: (directory) => this.#isLoop(directory),
    };
  }

  #descend(path: string, wants: readonly Want[]): void {
    if (PSEUDO.has(path) || path === this.#own.stateDirectory) return;
    this.#directory(path)?.inherit(wants);
  }

  #leave(path: string): void {
    const directory = this.#directories.get(path);
    if (directory === undefined) return;
    directory.inherit([]);
    if (directory.isRoot) return;
    directory.vanish();
    this.#directories.delete(path);
    this.#watches?.forget(path);
    this.#troubles.unreadable(path, null);
  }

  /** A link below `**` that leads back to a directory above it would be walked for ever. */
  #isLoop(directory: Directory): boolean {
    if (directory.isRoot || !directory.isEndless) return false;
    for (let path = dirname(directory.path); ; path = dirname(path)) {
      const above = this.#directories.get(path);
      if (above?.present === true && above.device === directory.device && above.inode === directory.inode) return true;
      if (path === '/') return false;
    }
  }
}

/** `count` items from `from` on, round and round. */
function take<T>(items: readonly T[], from: number, count: number): readonly T[] {
  if (items.length <= count) return items;
  const start = from % items.length;
  const slice = items.slice(start, start + count);
  return slice.length === count ? slice : [...slice, ...items.slice(0, count - slice.length)];
}

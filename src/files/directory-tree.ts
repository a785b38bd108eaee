// All directories that may hold matches of a finder's patterns, and what is followed in them.
//
//   patterns ─roots─► Directory ─subdirectories─► Directory …
//                         └─ found / lost / replaced ─► MatchSet of each pattern

import { statSync, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Directory, type Found, type Tree } from './directory.ts';
import type { Glob, GlobState } from './glob.ts';
import { MatchSet } from './match-set.ts';
import type { Reach } from './reach.ts';
import { skipByName, skipByPattern, type OwnPaths } from './skip.ts';
import type { Troubles } from './troubles.ts';
import type { Want } from './wants.ts';

export interface FinderPattern {
  readonly key: string;
  readonly glob: Glob;
  /** The entry's `blacklist`: `source` as written, for messages. */
  readonly exclude: { readonly source: string; readonly js: string; readonly flags: string } | null;
  /** It finds the agent's own files in its state directory, which no other pattern may. */
  readonly inState?: boolean;
}

export interface DirectoryTreeOptions {
  readonly patterns: readonly FinderPattern[];
  readonly own: OwnPaths;
  readonly reach: Reach;
  readonly troubles: Troubles;
  /** The path is out of reach. */
  readonly onPassedOver: (path: string) => void;
  /** The path leads to another directory than before, or to none. */
  readonly onChangedIdentity: (path: string) => void;
  /** The directory is looked at no more. */
  readonly onLeft: (path: string) => void;
}

const MAX_DIRECTORIES = 50_000;
const MAX_FILES = 200_000;
const MAX_SKIPPED = 2000;
/** Kernel file systems without log files, and without end: not entered through a wildcard. */
const PSEUDO = new Set(['/proc', '/sys', '/dev']);

/** A pattern with what is found for it. */
interface Searched { readonly glob: Glob; readonly exclude: RegExp | null; readonly excludeSource: string; readonly own: OwnPaths; readonly set: MatchSet }

export class DirectoryTree implements Tree {
  /** Matches by pattern, in the patterns' order. */
  readonly sets: readonly MatchSet[];
  readonly #patterns: readonly Searched[];
  readonly #o: DirectoryTreeOptions;
  readonly #directories = new Map<string, Directory>();
  readonly #arrived: Directory[] = [];
  readonly #wants = new WeakMap<GlobState, Want>();
  /** The agent's logs, by device and inode. */
  #ownFiles: ReadonlySet<string> = new Set();
  #files = 0;

  constructor(options: DirectoryTreeOptions) {
    this.#o = options;
    this.#patterns = options.patterns.map(({ key, glob, exclude, inState }) => ({
      glob,
      own: inState === true ? { ...options.own, stateDirectory: null } : options.own,
      exclude: exclude === null ? null : new RegExp(exclude.js, exclude.flags.replace(/[gy]/g, '')),
      excludeSource: exclude?.source ?? '',
      set: new MatchSet(key, MAX_SKIPPED),
    }));
    this.sets = this.#patterns.map(({ set }) => set);
    for (const [pattern, { glob }] of this.#patterns.entries()) {
      for (const { directory, state } of glob.roots) this.#directory(directory)?.root(this.#want(pattern, state));
    }
  }

  get all(): Iterable<Directory> { return this.#directories.values(); }
  get size(): number { return this.#directories.size; }
  /** Matches, each as often as patterns follow it. */
  get files(): number { return this.#files; }
  at(path: string): Directory | undefined { return this.#directories.get(path); }

  /** Up to `count` directories that were never looked at. */
  takeArrived(count: number): Directory[] { return this.#arrived.splice(0, count); }
  get hasArrived(): boolean { return this.#arrived.length > 0; }

  /** Looks where the agent's own logs are now: a link must not lead to them either. */
  lookAtOwn(): void {
    const own = new Set<string>();
    for (const path of this.#o.own.logs) {
      if (this.#o.reach.isOut(path)) continue;
      try {
        const stats = statSync(path, { throwIfNoEntry: false });
        if (stats !== undefined) own.add(`${stats.dev}:${stats.ino}`);
      } catch { /* what cannot be looked at cannot be followed either */ }
    }
    this.#ownFiles = own;
  }

  now(): number { return performance.now(); }
  advance({ pattern, prefix, after }: Want, name: string): GlobState { return this.#pattern(pattern).glob.advance(after, name.slice(prefix.length)); }
  enter(state: GlobState, want: Want): GlobState { return this.#pattern(want.pattern).glob.advance(state, '/'); }

  wantAt(state: GlobState, { pattern }: Want): Want { return this.#want(pattern, state); }

  /** Patterns, by their place, that want what lies at a path that cannot be looked at. */
  patternsAt(path: string): readonly number[] {
    return [...new Set([...this.at(path)?.patternsOf(null) ?? [], ...this.at(dirname(path))?.patternsOf(basename(path)) ?? []])];
  }

  /** A state is of one pattern alone. */
  #want(pattern: number, state: GlobState): Want {
    const known = this.#wants.get(state);
    if (known !== undefined && known.pattern === pattern) return known;
    const { glob } = this.#pattern(pattern);
    const { text: prefix, after } = glob.prefix(state);
    const want: Want = { pattern, state, names: glob.names(state), prefix, after };
    this.#wants.set(state, want);
    return want;
  }

  skipReason(pattern: number, path: string, stats: Stats): string | null {
    const { exclude, excludeSource, own } = this.#pattern(pattern);
    if (this.#ownFiles.has(`${stats.dev}:${stats.ino}`)) return "the agent's own log";
    if (path.includes('\ufffd')) return 'the name is not valid UTF-8';
    return skipByName(path, own) ?? skipByPattern(path, exclude, excludeSource);
  }

  found(pattern: number, file: Found): void {
    if (this.#files >= MAX_FILES) { this.#o.troubles.tooMany('files', MAX_FILES); return; }
    if (this.#pattern(pattern).set.found(file)) this.#files++;
  }

  lost(pattern: number, file: Found): void { if (this.#pattern(pattern).set.lost(file)) this.#files--; }
  replaced(pattern: number, before: Found, now: Found): void { this.#pattern(pattern).set.replaced(before, now); }
  skipped(pattern: number, path: string, reason: string | null): void { this.#pattern(pattern).set.skip(path, reason); }
  passesOver(path: string): boolean {
    if (!this.#o.reach.isOut(path)) return false;
    this.#o.onPassedOver(path);
    return true;
  }

  unreadable(path: string, code: string | null): void { this.#o.troubles.unreadable(path, code); }
  changedIdentity(path: string): void { this.#o.onChangedIdentity(path); }

  descend(path: string, wants: readonly Want[]): void {
    if (PSEUDO.has(path) || path === this.#o.own.stateDirectory) return;
    this.#directory(path)?.inherit(wants);
  }

  leave(path: string): void {
    const directory = this.#directories.get(path);
    if (directory === undefined) return;
    directory.inherit([]);
    if (directory.isRoot) return;
    directory.vanish();
    this.#directories.delete(path);
    this.#o.onLeft(path);
    this.#o.troubles.unreadable(path, null);
  }

  /** A link below `**` that leads back to a directory above it would be walked for ever. */
  isLoop(directory: Directory): boolean {
    if (directory.isRoot || !directory.isEndless) return false;
    for (let path = dirname(directory.path); ; path = dirname(path)) {
      const above = this.#directories.get(path);
      if (above?.present === true && above.device === directory.device && above.inode === directory.inode) return true;
      if (path === '/') return false;
    }
  }

  #pattern(pattern: number): Searched { return this.#patterns[pattern]!; }

  #directory(path: string): Directory | null {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    if (this.#directories.size >= MAX_DIRECTORIES) {
      this.#o.troubles.tooMany('directories', MAX_DIRECTORIES);
      return null;
    }
    const directory = new Directory(path, this);
    this.#directories.set(path, directory);
    this.#arrived.push(directory);
    return directory;
  }
}

// A directory that may hold matches: one stat per look, and a listing only when its mtime says that names came or went.

import type { Dirent, Stats } from 'node:fs';
import { DirectoryListing } from './directory-listing.ts';
import { DirectoryNames, type NamesListener } from './directory-names.ts';
import type { GlobState } from './glob.ts';
import { below, list, look, lookThrough } from './look.ts';
import { Wants, type Want } from './wants.ts';

export type { Found } from './directory-names.ts';

/** What a directory tells and asks the tree it belongs to. */
export interface Tree extends NamesListener {
  /** Monotonic milliseconds. */
  now(): number;
  /** The state behind a name that begins with the want's prefix. */
  advance(want: Want, name: string): GlobState;
  enter(state: GlobState, want: Want): GlobState;
  /** What the pattern of `want` looks for at `state`. */
  wantAt(state: GlobState, want: Want): Want;
  /** The path leads to another directory than before, or to none. */
  changedIdentity(path: string): void;
  isLoop(directory: Directory): boolean;
  /** The path is passed over now: what is known of it stays. */
  passesOver(path: string): boolean;
}

/** Known names whose inode is looked at in one look after a change: about 5 ms. */
const RESTATS_PER_LOOK = 2000;
/** Links, dangling names and names with errors, looked at in every look. */
const UNSETTLED_PER_LOOK = 256;
const NOTHING: ReadonlySet<string> = new Set();

export class Directory {
  readonly path: string;
  readonly #tree: Tree;
  readonly #names: DirectoryNames;
  readonly #listing = new DirectoryListing();
  readonly #rooted: Want[] = [];
  #inherited: readonly Want[] = [];
  /** Null: to be made anew when it is next asked for. */
  #known: Wants | null = null;
  /** Names that a watch named since the last look. */
  readonly #touched = new Set<string>();
  /** Matches whose inode is to be looked at after a listing. */
  #restat: string[] = [];
  /** The wants changed: known names are judged anew. */
  #rejudge = false;
  #present = false;
  #device = -1;
  #inode = -1;

  constructor(path: string, tree: Tree) {
    this.path = path;
    this.#tree = tree;
    this.#names = new DirectoryNames(path, tree);
  }

  get present(): boolean { return this.#present; }
  get device(): number { return this.#device; }
  get inode(): number { return this.#inode; }
  get isRoot(): boolean { return this.#rooted.length > 0; }
  get isEndless(): boolean { return this.#wants.all.some((want) => want.state.endless); }
  /** Names came or went within the minute before `now` (monotonic milliseconds). */
  isBusy(now: number): boolean { return this.#listing.isBusy(now); }

  /** Patterns that look for something in the directory, or that can match a name in it or something below. */
  patternsOf(name: string | null): readonly number[] {
    if (name === null) return this.#wants.all.map(({ pattern }) => pattern);
    return [...this.#wants.of(name)].flatMap((want) => {
      const after = this.#tree.advance(want, name);
      return after.accepts || !this.#tree.enter(after, want).dead ? want.pattern : [];
    });
  }

  root(want: Want): void { this.#rooted.push(want); this.#rewant(); }

  inherit(wants: readonly Want[]): void {
    const unchanged = wants.length === this.#inherited.length && wants.every((want, i) => want.pattern === this.#inherited[i]?.pattern);
    if (unchanged) return;
    this.#inherited = wants;
    this.#rewant();
  }

  #rewant(): void {
    this.#known = null;
    this.#rejudge = true;
    this.#listing.want();
  }

  get #wants(): Wants { return this.#known ??= new Wants([...this.#rooted, ...this.#inherited]); }

  /** A watch named `name`: it is looked at in the next look whatever the mtime says. */
  touch(name: string): void { if (this.#touched.size < UNSETTLED_PER_LOOK) this.#touched.add(name); }

  look(): void {
    if (this.#tree.passesOver(this.path)) return;
    const seen = look(this.path);
    if (seen.kind === 'error') { this.#tree.unreadable(this.path, seen.code); return; }
    if (seen.kind === 'gone' || !seen.stats.isDirectory()) {
      this.#tree.unreadable(this.path, null);
      this.vanish();
      return;
    }
    if (this.#take(seen.stats) && this.#tree.isLoop(this)) { this.vanish(); return; }
    if (this.#listing.isDue(this.#tree.now())) this.#list();
    if (this.#touched.size > 0) {
      this.#lookAgain(this.#touched);
      this.#touched.clear();
    }
    this.#lookAgain(this.#names.takeTurns(UNSETTLED_PER_LOOK));
    if (this.#restat.length > 0) for (const name of this.#restat.splice(0, RESTATS_PER_LOOK)) if (this.#names.isMatch(name)) this.#judge(name, null, true);
  }

  /** Looks at every known match again, for their sizes and times. */
  refresh(): void { if (!this.#tree.passesOver(this.path)) this.#lookAgain(this.#names.matches); }

  /** The directory is gone: so is all that was known in it. */
  vanish(): void {
    if (!this.#present) return;
    this.#names.keep(NOTHING);
    this.#restat = [];
    this.#present = false;
    this.#listing.vanished();
    this.#tree.changedIdentity(this.path);
  }

  /** True if the path leads to another directory than at the last look, or to one again. */
  #take({ dev, ino, mtimeMs }: Stats): boolean {
    const another = dev !== this.#device || ino !== this.#inode;
    const changed = another || !this.#present;
    if (changed) this.#tree.changedIdentity(this.path);
    this.#present = true;
    this.#device = dev;
    this.#inode = ino;
    this.#listing.seen(mtimeMs, another, this.#tree.now(), Date.now());
    return changed;
  }

  #list(): void {
    const from = this.#tree.now();
    const listed = this.#wants.all.every((want) => want.names !== null) ? null : list(this.path);
    if (listed !== null && listed.kind !== 'list') {
      this.#listing.failed(from);
      if (listed.kind === 'error') this.#tree.unreadable(this.path, listed.code);
      return;
    }
    this.#tree.unreadable(this.path, null);
    const there = listed === null ? this.#namesWanted() : new Set(listed.entries.map((entry) => entry.name));
    this.#listing.listed(from, this.#tree.now());
    this.#names.keep(there);
    this.#restat = this.#names.matches;
    if (listed === null) this.#lookAgain(there);
    else for (const entry of listed.entries) this.#judge(entry.name, entry, this.#rejudge);
    this.#rejudge = false;
  }

  #namesWanted(): Set<string> {
    return new Set(this.#wants.all.flatMap((want) => [...(want.names ?? [])]));
  }

  #lookAgain(names: Iterable<string>): void { for (const name of names) this.#judge(name, null, true); }

  /** Finds out what the name is to the patterns. @param again although it is known. */
  #judge(name: string, entry: Dirent | null, again: boolean): void {
    const names = this.#names;
    if (!again && names.isMatch(name)) return;
    const accepting: number[] = [];
    const descending: Want[] = [];
    for (const want of this.#wants.of(name)) {
      const after = this.#tree.advance(want, name);
      if (after.dead) continue;
      if (after.accepts) accepting.push(want.pattern);
      const inside = this.#tree.enter(after, want);
      if (!inside.dead) descending.push(this.#tree.wantAt(inside, want));
    }
    if (accepting.length === 0 && (descending.length === 0 || entry?.isFile() === true)) { names.forget(name); return; }
    if (!again && descending.length > 0 && entry?.isDirectory() === true && names.isSubdirectory(name)) return;
    const path = below(this.path, name);
    if (this.#tree.passesOver(path)) { names.passOver(name); return; }
    const seen = lookThrough(path);
    switch (seen.kind) {
      case 'error': names.failed(name, seen.code); return;
      case 'dangling': names.dangles(name); return;
      case 'gone': names.forget(name); return;
      case 'present': break;
      default: seen satisfies never;
    }
    names.present(name, seen.link);
    if (seen.stats.isDirectory() && descending.length > 0) names.enter(name, descending);
    else names.accept(name, seen.stats, accepting);
  }
}

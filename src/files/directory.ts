// A directory that may hold matches: one stat per look, and a listing only when its mtime says that names came or went.

import type { Dirent, Stats } from 'node:fs';
import type { GlobState } from './glob.ts';
import { below, list, look, lookThrough } from './look.ts';
import { skipByType } from './skip.ts';

/** A matching file as it stood at the last look. Size in bytes; both grow stale between looks. */
export interface Found { readonly path: string; readonly device: number; readonly inode: number; readonly size: number; readonly mtimeMs: number }

/** What one pattern looks for in one directory. */
export interface Want { readonly pattern: number; readonly state: GlobState; readonly names: ReadonlySet<string> | null }

/** What a directory tells and asks the tree it belongs to. */
export interface Tree {
  now(): number;
  advance(want: Want, name: string): GlobState;
  enter(state: GlobState, want: Want): GlobState;
  names(state: GlobState, want: Want): ReadonlySet<string> | null;
  /** The reason why the file is not followed for the pattern, or null. */
  skipReason(pattern: number, path: string, stats: Stats): string | null;
  found(pattern: number, file: Found): void;
  lost(pattern: number, file: Found): void;
  replaced(pattern: number, before: Found, now: Found): void;
  /** `reason` null: not skipped any more. */
  skipped(pattern: number, path: string, reason: string | null): void;
  /** `code` null: readable again, or gone. */
  unreadable(path: string, code: string | null): void;
  descend(path: string, wants: readonly Want[]): void;
  leave(path: string): void;
  /** The path leads to another directory than before, or to none. */
  changedIdentity(path: string): void;
  isLoop(directory: Directory): boolean;
}

interface Match { readonly found: Found; readonly patterns: readonly number[] }

/** A file system that counts whole seconds can change twice within one; every look lists until this has passed. */
const COARSE_CLOCK_MS = 2000;
/** A directory first seen with an mtime this old was not changing just then: one listing is enough. */
const LONG_AGO_MS = 10_000;
/** Listing may take 1/40 of the time; with 50 ms and more a listing (some 80,000 names) it is done every two seconds. */
const LISTING_SHARE = 40;
/** Looks are a second apart, so a quick listing needs no pause. */
const QUICK_LISTING_MS = 10;
const MAX_LISTING_PAUSE_MS = 2000;
const UNREADABLE_PAUSE_MS = 5000;
/** Known names whose inode is looked at in one look after a change: about 5 ms. */
const RESTATS_PER_LOOK = 2000;
/** Links, dangling names and names with errors, looked at in every look. */
const UNSETTLED_PER_LOOK = 256;
const BUSY_MS = 60_000;

export class Directory {
  readonly path: string;
  readonly #tree: Tree;
  #rooted: readonly Want[] = [];
  #inherited: readonly Want[] = [];
  #wants: readonly Want[] = [];
  readonly #matches = new Map<string, Match>();
  readonly #subdirectories = new Set<string>();
  readonly #skipped = new Map<string, readonly number[]>();
  readonly #unsettled = new Set<string>();
  readonly #touched = new Set<string>();
  #restat: string[] = [];
  #present = false;
  #device = -1;
  #inode = -1;
  #mtimeMs = -1;
  #dirty = true;
  #rejudge = false;
  #settledAt = 0;
  #nextListing = 0;
  #changedAt = -Infinity;

  constructor(path: string, tree: Tree) {
    this.path = path;
    this.#tree = tree;
  }

  get present(): boolean { return this.#present; }
  get device(): number { return this.#device; }
  get inode(): number { return this.#inode; }
  get isRoot(): boolean { return this.#rooted.length > 0; }
  get isEndless(): boolean { return this.#wants.some((want) => want.state.endless); }
  /** Names came or went within the minute before `now` (monotonic milliseconds). */
  isBusy(now: number): boolean { return now - this.#changedAt < BUSY_MS; }

  root(want: Want): void { this.#rooted = [...this.#rooted, want]; this.#rewant(); }

  inherit(wants: readonly Want[]): void {
    const unchanged = wants.length === this.#inherited.length && wants.every((want, i) => want.pattern === this.#inherited[i]?.pattern);
    if (unchanged) return;
    this.#inherited = wants;
    this.#rewant();
  }

  #rewant(): void {
    // The state of a pattern depends on the path alone, so a pattern that comes both ways is one want.
    this.#wants = [...new Map([...this.#rooted, ...this.#inherited].map((want) => [want.pattern, want])).values()];
    this.#dirty = true;
    this.#rejudge = true;
    this.#nextListing = 0;
  }

  /** A watch named `name`: it is looked at in the next look whatever the mtime says. */
  touch(name: string): void { if (this.#touched.size < UNSETTLED_PER_LOOK) this.#touched.add(name); }

  look(): void {
    const seen = look(this.path);
    if (seen.kind === 'error') { this.#tree.unreadable(this.path, seen.code); return; }
    if (seen.kind === 'gone' || !seen.stats.isDirectory()) {
      this.#tree.unreadable(this.path, null);
      this.vanish();
      return;
    }
    if (this.#take(seen.stats) && this.#tree.isLoop(this)) { this.vanish(); return; }
    if (this.#dirty && this.#tree.now() >= this.#nextListing) this.#list();
    if (this.#touched.size > 0) {
      for (const name of this.#touched) this.#judge(name, null, true);
      this.#touched.clear();
    }
    if (this.#unsettled.size > 0) this.#lookAtUnsettled();
    if (this.#restat.length > 0) for (const name of this.#restat.splice(0, RESTATS_PER_LOOK)) if (this.#matches.has(name)) this.#judge(name, null, true);
  }

  /** Looks at every known match again, for their sizes and times. */
  refresh(): void { for (const name of [...this.#matches.keys()]) this.#judge(name, null, true); }

  /** The directory is gone: so is all that was known in it. */
  vanish(): void {
    if (!this.#present) return;
    for (const name of [...this.#matches.keys()]) this.#lose(name);
    for (const name of [...this.#subdirectories]) this.#leave(name);
    for (const name of [...this.#skipped.keys()]) this.#unskip(name);
    for (const name of this.#unsettled) this.#tree.unreadable(below(this.path, name), null);
    this.#unsettled.clear();
    this.#restat = [];
    this.#present = false;
    this.#mtimeMs = -1;
    this.#dirty = true;
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
    if (!another && mtimeMs === this.#mtimeMs) return changed;
    const now = this.#tree.now();
    const first = this.#mtimeMs === -1;
    if (!first) this.#changedAt = now;
    this.#mtimeMs = mtimeMs;
    this.#dirty = true;
    if (first && Date.now() - mtimeMs > LONG_AGO_MS) {
      this.#settledAt = now;
      return changed;
    }
    // One more listing at the next look covers a clock of some milliseconds; a clock of seconds needs all within them.
    this.#settledAt = mtimeMs % 1000 === 0 ? now + COARSE_CLOCK_MS : now + 1;
    return changed;
  }

  #list(): void {
    const from = this.#tree.now();
    const listed = this.#wants.every((want) => want.names !== null) ? null : list(this.path);
    if (listed !== null && listed.kind !== 'list') {
      this.#nextListing = from + UNREADABLE_PAUSE_MS;
      if (listed.kind === 'error') this.#tree.unreadable(this.path, listed.code);
      return;
    }
    this.#tree.unreadable(this.path, null);
    const there = listed === null ? this.#namesWanted() : new Set(listed.entries.map((entry) => entry.name));
    const cost = this.#tree.now() - from;
    if (cost > QUICK_LISTING_MS) this.#nextListing = from + Math.min(cost * LISTING_SHARE, MAX_LISTING_PAUSE_MS);
    for (const name of [...this.#matches.keys()]) if (!there.has(name)) this.#lose(name);
    for (const name of [...this.#subdirectories]) if (!there.has(name)) this.#leave(name);
    for (const name of [...this.#skipped.keys()]) if (!there.has(name)) this.#unskip(name);
    for (const name of [...this.#unsettled]) if (!there.has(name)) this.#settle(name);
    this.#restat = [...this.#matches.keys()];
    if (listed === null) for (const name of there) this.#judge(name, null, true);
    else for (const entry of listed.entries) this.#judge(entry.name, entry, this.#rejudge);
    this.#rejudge = false;
    this.#dirty = from < this.#settledAt;
  }

  #namesWanted(): Set<string> {
    return new Set(this.#wants.flatMap((want) => [...(want.names ?? [])]));
  }

  #lookAtUnsettled(): void {
    let left = UNSETTLED_PER_LOOK;
    for (const name of [...this.#unsettled]) {
      if (left-- === 0) return;
      // To the end of the line, so that more of them than one look takes all have their turn.
      this.#unsettled.delete(name);
      this.#unsettled.add(name);
      this.#judge(name, null, true);
    }
  }

  #judge(name: string, entry: Dirent | null, again: boolean): void {
    if (!again && this.#matches.has(name)) return;
    const accepting: number[] = [];
    const descending: Want[] = [];
    for (const want of this.#wants) {
      const after = this.#tree.advance(want, name);
      if (after.dead) continue;
      if (after.accepts) accepting.push(want.pattern);
      const inside = this.#tree.enter(after, want);
      if (!inside.dead) descending.push({ pattern: want.pattern, state: inside, names: this.#tree.names(inside, want) });
    }
    if (accepting.length === 0 && (descending.length === 0 || entry?.isFile() === true)) { this.#forget(name); return; }
    if (!again && descending.length > 0 && entry?.isDirectory() === true && this.#subdirectories.has(name)) return;
    const path = below(this.path, name);
    const seen = lookThrough(path);
    switch (seen.kind) {
      case 'error':
        this.#unsettled.add(name);
        this.#tree.unreadable(path, seen.code);
        return;
      case 'dangling':
        this.#forget(name);
        this.#unsettled.add(name);
        return;
      case 'gone': this.#forget(name); return;
      case 'present': break;
      default: seen satisfies never;
    }
    this.#tree.unreadable(path, null);
    if (seen.link) this.#unsettled.add(name);
    else this.#unsettled.delete(name);
    if (seen.stats.isDirectory() && descending.length > 0) {
      this.#lose(name);
      this.#unskip(name);
      this.#subdirectories.add(name);
      this.#tree.descend(path, descending);
      return;
    }
    this.#leave(name);
    this.#match(name, path, seen.stats, accepting);
  }

  #match(name: string, path: string, stats: Stats, accepting: readonly number[]): void {
    const byType = skipByType(stats);
    const followed: number[] = [];
    const skipped: number[] = [];
    for (const pattern of accepting) {
      const reason = byType ?? this.#tree.skipReason(pattern, path, stats);
      if (reason === null) { followed.push(pattern); continue; }
      skipped.push(pattern);
      this.#tree.skipped(pattern, path, reason);
    }
    for (const pattern of this.#skipped.get(name) ?? []) if (!skipped.includes(pattern)) this.#tree.skipped(pattern, path, null);
    if (skipped.length > 0) this.#skipped.set(name, skipped);
    else this.#skipped.delete(name);

    const found: Found = { path, device: stats.dev, inode: stats.ino, size: stats.size, mtimeMs: stats.mtimeMs };
    const before = this.#matches.get(name);
    for (const pattern of before?.patterns ?? []) if (before !== undefined && !followed.includes(pattern)) this.#tree.lost(pattern, before.found);
    for (const pattern of followed) {
      if (before?.patterns.includes(pattern) === true) this.#tree.replaced(pattern, before.found, found);
      else this.#tree.found(pattern, found);
    }
    if (followed.length > 0) this.#matches.set(name, { found, patterns: followed });
    else this.#matches.delete(name);
  }

  #forget(name: string): void {
    this.#lose(name);
    this.#leave(name);
    this.#unskip(name);
    this.#settle(name);
  }

  #settle(name: string): void {
    if (this.#unsettled.delete(name)) this.#tree.unreadable(below(this.path, name), null);
  }

  #lose(name: string): void {
    const match = this.#matches.get(name);
    if (match === undefined) return;
    this.#matches.delete(name);
    for (const pattern of match.patterns) this.#tree.lost(pattern, match.found);
  }

  #leave(name: string): void {
    if (this.#subdirectories.delete(name)) this.#tree.leave(below(this.path, name));
  }

  #unskip(name: string): void {
    for (const pattern of this.#skipped.get(name) ?? []) this.#tree.skipped(pattern, below(this.path, name), null);
    this.#skipped.delete(name);
  }
}

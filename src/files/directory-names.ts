// What is known of the names in one directory, and the word to the patterns whenever it changes.

import type { Stats } from 'node:fs';
import { below } from './look.ts';
import { skipByType } from './skip.ts';
import type { Want } from './wants.ts';

/** A matching file as it stood at the last look. Size in bytes; both grow stale between looks. */
export interface Found { readonly path: string; readonly device: number; readonly inode: number; readonly size: number; readonly mtimeMs: number }

/** Who is told. */
export interface NamesListener {
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
}

const NONE: readonly string[] = [];

interface Match { readonly found: Found; readonly patterns: readonly number[] }

/** The names of one directory that are matches, subdirectories, skipped, or to be looked at again. */
export class DirectoryNames {
  readonly #directory: string;
  readonly #listener: NamesListener;
  readonly #matches = new Map<string, Match>();
  readonly #subdirectories = new Set<string>();
  /** The patterns that each is skipped for. */
  readonly #skipped = new Map<string, readonly number[]>();
  /** Links, dangling names and names with errors: what they lead to changes without a trace in the directory. */
  readonly #unsettled = new Set<string>();

  constructor(directory: string, listener: NamesListener) {
    this.#directory = directory;
    this.#listener = listener;
  }

  get matches(): string[] { return [...this.#matches.keys()]; }
  isMatch(name: string): boolean { return this.#matches.has(name); }
  isSubdirectory(name: string): boolean { return this.#subdirectories.has(name); }

  /** The next `count` unsettled names; with more of them all have their turn. */
  takeTurns(count: number): readonly string[] {
    if (this.#unsettled.size === 0) return NONE;
    const names = [...this.#unsettled].slice(0, count);
    for (const name of names) { this.#unsettled.delete(name); this.#unsettled.add(name); }
    return names;
  }

  /** The name could not be looked at: what is known of it stays. */
  failed(name: string, code: string): void {
    this.#unsettled.add(name);
    this.#listener.unreadable(below(this.#directory, name), code);
  }

  /** The name leads to what is out of reach: what is known of it stays. */
  passOver(name: string): void { this.#unsettled.add(name); }

  dangles(name: string): void {
    this.forget(name);
    this.#unsettled.add(name);
  }

  /** The name leads to something. @param link by a link. */
  present(name: string, link: boolean): void {
    this.#listener.unreadable(below(this.#directory, name), null);
    if (link) this.#unsettled.add(name);
    else this.#unsettled.delete(name);
  }

  /** The name is a directory in which matches may lie. */
  enter(name: string, wants: readonly Want[]): void {
    this.#lose(name);
    this.#unskip(name);
    this.#subdirectories.add(name);
    this.#listener.descend(below(this.#directory, name), wants);
  }

  /** The name is a file, or whatever else, that the patterns `accepting` accept. */
  accept(name: string, stats: Stats, accepting: readonly number[]): void {
    this.#leave(name);
    const path = below(this.#directory, name);
    const byType = skipByType(stats);
    const followed: number[] = [];
    const skipped: number[] = [];
    for (const pattern of accepting) {
      const reason = byType ?? this.#listener.skipReason(pattern, path, stats);
      if (reason === null) { followed.push(pattern); continue; }
      skipped.push(pattern);
      this.#listener.skipped(pattern, path, reason);
    }
    for (const pattern of this.#skipped.get(name) ?? []) if (!skipped.includes(pattern)) this.#listener.skipped(pattern, path, null);
    if (skipped.length > 0) this.#skipped.set(name, skipped);
    else this.#skipped.delete(name);

    const found: Found = { path, device: stats.dev, inode: stats.ino, size: stats.size, mtimeMs: stats.mtimeMs };
    const before = this.#matches.get(name);
    for (const pattern of before?.patterns ?? []) if (before !== undefined && !followed.includes(pattern)) this.#listener.lost(pattern, before.found);
    for (const pattern of followed) {
      if (before?.patterns.includes(pattern) === true) this.#listener.replaced(pattern, before.found, found);
      else this.#listener.found(pattern, found);
    }
    if (followed.length > 0) this.#matches.set(name, { found, patterns: followed });
    else this.#matches.delete(name);
  }

  /** There is nothing under the name that is looked for. */
  forget(name: string): void {
    this.#lose(name);
    this.#leave(name);
    this.#unskip(name);
    this.#settle(name);
  }

  /** Forgets all names but these. */
  keep(there: ReadonlySet<string>): void {
    for (const name of [...this.#matches.keys()]) if (!there.has(name)) this.#lose(name);
    for (const name of [...this.#subdirectories]) if (!there.has(name)) this.#leave(name);
    for (const name of [...this.#skipped.keys()]) if (!there.has(name)) this.#unskip(name);
    for (const name of [...this.#unsettled]) if (!there.has(name)) this.#settle(name);
  }

  #lose(name: string): void {
    const match = this.#matches.get(name);
    if (match === undefined) return;
    this.#matches.delete(name);
    for (const pattern of match.patterns) this.#listener.lost(pattern, match.found);
  }

  #leave(name: string): void {
    if (this.#subdirectories.delete(name)) this.#listener.leave(below(this.#directory, name));
  }

  #unskip(name: string): void {
    for (const pattern of this.#skipped.get(name) ?? []) this.#listener.skipped(pattern, below(this.#directory, name), null);
    this.#skipped.delete(name);
  }

  #settle(name: string): void {
    if (this.#unsettled.delete(name)) this.#listener.unreadable(below(this.#directory, name), null);
  }
}

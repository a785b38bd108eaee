import type { Found } from './directory.ts';

/** What changed for one pattern since the last time. A path is in one list at most. */
export interface MatchChange {
  readonly key: string;
  readonly added: readonly Found[];
  /** As they stood when last seen. */
  readonly removed: readonly Found[];
  /** The path leads to another inode (or device) than before. */
  readonly replaced: readonly { readonly before: Found; readonly now: Found }[];
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** Matches and skipped paths of one pattern, and the net change since `takeChange` was last called. */
export class MatchSet {
  readonly key: string;
  // Each made when it is first needed: most of thousands of patterns match nothing.
  #matches: Map<string, Found> | null = null;
  #skipped: Map<string, string> | null = null;
  readonly #maxSkipped: number;
  /** Paths touched since, with what they were before; null: no match. */
  #before: Map<string, Found | null> | null = null;

  constructor(key: string, maxSkipped: number) {
    this.key = key;
    this.#maxSkipped = maxSkipped;
  }

  get matches(): ReadonlyMap<string, Found> { return this.#matches ?? NONE; }
  get skipped(): ReadonlyMap<string, string> { return this.#skipped ?? NONE; }

  /** True if the path is new. */
  found(file: Found): boolean {
    const before = this.matches.get(file.path) ?? null;
    this.#touch(file.path, before);
    (this.#matches ??= new Map()).set(file.path, file);
    return before === null;
  }

  /** True if the path was a match. */
  lost(file: Found): boolean {
    const before = this.matches.get(file.path);
    if (before === undefined) return false;
    this.#touch(file.path, before);
    return this.#matches!.delete(file.path);
  }

  replaced(before: Found, now: Found): void {
    if (this.#matches?.has(now.path) !== true) return;
    if (!sameFile(before, now)) this.#touch(now.path, before);
    this.#matches.set(now.path, now);
  }

  /** `reason` null: the path is not skipped any more. */
  skip(path: string, reason: string | null): void {
    if (reason === null) this.#skipped?.delete(path);
    else if (this.skipped.size < this.#maxSkipped) (this.#skipped ??= new Map()).set(path, reason);
  }

  takeChange(): MatchChange | null {
    if (this.#before === null || this.#before.size === 0) return null;
    const added: Found[] = [];
    const removed: Found[] = [];
    const replaced: { readonly before: Found; readonly now: Found }[] = [];
    for (const [path, before] of this.#before) {
      const now = this.matches.get(path);
      if (now === undefined) { if (before !== null) removed.push(before); }
      else if (before === null) added.push(now);
      else if (!sameFile(before, now)) replaced.push({ before, now });
    }
    this.#before.clear();
    return added.length + removed.length + replaced.length === 0 ? null : { key: this.key, added, removed, replaced };
  }

  #touch(path: string, before: Found | null): void {
    this.#before ??= new Map();
    if (!this.#before.has(path)) this.#before.set(path, before);
  }
}

function sameFile(a: Found, b: Found): boolean {
  return a.inode === b.inode && a.device === b.device;
}

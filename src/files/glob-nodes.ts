// The nodes of a glob's automaton: what each reads, and where it leads.

import type { CharRange, GlobItem } from './glob-parse.ts';

type Node =
  | { readonly kind: 'char'; readonly code: number; readonly next: number }
  | { readonly kind: 'any'; readonly next: number }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly CharRange[]; readonly next: number }
  | { readonly kind: 'star' | 'deep'; readonly next: number }
  | { readonly kind: 'split'; readonly ways: readonly number[] }
  | { readonly kind: 'accept' };

export const SLASH = 0x2f;
/** Nodes of one pattern; a path has at most 4,096 characters (PATH_MAX), braces may hold several. */
const MAX_NODES = 16_384;
const ACCEPT = 0;

/** Known by their numbers. A pattern is compiled from its end, so what follows a node was there before it. */
export class Nodes {
  /** A bare number is a character that leads on to the node before it in the list: nearly all there is in most patterns. */
  readonly #all: (Node | number)[] = [{ kind: 'accept' }];
  readonly entry: number;

  /** Throws a RangeError for a pattern that is too large. */
  constructor(items: readonly GlobItem[]) { this.entry = this.#sequence(items, ACCEPT); }

  kind(at: number): Node['kind'] {
    const node = this.#all[at]!;
    return typeof node === 'number' ? 'char' : node.kind;
  }

  /** The one character that node `at` reads, or null if it is none that does. */
  char(at: number): number | null {
    const node = this.#all[at]!;
    if (typeof node === 'number') return node;
    return node.kind === 'char' ? node.code : null;
  }

  /** The node behind the character that `at` reads. */
  next(at: number): number {
    const node = this.#all[at]!;
    if (typeof node === 'number') return at - 1;
    if (node.kind === 'split' || node.kind === 'accept') throw new Error(`node ${at} reads nothing`);
    return node.next;
  }

  /** The nodes that `at` stands for without reading a character; empty for one that reads. */
  ways(at: number): readonly number[] {
    const node = this.#all[at]!;
    return typeof node !== 'number' && node.kind === 'split' ? node.ways : [];
  }

  /** Whether `at` reads `code`. */
  reads(at: number, code: number): boolean {
    const node = this.#all[at]!;
    if (typeof node === 'number') return node === code;
    switch (node.kind) {
      case 'char': return node.code === code;
      case 'any': case 'star': return code !== SLASH;
      case 'deep': return true;
      case 'class': return code !== SLASH && node.ranges.some((range) => code >= range.from && code <= range.to) !== node.negated;
      case 'split': case 'accept': return false;
      default: return node satisfies never;
    }
  }

  #add(node: Node | number): number {
    if (this.#all.length >= MAX_NODES) throw new RangeError('pattern too large');
    return this.#all.push(node) - 1;
  }

  /** Compiles `items` so that they lead on to node `next`; returns the entry node. */
  #sequence(items: readonly GlobItem[], next: number): number {
    let entry = next;
    for (let i = items.length - 1; i >= 0; i--) entry = this.#item(items[i]!, entry);
    return entry;
  }

  #item(item: GlobItem, next: number): number {
    switch (item.kind) {
      case 'char': return this.#add(next === this.#all.length - 1 ? item.code : { ...item, next });
      case 'any': case 'class': case 'star': case 'deep': return this.#add({ ...item, next });
      case 'levels': return this.#add({ kind: 'split', ways: [next, this.#add({ kind: 'deep', next: this.#add({ kind: 'char', code: SLASH, next }) })] });
      case 'either': return this.#add({ kind: 'split', ways: item.branches.map((branch) => this.#sequence(branch, next)) });
      default: return item satisfies never;
    }
  }
}

// What one set node of a pattern matches, seen from ASCII and from UTF-8 bytes.
import { LAST_CODE_POINT, complement, contains, folded, intersect, normalise, union, within } from './char-set.ts';
import type { Ranges } from './char-set.ts';
import type { Node, SetNode } from './re2-syntax.ts';

const ASCII: Ranges = [0, 0x7f];
const BEYOND: Ranges = [0x80, LAST_CODE_POINT];

/** `ascii` is exact. `beyond`: how many of the other code points the set holds. */
export interface Extent { readonly ascii: Ranges; readonly beyond: 'none' | 'some' | 'all' }

export function extentOf(node: SetNode): Extent {
  if (node.properties.length > 0) return { ascii: asciiOfProperties(node), beyond: 'some' };
  const set = asFolded(node);
  const inexact = isInexact(node);
  const rest = intersect(set, BEYOND);
  const beyond = inexact ? 'some' : rest.length === 0 ? 'none' : within(BEYOND, rest) ? 'all' : 'some';
  return { ascii: intersect(set, ASCII), beyond };
}

/** Every code point the set matches, or null where only the engine knows: Unicode properties, and folded non-ASCII. */
export const exactSet = (node: SetNode): Ranges | null => (node.properties.length > 0 || isInexact(node) ? null : asFolded(node));

function asFolded({ ranges, fold, negated }: SetNode): Ranges {
  const all = fold ? folded(ranges) : ranges;
  return negated ? complement(all) : all;
}

/** Folding beyond ASCII is left to the engine. */
const isInexact = ({ ranges, fold }: SetNode): boolean => fold && (ranges.at(-1) ?? 0) > 0x7f && !within(BEYOND, ranges);

/** Every code point the set may match; exact but for Unicode properties and folded non-ASCII, where it is an upper bound. */
export function spanOf(node: SetNode): Ranges {
  const { ascii, beyond } = extentOf(node);
  if (beyond === 'none') return ascii;
  if (beyond === 'all' || node.properties.length > 0 || node.fold) return union(ascii, BEYOND);
  return union(ascii, intersect(node.negated ? complement(node.ranges) : node.ranges, BEYOND));
}

function asciiOfProperties(node: SetNode): Ranges {
  const tester = new RegExp(`[${node.negated ? '^' : ''}${node.properties.join('')}]`, node.fold ? 'iu' : 'u');
  const own = node.fold ? folded(node.ranges) : node.ranges;
  const members: number[] = [];
  for (let point = 0; point < 0x80; point++) {
    const byProperty = tester.test(String.fromCharCode(point));
    const matches = node.negated ? byProperty && !contains(own, point) : byProperty || contains(own, point);
    if (matches) members.push(point, point);
  }
  return normalise(members);
}

/** Calls `visit` for each node, parents first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  switch (node.kind) {
    case 'concat': case 'alternate': for (const part of node.parts) walk(part, visit); return;
    case 'repeat': case 'capture': walk(node.body, visit); return;
    case 'empty': case 'set': case 'assert': return;
    default: node satisfies never;
  }
}

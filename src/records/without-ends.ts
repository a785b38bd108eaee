import { EMPTY, concat } from './re2-syntax.ts';
import type { Node } from './re2-syntax.ts';

/**
 * The pattern without what cannot change whether it matches somewhere: a repetition at either end that may be empty, and
 * all but the first round of one that may not. `.*GET.*` becomes `GET`, which spares the backtracking search its square.
 */
export function withoutEnds(root: Node): Node {
  return strip(strip(root, 'first'), 'last');
}

function strip(node: Node, end: 'first' | 'last'): Node {
  switch (node.kind) {
    case 'repeat': {
      if (node.min === 0) return EMPTY;
      return node.body.kind === 'set' ? { ...node, max: node.min } : node;
    }
    case 'capture': return { ...node, body: strip(node.body, end) };
    case 'alternate': return { ...node, parts: node.parts.map((part) => strip(part, end)) };
    case 'concat': {
      const at = end === 'first' ? 0 : node.parts.length - 1;
      const shorter = strip(node.parts[at]!, end);
      const rest = node.parts.filter((_, i) => i !== at);
      // What became empty lays the next part open.
      if (isEmpty(shorter)) return strip(concat(rest), end);
      return concat(end === 'first' ? [shorter, ...rest] : [...rest, shorter]);
    }
    case 'empty': case 'set': case 'assert': return node;
    default: return node satisfies never;
  }
}

function isEmpty(node: Node): boolean {
  return node.kind === 'empty' || (node.kind === 'capture' && isEmpty(node.body));
}

// Decides how a pattern may be searched for in the bytes of a chunk, and what has to be checked to make that exact.
import { NEWLINE, contains } from './char-set.ts';
import { emitBytes } from './re2-emit.ts';
import { extentOf, spanOf, walk } from './re2-sets.ts';
import { EMPTY, concat } from './re2-syntax.ts';
import type { Node } from './re2-syntax.ts';

/** How the byte form of a pattern may be used. */
export interface BytePlan {
  readonly regexp: RegExp;
  /** Begins with `^`, which was taken off: tried at the frame's first byte only. */
  readonly anchored: boolean;
  /** What it finds has to be confirmed on the frame alone: `$`, and `^` where it is not the first. */
  readonly confirm: boolean;
  /** Looks at what stands before the frame. */
  readonly looksBack: boolean;
  /** Means the same on bytes as on code points. */
  readonly byteSafe: boolean;
  /** Some set holds \n, which the byte form leaves out. */
  readonly newlines: boolean;
  /** The ASCII character that each match begins with, if there is but one: alone it is found in a tenth of the time. */
  readonly head: string | null;
}

export function bytePlan(root: Node): BytePlan {
  const stripped = withoutBegin(root);
  const body = stripped ?? root;
  let confirm = false;
  let looksBack = false;
  let newlines = false;
  let byteSafe = true;
  const runs = safeRuns(body);
  walk(body, (node) => {
    switch (node.kind) {
      case 'assert':
        if (node.what !== 'boundary' && node.what !== 'notBoundary') confirm = true;
        if (node.what !== 'endText' && node.what !== 'endLine') looksBack = true;
        // Between the bytes of one code point there is a \B that the text does not have.
        if (node.what === 'notBoundary') byteSafe = false;
        return;
      case 'set': {
        if (contains(spanOf(node), NEWLINE)) newlines = true;
        const { beyond } = extentOf(node);
        if (beyond === 'some' || (beyond === 'all' && !runs.has(node))) byteSafe = false;
        return;
      }
      case 'empty': case 'concat': case 'alternate': case 'capture': case 'repeat': return;
      default: node satisfies never;
    }
  });
  return { regexp: new RegExp(emitBytes(body), stripped === null ? 'gm' : 'my'), anchored: stripped !== null, confirm, looksBack, byteSafe, newlines, head: headOf(body) };
}

/**
 * The sets that may read bytes for code points although they hold non-ASCII: those under `*`, and those under `+` with
 * an ASCII character (or the end of the pattern) on each side, so that no neighbour can take half of a code point.
 */
function safeRuns(root: Node): ReadonlySet<Node> {
  const safe = new Set<Node>();
  const plus = (node: Node, left: Node | undefined, right: Node | undefined): void => {
    const run = bare(node);
    if (run.kind === 'repeat' && run.min === 1 && run.max === Infinity && isWall(left) && isWall(right)) safe.add(run.body);
  };
  walk(root, (node) => {
    if (node.kind === 'repeat' && node.min === 0 && node.max === Infinity) safe.add(node.body);
    if (node.kind !== 'concat') return;
    const edge = node === root ? undefined : EMPTY;
    node.parts.forEach((part, i) => plus(part, i === 0 ? edge : node.parts[i - 1], i === node.parts.length - 1 ? edge : node.parts[i + 1]));
  });
  plus(root, undefined, undefined);
  return safe;
}

function isWall(node: Node | undefined): boolean {
  if (node === undefined) return true;
  const inner = bare(node);
  if (inner.kind === 'repeat') return inner.min > 0 && isWall(inner.body);
  return inner.kind === 'set' && extentOf(inner).beyond === 'none';
}

function bare(node: Node): Node {
  let inner = node;
  while (inner.kind === 'capture') inner = inner.body;
  return inner;
}

function headOf(node: Node): string | null {
  switch (node.kind) {
    case 'set': {
      const { ascii, beyond } = extentOf(node);
      return beyond === 'none' && ascii.length === 2 && ascii[0] === ascii[1] ? String.fromCharCode(ascii[0]!) : null;
    }
    case 'capture': return headOf(node.body);
    case 'concat': return headOf(node.parts[0]!);
    case 'repeat': return node.min > 0 ? headOf(node.body) : null;
    case 'alternate': {
      const [first, ...others] = node.parts.map(headOf);
      return first !== undefined && others.every((head) => head === first) ? first : null;
    }
    case 'empty': case 'assert': return null;
    default: return node satisfies never;
  }
}

/** The pattern without the `^` that each way through it begins with, or null. */
function withoutBegin(node: Node): Node | null {
  switch (node.kind) {
    case 'assert': return node.what === 'beginText' ? EMPTY : null;
    case 'capture': { const body = withoutBegin(node.body); return body === null ? null : { ...node, body }; }
    case 'concat': {
      const head = withoutBegin(node.parts[0]!);
      return head === null ? null : concat([head, ...node.parts.slice(1)]);
    }
    case 'alternate': {
      const parts = node.parts.map(withoutBegin);
      return parts.every((part) => part !== null) ? { kind: 'alternate', parts } : null;
    }
    case 'empty': case 'set': case 'repeat': return null;
    default: return node satisfies never;
  }
}

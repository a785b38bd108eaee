// Writes a tree as a JavaScript pattern over UTF-16 units, without flags: the exact meaning on any text without half
// surrogate pairs, in a form that the engine's linear search knows. That search ends one that goes back too often.
import { LAST_CODE_POINT, intersect } from './char-set.ts';
import { exactSet } from './re2-sets.ts';
import { capture, escaped, structure } from './re2-emit.ts';
import type { Ranges } from './char-set.ts';
import type { Assertion, Node, SetNode } from './re2-syntax.ts';

/** Code points of one unit that are not half of a pair. */
const SINGLE: Ranges = [0, 0xd7ff, 0xe000, 0xffff];
const ASTRAL: Ranges = [0x10000, LAST_CODE_POINT];

class NoSuchForm extends Error {}

/** The pattern, or null where it needs a flag or a look ahead: Unicode properties, folded non-ASCII, and `$` of lines; and for `\B`, which stands between the units of a pair too. */
export function emitUnits(root: Node): string | null {
  try {
    return write(root);
  } catch (error) {
    if (!(error instanceof NoSuchForm)) throw error;
    return null;
  }
}

const ASSERTION: Readonly<Record<Exclude<Assertion, 'endLine' | 'notBoundary'>, string>> = { beginText: '^', endText: '$', beginLine: '(?<![^\\n])', boundary: '\\b' };

function write(node: Node): string {
  switch (node.kind) {
    case 'set': return unitSet(node);
    case 'assert':
      if (node.what === 'endLine' || node.what === 'notBoundary') throw new NoSuchForm();
      return ASSERTION[node.what];
    case 'capture': return capture(node, write);
    case 'empty': case 'concat': case 'alternate': case 'repeat': return structure(node, write);
    default: return node satisfies never;
  }
}

function unitSet(node: SetNode): string {
  const set = exactSet(node);
  if (set === null) throw new NoSuchForm();
  if (set.length === 2 && set[0] === set[1] && set[0]! <= 0xff) return unit(set[0]!);
  const single = intersect(set, SINGLE);
  const astral = intersect(set, ASTRAL);
  const ways = [`[${spans(single)}]`];
  for (let i = 0; i < astral.length; i += 2) ways.push(...pairs(astral[i]!, astral[i + 1]!));
  return ways.length === 1 ? ways[0]! : `(?:${ways.join('|')})`;
}

/** Two code points beyond the first 65,536 and all between them, as surrogate pairs. */
function pairs(from: number, to: number): readonly string[] {
  const [first, last] = [String.fromCodePoint(from), String.fromCodePoint(to)];
  const [high, low, lastHigh, lastLow] = [first.charCodeAt(0), first.charCodeAt(1), last.charCodeAt(0), last.charCodeAt(1)];
  if (high === lastHigh) return [`${unit(high)}[${spans([low, lastLow])}]`];
  const begin = low === 0xdc00 ? high : high + 1;
  const end = lastLow === 0xdfff ? lastHigh : lastHigh - 1;
  return [
    ...(begin === high ? [] : [`${unit(high)}[${spans([low, 0xdfff])}]`]),
    ...(begin > end ? [] : [`[${spans([begin, end])}][\\udc00-\\udfff]`]),
    ...(end === lastHigh ? [] : [`${unit(lastHigh)}[${spans([0xdc00, lastLow])}]`]),
  ];
}

function spans(ranges: Ranges): string {
  let text = '';
  for (let i = 0; i < ranges.length; i += 2) text += unit(ranges[i]!) + (ranges[i] === ranges[i + 1] ? '' : `-${unit(ranges[i + 1]!)}`);
  return text;
}

const unit = (code: number): string => (code <= 0xff ? escaped(code) : `\\u${code.toString(16).padStart(4, '0')}`);

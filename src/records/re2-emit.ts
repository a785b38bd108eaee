// Writes a tree as a JavaScript pattern, in two forms:
//   exact  for a whole text of code points (flag u): the meaning RE2 gives it;
//   byte   for one frame inside a chunk that was read as latin1, so that an index of the string is an offset in bytes.
import { LAST_CODE_POINT, NEWLINE, complement, intersect, overlaps, within } from './char-set.ts';
import { extentOf, walk } from './re2-sets.ts';
import type { Ranges } from './char-set.ts';
import type { Assertion, Node, SetNode } from './re2-syntax.ts';

const LETTERS: Ranges = [0x41, 0x5a, 0x61, 0x7a];

type Writer = (node: Node) => string;

/** The exact form. Flag i is set for the whole pattern where every node asks for it, else it is written in place. */
export function emitExact(root: Node): { readonly js: string; readonly flags: string } {
  let all = true;
  let any = false;
  walk(root, (node) => {
    // With i and u together, \b would count U+017F and U+212A as word characters.
    if (node.kind === 'assert' && (node.what === 'boundary' || node.what === 'notBoundary')) all = false;
    if (node.kind !== 'set') return;
    if (node.fold) any = true;
    else if (!isCaseless(node)) all = false;
  });
  const global = any && all;
  const assertion: Record<Assertion, string> = {
    beginText: '^',
    // Not `$`: V8 14.6 answers false to /[^ ]$/u.test('😀'), looking for the last code point in its second half.
    endText: '(?![^])',
    // JavaScript's own flag m also breaks lines at \r, U+2028 and U+2029.
    beginLine: '(?:^|(?<=\\n))', endLine: '(?![^\\n])',
    boundary: '\\b', notBoundary: '\\B',
  };
  const write: Writer = (node) => {
    switch (node.kind) {
      case 'set': { const text = exactSet(node); return node.fold && !global ? `(?i:${text})` : text; }
      case 'assert': return assertion[node.what];
      case 'capture': return capture(node, write);
      case 'empty': case 'concat': case 'alternate': case 'repeat': return structure(node, write);
      default: return node satisfies never;
    }
  };
  return { js: write(root), flags: global ? 'iu' : 'u' };
}

/**
 * The byte form, for the flag m. It differs from the exact one in three ways that the Matcher makes good: no set holds
 * \n (so a search never runs past the end of a line), the edges of text and line are looked for at line breaks (written so that the engine's linear search knows them), and a
 * set that holds all of non-ASCII holds each byte above 0x7F.
 */
export function emitBytes(root: Node): string {
  const assertion: Record<Assertion, string> = {
    beginText: '(?<![^\\n])', beginLine: '(?<![^\\n])', endText: '$', endLine: '$',
    boundary: '\\b', notBoundary: '\\B',
  };
  const write: Writer = (node) => {
    switch (node.kind) {
      case 'set': return byteSet(node);
      case 'assert': return assertion[node.what];
      case 'capture': return `(?:${write(node.body)})`;
      case 'empty': case 'concat': case 'alternate': case 'repeat': return structure(node, write);
      default: return node satisfies never;
    }
  };
  return write(root);
}

/** What sets, assertions and captures are put together with. */
export function structure(node: Exclude<Node, { kind: 'set' | 'assert' | 'capture' }>, write: Writer): string {
  switch (node.kind) {
    case 'empty': return '(?:)';
    case 'concat': return node.parts.map((part) => (part.kind === 'alternate' ? `(?:${write(part)})` : write(part))).join('');
    case 'alternate': return node.parts.map(write).join('|');
    case 'repeat': {
      const bare = node.body.kind === 'set' || node.body.kind === 'capture';
      return `${bare ? write(node.body) : `(?:${write(node.body)})`}${counts(node.min, node.max)}${node.lazy ? '?' : ''}`;
    }
    default: return node satisfies never;
  }
}

function counts(min: number, max: number): string {
  if (min === 1 && max === 1) return '';
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

/** Whether flag i would change nothing about a set that was written without it. */
function isCaseless(node: SetNode): boolean {
  const { ascii, beyond } = extentOf(node);
  if (node.properties.length > 0) return false;
  return beyond === 'none' ? !overlaps(ascii, LETTERS) : beyond === 'all' && within(LETTERS, ascii);
}

function exactSet(node: SetNode): string {
  const single = node.ranges.length === 2 && node.ranges[0] === node.ranges[1];
  if (single && !node.negated && node.properties.length === 0) return escaped(node.ranges[0]!);
  const flip = !node.fold && !node.negated && node.properties.length === 0 && node.ranges.at(-1) === LAST_CODE_POINT;
  const ranges = flip ? complement(node.ranges) : node.ranges;
  return `[${flip || node.negated ? '^' : ''}${rangeText(ranges)}${node.properties.join('')}]`;
}

function byteSet(node: SetNode): string {
  const { ascii, beyond } = extentOf(node);
  const kept = intersect(ascii, complement([NEWLINE, NEWLINE]));
  if (beyond === 'none' && kept.length === 2 && kept[0] === kept[1]) return escaped(kept[0]!);
  return `[${rangeText(kept)}${beyond === 'all' ? '\\x80-\\xff' : ''}]`;
}

function rangeText(ranges: Ranges): string {
  let text = '';
  for (let i = 0; i < ranges.length; i += 2) {
    text += escaped(ranges[i]!) + (ranges[i] === ranges[i + 1] ? '' : `-${escaped(ranges[i + 1]!)}`);
  }
  return text;
}

/** A code point as a pattern writes it, in a set or outside. */
export function escaped(point: number): string {
  return FIRST[point] ?? written(point);
}

function written(point: number): string {
  const char = String.fromCodePoint(point);
  if (/[A-Za-z0-9_ "#%&',:;<=>@`~!]/.test(char)) return char;
  if (/[\^$\\.*+?()[\]{}|/]/.test(char)) return `\\${char}`;
  if (point > 0xff) return `\\u{${point.toString(16)}}`;
  return `\\x${point.toString(16).padStart(2, '0')}`;
}

/** Most of what patterns are made of, written once: a config may have 50,000 of them. */
const FIRST: readonly string[] = Array.from({ length: 0x80 }, (_, point) => written(point));

/** A group that is remembered. */
export function capture(node: Extract<Node, { kind: 'capture' }>, write: Writer): string {
  return node.name === null ? `(${write(node.body)})` : `(?<${groupName(node.name)}>${write(node.body)})`;
}

/** RE2 lets a name begin with a digit. */
function groupName(name: string): string {
  return /^\d/.test(name) ? `_${name}` : name;
}

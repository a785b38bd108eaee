// The parts of RE2 syntax that stand for one code point: escapes, \d \s \w \p{…}, and bracketed classes.
import { ANY, DIGIT, SPACE, WORD, complement, folded, normalise, union } from './char-set.ts';
import { SyntaxProblem, setNode } from './re2-syntax.ts';
import type { Ranges } from './char-set.ts';
import type { SetNode } from './re2-syntax.ts';

const PERL: Readonly<Record<string, Ranges>> = { d: DIGIT, s: SPACE, w: WORD };
const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a], alpha: [0x41, 0x5a, 0x61, 0x7a], ascii: [0, 0x7f], blank: [9, 9, 32, 32],
  cntrl: [0, 31, 127, 127], digit: DIGIT, graph: [0x21, 0x7e], lower: [0x61, 0x7a], print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e], space: [9, 13, 32, 32], upper: [0x41, 0x5a], word: WORD,
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

/** A set being collected: explicit ranges, and properties in JavaScript's spelling. */
interface Collected { ranges: Ranges; readonly properties: string[]; readonly fold: boolean }

/** One code point written with a backslash at `at`; answers it and the place behind it. Throws SyntaxProblem. */
export function parseEscape(source: string, at: number): readonly [point: number, end: number] {
  const char = source[at + 1];
  if (char === undefined) throw new SyntaxProblem('a backslash at the end', at);
  if (CONTROL[char] !== undefined) return [CONTROL[char], at + 2];
  const octal = /^\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(source.slice(at, at + 4));
  if (octal !== null) return [Number.parseInt(octal[0].slice(1), 8), at + octal[0].length];
  const hex = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/.exec(source.slice(at, at + 12));
  if (hex !== null) {
    const point = Number.parseInt(hex[1] ?? hex[2]!, 16);
    if (point > 0x10ffff) throw new SyntaxProblem(`the code point ${hex[0]}, which is beyond U+10FFFF`, at);
    return [point, at + hex[0].length];
  }
  if (/[1-9]/.test(char)) throw new SyntaxProblem(`RE2 has no backreference "\\${char}"`, at);
  if (char === 'C') throw new SyntaxProblem('"\\C" (one byte) is not supported; match code points', at);
  if (/[A-Za-z0-9]/.test(char)) throw new SyntaxProblem(`RE2 has no escape "\\${char}"${char === 'Z' ? '; write \\z' : ''}`, at);
  const point = source.codePointAt(at + 1)!;
  if (point > 0x7f) throw new SyntaxProblem(`RE2 has no escape "\\${String.fromCodePoint(point)}"`, at);
  return [point, at + 2];
}

/** `\d`, `\pL` and the like at `at`, or null if something else stands there. */
export function parseClassEscape(source: string, at: number, fold: boolean): readonly [node: SetNode, end: number] | null {
  const found: Collected = { ranges: [], properties: [], fold };
  const end = collectEscape(source, at, found);
  return end === null ? null : [setNode(found.ranges, fold, found.properties), end];
}

/** A bracketed class that begins at `at`. */
export function parseClass(source: string, start: number, fold: boolean): readonly [node: SetNode, end: number] {
  const negated = source[start + 1] === '^';
  const found: Collected = { ranges: [], properties: [], fold };
  const singles: number[] = [];
  let at = start + (negated ? 2 : 1);
  for (let first = true; first || source[at] !== ']'; first = false) {
    if (at >= source.length) throw new SyntaxProblem('a "[" that is never closed', start);
    const next = collectPosix(source, at, found) ?? collectEscape(source, at, found);
    if (next !== null) {
      at = next;
      continue;
    }
    const [low, afterLow] = classPoint(source, at, start);
    let high = low;
    let end = afterLow;
    if (source[end] === '-' && source[end + 1] !== ']' && end + 1 < source.length) {
      [high, end] = classPoint(source, end + 1, start);
      if (high < low) throw new SyntaxProblem(`the range "${source.slice(at, end)}" runs backwards`, at);
    }
    singles.push(low, high);
    at = end;
  }
  const ranges = union(found.ranges, normalise(singles));
  if (negated && !fold && found.properties.length === 0) return [setNode(complement(ranges), false), at + 1];
  return [setNode(ranges, fold, found.properties, negated), at + 1];
}

function classPoint(source: string, at: number, start: number): readonly [point: number, end: number] {
  if (at >= source.length) throw new SyntaxProblem('a "[" that is never closed', start);
  if (source[at] === '\\') return parseEscape(source, at);
  const point = source.codePointAt(at)!;
  return [point, at + (point > 0xffff ? 2 : 1)];
}

/** RE2 folds a named class before it negates it. */
function outside(set: Ranges, fold: boolean): Ranges {
  return complement(fold ? folded(set) : set);
}

function collectPosix(source: string, at: number, found: Collected): number | null {
  if (!source.startsWith('[:', at)) return null;
  const end = source.indexOf(':]', at + 2);
  if (end === -1) return null;
  const name = source.slice(at + 2, end);
  const negated = name.startsWith('^');
  const set = POSIX[negated ? name.slice(1) : name];
  if (set === undefined) throw new SyntaxProblem(`the class "[:${name.slice(0, 20)}:]", which is none of ${Object.keys(POSIX).join(', ')}`, at);
  found.ranges = union(found.ranges, negated ? outside(set, found.fold) : set);
  return end + 2;
}

function collectEscape(source: string, at: number, found: Collected): number | null {
  if (source[at] !== '\\') return null;
  const letter = source[at + 1] ?? '';
  const perl = PERL[letter.toLowerCase()];
  if (perl !== undefined) {
    found.ranges = union(found.ranges, letter === letter.toLowerCase() ? perl : outside(perl, found.fold));
    return at + 2;
  }
  if (letter !== 'p' && letter !== 'P') return null;
  const spelled = /^\\[pP](?:\{(\^?)(\w+)\}|([A-Z]))/.exec(source.slice(at, at + 80));
  if (spelled === null) throw new SyntaxProblem('an unfinished "\\p"; write \\pL or \\p{Greek}', at);
  const name = spelled[2] ?? spelled[3]!;
  const negated = (letter === 'P') !== (spelled[1] === '^');
  if (name === 'Any') {
    if (!negated) found.ranges = ANY;
  } else {
    found.properties.push(`\\${negated ? 'P' : 'p'}{${propertyOf(name, at)}}`);
  }
  return at + spelled[0].length;
}

/** RE2 knows general categories by their short names, and scripts. */
function propertyOf(name: string, at: number): string {
  const property = /^[A-Z][a-z]?$/.test(name) ? `gc=${name}` : `sc=${name}`;
  try {
    void new RegExp(`\\p{${property}}`, 'u');
    return property;
  } catch {
    throw new SyntaxProblem(`the Unicode class "${name}", which is no general category (L, Lu, Nd…) and no script (Greek, Han…)`, at);
  }
}

// Reads RE2 syntax into a tree, and refuses what RE2 refuses, by name.
import { ANY, NEWLINE, complement, union } from './char-set.ts';
import { parseClass, parseClassEscape, parseEscape } from './re2-class.ts';
import { EMPTY, SyntaxProblem, concat, setNode } from './re2-syntax.ts';
import type { Ranges } from './char-set.ts';
import type { Node, SetNode } from './re2-syntax.ts';

/** Go's limits (regexp/syntax): counted repeats, their nested product, and the depth of groups. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 1000;

interface Flags { readonly fold: boolean; readonly multiLine: boolean; readonly dotAll: boolean; readonly ungreedy: boolean }
/** What `.` matches. */
const NOT_NEWLINE = complement([NEWLINE, NEWLINE]);

const NO_FLAGS: Flags = { fold: false, multiLine: false, dotAll: false, ungreedy: false };
const FLAG_NAMES: Readonly<Record<string, keyof Flags>> = { i: 'fold', m: 'multiLine', s: 'dotAll', U: 'ungreedy' };

const REFUSED_GROUPS: readonly (readonly [prefix: string, what: string])[] = [
  ['(?=', 'look-ahead "(?="'], ['(?!', 'negative look-ahead "(?!"'], ['(?<=', 'look-behind "(?<="'],
  ['(?<!', 'negative look-behind "(?<!"'], ['(?>', 'an atomic group "(?>"'], ['(?#', 'a comment "(?#"'],
  ['(?(', 'a conditional "(?("'], ['(?|', 'a branch reset "(?|"'], ['(?&', 'a subroutine call "(?&"'],
  ['(?P=', 'a backreference "(?P="'], ['(?P>', 'a subroutine call "(?P>"'], ["(?'", "a quoted group name; write (?P<name>…)"],
];

/** Throws SyntaxProblem. */
export function parseRe2(source: string): Node {
  const parser = new Parser(source);
  const node = parser.alternation(NO_FLAGS, 0);
  if (parser.at < source.length) throw new SyntaxProblem('a closing parenthesis without an opening one', parser.at);
  return node;
}

class Parser {
  at = 0;
  readonly #source: string;
  readonly #names = new Set<string>();

  constructor(source: string) { this.#source = source; }

  alternation(outer: Flags, depth: number): Node {
    if (depth > MAX_DEPTH) throw new SyntaxProblem(`more than ${MAX_DEPTH} nested groups`, this.at);
    const branches: Node[][] = [[]];
    let flags = outer;
    for (;;) {
      const char = this.#source[this.at];
      if (char === undefined || char === ')') return alternate(branches.map(concat));
      const items = branches.at(-1)!;
      if (char === '|') {
        this.at += 1;
        branches.push([]);
      } else if (this.#source.startsWith('(?', this.at)) {
        flags = this.#special(flags, items, depth);
      } else if (char === '(') {
        this.at += 1;
        this.#quantified(items, this.#group(flags, depth, null), flags);
      } else if (this.#source.startsWith('\\Q', this.at)) {
        this.#quoted(items, flags);
      } else {
        this.#quantified(items, this.#atom(flags), flags);
      }
    }
  }

  #group(flags: Flags, depth: number, name: string | null): Node {
    return { kind: 'capture', body: this.#body(flags, depth), name };
  }

  #body(flags: Flags, depth: number): Node {
    const opened = this.at;
    const body = this.alternation(flags, depth + 1);
    if (this.#source[this.at] !== ')') throw new SyntaxProblem('a parenthesis that is never closed', opened - 1);
    this.at += 1;
    return body;
  }

  /** `(?…`: a named group, a group with flags, or flags for the rest of the enclosing group. */
  #special(flags: Flags, items: Node[], depth: number): Flags {
    const start = this.at;
    const refused = REFUSED_GROUPS.find(([prefix]) => this.#source.startsWith(prefix, start));
    if (refused !== undefined) throw new SyntaxProblem(`RE2 has no ${refused[1]}`, start);
    const named = /^\(\?P?<([A-Za-z0-9_]+)>/.exec(this.#source.slice(start, start + 260));
    if (named !== null) {
      const name = named[1]!;
      if (this.#names.has(name)) throw new SyntaxProblem(`the group name "${name}" is used twice`, start);
      this.#names.add(name);
      this.at += named[0].length;
      this.#quantified(items, this.#group(flags, depth, name), flags);
      return flags;
    }
    const switches = /^\(\?([imsU]*)(-[imsU]+)?([:)])/.exec(this.#source.slice(start, start + 40));
    if (switches === null) throw new SyntaxProblem(`RE2 has no group that begins with "${this.#source.slice(start, start + 4)}"`, start);
    const next: Record<keyof Flags, boolean> = { ...flags };
    for (const letter of switches[1]!) next[FLAG_NAMES[letter]!] = true;
    for (const letter of (switches[2] ?? '').slice(1)) next[FLAG_NAMES[letter]!] = false;
    this.at += switches[0].length;
    if (switches[3] === ')') return next;
    this.#quantified(items, this.#body(next, depth), flags);
    return flags;
  }

  #quoted(items: Node[], flags: Flags): void {
    const end = this.#source.indexOf('\\E', this.at + 2);
    const text = this.#source.slice(this.at + 2, end === -1 ? undefined : end);
    const points = [...text];
    this.at = end === -1 ? this.#source.length : end + 2;
    points.forEach((char, i) => {
      const node = literal(char.codePointAt(0)!, flags);
      if (i === points.length - 1) this.#quantified(items, node, flags);
      else items.push(node);
    });
  }

  #atom(flags: Flags): Node {
    const char = this.#source[this.at]!;
    switch (char) {
      case '^': this.at += 1; return { kind: 'assert', what: flags.multiLine ? 'beginLine' : 'beginText' };
      case '$': this.at += 1; return { kind: 'assert', what: flags.multiLine ? 'endLine' : 'endText' };
      case '.': this.at += 1; return setNode(flags.dotAll ? ANY : NOT_NEWLINE, false);
      case '[': { const [node, end] = parseClass(this.#source, this.at, flags.fold); this.at = end; return node; }
      case '*': case '+': case '?': throw new SyntaxProblem(`nothing before "${char}" to repeat`, this.at);
      case '\\': return this.#escape(flags);
      default: {
        if (char === '{' && this.#counts() !== null) throw new SyntaxProblem('nothing before "{" to repeat', this.at);
        const point = this.#source.codePointAt(this.at)!;
        this.at += point > 0xffff ? 2 : 1;
        return literal(point, flags);
      }
    }
  }

  #escape(flags: Flags): Node {
    const assertion = ({ A: 'beginText', z: 'endText', b: 'boundary', B: 'notBoundary' } as const)[this.#source[this.at + 1] ?? ''];
    if (assertion !== undefined) {
      this.at += 2;
      return { kind: 'assert', what: assertion };
    }
    const set = parseClassEscape(this.#source, this.at, flags.fold);
    if (set !== null) {
      this.at = set[1];
      return set[0];
    }
    const [point, end] = parseEscape(this.#source, this.at);
    this.at = end;
    return literal(point, flags);
  }

  /** Reads the repetition that may follow an item. RE2 allows one, with `?` behind it for the lazy form. */
  #quantified(items: Node[], item: Node, flags: Flags): void {
    const first = this.#repetition();
    if (first === null) {
      items.push(item);
      return;
    }
    const lazy = this.#source[this.at] === '?';
    if (lazy) this.at += 1;
    const operator = this.at;
    if (this.#repetition() !== null) {
      const possessive = this.#source[operator] === '+' && !lazy;
      throw new SyntaxProblem(possessive ? 'RE2 has no possessive repetition' : 'a repetition of a repetition; put the inner one in a group', operator);
    }
    const [min, max] = first;
    if (repeatProduct(item) * Math.max(min, max === Infinity ? 1 : max) > MAX_REPEAT) {
      throw new SyntaxProblem(`a repetition of more than ${MAX_REPEAT}`, operator);
    }
    items.push({ kind: 'repeat', body: item, min, max, lazy: lazy !== flags.ungreedy });
  }

  #repetition(): readonly [number, number] | null {
    const char = this.#source[this.at];
    if (char === '*' || char === '+' || char === '?') {
      this.at += 1;
      return [char === '+' ? 1 : 0, char === '?' ? 1 : Infinity];
    }
    const counts = char === '{' ? this.#counts() : null;
    if (counts === null) return null;
    if (counts.max < counts.min) throw new SyntaxProblem(`a repetition whose end ${counts.max} is below its start ${counts.min}`, this.at);
    if (counts.min > MAX_REPEAT || (counts.max !== Infinity && counts.max > MAX_REPEAT)) throw new SyntaxProblem(`a repetition of more than ${MAX_REPEAT}`, this.at);
    this.at += counts.length;
    return [counts.min, counts.max];
  }

  /** `{n}`, `{n,}` or `{n,m}` here, or null: any other `{` is a literal. */
  #counts(): { min: number; max: number; length: number } | null {
    const found = /^\{(0|[1-9]\d{0,8})(,(0|[1-9]\d{0,8})?)?\}/.exec(this.#source.slice(this.at, this.at + 24));
    if (found === null) return null;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === undefined ? Infinity : Number(found[3]);
    return { min, max, length: found[0].length };
  }
}

function literal(point: number, flags: Flags): Node {
  return setNode([point, point], flags.fold);
}

/** Branches that are single sets become one set, which is what makes `(a|b)*` as harmless as `[ab]*`. */
function alternate(branches: readonly Node[]): Node {
  if (branches.length === 1) return branches[0] ?? EMPTY;
  const [head] = branches;
  if (head?.kind === 'set' && branches.every((branch) => branch.kind === 'set' && isPlain(branch) && branch.fold === head.fold)) {
    return setNode((branches as SetNode[]).reduce<Ranges>((all, branch) => union(all, branch.ranges), []), head.fold);
  }
  return { kind: 'alternate', parts: branches };
}

function isPlain(set: SetNode): boolean {
  return set.properties.length === 0 && !set.negated;
}

function repeatProduct(node: Node): number {
  switch (node.kind) {
    case 'repeat': return repeatProduct(node.body) * Math.max(1, node.min, node.max === Infinity ? 1 : node.max);
    case 'capture': return repeatProduct(node.body);
    case 'concat': case 'alternate': return Math.max(...node.parts.map(repeatProduct));
    case 'empty': case 'set': case 'assert': return 1;
    default: return node satisfies never;
  }
}

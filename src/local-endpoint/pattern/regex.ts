import { invalidPattern } from './scanner.ts';

// The dialect knows no groups, so a pattern is a choice of sequences of repeated character sets. It runs on sets of
// states, in time proportional to text × states: an operator's expression cannot stall the server.

/** Which code points an atom takes: ASCII by table, all others alike. */
interface CharacterSet { readonly ascii: Uint8Array; readonly others: boolean }

type Step =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'fork'; readonly to: number }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end' }
  | { readonly kind: 'match' };

/** Repetitions are unrolled; 1,024 characters of pattern rarely need more. */
const MAX_STEPS = 2000;

const PLAIN = /[A-Za-z0-9:_#=@/;,-]/;
const ESCAPABLE = /[\^$?[\]{}|\\*+.:_#=@/;,-]/;

function setOf(test: (code: number) => boolean, others: boolean): CharacterSet {
  return { ascii: Uint8Array.from({ length: 128 }, (_, code) => (test(code) ? 1 : 0)), others };
}

function oneOf(code: number): CharacterSet {
  return code < 128 ? setOf((c) => c === code, false) : setOf(() => false, false);
}

function classOf(letter: string): CharacterSet | null {
  const negated = letter !== letter.toLowerCase();
  const member = { d: /\d/, s: /\s/, w: /\w/ }[letter.toLowerCase()];
  return member === undefined ? null : setOf((c) => member.test(String.fromCharCode(c)) !== negated, negated);
}

class Compiler {
  readonly #source: string;
  readonly #offset: number;
  #at = 0;
  readonly steps: Step[] = [];

  constructor(source: string, offset: number) {
    this.#source = source;
    this.#offset = offset;
  }

  compile(): readonly Step[] {
    for (;;) {
      const fork = this.#emit({ kind: 'fork', to: 0 });
      this.#sequence();
      this.#emit({ kind: 'match' });
      this.steps[fork] = { kind: 'fork', to: this.steps.length };
      if (this.#at >= this.#source.length) break;
      this.#at++;
    }
    // The last fork has no further choice: it falls into a dead end.
    this.#emit({ kind: 'set', set: setOf(() => false, false) });
    return this.steps;
  }

  #fail(reason: string): Error {
    return invalidPattern(`regular expression: ${reason}`, this.#offset + this.#at);
  }

  #emit(step: Step): number {
    if (this.steps.length >= MAX_STEPS) throw this.#fail('too large once its repetitions are written out');
    return this.steps.push(step) - 1;
  }

  #sequence(): void {
    while (this.#at < this.#source.length && this.#source[this.#at] !== '|') {
      const c = this.#source[this.#at];
      if (c === '^' || c === '$') {
        this.#at++;
        this.#emit({ kind: c === '^' ? 'begin' : 'end' });
        continue;
      }
      const set = this.#atom();
      const [min, max] = this.#repetition();
      this.#repeat(set, min, max);
    }
  }

  #repeat(set: CharacterSet, min: number, max: number): void {
    for (let i = 0; i < min; i++) this.#emit({ kind: 'set', set });
    if (max === Infinity) {
      const fork = this.#emit({ kind: 'fork', to: 0 });
      this.#emit({ kind: 'set', set });
      this.#emit({ kind: 'jump', to: fork });
      this.steps[fork] = { kind: 'fork', to: this.steps.length };
      return;
    }
    const forks: number[] = [];
    for (let i = min; i < max; i++) {
      forks.push(this.#emit({ kind: 'fork', to: 0 }));
      this.#emit({ kind: 'set', set });
    }
    for (const fork of forks) this.steps[fork] = { kind: 'fork', to: this.steps.length };
  }

  #atom(): CharacterSet {
    const c = this.#source[this.#at] ?? '';
    this.#at++;
    if (c === '.') return setOf((code) => code !== 10 && code !== 13, true);
    if (c === '\\') return this.#escape();
    if (c === '[') return this.#bracket();
    if (PLAIN.test(c)) return oneOf(c.charCodeAt(0));
    this.#at--;
    if (/[?*+{}\]]/.test(c)) throw this.#fail(`'${c}' has nothing before it`);
    throw this.#fail(`'${c}' is not allowed; write it as \\xhh, and there are no groups`);
  }

  #escape(): CharacterSet {
    const c = this.#source[this.#at] ?? '';
    const known = classOf(c);
    const hex = /^x([0-9a-fA-F]{2})/.exec(this.#source.slice(this.#at, this.#at + 3))?.[1];
    if (known === null && hex === undefined && !ESCAPABLE.test(c)) throw this.#fail(`'\\${c}' is not an escape`);
    this.#at += hex === undefined ? 1 : 3;
    return known ?? oneOf(hex === undefined ? c.charCodeAt(0) : Number.parseInt(hex, 16));
  }

  #bracket(): CharacterSet {
    const negated = this.#source[this.#at] === '^';
    if (negated) this.#at++;
    const ascii = new Uint8Array(128);
    let others = false;
    const first = this.#at;
    while (this.#source[this.#at] !== ']' || this.#at === first) {
      if (this.#at >= this.#source.length) throw this.#fail("'[' is never closed");
      const low = this.#bracketItem();
      if (low.code !== null && this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']' && this.#at + 1 < this.#source.length) {
        this.#at++;
        const high = this.#bracketItem();
        if (high.code === null || high.code < low.code) throw this.#fail('the range is out of order');
        ascii.fill(1, low.code, high.code + 1);
        continue;
      }
      for (let code = 0; code < 128; code++) ascii[code] = (ascii[code] ?? 0) | (low.set.ascii[code] ?? 0);
      others ||= low.set.others;
    }
    this.#at++;
    return negated ? { ascii: ascii.map((bit) => 1 - bit), others: !others } : { ascii, others };
  }

  #bracketItem(): { readonly set: CharacterSet; readonly code: number | null } {
    const c = this.#source[this.#at] ?? '';
    this.#at++;
    if (c === '\\') {
      const set = this.#escape();
      const codes = [...set.ascii.keys()].filter((code) => set.ascii[code] === 1);
      return { set, code: codes.length === 1 && !set.others ? (codes[0] ?? null) : null };
    }
    if (!PLAIN.test(c) && !ESCAPABLE.test(c)) throw this.#fail(`'${c}' is not allowed; write it as \\xhh`);
    return { set: oneOf(c.charCodeAt(0)), code: c.charCodeAt(0) };
  }

  #repetition(): readonly [min: number, max: number] {
    const c = this.#source[this.#at];
    let range: readonly [number, number] = [1, 1];
    if (c === '*') range = [0, Infinity];
    else if (c === '+') range = [1, Infinity];
    else if (c === '?') range = [0, 1];
    else if (c === '{') return this.#counted();
    else return range;
    this.#at++;
    this.#lazy();
    return range;
  }

  #counted(): readonly [min: number, max: number] {
    const [all, min = '', comma, max = ''] = /^\{(\d{0,4})(,?)(\d{0,4})\}/.exec(this.#source.slice(this.#at, this.#at + 12)) ?? [];
    if (all === undefined || (min === '' && max === '')) throw this.#fail("'{' needs one or two numbers, as in {2}, {2,}, {,3} or {2,3}");
    const low = min === '' ? 0 : Number(min);
    const unbounded = max === '' ? Infinity : Number(max);
    const high = comma === '' ? low : unbounded;
    if (high < low) throw this.#fail('the repetition is out of order');
    this.#at += all.length;
    this.#lazy();
    return [low, high];
  }

  /** Whether a repetition is lazy makes no difference to whether there is a match. */
  #lazy(): void {
    if (this.#source[this.#at] === '?') this.#at++;
  }
}

/** The filter language's regular expressions: found anywhere in the text unless anchored. */
export class Regex {
  readonly source: string;
  readonly #steps: readonly Step[];

  /** `offset`: where the source stands in the pattern, for messages. Throws InvalidParameterException. */
  constructor(source: string, offset = 0) {
    if (source === '') throw invalidPattern('the regular expression is empty', offset);
    this.source = source;
    this.#steps = new Compiler(source, offset).compile();
  }

  test(text: string): boolean {
    const run = new Run(this.#steps);
    if (run.enter(0, 0, text.length)) return true;
    for (let at = 0; at < text.length;) {
      const code = text.codePointAt(at) ?? 0;
      at += code > 0xffff ? 2 : 1;
      if (run.advance(code, at, text.length)) return true;
    }
    return false;
  }
}

/** The set of states a text has led to so far; a new attempt starts at each position. */
class Run {
  readonly #steps: readonly Step[];
  readonly #marked: Uint32Array;
  readonly #stack: number[] = [];
  #alive: number[] = [];
  #mark = 1;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#marked = new Uint32Array(steps.length);
  }

  /** Adds a state and all that it reaches without a character. True: that is a match. */
  enter(from: number, at: number, length: number): boolean {
    this.#stack.length = 0;
    this.#stack.push(from);
    for (let pc = this.#stack.pop(); pc !== undefined; pc = this.#stack.pop()) {
      const step = this.#steps[pc];
      if (step === undefined || this.#marked[pc] === this.#mark) continue;
      this.#marked[pc] = this.#mark;
      switch (step.kind) {
        case 'set': this.#alive.push(pc); break;
        case 'fork': this.#stack.push(step.to, pc + 1); break;
        case 'jump': this.#stack.push(step.to); break;
        case 'begin': if (at === 0) this.#stack.push(pc + 1); break;
        case 'end': if (at === length) this.#stack.push(pc + 1); break;
        case 'match': return true;
        default: step satisfies never;
      }
    }
    return false;
  }

  /** Takes one code point; `at` is the position after it. True: the text matches. */
  advance(code: number, at: number, length: number): boolean {
    const before = this.#alive;
    this.#alive = [];
    this.#mark++;
    for (const pc of before) {
      const step = this.#steps[pc];
      if (step?.kind === 'set' && (code < 128 ? step.set.ascii[code] === 1 : step.set.others) && this.enter(pc + 1, at, length)) return true;
    }
    return this.enter(0, at, length);
  }
}

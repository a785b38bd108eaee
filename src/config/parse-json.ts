import { placeAt, pointerToken, sourceText, type JsonNode, type Member, type SourceText } from './json-tree.ts';
import type { Problem, Severity } from './problem.ts';

/** What nests deeper than this is no config: the schema needs 9 levels. Bounds the recursion. */
const MAX_DEPTH = 100;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}\p{N}_.+-]+/uy;
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const LITERALS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

class SyntaxFault extends Error {
  readonly at: number;
  readonly expected: string | null;
  constructor(at: number, message: string, expected: string | null) {
    super(message);
    this.at = at;
    this.expected = expected;
  }
}

/**
 * Reads strict JSON (RFC 8259) into a tree that knows its places; a byte order mark at the start is passed over. `root`
 * is null when the syntax is broken: then the first fault is the one error. A key written twice is a warning, and the last one counts.
 */
export function parseJson(file: string, content: string): { readonly root: JsonNode | null; readonly problems: readonly Problem[] } {
  const source = sourceText(file, content);
  const problems: Problem[] = [];
  const problem = (severity: Severity, at: number, pointer: string, message: string, expected: string | null): Problem =>
    ({ severity, ...placeAt(source, at), pointer, message, expected, didYouMean: null });
  try {
    return { root: new Reader(source, (at, pointer, message) => problems.push(problem('warning', at, pointer, message, null))).document(), problems };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { root: null, problems: [...problems, problem('error', error.at, '', error.message, error.expected)] };
  }
}

class Reader {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #warn: (at: number, pointer: string, message: string) => void;
  #at = 0;
  #pointer: string[] = [];

  constructor(source: SourceText, warn: (at: number, pointer: string, message: string) => void) {
    this.#source = source;
    this.#text = source.text;
    this.#warn = warn;
  }

  document(): JsonNode {
    this.#space();
    if (this.#at === this.#text.length) throw new SyntaxFault(this.#at, 'the file is empty', 'a JSON object');
    const root = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault('the end of the file');
    return root;
  }

  #value(): JsonNode {
    const start = this.#at;
    if (this.#pointer.length > MAX_DEPTH) throw new SyntaxFault(start, `nested deeper than ${MAX_DEPTH} levels`, null);
    const first = this.#text[start];
    if (first === '{') return { kind: 'object', source: this.#source, start, members: this.#members() };
    if (first === '[') return { kind: 'array', source: this.#source, start, items: this.#items() };
    if (first === '"') return { kind: 'scalar', source: this.#source, start, value: this.#string() };
    const digits = this.#match(NUMBER);
    if (digits !== '') {
      if (this.#match(WORD) !== '') throw new SyntaxFault(start, 'this is no JSON number', 'digits as in 5, -1 or 0.25, without a leading zero or plus sign');
      return { kind: 'scalar', source: this.#source, start, value: Number(digits) };
    }
    const word = this.#match(WORD);
    if (Object.hasOwn(LITERALS, word)) return { kind: 'scalar', source: this.#source, start, value: LITERALS[word]! };
    this.#at = start;
    throw this.#fault('a value');
  }

  #members(): ReadonlyMap<string, Member> {
    const members = new Map<string, Member>();
    this.#at++;
    this.#space();
    if (this.#take('}')) return members;
    for (;;) {
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#fault(members.size === 0 ? 'a key in double quotes or }' : 'a key in double quotes');
      const key = this.#string();
      this.#pointer.push(pointerToken(key));
      this.#space();
      if (!this.#take(':')) throw this.#fault('a colon after the key');
      this.#space();
      const node = this.#value();
      if (members.has(key)) this.#warn(start, this.#path(), `the key "${key}" stands here a second time; this one counts`);
      members.set(key, { source: this.#source, start, node });
      this.#pointer.pop();
      this.#space();
      if (this.#take('}')) return members;
      if (!this.#take(',')) throw this.#fault('a comma or }');
      this.#space();
      if (this.#text[this.#at] === '}') throw new SyntaxFault(this.#at, 'a comma stands before this }', 'another key, or no comma');
    }
  }

  #items(): readonly JsonNode[] {
    const items: JsonNode[] = [];
    this.#at++;
    this.#space();
    if (this.#take(']')) return items;
    for (;;) {
      this.#pointer.push(String(items.length));
      items.push(this.#value());
      this.#pointer.pop();
      this.#space();
      if (this.#take(']')) return items;
      if (!this.#take(',')) throw this.#fault('a comma or ]');
      this.#space();
      if (this.#text[this.#at] === ']') throw new SyntaxFault(this.#at, 'a comma stands before this ]', 'another value, or no comma');
    }
  }

  #string(): string {
    const start = this.#at++;
    let value = '';
    for (let run = this.#at; ; this.#at++) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new SyntaxFault(start, 'this string is not ended', 'a closing double quote');
      if (char >= ' ' && char !== '"' && char !== '\\') continue;
      value += this.#text.slice(run, this.#at);
      if (char === '"') {
        this.#at++;
        return value;
      }
      if (char === '\n' || char === '\r') throw new SyntaxFault(start, 'this string is not ended on its line', String.raw`a closing double quote (a newline inside a string is written \n)`);
      if (char < ' ') throw new SyntaxFault(this.#at, 'a control character stands in this string', String.raw`an escape such as \t`);
      value += this.#escape();
      run = this.#at + 1;
    }
  }

  /** The character an escape stands for; leaves the position on the escape's last character. */
  #escape(): string {
    const start = this.#at++;
    const char = this.#text[this.#at] ?? '';
    if (Object.hasOwn(ESCAPES, char)) return ESCAPES[char]!;
    const hex = this.#text.slice(this.#at + 1, this.#at + 5);
    if (char !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) throw new SyntaxFault(start, `\\${char} is no escape of JSON`, String.raw`\\ for a backslash (as in regular expressions: \\d, \\s), or one of \" \/ \b \f \n \r \t \uXXXX`);
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }

  #space(): void {
    for (;;) {
      switch (this.#text.charCodeAt(this.#at)) {
        case 0x20: case 0x0a: case 0x0d: case 0x09: this.#at++; break;
        default: return;
      }
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #path(): string {
    return `/${this.#pointer.join('/')}`;
  }

  #fault(expected: string): SyntaxFault {
    const rest = this.#text.slice(this.#at);
    const where = this.#pointer.length === 0 ? '' : ` (in ${this.#path()})`;
    if (rest === '') return new SyntaxFault(this.#at, `the file ends too early${where}`, expected);
    if (/^(?:\/[/*]|#)/.test(rest)) return new SyntaxFault(this.#at, 'JSON has no comments', `${expected}; remove the comment`);
    if (rest.startsWith("'")) return new SyntaxFault(this.#at, 'a single quote stands here', `${expected}; strings are written in double quotes`);
    const word = /^[\p{L}\p{N}_.+-]{1,20}/u.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0)!);
    if (this.#pointer.length === 0 && /^(?:---|\[?[\w-]+\]?\s*(?:[:=]|$))/m.test(rest) && this.#text.slice(0, this.#at).trim() === '') return new SyntaxFault(this.#at, `this is no JSON: it begins with ${JSON.stringify(word)}`, 'an object { … }; YAML, TOML and INI are not read');
    const shown = word === '"' ? 'a string stands here' : `unexpected ${JSON.stringify(word)}`;
    return new SyntaxFault(this.#at, `${shown}${where}`, `${expected}${word === '"' && expected.startsWith('a comma') ? ' before it' : ''}`);
  }
}

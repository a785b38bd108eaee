// Reads a glob into a tree. The dialect is the CloudWatch agent's two dialects (Go's filepath.Match and gobwas/glob with
// `/` as separator) made one: what either understands, this understands.

export interface CharRange { readonly from: number; readonly to: number }

/** One step of a pattern. `levels` is a `**` that fills a whole segment together with its `/`: zero or more directories. */
export type GlobItem =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly CharRange[] }
  | { readonly kind: 'star' }
  | { readonly kind: 'deep' }
  | { readonly kind: 'levels' }
  | { readonly kind: 'either'; readonly branches: readonly (readonly GlobItem[])[] };

/** A pattern that cannot be compiled: `problem` is the cause and the next step, `at` the index in the pattern. */
export interface GlobProblem { readonly problem: string; readonly at: number }

/** Nesting of braces: far above what a person writes, and small enough for recursion. */
const MAX_NESTING = 32;

const META = /[*?[\]{}\\]/;

/** True if the CloudWatch agent would take the pattern as a plain path: it has none of `* ? [ {`. */
export function isLiteral(pattern: string): boolean {
  return !/[*?[{]/.test(pattern);
}

class GlobSyntaxError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Cursor over the code points of one pattern. */
class PatternReader {
  readonly #pattern: string;
  #index = 0;

  constructor(pattern: string) { this.#pattern = pattern; }

  get index(): number { return this.#index; }
  peek(): string | undefined { return this.#at(this.#index); }
  /** What follows the next one. */
  peekBehind(): string | undefined { return this.#at(this.#index + (this.peek()?.length ?? 0)); }

  next(): string | undefined {
    const point = this.peek();
    this.#index += point?.length ?? 0;
    return point;
  }

  accept(point: string): boolean {
    if (this.peek() !== point) return false;
    this.#index += point.length;
    return true;
  }

  #at(index: number): string | undefined {
    const code = this.#pattern.codePointAt(index);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }
}

function code(point: string): number {
  return point.codePointAt(0) ?? 0;
}

function classPoint(reader: PatternReader, opened: number): number {
  const point = reader.next();
  if (point === undefined) throw new GlobSyntaxError('"[" is never closed: add "]", or write "\\[" for a plain bracket', opened);
  if (point !== '\\') return code(point);
  const escaped = reader.next();
  if (escaped === undefined) throw new GlobSyntaxError('the pattern ends in "\\": write "\\\\" for a plain backslash', reader.index - 1);
  return code(escaped);
}

function readClass(reader: PatternReader): GlobItem {
  const opened = reader.index - 1;
  const negated = reader.accept('!') || reader.accept('^');
  const ranges: CharRange[] = [];
  // As in a shell, a "]" that comes first is a member.
  for (let first = true; first || reader.peek() !== ']'; first = false) {
    const from = classPoint(reader, opened);
    if (reader.peek() === '-' && reader.peekBehind() !== ']' && reader.peekBehind() !== undefined) {
      reader.next();
      const to = classPoint(reader, opened);
      if (to < from) throw new GlobSyntaxError('a range in "[…]" runs backwards: write the lower character first', opened);
      ranges.push({ from, to });
    } else {
      ranges.push({ from, to: from });
    }
  }
  reader.next();
  return { kind: 'class', negated, ranges };
}

function readStars(reader: PatternReader, afterSlash: boolean): GlobItem {
  if (!reader.accept('*')) return { kind: 'star' };
  while (reader.accept('*')) { /* three stars mean two */ }
  if (afterSlash && reader.accept('/')) return { kind: 'levels' };
  return { kind: 'deep' };
}

function readBraces(reader: PatternReader, afterSlash: boolean, depth: number): GlobItem {
  const opened = reader.index - 1;
  if (depth >= MAX_NESTING) throw new GlobSyntaxError(`braces are nested more than ${MAX_NESTING} deep: write the pattern as several entries`, opened);
  const branches: (readonly GlobItem[])[] = [];
  for (;;) {
    branches.push(readSequence(reader, afterSlash, depth + 1));
    if (reader.accept(',')) continue;
    if (reader.accept('}')) return { kind: 'either', branches };
    throw new GlobSyntaxError('"{" is never closed: add "}", or write "\\{" for a plain brace', opened);
  }
}

function readSequence(reader: PatternReader, startsAfterSlash: boolean, depth: number): readonly GlobItem[] {
  const items: GlobItem[] = [];
  let afterSlash = startsAfterSlash;
  for (;;) {
    const point = reader.peek();
    if (point === undefined || (depth > 0 && (point === ',' || point === '}'))) return items;
    reader.next();
    const wasAfterSlash = afterSlash;
    afterSlash = point === '/';
    switch (point) {
      case '*': {
        const stars = readStars(reader, wasAfterSlash);
        afterSlash = stars.kind === 'levels';
        items.push(stars);
        break;
      }
      case '?': items.push({ kind: 'any' }); break;
      case '[': items.push(readClass(reader)); break;
      case '{': items.push(readBraces(reader, wasAfterSlash, depth)); break;
      case '\\': {
        const escaped = reader.next();
        if (escaped === undefined) throw new GlobSyntaxError('the pattern ends in "\\": write "\\\\" for a plain backslash', reader.index - 1);
        items.push({ kind: 'char', code: code(escaped) });
        break;
      }
      default: items.push({ kind: 'char', code: code(point) });
    }
  }
}

/** Resolves `//`, `/./`, a trailing `/` and, after a plain segment, `..`; returns null where `..` follows a wildcard. */
function tidy(pattern: string): string | null {
  const literal = isLiteral(pattern);
  const kept: string[] = [];
  for (const segment of pattern.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') {
      kept.push(segment);
      continue;
    }
    const before = kept.pop();
    if (!literal && before !== undefined && META.test(before)) return null;
  }
  return `/${kept.join('/')}`;
}

/** Parses an absolute pattern; the result matches whole paths. A path without wildcards is taken letter by letter. */
export function parseGlob(pattern: string): readonly GlobItem[] | GlobProblem {
  if (!pattern.startsWith('/')) return { problem: 'the path is not absolute: begin it with "/"', at: 0 };
  if (pattern.includes('\0')) return { problem: 'the path contains a NUL character: no file can have such a name', at: pattern.indexOf('\0') };
  const tidied = tidy(pattern);
  if (tidied === null) return { problem: '".." follows a wildcard: write the path without ".."', at: pattern.indexOf('..') };
  if (isLiteral(pattern)) return Array.from(tidied, (point) => ({ kind: 'char', code: code(point) }) as const);
  try {
    return readSequence(new PatternReader(tidied), false, 0);
  } catch (error) {
    if (error instanceof GlobSyntaxError) return { problem: error.message, at: error.at };
    throw error;
  }
}

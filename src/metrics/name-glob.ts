// Globs of names: of devices, interfaces, units. Unlike those of paths, a `*` takes everything, also a `/`, as the
// CloudWatch agent's filters do. Any text is a glob: what is never closed stands for itself.

type Item =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [from: string, to: string])[] }
  | { readonly kind: 'either'; readonly branches: readonly (readonly Item[])[] };

/** Braces that are nested deeper are taken letter by letter, all of the glob's. */
const MAX_NESTING = 8;

interface Parsed<T> { readonly value: T; readonly next: number }

/** True for a text that stands for more than itself. */
export function isNameGlob(text: string): boolean {
  return /[*?[{\\]/.test(text);
}

/** What tells whether a name fits one of the globs. It takes time as the product of both lengths at most. */
export function compileNameGlobs(globs: readonly string[]): (name: string) => boolean {
  const literals = new Set(globs.filter((glob) => !isNameGlob(glob)));
  const compiled = globs.filter(isNameGlob).map(parse);
  return (name) => literals.has(name) || (compiled.length > 0 && matchesAny(compiled, [...name]));
}

function matchesAny(globs: readonly (readonly Item[])[], name: readonly string[]): boolean {
  return globs.some((items) => advance(items, name, new Set([0])).has(name.length));
}

/** All places of the name where the items may have ended, when they began at one of `starts`. */
function advance(items: readonly Item[], name: readonly string[], starts: ReadonlySet<number>): ReadonlySet<number> {
  let places = starts;
  for (const item of items) {
    if (places.size === 0) return places;
    places = step(item, name, places);
  }
  return places;
}

function step(item: Item, name: readonly string[], places: ReadonlySet<number>): ReadonlySet<number> {
  switch (item.kind) {
    case 'star': {
      const first = Math.min(...places);
      return new Set(Array.from({ length: name.length - first + 1 }, (_, index) => first + index));
    }
    case 'either': return new Set(item.branches.flatMap((branch) => [...advance(branch, name, places)]));
    case 'any':
    case 'char':
    case 'class': return new Set([...places].filter((place) => place < name.length && fits(item, name[place]!)).map((place) => place + 1));
    default: throw new TypeError(item satisfies never);
  }
}

function fits(item: Exclude<Item, { kind: 'star' | 'either' }>, char: string): boolean {
  switch (item.kind) {
    case 'any': return true;
    case 'char': return item.char === char;
    case 'class': return item.ranges.some(([from, to]) => from <= char && char <= to) !== item.negated;
    default: throw new TypeError(item satisfies never);
  }
}

/** A glob by characters, and where its braces open that are closed. */
interface Source { readonly glob: readonly string[]; readonly opening: ReadonlySet<number> }

function parse(text: string): readonly Item[] {
  const glob = [...text];
  return parseSequence({ glob, opening: closedBraces(glob) }, 0, 0).value;
}

/** The braces are paired before anything is parsed: looking for the end of each in turn would take for ever with many. */
function closedBraces(glob: readonly string[]): ReadonlySet<number> {
  const closed = new Set<number>();
  const open: number[] = [];
  for (let at = 0; at < glob.length; at++) {
    if (glob[at] === '\\') at++;
    else if (glob[at] === '[') at = (parseClass(glob, at)?.next ?? at + 1) - 1;
    else if (glob[at] === '{') open.push(at);
    else if (glob[at] === '}' && open.length > MAX_NESTING) return new Set();
    else if (glob[at] === '}' && open.length > 0) closed.add(open.pop()!);
  }
  return closed;
}

function parseSequence(source: Source, from: number, depth: number): Parsed<readonly Item[]> {
  const { glob } = source;
  const items: Item[] = [];
  let at = from;
  while (at < glob.length) {
    const char = glob[at]!;
    if (depth > 0 && (char === ',' || char === '}')) break;
    const parsed = parseItem(source, at, depth);
    items.push(parsed.value);
    at = parsed.next;
  }
  return { value: items, next: at };
}

function parseItem(source: Source, at: number, depth: number): Parsed<Item> {
  const { glob, opening } = source;
  const char = glob[at]!;
  const literal = { value: { kind: 'char', char }, next: at + 1 } as const;
  switch (char) {
    case '*': return { value: { kind: 'star' }, next: at + 1 };
    case '?': return { value: { kind: 'any' }, next: at + 1 };
    case '\\': return at + 1 < glob.length ? { value: { kind: 'char', char: glob[at + 1]! }, next: at + 2 } : literal;
    case '[': return parseClass(glob, at) ?? literal;
    case '{': return opening.has(at) ? parseBraces(source, at, depth) : literal;
    default: return literal;
  }
}

function parseClass(glob: readonly string[], opened: number): Parsed<Item> | null {
  const negated = glob[opened + 1] === '!' || glob[opened + 1] === '^';
  const first = opened + (negated ? 2 : 1);
  // As in a shell, a "]" that comes first is a member.
  const close = glob.indexOf(']', first + 1);
  if (close === -1) return null;
  const ranges: (readonly [string, string])[] = [];
  for (let at = first; at < close; at++) {
    const ranged = glob[at + 1] === '-' && at + 2 < close;
    ranges.push([glob[at]!, ranged ? glob[at + 2]! : glob[at]!]);
    if (ranged) at += 2;
  }
  return { value: { kind: 'class', negated, ranges }, next: close + 1 };
}

function parseBraces(source: Source, opened: number, depth: number): Parsed<Item> {
  const branches: (readonly Item[])[] = [];
  for (let at = opened + 1; ;) {
    const branch = parseSequence(source, at, depth + 1);
    branches.push(branch.value);
    at = branch.next + 1;
    if (source.glob[branch.next] !== ',') return { value: { kind: 'either', branches }, next: at };
  }
}

// A glob as an automaton over the characters of a path. One walk over the characters answers three questions without
// backtracking: does this path match, can anything below this directory match, and which names can come next.
//
//   pattern ─parse─► items ─► nodes (a nondeterministic automaton) ─► GlobState: the set of nodes reached, built when first met

import { parseGlob, type CharRange, type GlobItem, type GlobProblem } from './glob-parse.ts';

export type { GlobProblem } from './glob-parse.ts';

type Node =
  | { readonly kind: 'char'; readonly code: number; readonly next: number }
  | { readonly kind: 'any'; readonly next: number }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly CharRange[]; readonly next: number }
  | { readonly kind: 'star' | 'deep'; readonly next: number }
  | { readonly kind: 'split'; readonly ways: readonly number[] }
  | { readonly kind: 'accept' };

const SLASH = 0x2f;
/** Names or roots enumerated from braces; beyond it a directory is listed instead, or the pattern is refused. */
export const MAX_EXPANSION = 1024;
/** Nodes of one pattern; a path has at most 4,096 characters (PATH_MAX), braces may hold several. */
const MAX_NODES = 16_384;
/** States kept per pattern. Ordinary patterns have some dozens; beyond the bound transitions are computed each time. */
const MAX_STATES = 2048;

/** NAME_MAX of Linux: no longer name exists. */
const MAX_NAME = 255;

/** Whether a listing can hold the name. Braces can spell a step upwards; no listing would. */
const isName = (name: string): boolean => name !== '' && name !== '.' && name !== '..';

/** Where the automaton stands after some characters. Opaque but for its three answers. */
export interface GlobState {
  /** The characters read so far are a match. */
  readonly accepts: boolean;
  /** No continuation can match. */
  readonly dead: boolean;
  /** A `**` is open: everything below this point may match, however deep. */
  readonly endless: boolean;
}

class State implements GlobState {
  readonly positions: readonly number[];
  readonly accepts: boolean;
  readonly endless: boolean;
  readonly ascii: (State | undefined)[] = [];
  readonly wide = new Map<number, State>();

  constructor(positions: readonly number[], nodes: readonly Node[]) {
    this.positions = positions;
    this.accepts = positions.some((at) => nodes[at]?.kind === 'accept');
    this.endless = positions.some((at) => nodes[at]?.kind === 'deep');
  }

  get dead(): boolean { return this.positions.length === 0; }
}

/** The characters that must come next in a name, the node behind them, and what stops them: the name's end, a wildcard, or what has to be looked at more closely. */
interface Spelling { readonly text: string; readonly at: number; readonly stop: 'name' | 'wildcard' | 'unclear' }

/** A directory from which matching begins: no directory above it can hold a match. */
export interface GlobRoot {
  readonly directory: string;
  /** The automaton after `directory` and its `/`. */
  readonly state: GlobState;
}

class Nodes {
  readonly all: Node[] = [{ kind: 'accept' }];

  #add(node: Node): number {
    if (this.all.length >= MAX_NODES) throw new RangeError('pattern too large');
    return this.all.push(node) - 1;
  }

  /** Compiles `items` so that they lead on to node `next`; returns the entry node. */
  sequence(items: readonly GlobItem[], next: number): number {
    let entry = next;
    for (let i = items.length - 1; i >= 0; i--) entry = this.#item(items[i] as GlobItem, entry);
    return entry;
  }

  #item(item: GlobItem, next: number): number {
    switch (item.kind) {
      case 'char':
      case 'any':
      case 'class':
      case 'star':
      case 'deep': return this.#add({ ...item, next });
      case 'levels': return this.#add({ kind: 'split', ways: [next, this.#add({ kind: 'deep', next: this.#add({ kind: 'char', code: SLASH, next }) })] });
      case 'either': return this.#add({ kind: 'split', ways: item.branches.map((branch) => this.sequence(branch, next)) });
      default: return item satisfies never;
    }
  }
}

function consumes(node: Node, code: number): boolean {
  switch (node.kind) {
    case 'char': return node.code === code;
    case 'any':
    case 'star': return code !== SLASH;
    case 'deep': return true;
    case 'class': return code !== SLASH && node.ranges.some((range) => code >= range.from && code <= range.to) !== node.negated;
    case 'split':
    case 'accept': return false;
    default: return node satisfies never;
  }
}

/** A compiled pattern. Immutable to its users; states met are remembered. */
export class Glob {
  readonly pattern: string;
  /** Fewest directories that must be looked at; `/a/{b,c}/*.log` has `/a/b` and `/a/c`. */
  readonly roots: readonly GlobRoot[];
  readonly #nodes: readonly Node[];
  readonly #states = new Map<string, State>();
  readonly #entry: number;
  readonly #start: State;

  constructor(pattern: string, items: readonly GlobItem[]) {
    this.pattern = pattern;
    const nodes = new Nodes();
    const entry = nodes.sequence(items, 0);
    this.#nodes = nodes.all;
    this.#entry = entry;
    this.#start = this.#intern(this.#closure([entry]));
    this.roots = this.#findRoots();
  }

  /** True if the whole absolute `path` matches. */
  matches(path: string): boolean {
    return this.advance(this.#start, path).accepts;
  }

  /** True if a path below `directory` (absolute, without trailing slash but for `/`) can match. */
  mayDescend(directory: string): boolean {
    return !this.below(directory).dead;
  }

  /** The state after `directory` and a `/`: where the names in it are judged from. */
  below(directory: string): GlobState {
    return this.advance(this.#start, directory === '/' ? '/' : `${directory}/`);
  }

  /** Reads `text` (a name, a `/`, a path) from `state`. Linear in its length. */
  advance(state: GlobState, text: string): GlobState {
    let at = state as State;
    for (let i = 0; i < text.length; i++) {
      if (at.positions.length === 0) return at;
      let code = text.charCodeAt(i);
      if (code >= 0xd800 && code <= 0xdbff) {
        code = text.codePointAt(i) as number;
        if (code > 0xffff) i++;
      }
      at = this.#step(at, code);
    }
    return at;
  }

  /** The only names that can come next in a directory at `state`, or null: it must be listed to know. */
  names(state: GlobState): ReadonlySet<string> | null {
    const { text, stop } = this.#spelt(state as State);
    if (stop === 'wildcard') return null;
    if (stop === 'name') return new Set([text]);
    const names = new Set<string>();
    return this.#spell(state as State, '', names) ? names : null;
  }

  /** What every name that can come next in a directory at `state` begins with, as far as that is spelt out, and the state behind it. */
  prefix(state: GlobState): { readonly text: string; readonly after: GlobState } {
    const { text, at } = this.#spelt(state as State);
    return { text, after: text === '' ? state : this.#intern(this.#closure([at])) };
  }

  #spelt({ positions }: State): Spelling {
    const [first] = positions;
    return positions.length === 1 ? this.#spelling(first!) : { text: '', at: 0, stop: 'unclear' };
  }

  #spelling(from: number): Spelling {
    let text = '';
    for (let at = from; ;) {
      const node = this.#nodes[at]!;
      if (text.length > MAX_NAME) return { text, at, stop: 'unclear' };
      switch (node.kind) {
        case 'char':
          if (node.code === SLASH) return { text, at, stop: isName(text) ? 'name' : 'unclear' };
          text += String.fromCodePoint(node.code);
          at = node.next;
          break;
        case 'accept': return { text, at, stop: isName(text) ? 'name' : 'unclear' };
        case 'any': case 'class': case 'star': case 'deep': return { text, at, stop: 'wildcard' };
        case 'split': return { text, at, stop: 'unclear' };
        default: return node satisfies never;
      }
    }
  }

  #spell(state: State, prefix: string, names: Set<string>): boolean {
    if (prefix.length > MAX_NAME) return true;
    const real = isName(prefix);
    if (state.accepts && real) names.add(prefix);
    const codes = new Set<number>();
    for (const at of state.positions) {
      const node = this.#nodes[at] as Node;
      if (node.kind === 'accept') continue;
      if (node.kind !== 'char') return false;
      codes.add(node.code);
    }
    for (const code of codes) {
      if (code !== SLASH) {
        if (!this.#spell(this.#step(state, code), prefix + String.fromCodePoint(code), names)) return false;
      } else if (real) {
        names.add(prefix);
      }
      if (names.size > MAX_EXPANSION) return false;
    }
    return true;
  }

  #findRoots(): readonly GlobRoot[] {
    const roots: GlobRoot[] = [];
    const visit = (directory: string, state: GlobState): void => {
      if (roots.length > MAX_EXPANSION) throw new RangeError('too many roots');
      const names = this.names(state);
      if (names === null) {
        roots.push({ directory, state });
        return;
      }
      const ahead = [...names].map((name) => ({ name, after: this.advance(state, name) }));
      if (ahead.some(({ after }) => after.accepts)) {
        roots.push({ directory, state });
        return;
      }
      for (const { name, after } of ahead) visit(directory === '/' ? `/${name}` : `${directory}/${name}`, this.advance(after, '/'));
    };
    const { directory, at } = this.#literalDirectory();
    // All but braces and `**` segments: what is spelt out behind the last slash is the file's own name, or begins it.
    if (this.#spelling(at).stop !== 'unclear') return [{ directory, state: this.#intern(this.#closure([at])) }];
    visit(directory, this.#intern(this.#closure([at])));
    return roots;
  }

  /** The directory that every match lies in, as far as it is spelt out, and the node after its `/`: in most patterns all there is to find. */
  #literalDirectory(): { readonly directory: string; readonly at: number } {
    let end = { directory: '/', at: (this.#nodes[this.#entry] as { readonly next: number }).next };
    let name = '';
    for (let node = this.#nodes[end.at]!; node.kind === 'char' && name.length <= MAX_NAME; node = this.#nodes[node.next]!) {
      if (node.code !== SLASH) {
        name += String.fromCodePoint(node.code);
        continue;
      }
      if (!isName(name)) break;
      end = { directory: end.directory === '/' ? `/${name}` : `${end.directory}/${name}`, at: node.next };
      name = '';
    }
    return end;
  }

  #step(from: State, code: number): State {
    const known = code < 128 ? from.ascii[code] : from.wide.get(code);
    if (known !== undefined) return known;
    const reached: number[] = [];
    for (const at of from.positions) {
      const node = this.#nodes[at] as Node;
      if (node.kind === 'split' || node.kind === 'accept' || !consumes(node, code)) continue;
      reached.push(node.kind === 'star' || node.kind === 'deep' ? at : node.next);
    }
    const to = this.#intern(this.#closure(reached));
    if (this.#states.size < MAX_STATES) {
      if (code < 128) from.ascii[code] = to;
      else if (from.wide.size < MAX_STATES) from.wide.set(code, to);
    }
    return to;
  }

  /** The nodes that read a character (or accept) reachable from `entries` without reading one. */
  #closure(entries: readonly number[]): readonly number[] {
    const seen = new Set<number>();
    const reading: number[] = [];
    const stack = [...entries];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const node = this.#nodes[at] as Node;
      if (node.kind === 'split') {
        stack.push(...node.ways);
        continue;
      }
      reading.push(at);
      if (node.kind === 'star' || node.kind === 'deep') stack.push(node.next);
    }
    return reading.sort((a, b) => a - b);
  }

  #intern(positions: readonly number[]): State {
    const key = positions.join(',');
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state = new State(positions, this.#nodes);
    if (this.#states.size < MAX_STATES) this.#states.set(key, state);
    return state;
  }
}

/**
 * Compiles an absolute pattern: `*` and `?` within a segment, `[a-z]`, `[!a]`, `[^a]`, `{a,b}` (nested, with slashes), `\` escapes,
 * and `**` across segments: a whole segment of it matches any number of directories, none included. Names that begin with a dot are
 * like others. A mistake in the pattern is returned, not thrown.
 */
export function compileGlob(pattern: string): Glob | GlobProblem {
  const items = parseGlob(pattern);
  if ('problem' in items) return items;
  try {
    return new Glob(pattern, items);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { problem: `the pattern stands for more than ${MAX_EXPANSION} directories: use "*" instead of long lists in braces, or several entries`, at: 0 };
  }
}

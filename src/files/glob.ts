// A glob as an automaton over the characters of a path. One walk over the characters answers three questions without
// backtracking: does this path match, can anything below this directory match, and which names can come next.
//
//   pattern ─parse─► items ─► nodes (a nondeterministic automaton) ─► GlobState: the set of nodes reached, built when first met

import { Nodes, SLASH } from './glob-nodes.ts';
import { parseGlob, type GlobItem, type GlobProblem } from './glob-parse.ts';

export type { GlobProblem } from './glob-parse.ts';

/** Names or roots enumerated from braces; beyond it a directory is listed instead, or the pattern is refused. */
export const MAX_EXPANSION = 1024;
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
  /** The character that was met first, and what is behind it: most states of a spelt-out path meet no other, and a slot for each takes a kilobyte. */
  #code = -1;
  #next: State | undefined;
  #ascii: (State | undefined)[] | null = null;
  #wide: Map<number, State> | null = null;

  constructor(positions: readonly number[], nodes: Nodes) {
    this.positions = positions;
    this.accepts = positions.some((at) => nodes.kind(at) === 'accept');
    this.endless = positions.some((at) => nodes.kind(at) === 'deep');
  }

  /** The state behind a character, if it was met. */
  behind(code: number): State | undefined {
    if (code === this.#code) return this.#next;
    return code < 128 ? this.#ascii?.[code] : this.#wide?.get(code);
  }

  remember(code: number, to: State): void {
    if (this.#code === -1) {
      this.#code = code;
      this.#next = to;
    } else if (code < 128) (this.#ascii ??= [])[code] = to;
    else if ((this.#wide ??= new Map()).size < MAX_STATES) this.#wide.set(code, to);
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

/** A compiled pattern. Immutable to its users; states met are remembered. */
export class Glob {
  readonly pattern: string;
  /** Fewest directories that must be looked at; `/a/{b,c}/*.log` has `/a/b` and `/a/c`. */
  readonly roots: readonly GlobRoot[];
  readonly #nodes: Nodes;
  readonly #states = new Map<string, State>();
  readonly #start: State;

  constructor(pattern: string, items: readonly GlobItem[]) {
    this.pattern = pattern;
    this.#nodes = new Nodes(items);
    this.#start = this.#intern(this.#closure([this.#nodes.entry]));
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
    let at = from;
    for (let code = this.#nodes.char(at); code !== null; code = this.#nodes.char(at)) {
      if (text.length > MAX_NAME) return { text, at, stop: 'unclear' };
      if (code === SLASH) return { text, at, stop: isName(text) ? 'name' : 'unclear' };
      text += String.fromCodePoint(code);
      at = this.#nodes.next(at);
    }
    const kind = this.#nodes.kind(at);
    switch (kind) {
      case 'accept': return { text, at, stop: isName(text) ? 'name' : 'unclear' };
      case 'any': case 'class': case 'star': case 'deep': return { text, at, stop: 'wildcard' };
      case 'split': case 'char': return { text, at, stop: 'unclear' };
      default: return kind satisfies never;
    }
  }

  #spell(state: State, prefix: string, names: Set<string>): boolean {
    if (prefix.length > MAX_NAME) return true;
    const real = isName(prefix);
    if (state.accepts && real) names.add(prefix);
    const codes = new Set<number>();
    for (const at of state.positions) {
      if (this.#nodes.kind(at) === 'accept') continue;
      const code = this.#nodes.char(at);
      if (code === null) return false;
      codes.add(code);
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
    const nodes = this.#nodes;
    let directory = '/';
    let behind = nodes.next(nodes.entry);
    let name = '';
    for (let at = behind, code = nodes.char(at); code !== null && name.length <= MAX_NAME; code = nodes.char(at)) {
      at = nodes.next(at);
      if (code !== SLASH) {
        name += String.fromCodePoint(code);
        continue;
      }
      if (!isName(name)) break;
      directory = directory === '/' ? `/${name}` : `${directory}/${name}`;
      behind = at;
      name = '';
    }
    return { directory, at: behind };
  }

  #step(from: State, code: number): State {
    const known = from.behind(code);
    if (known !== undefined) return known;
    const reached: number[] = [];
    for (const at of from.positions) if (this.#nodes.reads(at, code)) reached.push(this.#repeats(at) ? at : this.#nodes.next(at));
    const to = this.#intern(this.#closure(reached));
    if (this.#states.size < MAX_STATES) from.remember(code, to);
    return to;
  }

  #repeats(at: number): boolean {
    const kind = this.#nodes.kind(at);
    return kind === 'star' || kind === 'deep';
  }

  /** The nodes that read a character (or accept) reachable from `entries` without reading one. */
  #closure(entries: readonly number[]): readonly number[] {
    const seen = new Set<number>();
    const reading: number[] = [];
    const stack = [...entries];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const ways = this.#nodes.ways(at);
      stack.push(...ways);
      if (ways.length > 0) continue;
      reading.push(at);
      if (this.#repeats(at)) stack.push(this.#nodes.next(at));
    }
    return reading.length === 1 ? reading : reading.sort((a, b) => a - b);
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

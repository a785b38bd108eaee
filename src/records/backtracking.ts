// Tells patterns whose search can take exponential time. JavaScript searches by backtracking, RE2 does not, so a pattern
// that was harmless in the CloudWatch agent can stop this one.
//
// The pattern becomes its position automaton: one state per set, an edge where one set can follow another, and how many
// ways the pattern has to take that edge. A search explodes when a loop can read the same text in two ways and something
// behind the loop can still fail. States at which the whole pattern has matched are left out: the search ends there.
import { NEWLINE, WORD, complement, contains, intersect, overlaps, within } from './char-set.ts';
import { components } from './components.ts';
import { spanOf } from './re2-sets.ts';
import type { Ranges } from './char-set.ts';
import type { Assertion, Node } from './re2-syntax.ts';

/** Counted repeats up to this are unrolled; larger ones are taken for loops, which errs on the side of refusing. */
const UNROLLED = 9;
/** Beyond it the automaton is not built and the time budget of the Matcher has to do. */
const MAX_POSITIONS = 1500;
/** Pairs of states looked at; about 50 ms. */
const MAX_PAIRS = 400_000;
/** Neighbouring loops over one set, `.*.*.*.*`: the fourth power of a line of 200 bytes is a second. */
const MAX_NEIGHBOURS = 3;

/** A way to a position: what has to hold on the way, and how many such ways there are. */
interface Way { readonly position: number; readonly needs: number; readonly ways: number }
/** `empty`: the ways to match nothing, by what has to hold. */
interface Part { readonly first: readonly Way[]; readonly last: readonly Way[]; readonly empty: readonly { readonly needs: number; readonly ways: number }[] }

const NEEDS: Readonly<Record<Assertion, number>> = { boundary: 1, notBoundary: 2, beginText: 4, endText: 4, beginLine: 8, endLine: 16 };
const NOT_WORD = complement(WORD);

class TooLarge extends Error {}

/** What makes the search explode, in words, or null. */
export function findExplosion(root: Node): string | null {
  const crowd = neighbours(root);
  if (crowd !== null) return crowd;
  if (!hasWideLoop(root)) return null;
  const automaton = new Automaton();
  try {
    automaton.build(root);
  } catch (error) {
    if (error instanceof TooLarge) return null;
    throw error;
  }
  return automaton.isAmbiguous() ? 'a repeated group can read the same text in more than one way' : null;
}

/**
 * Whether a loop goes round more than one position, counting as `Automaton` does what is unrolled. Only such a loop can read
 * one text in two ways: round a single set there is one way. Most patterns have none, and need no automaton.
 */
function hasWideLoop(node: Node): boolean {
  switch (node.kind) {
    case 'empty': case 'set': case 'assert': return false;
    case 'capture': return hasWideLoop(node.body);
    case 'concat': case 'alternate': return node.parts.some(hasWideLoop);
    case 'repeat': return node.max <= UNROLLED ? hasWideLoop(node.body) : bareOf(node.body).kind !== 'set';
    default: return node satisfies never;
  }
}

/** What stands inside of groups. */
function bareOf(node: Node): Node {
  return node.kind === 'capture' ? bareOf(node.body) : node;
}

class Automaton {
  readonly #sets: Ranges[] = [];
  readonly #follow: Map<number, number>[] = [];
  #accepting: ReadonlySet<number> = new Set();

  build(root: Node): void {
    this.#accepting = new Set(this.#part(root).last.filter((way) => way.needs === 0).map((way) => way.position));
  }

  isAmbiguous(): boolean {
    const edges = this.#follow.map((follow, from) => (this.#accepting.has(from) ? [] : [...follow.keys()].filter((to) => !this.#accepting.has(to))));
    for (const loop of components(edges)) {
      const inside = new Set(loop);
      const within = new Map(loop.map((from) => [from, edges[from]!.filter((to) => inside.has(to))]));
      for (const [from, targets] of within) if (targets.some((to) => this.#follow[from]!.get(to)! > 1)) return true;
      if (this.#diverges(loop, within)) return true;
    }
    return false;
  }

  /** Whether two walks over the same text can part in this loop and meet again. */
  #diverges(loop: readonly number[], edges: ReadonlyMap<number, readonly number[]>): boolean {
    const size = this.#sets.length;
    const forward = new Set(loop.map((state) => state * size + state));
    const reached = [...forward];
    const back = new Map<number, number[]>();
    for (let pair = reached.pop(); pair !== undefined; pair = reached.pop()) {
      const [a, b] = [Math.floor(pair / size), pair % size];
      for (const c of edges.get(a)!) {
        for (const d of edges.get(b)!) {
          if (c !== d && !overlaps(this.#sets[c]!, this.#sets[d]!)) continue;
          const next = c * size + d;
          const sources = back.get(next);
          if (sources === undefined) back.set(next, [pair]);
          else sources.push(pair);
          if (forward.has(next)) continue;
          if (forward.size > MAX_PAIRS) return false;
          forward.add(next);
          reached.push(next);
        }
      }
    }
    const open = loop.map((state) => state * size + state);
    const seen = new Set(open);
    for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
      if (Math.floor(pair / size) !== pair % size) return true;
      for (const source of back.get(pair) ?? []) {
        if (seen.has(source)) continue;
        seen.add(source);
        open.push(source);
      }
    }
    return false;
  }

  #part(node: Node): Part {
    switch (node.kind) {
      case 'empty': return { first: [], last: [], empty: [{ needs: 0, ways: 1 }] };
      case 'assert': return { first: [], last: [], empty: [{ needs: NEEDS[node.what], ways: 1 }] };
      case 'capture': return this.#part(node.body);
      case 'set': {
        const position = this.#sets.push(spanOf(node)) - 1;
        if (position >= MAX_POSITIONS) throw new TooLarge();
        this.#follow.push(new Map());
        return { first: [{ position, needs: 0, ways: 1 }], last: [{ position, needs: 0, ways: 1 }], empty: [] };
      }
      case 'concat': return node.parts.map((part) => this.#part(part)).reduce((a, b) => this.#join(a, b));
      case 'alternate': {
        const parts = node.parts.map((part) => this.#part(part));
        return { first: parts.flatMap((part) => part.first), last: parts.flatMap((part) => part.last), empty: parts.flatMap((part) => part.empty) };
      }
      case 'repeat': return this.#repeat(node.body, node.min, node.max);
      default: return node satisfies never;
    }
  }

  #repeat(body: Node, min: number, max: number): Part {
    const bounded = max !== Infinity;
    if (min > UNROLLED || (bounded && max > UNROLLED)) {
      const loop = this.#loop(body);
      // Which of the rounds are empty is a choice too, and only an unbounded loop is spared it.
      if (bounded && loop.empty.length > 0) this.#connect(loop.last, loop.first, 2);
      return min === 0 ? optional(loop) : loop;
    }
    let part: Part = { first: [], last: [], empty: [{ needs: 0, ways: 1 }] };
    for (let i = 0; i < min - (bounded ? 0 : 1); i++) part = this.#join(part, this.#part(body));
    if (!bounded) return this.#join(part, min === 0 ? optional(this.#loop(body)) : this.#loop(body));
    let tail: Part = { first: [], last: [], empty: [{ needs: 0, ways: 1 }] };
    for (let i = min; i < max; i++) tail = optional(this.#join(this.#part(body), tail));
    return this.#join(part, tail);
  }

  #loop(body: Node): Part {
    const part = this.#part(body);
    this.#connect(part.last, part.first, 1);
    return part;
  }

  #join(a: Part, b: Part): Part {
    this.#connect(a.last, b.first, 1);
    return {
      first: [...a.first, ...through(b.first, a.empty)],
      last: [...b.last, ...through(a.last, b.empty)],
      empty: merged(a.empty.flatMap((x) => b.empty.map((y) => ({ needs: x.needs | y.needs, ways: x.ways * y.ways })))),
    };
  }

  #connect(last: readonly Way[], first: readonly Way[], ways: number): void {
    for (const from of last) {
      for (const to of first) {
        if (!this.#possible(from.position, to.position, from.needs | to.needs)) continue;
        const follow = this.#follow[from.position]!;
        follow.set(to.position, Math.min(2, (follow.get(to.position) ?? 0) + from.ways * to.ways * ways));
      }
    }
  }

  /** Whether the assertions between two code points can hold there. */
  #possible(from: number, to: number, needs: number): boolean {
    const [before, after] = [this.#sets[from]!, this.#sets[to]!];
    const words = within(before, WORD) ? (within(after, WORD) ? 'same' : within(after, NOT_WORD) ? 'change' : 'either')
      : within(before, NOT_WORD) ? (within(after, NOT_WORD) ? 'same' : within(after, WORD) ? 'change' : 'either') : 'either';
    if ((needs & NEEDS.boundary) !== 0 && words === 'same') return false;
    if ((needs & NEEDS.notBoundary) !== 0 && words === 'change') return false;
    if ((needs & NEEDS.beginText) !== 0) return false;
    if ((needs & NEEDS.beginLine) !== 0 && !contains(before, NEWLINE)) return false;
    return (needs & NEEDS.endLine) === 0 || contains(after, NEWLINE);
  }
}

/** JavaScript gives up a round of `*` or `?` that matched nothing, so skipping is the one way to match nothing. */
function optional(part: Part): Part {
  return { first: part.first, last: part.last, empty: [{ needs: 0, ways: 1 }] };
}

function through(ways: readonly Way[], empty: Part['empty']): Way[] {
  return ways.flatMap((way) => empty.map((hop) => ({ position: way.position, needs: way.needs | hop.needs, ways: Math.min(2, way.ways * hop.ways) })));
}

function merged(empty: Part['empty']): Part['empty'] {
  const byNeeds = new Map<number, number>();
  for (const { needs, ways } of empty) byNeeds.set(needs, Math.min(2, (byNeeds.get(needs) ?? 0) + ways));
  return [...byNeeds].map(([needs, ways]) => ({ needs, ways }));
}

/** More than MAX_NEIGHBOURS unbounded loops side by side over one common set, with something behind them. */
function neighbours(node: Node): string | null {
  switch (node.kind) {
    case 'empty': case 'set': case 'assert': return null;
    case 'repeat': case 'capture': return neighbours(node.body);
    case 'alternate': return firstOf(node.parts);
    case 'concat': {
      let common: Ranges | null = null;
      let count = 0;
      for (const [i, part] of node.parts.entries()) {
        const set = loopSet(part);
        if (set !== null && (common === null || overlaps(common, set))) {
          common = common === null ? set : intersect(common, set);
          count += 1;
          if (count > MAX_NEIGHBOURS && i < node.parts.length - 1) return `${count} repetitions of the same characters stand side by side`;
        } else if (set === null ? !isOptional(part) : true) {
          common = set;
          count = set === null ? 0 : 1;
        }
      }
      return firstOf(node.parts);
    }
    default: return node satisfies never;
  }
}

function firstOf(parts: readonly Node[]): string | null {
  for (const part of parts) {
    const found = neighbours(part);
    if (found !== null) return found;
  }
  return null;
}

function loopSet(node: Node): Ranges | null {
  if (node.kind === 'capture') return loopSet(node.body);
  if (node.kind !== 'repeat' || node.max !== Infinity) return null;
  const body = bareOf(node.body);
  return body.kind === 'set' ? spanOf(body) : null;
}

function isOptional(node: Node): boolean {
  return node.kind === 'empty' || node.kind === 'assert' || (node.kind === 'repeat' && node.min === 0) || (node.kind === 'capture' && isOptional(node.body));
}

import { bytePlan } from './byte-plan.ts';
import { emitExact } from './re2-emit.ts';
import { emitUnits } from './re2-emit-units.ts';
import { parseRe2 } from './re2-parse.ts';
import { withoutEnds } from './without-ends.ts';
import type { PatternPlan } from '../plan.ts';
import type { BytePlan } from './byte-plan.ts';
import type { ChunkText } from './chunk-text.ts';

/** Milliseconds on any monotonic clock. */
export type Clock = () => number;

/** A test (or, unobserved, a whole chunk of tests) that takes longer is over budget: 50 ms, where a usual chunk takes 1 to 3. */
export const MATCH_BUDGET_MS = 50;
/** Frames in a row that match before the next is taken for one that does too. */
const DENSE = 4;
/** Matches that run past their frame before a chunk is searched frame by frame: each costs the search a second time. */
const MAX_CROSSINGS = 16;

/** A pattern as it is searched for. It remembers nothing: all matchers of a pattern may have the same. */
export interface CompiledSearch { readonly exact: RegExp; readonly plan: BytePlan }
export type CompileSearch = (pattern: PatternPlan) => CompiledSearch;

export function compileSearch(pattern: PatternPlan): CompiledSearch {
  const root = withoutEnds(parseRe2(pattern.source));
  const units = emitUnits(root);
  const { js, flags } = units === null ? emitExact(root) : { js: units, flags: '' };
  return { exact: new RegExp(js, flags), plan: bytePlan(root) };
}

/**
 * Tests whether a pattern occurs in the frames of a chunk, as if each frame were searched alone with
 * `new RegExp(pattern.js, pattern.flags)`. Pure but for the clock.
 */
export class Matcher {
  readonly #exact: RegExp;
  readonly #plan: BytePlan;
  readonly #clock: Clock;
  /** Tests that took longer than MATCH_BUDGET_MS. The caller reports when it grows past 1. */
  overBudget = 0;
  #observed = false;
  #version = -1;
  #crossings = 0;
  /** Frames in a row that matched. */
  #streak = 0;
  /** Next match at or after #from, as indices of the latin1 string; #start is Infinity if there is none. */
  #from = Infinity;
  #start = 0;
  #end = 0;

  constructor(pattern: PatternPlan, clock: Clock = () => 0, compile: CompileSearch = compileSearch) {
    const { exact, plan } = compile(pattern);
    this.#exact = exact;
    this.#plan = plan;
    this.#clock = clock;
  }

  /** Whether frame i contains a match. */
  matches(text: ChunkText, i: number): boolean {
    const before = this.#clock();
    const found = this.#test(text, text.frames.from[i]!, text.frames.to[i]!);
    if (this.#clock() - before > MATCH_BUDGET_MS) this.overBudget += 1;
    return found;
  }

  /**
   * Sets `out[i]` to 1 where frame i contains a match and to 0 elsewhere. Asks the clock twice per chunk; frame by frame
   * once a chunk was over budget.
   */
  matchAll(text: ChunkText, out: Uint8Array): void {
    const { from, to, count } = text.frames;
    const before = this.#clock();
    if (this.#observed) for (let i = 0; i < count; i++) out[i] = this.matches(text, i) ? 1 : 0;
    else for (let i = 0; i < count; i++) out[i] = this.#test(text, from[i]!, to[i]!) ? 1 : 0;
    this.#observe(before);
  }

  /** Leaves `keep[i]` at 1 only where it is 1 and the frame's verdict is `wanted`. Frames at 0 are not looked at. */
  narrow(text: ChunkText, keep: Uint8Array, wanted: boolean): void {
    const { from, to, count } = text.frames;
    const before = this.#clock();
    for (let i = 0; i < count; i++) {
      if (keep[i] === 0) continue;
      const found = this.#observed ? this.matches(text, i) : this.#test(text, from[i]!, to[i]!);
      if (found !== wanted) keep[i] = 0;
    }
    this.#observe(before);
  }

  #observe(before: number): void {
    if (this.#observed || this.#clock() - before <= MATCH_BUDGET_MS) return;
    this.#observed = true;
    this.overBudget += 1;
  }

  #test(text: ChunkText, from: number, to: number): boolean {
    const plan = this.#plan;
    if (text.version !== this.#version) {
      this.#version = text.version;
      this.#from = Infinity;
      this.#crossings = 0;
    }
    if (
      !text.endsAtBreak(to)
      || (plan.looksBack && !text.beginsAtBreak(from))
      || (!plan.byteSafe && text.hasNonAscii(from, to))
      || (plan.newlines && text.hasNewline(from, to))
      || this.#crossings > MAX_CROSSINGS
    ) return this.#alone(text, from, to);
    const [start, end] = [from - text.base, to - text.base];
    if (plan.anchored) {
      plan.regexp.lastIndex = start;
      if (!plan.regexp.test(text.latin1)) return false;
      return plan.confirm || plan.regexp.lastIndex > end ? this.#alone(text, from, to) : true;
    }
    if (start < this.#from || this.#start < start) {
      // Where most frames match, a test without the match's place is cheaper than a search that is remembered.
      if (this.#streak >= DENSE) {
        const at = plan.head === null ? start : text.latin1.indexOf(plan.head, start);
        plan.regexp.lastIndex = at;
        if (at !== -1 && plan.regexp.test(text.latin1) && plan.regexp.lastIndex <= end) return plan.confirm ? this.#alone(text, from, to) : true;
        this.#streak = 0;
      }
      this.#find(text.latin1, start);
    }
    if (this.#start > end) {
      this.#streak = 0;
      return false;
    }
    if (this.#end > end) {
      this.#crossings += 1;
      return this.#alone(text, from, to);
    }
    this.#streak += 1;
    return plan.confirm ? this.#alone(text, from, to) : true;
  }

  #find(latin1: string, from: number): void {
    const { regexp } = this.#plan;
    regexp.lastIndex = from;
    const match = regexp.exec(latin1);
    this.#from = from;
    this.#start = match === null ? Infinity : match.index;
    this.#end = regexp.lastIndex;
  }

  #alone(text: ChunkText, from: number, to: number): boolean {
    return this.#exact.test(text.decode(from, to));
  }
}

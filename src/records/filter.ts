import { Matcher, compileSearch } from './matcher.ts';
import type { FilterPlan } from '../plan.ts';
import type { ChunkText } from './chunk-text.ts';
import type { Clock, CompileSearch } from './matcher.ts';

/** The filters of an entry: every include must match an event and no exclude may, in the order they are written. */
export class Filters {
  readonly #filters: readonly { readonly wanted: boolean; readonly matcher: Matcher }[];

  constructor(plans: readonly FilterPlan[], clock: Clock | undefined, compile: CompileSearch) {
    this.#filters = plans.map(({ type, pattern }) => ({ wanted: type === 'include', matcher: new Matcher(pattern, clock, compile) }));
  }

  /** Sets `keep[i]` to 0 where frame i fails a filter. Frames at 0 are not looked at, nor is a frame after its first failure. */
  narrow(text: ChunkText, keep: Uint8Array): void {
    for (const { wanted, matcher } of this.#filters) matcher.narrow(text, keep, wanted);
  }

  /** Tests over the time budget, of each filter in order (see Matcher). */
  get overBudget(): readonly number[] { return this.#filters.map(({ matcher }) => matcher.overBudget); }
}

/** @param clock monotonic milliseconds, for the time budget. Matchers remember what they found: one set per pipeline. */
export function compileFilters(plans: readonly FilterPlan[], clock?: Clock, compile: CompileSearch = compileSearch): Filters {
  return new Filters(plans, clock, compile);
}

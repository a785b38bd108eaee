import type { FilterPlan } from '../../plan.ts';
import type { ChunkText } from '../../records/chunk-text.ts';
import { compileFilters } from '../../records/filter.ts';
import type { Filters } from '../../records/filter.ts';
import type { Clock, CompileSearch } from '../../records/matcher.ts';

/** The filters of a journald entry: unlike those of files, one match of those that include is enough, as with the CloudWatch agent. */
export class MessageFilter {
  readonly #includes: readonly Filters[];
  readonly #excludes: Filters;

  constructor(plans: readonly FilterPlan[], clock: Clock, compile: CompileSearch) {
    this.#includes = plans.filter(({ type }) => type === 'include').map((plan) => compileFilters([plan], clock, compile));
    this.#excludes = compileFilters(plans.filter(({ type }) => type === 'exclude'), clock, compile);
  }

  /** For each frame of the text: 1 if it is kept, else 0. */
  verdicts(text: ChunkText): Uint8Array {
    const { count } = text.frames;
    const keep = new Uint8Array(count).fill(1);
    this.#excludes.narrow(text, keep);
    if (this.#includes.length === 0) return keep;
    const included = new Uint8Array(count);
    for (const include of this.#includes) {
      // Those that another one has found already need no look.
      const found = keep.map((kept, i) => (included[i] === 1 ? 0 : kept));
      include.narrow(text, found);
      for (let i = 0; i < count; i++) if (found[i] === 1) included[i] = 1;
    }
    return included;
  }

  /** A filter took longer than 50 ms for a chunk more than once. */
  get isSlow(): boolean { return [this.#excludes, ...this.#includes].some(({ overBudget }) => overBudget.some((times) => times > 1)); }
}

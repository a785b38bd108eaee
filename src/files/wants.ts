import type { GlobState } from './glob.ts';

/** What one pattern looks for in one directory. */
export interface Want {
  readonly pattern: number;
  readonly state: GlobState;
  /** The only names it can want, or null: the directory must be listed to know. */
  readonly names: ReadonlySet<string> | null;
  /** What each name it wants begins with, and the state behind it. */
  readonly prefix: string;
  readonly after: GlobState;
}

/**
 * What all patterns look for in one directory. A folder that thousands of entries share is asked of each name for those alone
 * that can want it: by what their names begin with.
 */
export class Wants {
  /** One for each pattern. */
  readonly all: readonly Want[];
  readonly #byPrefix: ReadonlyMap<string, readonly Want[]>;
  readonly #lengths: readonly number[];

  constructor(wants: readonly Want[]) {
    // The state of a pattern depends on the path alone, so a pattern that comes twice is one want.
    this.all = [...new Map(wants.map((want) => [want.pattern, want])).values()];
    this.#byPrefix = Map.groupBy(this.all, ({ prefix }) => prefix);
    this.#lengths = [...new Set(this.#byPrefix.keys().map(({ length }) => length))].sort((a, b) => a - b);
  }

  /** Those that may want the name, in the order of the lengths of their prefixes. */
  *of(name: string): Iterable<Want> {
    for (const length of this.#lengths) {
      if (length > name.length) return;
      yield* this.#byPrefix.get(name.slice(0, length)) ?? [];
    }
  }
}

// What goes wrong while looking, said when it changes and not per look.

/** What the finder says about itself; each is said when it changes, not per look. */
export interface FinderReport {
  /** A path could not be looked at (`code` is the errno name), or can be again (null). What was known of it stays. */
  unreadable(path: string, code: string | null): void;
  /** No more directory watches to be had (ENOSPC, EMFILE): new files are found by looking each second. */
  watchesExhausted(code: string): void;
  /** The patterns reach more directories or files than are kept in memory; what is beyond is not followed. */
  tooMany(what: 'directories' | 'files', limit: number): void;
  /** A look passed over the path, for it is out of reach (see Reach). Told at each look. */
  passedOver(path: string): void;
}

/** Paths remembered as unreadable, or as many as there are patterns; beyond it further ones are not told. */
const MAX_UNREADABLE = 1000;

/** Turns what every look finds wrong into one word when it begins and one when it ends. */
export class Troubles {
  readonly #report: FinderReport;
  readonly #most: number;
  readonly #unreadable = new Map<string, string>();
  readonly #told = new Set<string>();

  constructor(report: FinderReport, patterns: number) {
    this.#report = report;
    this.#most = Math.max(MAX_UNREADABLE, patterns);
  }

  /** `code` null: the path can be looked at, or is gone. */
  unreadable(path: string, code: string | null): void {
    if (code === null) {
      if (this.#unreadable.size > 0 && this.#unreadable.delete(path)) this.#report.unreadable(path, null);
      return;
    }
    if (this.#unreadable.get(path) === code || this.#unreadable.size >= this.#most) return;
    this.#unreadable.set(path, code);
    this.#report.unreadable(path, code);
  }

  tooMany(what: 'directories' | 'files', limit: number): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#report.tooMany(what, limit);
  }
}

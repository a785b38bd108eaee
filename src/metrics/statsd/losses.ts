import type { Report } from '../../report/report.ts';

/** What comes in and is not published. */
export type Loss = 'malformed' | 'unsupported' | 'beyond' | 'kernel' | 'connections' | 'tags';

/** A loss that goes on is said this often. */
const SAID_MS = 60_000;
/** After so long without, it is over. */
const OVER_MS = 300_000;

interface State { detail: string; unsaid: number; saidAt: number; lastAt: number }

/** Counts losses, and says them: at once, then what came since, once a minute. */
export class Losses {
  readonly #subject: string;
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  readonly #now: () => number;
  readonly #words: Readonly<Record<Loss, (count: number, detail: string) => string>>;
  readonly #states = new Map<Loss, State>();
  readonly #counts = new Map<Loss, number>();

  /** @param now monotonic milliseconds */
  constructor(subject: string, words: Readonly<Record<Loss, (count: number, detail: string) => string>>, report: Pick<Report, 'trouble' | 'recovered'>, now: () => number) {
    this.#subject = subject;
    this.#words = words;
    this.#report = report;
    this.#now = now;
  }

  /** How much was ever lost. */
  count(loss: Loss): number { return this.#counts.get(loss) ?? 0; }

  /** @param detail asked for the first that is said next: there may be many */
  note(loss: Loss, count: number, detail: () => string): void {
    if (count === 0) return;
    this.#counts.set(loss, this.count(loss) + count);
    let state = this.#states.get(loss);
    if (state === undefined) this.#states.set(loss, state = { detail: '', unsaid: 0, saidAt: -Infinity, lastAt: 0 });
    if (state.unsaid === 0) state.detail = detail();
    state.unsaid += count;
    state.lastAt = this.#now();
  }

  /** Says what is due. */
  tell(): void {
    const now = this.#now();
    for (const [loss, state] of this.#states) {
      if (state.unsaid > 0 && now - state.saidAt >= SAID_MS) {
        this.#report.trouble(`${this.#subject} ${loss}`, this.#words[loss](state.unsaid, state.detail));
        state.unsaid = 0;
        state.saidAt = now;
      } else if (state.unsaid === 0 && now - state.lastAt >= OVER_MS) {
        this.#states.delete(loss);
        this.#report.recovered(`${this.#subject} ${loss}`, `${this.#subject}: nothing more was left out for ${OVER_MS / 60_000} minutes`);
      }
    }
  }
}

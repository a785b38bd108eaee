import type { Report } from '../report/report.ts';
import { spokenVersion } from './last-good.ts';
import type { LastGood, RefusedVersion } from './last-good.ts';

const SUBJECT = 'config';

/** The versions that this host does not take: each is said, counted, and remembered until somebody wants it tried again. */
export class Refusals {
  readonly #memory: LastGood;
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  readonly #now: () => number;
  #latest: RefusedVersion | null = null;
  #count = 0;

  constructor(memory: LastGood, report: Pick<Report, 'trouble' | 'recovered'>, now: () => number) {
    this.#memory = memory;
    this.#report = report;
    this.#now = now;
  }

  /** The newest version that was not taken, or was taken back; null once a later one is known to work. */
  get latest(): RefusedVersion | null { return this.#latest; }
  /** Since the start. */
  get count(): number { return this.#count; }

  /** Why this version is not taken, or null. */
  of(version: string): RefusedVersion | null { return this.#memory.refusalOf(version); }

  /** @param version empty for files: they are looked at only when somebody asks for it, so nothing of them is remembered. */
  refuse(version: string, reason: string, nextStep = '`agent check` names every error'): void {
    const refused = { version: spokenVersion(version), reason, at: this.#now() };
    this.#latest = refused;
    this.#count++;
    this.#report.trouble(SUBJECT, `config: ${refused.version} is not used (${reason}); the one before goes on. ${nextStep}, \`agent reload\` tries again`);
    if (version !== '') this.#memory.refuse(refused);
  }

  /** The agent starts with the version `instead`, for the sake of what was refused before. */
  keepTo(refused: RefusedVersion, instead: string): void {
    this.#latest = refused;
    this.#report.trouble(SUBJECT, `config: ${refused.version} was given up before (${refused.reason}): started with ${instead}. \`agent reload\` tries it again`);
  }

  /** What runs is what is wanted: no refusal matters any more. */
  settle(version: string): void {
    this.#latest = null;
    this.#report.recovered(SUBJECT, `the config is at ${spokenVersion(version)}`);
  }
}

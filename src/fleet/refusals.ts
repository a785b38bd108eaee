import type { ConfigState } from '../control/status-document.ts';
import type { Report } from '../report/report.ts';
import { identityOf, spokenVersion, versionOf } from './config-copy.ts';
import type { RemoteVersion } from './config-copy.ts';
import type { LastGood, RefusedVersion } from './last-good.ts';

const SUBJECT = 'config';

/** The versions that this host does not take: each is said, counted, and remembered until somebody wants it tried again. */
export class Refusals {
  readonly #memory: LastGood;
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  readonly #now: () => number;
  #latest: ConfigState['refused'] = null;
  #count = 0;

  constructor(memory: LastGood, report: Pick<Report, 'trouble' | 'recovered'>, now: () => number) {
    this.#memory = memory;
    this.#report = report;
    this.#now = now;
  }

  /** The newest version that was not taken, or was taken back; null once a later one is known to work. */
  get latest(): ConfigState['refused'] { return this.#latest; }
  /** Since the start. */
  get count(): number { return this.#count; }

  /** Why this version is not taken, or null. */
  of(identity: string): RefusedVersion | null { return this.#memory.refusalOf(identity); }

  /** @param remote empty for files: they are looked at only when somebody asks for it, so nothing of them is remembered. */
  refuse(remote: readonly RemoteVersion[], reason: string, nextStep = '`agent check` names every error'): void {
    const refused = { version: spokenVersion(remote), reason, at: this.#now() };
    this.#latest = refused;
    this.#count++;
    this.#report.trouble(SUBJECT, `config: ${refused.version} is not used (${reason}); the one before goes on. ${nextStep}, \`agent reload\` tries again`);
    if (remote.length > 0) this.#memory.refuse({ identity: identityOf(remote), ...refused });
  }

  /** The agent starts with `instead`, for the sake of what was refused before. */
  keepTo({ version, reason, at }: RefusedVersion, instead: readonly RemoteVersion[]): void {
    this.#latest = { version, reason, at };
    this.#report.trouble(SUBJECT, `config: ${version} was given up before (${reason}): started with ${versionOf(instead)}. \`agent reload\` tries it again`);
  }

  /** What runs is what is wanted: no refusal matters any more. */
  settle(running: readonly RemoteVersion[]): void {
    this.#latest = null;
    this.#report.recovered(SUBJECT, `the config is at ${spokenVersion(running)}`);
  }
}

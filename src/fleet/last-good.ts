import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../report/report.ts';
import { identityOf, sameTexts } from './config-copy.ts';
import type { ConfigCopy } from './config-copy.ts';

/** A version this host does not take again, and why. */
export interface RefusedVersion {
  /** See `identityOf`. */
  readonly identity: string;
  readonly version: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What the next start must know. */
export interface Remembered {
  /** The sources it was read from, as named: another list of sources makes it void. */
  readonly sources: readonly string[];
  readonly good: ConfigCopy | null;
  readonly refused: readonly RefusedVersion[];
  /** A version that is not known to work yet, and how often the agent began with it and did not end in order. */
  readonly begun: { readonly identity: string; readonly times: number } | null;
}

const FILE = 'config.json';
/** Refused versions that are remembered. */
const MAX_REFUSED = 20;

/**
 * Keeps the last config that worked in the state directory, readable by the agent's user alone: it may hold secrets. What cannot be
 * written is said, and known until the agent ends.
 */
export class LastGood {
  readonly #directory: string;
  readonly #sources: readonly string[];
  readonly #report: Pick<Report, 'trouble'>;
  #remembered: Remembered;

  /** Reads what is there; what is damaged, or of other sources, counts as nothing. */
  constructor(directory: string, sources: readonly string[], report: Pick<Report, 'trouble'>) {
    this.#directory = directory;
    this.#sources = sources;
    this.#report = report;
    this.#remembered = { sources, good: null, refused: [], begun: null, ...this.#read() };
  }

  get good(): ConfigCopy | null { return this.#remembered.good; }
  get refused(): readonly RefusedVersion[] { return this.#remembered.refused; }

  /** Why this version is not taken, or null. */
  refusalOf(identity: string): RefusedVersion | null { return this.refused.find((one) => one.identity === identity) ?? null; }

  keep(copy: ConfigCopy): void {
    const { good } = this;
    if (good !== null && sameTexts(good, copy) && identityOf(good.remote) === identityOf(copy.remote)) return;
    this.#write({ ...this.#remembered, good: copy, begun: null });
  }
  refuse(refused: RefusedVersion): void { this.#write({ ...this.#remembered, refused: [...this.refused.filter(({ identity }) => identity !== refused.identity), refused].slice(-MAX_REFUSED) }); }
  /** How often the agent has begun with a version that is not known to work, and was neither stopped nor found it to be good. */
  beginningsWith(identity: string): number {
    const { begun } = this.#remembered;
    return begun?.identity === identity ? begun.times : 0;
  }
  begin(identity: string): void { this.#write({ ...this.#remembered, begun: { identity, times: this.beginningsWith(identity) + 1 } }); }
  endInOrder(): void { if (this.#remembered.begun !== null) this.#write({ ...this.#remembered, begun: null }); }
  /** A person wants it tried again. */
  pardon(identity: string): void {
    if (this.refusalOf(identity) !== null) this.#write({ ...this.#remembered, refused: this.refused.filter((one) => one.identity !== identity) });
  }

  #read(): Partial<Remembered> {
    try {
      const read = JSON.parse(readFileSync(join(this.#directory, FILE), 'utf8')) as Remembered;
      return JSON.stringify(read.sources) === JSON.stringify(this.#sources) && Array.isArray(read.refused) ? read : {};
    } catch {
      return {};
    }
  }

  #write(remembered: Remembered): void {
    this.#remembered = remembered;
    try {
      this.#writeWhole(JSON.stringify(remembered));
    } catch (error) {
      this.#report.trouble('config copy', `the last good config cannot be kept in the state directory (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): a start without the parameter store would have none`);
    }
  }

  /** Or not at all. */
  #writeWhole(text: string): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, FILE);
    const fresh = `${path}.tmp`;
    rmSync(fresh, { force: true });
    const fd = openSync(fresh, 'wx', 0o600);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
  }
}

import type { Reach } from '../files/reach.ts';
import { mayWait } from '../metrics/local-file-systems.ts';
import type { Mount } from '../metrics/mount-table.ts';
import { PathThreads } from '../metrics/path-threads.ts';
import type { PathThread } from '../metrics/path-thread.ts';
import { openStatfsThread } from '../metrics/statfs-thread.ts';
import type { StatfsAnswer } from '../metrics/statfs-thread.ts';
import type { Report } from '../report/report.ts';
import { MountWays } from './mount-ways.ts';

/** A mount is asked this often: a request each second is no burden for a server, and some services have a price for each. */
const ASK_MS = 1000;
/** One that has not answered for so long is passed over, which costs nothing if it was only slow. */
const PAUSE_MS = 250;
/** After so long, what was passed over is looked at as soon as it answers; after less, when its turn comes. */
const AWAY_MS = 1000;
/** After so long it is said, as of metrics: see WaitingAnswers. */
const SAID_MS = 5000;
/** A search for files waits so long for mounts that were never asked. What is well answers in milliseconds. */
const FIRST_MS = 1000;
/** What is mounted is looked at again after this time. */
const TABLE_MS = 5000;
/** Where links lead is looked at again after this time: some microseconds for each file. */
const LINKS_MS = 30_000;
/** A mount that nobody looks at is asked no more. */
const UNUSED_MS = 60_000;
/** Mounts that may hang at once, 9 MB each: beyond them nobody is left to ask any other. */
const MAX_THREADS = 8;
/** What answers at all does it in less; then another thread takes the next question. */
const BUSY_MS = 250;

interface Asked {
  readonly mount: Mount;
  readonly device: number;
  hasAnswered: boolean;
  /** Since when an answer is owed, monotonic milliseconds; null: none is. */
  askedAt: number | null;
  usedAt: number;
  isSaid: boolean;
}

export interface MountWatchOptions {
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Patterns of the entries that look for files below the mount. */
  readonly patternsBelow: (mountPoint: string) => readonly string[];
  /** A mount that was passed over answers. */
  readonly onAnswer: () => void;
  readonly openThread?: () => PathThread<StatfsAnswer>;
  /** The text of mountinfo; by default that of this process. */
  readonly table?: () => string;
}

/**
 * Asks the mounts that may hang, and that files are looked for on, whether they answer: each once a second by a statfs(2) in a
 * thread, which no cache answers. What lies below one that does not is out of reach until it does. On a host without such mounts it
 * only looks at the table of mounts.
 */
export class MountWatch implements Reach, Disposable {
  readonly #o: MountWatchOptions;
  readonly #threads: PathThreads<StatfsAnswer>;
  readonly #ways: MountWays;
  /** By number and mount point: another mount at the same place is another one. */
  readonly #asked = new Map<string, Asked>();
  readonly #devicesOut = new Set<number>();
  #timer: NodeJS.Timeout | null = null;
  #tableAt: number;
  #linksAt: number;
  #answered: () => void = () => {};

  constructor(options: MountWatchOptions) {
    this.#o = options;
    this.#threads = new PathThreads(options.openThread ?? openStatfsThread, { busyMs: BUSY_MS, most: MAX_THREADS });
    this.#ways = new MountWays((mount) => this.#isSilent(mount), options.table);
    this.#ways.readTable();
    this.#tableAt = this.#linksAt = options.now();
  }

  /** Threads that the kernel holds in a call now: the process cannot end by itself (src/cli/leave.ts). */
  get hangingThreads(): number { return this.#threads.busy; }
  /** A mount is silent for so short a time that it may only be slow. */
  get isInDoubt(): boolean { return this.#silent().some(({ isSaid }) => !isSaid); }
  /** What hangs, for a person: `/mnt/logs (nfs4)`. */
  get hanging(): readonly string[] { return this.#silent().map(({ mount }) => nameOf(mount)); }

  isMountPoint(path: string): boolean { return this.#ways.isMountPoint(path); }
  isOut(path: string): boolean { return this.#ways.mountsOnWayTo(path).some((mount) => this.#isSilent(mount)); }
  isDeviceOut(device: number): boolean { return this.#devicesOut.size > 0 && this.#devicesOut.has(device); }
  mayHang(path: string): boolean { return this.#ways.meetsMount(path); }
  leadsTo(mountPoint: string, path: string): boolean { return this.#ways.mountsOnWayTo(path).some((mount) => mount.mountPoint === mountPoint); }

  /** The mount for which a path is out of reach, for a person, after it had time to answer; null: it is not. */
  async inTheWayOf(path: string): Promise<string | null> {
    for (;;) {
      const mount = this.#ways.mountsOnWayTo(path).find((one) => this.#isSilent(one));
      if (mount === undefined) return null;
      if (!(await this.answered())) return nameOf(mount);
    }
  }

  async answered(): Promise<boolean> {
    const first = [...this.#asked.values()].filter(({ hasAnswered }) => !hasAnswered);
    const isOpen = ({ hasAnswered, askedAt }: Asked): boolean => !hasAnswered && askedAt !== null && this.#o.now() - askedAt < FIRST_MS;
    while (first.some(isOpen)) await this.#nextAnswer();
    return first.some(({ hasAnswered }) => hasAnswered);
  }

  /** To be called about each second. */
  keepHouse(): void {
    const now = this.#o.now();
    if (now - this.#tableAt >= TABLE_MS) {
      this.#tableAt = now;
      this.#ways.readTable();
    }
    if (now - this.#linksAt < LINKS_MS) return;
    this.#linksAt = now;
    this.#ways.forget();
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#threads.withdraw(this);
  }

  #silent(): readonly Asked[] { return [...this.#asked.values()].filter((asked) => this.#owes(asked)); }

  #isSilent(mount: Mount): boolean {
    const asked = this.#asked.get(keyOf(mount)) ?? this.#begin(mount);
    asked.usedAt = this.#o.now();
    return this.#owes(asked);
  }

  #owes({ hasAnswered, askedAt }: Asked): boolean { return !hasAnswered || (askedAt !== null && this.#o.now() - askedAt >= PAUSE_MS); }

  #begin(mount: Mount): Asked {
    const asked: Asked = { mount, device: deviceOf(mount), hasAnswered: false, askedAt: null, usedAt: this.#o.now(), isSaid: false };
    this.#asked.set(keyOf(mount), asked);
    this.#ask(asked);
    this.#timer ??= setInterval(() => { this.#askAll(); }, ASK_MS).unref();
    return asked;
  }

  #ask(asked: Asked): void {
    const { mount } = asked;
    asked.askedAt = this.#o.now();
    this.#threads.ask(this, { key: keyOf(mount), path: mount.mountPoint }, () => {
      // An error is an answer too: whoever looks there is told the same.
      const { hasAnswered: wasKnown, askedAt } = asked;
      asked.askedAt = null;
      asked.hasAnswered = true;
      this.#devicesOut.delete(asked.device);
      if (asked.isSaid) this.#o.report.recovered(subjectOf(mount), `${nameOf(mount)} answers again: files below it are read on from their positions`);
      asked.isSaid = false;
      this.#answered();
      const silentMs = this.#o.now() - askedAt!;
      if (wasKnown && silentMs < PAUSE_MS) return;
      this.#ways.forget();
      if (!wasKnown || silentMs >= AWAY_MS) this.#o.onAnswer();
    });
  }

  #askAll(): void {
    const now = this.#o.now();
    for (const [key, asked] of this.#asked) {
      if (asked.askedAt !== null) this.#judge(asked, now - asked.askedAt);
      else if (now - asked.usedAt >= UNUSED_MS || !this.#ways.isMounted(asked.mount)) this.#asked.delete(key);
      else this.#ask(asked);
    }
    if (this.#asked.size === 0) this[Symbol.dispose]();
  }

  #judge(asked: Asked, silentMs: number): void {
    const { mount } = asked;
    // A local disk below it has its number from elsewhere too, and what is open there needs no way to it.
    if (silentMs >= PAUSE_MS && mayWait(mount)) this.#devicesOut.add(asked.device);
    if (silentMs < SAID_MS || asked.isSaid) return;
    asked.isSaid = true;
    const { mountPoint } = mount;
    this.#o.report.trouble(subjectOf(mount), `${nameOf(mount)} has given no answer for ${SAID_MS / 1000} s: its server or its process hangs${concerned(this.#o.patternsBelow(mountPoint))}. Everything below it is passed over and keeps its position until it answers, or is unmounted: look after its server and the way there, or \`umount -f -l ${mountPoint}\``);
  }

  /** Resolves at the next answer, and soon without one. */
  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, FIRST_MS / 10);
      this.#answered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Patterns that are named in one message. */
const NAMED = 3;

function concerned(patterns: readonly string[]): string {
  if (patterns.length === 0) return '';
  const more = patterns.length - NAMED;
  return `, with files of ${patterns.length === 1 ? 'the entry' : 'the entries'} ${patterns.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const keyOf = ({ number, mountPoint }: Mount): string => `${number} ${mountPoint}`;
const nameOf = ({ mountPoint, type }: Mount): string => `${mountPoint} (${type})`;
const subjectOf = ({ mountPoint }: Mount): string => `mount ${mountPoint}`;

/** st_dev of what lies there, as the C library packs major and minor number. */
function deviceOf({ number }: Mount): number {
  const [major, minor] = number.split(':').map(Number) as [number, number];
  return (minor & 0xff) + (major & 0xfff) * 0x100 + (minor >>> 8) * 0x100_000;
}

import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import type { Report } from '../report/report.ts';

/** A file that waits for news. Both are synchronous and cheap: they run for every waiting file. */
export interface Sleeper {
  /** Where a watch can be put, or null while the file has no name. */
  readonly path: string | null;
  /** It cannot be looked at now without waiting for a mount that gives no answer. */
  readonly isOutOfReach: boolean;
  /** Has the file something to say? One look at the open descriptor. */
  grew(): boolean;
  /** As `grew`, but looks at the path too: rotation, deletion, truncation. */
  changed(): boolean;
}

/** Quickest look at a hot file; with many of them the pace falls, so that looking stays cheap. */
const FASTEST_MS = 100;
const SLOWEST_MS = 250;
const MS_PER_HOT_FILE = 0.25;
/** Quiet time after which a hot file is watched instead. */
const QUIET_MS = 1_500;
/** The path of a hot file is looked at this often. */
const PATH_MS = 1_000;
/** Every cold file is looked at once in this time: watches can be lost (queue overflow, network mounts). */
const SAFETY_MS = 10_000;
/** Without watches (none left) cold files are looked at this often instead. */
const UNWATCHED_MS = 1_000;
/** That look, and the deadlines of cold files, in a slice each second: waking up costs as much as looking at some dozen files. */
const SLICE_MS = 1_000;

interface Entry {
  readonly sleeper: Sleeper;
  wake: (() => void) | null;
  until: number;
  lastNews: number;
  nextPathLook: number;
  watcher: FSWatcher | null;
  hot: boolean;
}

/**
 * Says "look again", never what happened. A quiet file has one watch, closed at its first event; from then on the file is
 * hot and looked at by a common timer until it is quiet again. A slow safety scan covers what watches miss.
 */
export class Wake {
  readonly #entries = new Map<Sleeper, Entry>();
  readonly #hot = new Set<Entry>();
  #hotTimer: NodeJS.Timeout | null = null;
  #safetyTimer: NodeJS.Timeout | null = null;
  #safetyCursor: Iterator<Entry> | null = null;
  readonly #deadlines = new Set<Entry>();
  readonly #report: Report;
  readonly #now: () => number;
  readonly #stop: AbortSignal;
  #watchless = false;
  /** Slices of the safety scan, which come each second. */
  slices = 0;

  /** @param stop ends every wait */
  constructor(report: Report, now: () => number, stop: AbortSignal) {
    this.#report = report;
    this.#now = now;
    this.#stop = stop;
    // One listener for all: a signal's list of listeners is searched from its beginning at each removal.
    stop.addEventListener('abort', () => { for (const e of this.#entries.values()) e.wake?.(); }, { once: true });
  }

  /** Its timers run while a file waits. */
  get isNeeded(): boolean { return this.#entries.size > 0 && !this.#stop.aborted; }
  get hot(): number { return this.#hot.size; }
  get watched(): number { let n = 0; for (const e of this.#entries.values()) if (e.watcher !== null) n++; return n; }

  /** Resolves when the file may have news, at monotonic time `until` (null: never), or at the stop. */
  wait(sleeper: Sleeper, until: number | null): Promise<void> {
    if (this.#stop.aborted) return Promise.resolve();
    const now = this.#now();
    let entry = this.#entries.get(sleeper);
    if (entry === undefined) {
      entry = { sleeper, wake: null, until: Infinity, lastNews: now, nextPathLook: now + PATH_MS, watcher: null, hot: false };
      this.#entries.set(sleeper, entry);
      this.#heat(entry);
    }
    const e = entry;
    e.until = until ?? Infinity;
    if (until !== null && !e.hot) this.#deadlines.add(e);
    this.#armSafety();
    return new Promise((resolve) => {
      e.wake = () => {
        e.wake = null;
        this.#deadlines.delete(e);
        resolve();
      };
    });
  }

  /** Something is known to have happened to this file. */
  nudge(sleeper: Sleeper): void {
    const entry = this.#entries.get(sleeper);
    if (entry === undefined) return;
    this.#heat(entry);
    entry.lastNews = this.#now();
    entry.wake?.();
  }

  /** The file is not followed any more. */
  forget(sleeper: Sleeper): void {
    const entry = this.#entries.get(sleeper);
    if (entry === undefined) return;
    this.#entries.delete(sleeper);
    this.#hot.delete(entry);
    this.#deadlines.delete(entry);
    entry.watcher?.close();
    entry.watcher = null;
    entry.wake?.();
    if (this.#entries.size === 0) this.close();
  }

  /** Its timers are set anew. */
  beginAnew(): void {
    this.#clearTimers();
    this.#armHot();
    this.#armSafety();
  }

  close(): void {
    this.#clearTimers();
    for (const e of this.#entries.values()) { e.watcher?.close(); e.watcher = null; }
  }

  #clearTimers(): void {
    if (this.#hotTimer !== null) clearTimeout(this.#hotTimer);
    if (this.#safetyTimer !== null) clearTimeout(this.#safetyTimer);
    this.#hotTimer = this.#safetyTimer = null;
  }

  #heat(e: Entry): void {
    e.watcher?.close();
    e.watcher = null;
    if (e.hot) return;
    e.hot = true;
    e.lastNews = this.#now();
    e.nextPathLook = e.lastNews + PATH_MS;
    this.#deadlines.delete(e);
    this.#hot.add(e);
    this.#armHot();
  }

  #armHot(): void {
    if (this.#hotTimer !== null || this.#hot.size === 0) return;
    const pace = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, this.#hot.size * MS_PER_HOT_FILE));
    this.#hotTimer = setTimeout(() => {
      this.#hotTimer = null;
      this.#lookAtHot();
      this.#armHot();
    }, pace);
  }

  #lookAtHot(): void {
    const now = this.#now();
    for (const e of this.#hot) {
      if (e.wake === null || e.sleeper.isOutOfReach) { e.lastNews = now; continue; }
      const lookAtPath = now >= e.nextPathLook;
      if (lookAtPath) e.nextPathLook = now + PATH_MS;
      if (now >= e.until) { e.wake(); continue; }
      if (lookAtPath ? e.sleeper.changed() : e.sleeper.grew()) {
        e.lastNews = now;
        e.wake();
      } else if (now - e.lastNews >= QUIET_MS) this.#cool(e);
    }
  }

  #cool(e: Entry): void {
    this.#hot.delete(e);
    e.hot = false;
    if (e.until !== Infinity) this.#deadlines.add(e);
    const { path } = e.sleeper;
    if (path !== null) this.#arm(e, path);
    // Between the last look and the watch something may have happened.
    if (e.sleeper.changed()) this.nudge(e.sleeper);
  }

  #arm(e: Entry, path: string): void {
    try {
      e.watcher = watch(path, { persistent: false }, () => this.nudge(e.sleeper));
      e.watcher.on('error', () => { e.watcher?.close(); e.watcher = null; });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code === 'ENOSPC' || code === 'EMFILE') && !this.#watchless) {
        this.#watchless = true;
        this.#report.trouble('file watches', `no inotify watches left (${code}): quiet files are looked at every second instead; raise fs.inotify.max_user_watches and max_user_instances with sysctl`);
      }
    }
  }

  #armSafety(): void {
    this.#safetyTimer ??= setTimeout(() => {
      this.#safetyTimer = null;
      this.#safetySlice();
      if (this.#entries.size > 0) this.#armSafety();
    }, SLICE_MS);
  }

  #safetySlice(): void {
    this.slices++;
    const now = this.#now();
    for (const e of this.#deadlines) if (now >= e.until) e.wake?.();
    let left = Math.ceil((this.#entries.size * SLICE_MS) / (this.#watchless ? UNWATCHED_MS : SAFETY_MS));
    while (left-- > 0) {
      let next = (this.#safetyCursor ??= this.#entries.values()).next();
      // On from the first one: in a slice that ended here, what is due each second would come every other.
      if (next.done === true) next = (this.#safetyCursor = this.#entries.values()).next();
      if (next.done === true) return;
      const e = next.value;
      if (!e.hot && e.wake !== null && !e.sleeper.isOutOfReach && e.sleeper.changed()) this.nudge(e.sleeper);
    }
  }
}

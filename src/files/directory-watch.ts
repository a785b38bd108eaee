// Watches on quiet directories, so that a new file is seen at once instead of at the next look. A watch only ever says "look
// again"; where events come often it costs more than looking, so it is closed and armed again later.

import { watch } from 'chokidar';
import { below, list } from './look.ts';

export interface WatchEvents {
  /** A name in the directory came or went. */
  moved(name: string): void;
  /** Something in the directory was written to. */
  written(): void;
  /** The watch is of no more use. */
  failed(code: string): void;
}

export interface OpenWatch { close(): void }
export type WatchFactory = (directory: string, events: WatchEvents) => OpenWatch;

/** Events of a directory within HEAT_WINDOW_MS that make it hot. chokidar spends 0.15–0.6 ms on each. */
const HOT_EVENTS = 12;
/** The same for one that was hot before: finding out should cost little. */
const STILL_HOT_EVENTS = 3;
/** The same over all directories: at most 0.6 % of a core goes into watching. */
const HOT_EVENTS_TOTAL = 100;
const HEAT_WINDOW_MS = 10_000;
/** Rest of a hot directory; doubled each time it proves hot again. */
const REST_MS = 30_000;
const MAX_REST_MS = 15 * 60_000;
/** A directory that stayed armed this long is forgiven its past. */
const FORGIVEN_MS = 5 * 60_000;
/** chokidar reads the whole directory when it arms: 10,000 entries cost 180 ms, 1,000 under 20. */
const MAX_ENTRIES = 1000;
/** Watches of one finder: chokidar holds 10–40 KB for each. Directories beyond it are looked at each second like all others. */
const MAX_WATCHES = 256;
/** Arming is spread: 0.4 ms each. */
const ARMED_PER_TURN = 16;

/** chokidar on one directory, its entries ignored: only the raw events of the directory's own watch are wanted. */
export const watchDirectory: WatchFactory = (directory, events) => {
  const watcher = watch(directory, {
    backend: 'native', depth: 0, ignoreInitial: true, persistent: false, atomic: false, ignorePermissionErrors: true,
    ignored: (path) => path !== directory,
  });
  watcher.on('raw', (event, name) => {
    if (event === 'rename' && typeof name === 'string') events.moved(name);
    else events.written();
  });
  watcher.on('error', (error) => events.failed((error as NodeJS.ErrnoException).code ?? 'unknown'));
  return { close: () => { void watcher.close(); } };
};

interface Armed { readonly watch: OpenWatch; readonly since: number; events: number; windowFrom: number }
interface Resting { readonly until: number; readonly rest: number }

export interface DirectoryWatchOptions {
  readonly open: WatchFactory;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** `name` in `directory` came or went. */
  readonly onMoved: (directory: string, name: string) => void;
  /** No watch can be had any more; said once. `code` is ENOSPC or EMFILE. */
  readonly onExhausted: (code: string) => void;
  /** See Reach. chokidar looks at every name in a directory, and where its links lead, in the pool that all share. */
  readonly mayHang: (path: string) => boolean;
}

/** The watches of one finder: which directories have one, which rest. */
export class DirectoryWatches {
  readonly #options: DirectoryWatchOptions;
  readonly #armed = new Map<string, Armed>();
  readonly #resting = new Map<string, Resting>();
  /** Those that have too many entries, or one that may hang. */
  readonly #unfit = new Set<string>();
  #exhausted = false;
  #eventsTotal = 0;
  #totalFrom = 0;

  constructor(options: DirectoryWatchOptions) { this.#options = options; }

  get count(): number { return this.#armed.size; }
  isArmed(directory: string): boolean { return this.#armed.has(directory); }

  /** Arms up to a turn's worth of `directories` that can have a watch and have none, and ends those that can have one no more. */
  arm(directories: Iterable<string>): void {
    for (const directory of [...this.#armed.keys()]) if (this.#options.mayHang(directory)) this.disarm(directory);
    if (this.#exhausted) return;
    const now = this.#options.now();
    let turns = ARMED_PER_TURN;
    for (const directory of directories) {
      if (turns === 0 || this.#armed.size >= MAX_WATCHES || this.#exhausted) return;
      if (this.#armed.has(directory) || this.#unfit.has(directory) || this.#options.mayHang(directory)) continue;
      const resting = this.#resting.get(directory);
      if (resting !== undefined && now < resting.until) continue;
      turns--;
      this.#open(directory, now);
    }
  }

  /** Ends the watch of a directory that is gone or became another. */
  disarm(directory: string): void {
    this.#armed.get(directory)?.watch.close();
    this.#armed.delete(directory);
    this.#unfit.delete(directory);
  }

  /** Ends the watch and forgets the directory's past. */
  forget(directory: string): void {
    this.disarm(directory);
    this.#resting.delete(directory);
  }

  close(): void {
    for (const { watch: open } of this.#armed.values()) open.close();
    this.#armed.clear();
    this.#resting.clear();
    this.#unfit.clear();
  }

  #open(directory: string, now: number): void {
    const listed = list(directory);
    if (listed.kind !== 'list' || listed.entries.length > MAX_ENTRIES || listed.entries.some((entry) => entry.isSymbolicLink() && this.#options.mayHang(below(directory, entry.name)))) {
      this.#unfit.add(directory);
      return;
    }
    let dead = false;
    const ended = (code: string): void => {
      if (dead) return;
      dead = true;
      this.#fail(directory, code);
    };
    const open = this.#options.open(directory, {
      moved: (name) => {
        if (dead || !this.#armed.has(directory)) return;
        this.#options.onMoved(directory, name);
        this.#heat(directory);
      },
      written: () => { if (!dead) this.#heat(directory); },
      failed: ended,
    });
    if (dead) open.close();
    else this.#armed.set(directory, { watch: open, since: now, events: 0, windowFrom: now });
  }

  #heat(directory: string): void {
    const armed = this.#armed.get(directory);
    if (armed === undefined) return;
    const now = this.#options.now();
    if (now - armed.since > FORGIVEN_MS) this.#resting.delete(directory);
    if (now - armed.windowFrom > HEAT_WINDOW_MS) { armed.events = 0; armed.windowFrom = now; }
    if (now - this.#totalFrom > HEAT_WINDOW_MS) { this.#eventsTotal = 0; this.#totalFrom = now; }
    armed.events++;
    this.#eventsTotal++;
    const most = this.#resting.has(directory) ? STILL_HOT_EVENTS : HOT_EVENTS;
    if (armed.events <= most && this.#eventsTotal <= HOT_EVENTS_TOTAL) return;
    const before = this.#resting.get(directory);
    const rest = before === undefined ? REST_MS : Math.min(before.rest * 2, MAX_REST_MS);
    this.disarm(directory);
    this.#resting.set(directory, { until: now + rest, rest });
  }

  #fail(directory: string, code: string): void {
    this.disarm(directory);
    if (code === 'ENOSPC' || code === 'EMFILE') {
      if (this.#exhausted) return;
      this.#exhausted = true;
      this.#options.onExhausted(code);
      return;
    }
    this.#resting.set(directory, { until: this.#options.now() + REST_MS, rest: REST_MS });
  }
}

import { closeSync, fstatSync, statSync, unlinkSync } from 'node:fs';
import type { CheckpointStore } from '../checkpoint/store.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { Mark } from '../checkpoint/ledger.ts';
import type { Lane } from '../delivery/lane.ts';
import type { Descriptors } from '../files/descriptors.ts';
import { HEAD_BYTES, readIdentity, sameGeneration } from '../files/file-id.ts';
import { openFile } from '../files/tailer.ts';
import type { Wake } from '../files/wake.ts';
import type { Checkpoint, Destination } from '../flow.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { FileEntryPlan } from '../plan.ts';
import type { Report } from '../report/report.ts';
import { destinationOf } from './destination.ts';
import { follow } from './follow.ts';
import { Generation } from './generation.ts';
import type { EntryStages, GenerationStart } from './generation.ts';
import type { Found } from '../files/finder.ts';
import type { Archived, Relatives } from './relatives.ts';
import { originalsOf } from './rotation-names.ts';

/**
 * A file that lost its name is followed this long after its last growth: logrotate renames first and signals the writer
 * later, and some writers need minutes (field reports L03b).
 */
const LINGER_MS = 10 * 60_000;
/** Quiet files without their name that are followed at once; beyond it the longest quiet ones are let go. */
const MAX_LINGERING = 32;
/** Begins the name under which the store remembers that an entry has had its first scan: no key begins so, for keys are paths. */
const BEGUN = 'begun ';
/** The clock of a file system runs a tick behind ours. */
const CLOCK_SLACK_MS = 100;
const START: Mark = { offset: 0, windowCrc: 0, windowLength: 0, split: null };

export interface PipelineContext {
  readonly entry: FileEntryPlan;
  readonly stages: Omit<EntryStages, 'settled' | 'rewound'>;
  readonly store: CheckpointStore;
  readonly descriptors: Descriptors;
  readonly wake: Wake;
  readonly relatives: Relatives;
  readonly report: Report;
  readonly laneFor: (destination: Destination) => Lane;
  readonly now: () => number;
  readonly hurry: () => boolean;
  /** Does the entry's pattern match this path, whether or not it exists? */
  readonly matches: (path: string) => boolean;
}

/** One entry of the plan, running: which files it follows, and what becomes of each. */
export class LogPipeline {
  readonly entry: FileEntryPlan;
  readonly #c: PipelineContext;
  readonly #stages: EntryStages;
  readonly #live = new Set<Generation>();
  readonly #inodes = new Map<string, Generation>();
  readonly #paths = new Map<string, Generation>();
  readonly #byHandle = new Map<TrackedCheckpoint, Generation>();
  /** Files of this entry that are not followed, and why. */
  readonly skipped = new Map<string, string>();
  readonly #following = new Set<Promise<void>>();
  /** Read to its end, but not acknowledged to its end. */
  readonly #over = new Set<Generation>();
  /** Starts waiting for an earlier generation of the same file to be read to its end. */
  readonly #successors = new Map<Generation, Generation[]>();
  /** The life of the same file that was put behind one: what comes later goes behind that. */
  readonly #next = new WeakMap<Generation, Generation>();
  readonly #drained = new WeakSet<Generation>();
  /** To be read once more before what waits for them starts: their writer may have gone on until the next file began. */
  readonly #unread = new WeakSet<Generation>();
  readonly #detachedAt = new WeakMap<Generation, number>();
  /** By name: the last of the earlier generations that are still being read. */
  readonly #tails = new Map<string, Generation>();
  /** By name: searches in archives under way. The present file waits for what they find. */
  readonly #searches = new Map<string, number>();
  readonly #searched = new Set<TrackedCheckpoint>();
  /** Gone generations whose rest may be in an archive: what waits for them waits for that. */
  readonly #vanished = new Set<Generation>();
  /** Starts waiting for all that was read of a generation to be acknowledged. */
  readonly #continued = new Map<Generation, Generation>();
  /** Checkpoints whose other files are being looked for: one of those may have the same inode number. */
  readonly #judged = new Set<TrackedCheckpoint>();
  #waiting = false;
  /** What the finder leaves out by name. */
  skippedByName: ReadonlyMap<string, string> = new Map();
  #life: Lifetime | null = null;
  /** The entry starts at the end of what is there now; what comes later, even while no agent runs, is read from its start. */
  #firstScan = false;

  constructor(context: PipelineContext) {
    this.#c = context;
    this.entry = context.entry;
    this.#stages = { ...context.stages, settled: (g) => this.#settled(g), rewound: (g) => this.#c.wake.nudge(g) };
  }

  get generations(): Iterable<Generation> { return this.#live; }
  /** A match could not be judged or opened yet: `reconcile` is to be called again. */
  get wantsReconcile(): boolean { return this.#waiting; }

  /** Everything found is read and acknowledged to its end. */
  get caughtUp(): boolean {
    if (this.#successors.size > 0 || this.#searches.size > 0) return false;
    for (const g of this.#live) if (!g.settled || (g.lastError === null && (!this.#over.has(g) && (g.pending > 0 || g.offset < g.size || !g.looked)))) return false;
    return true;
  }

  /** Takes up what earlier runs left unfinished, then follows what `reconcile` is told of, until the lifetime ends. */
  begin(life: Lifetime): void {
    this.#life = life;
    const { key, startAt } = this.entry;
    this.#firstScan = startAt === 'end' && [key, BEGUN + key].every((name) => [...this.#c.store.entry(name)].length === 0);
    this.#resume();
  }

  /** Resolves when every follower has ended. */
  async ended(): Promise<void> {
    while (this.#following.size > 0) await Promise.all(this.#following);
  }

  /** The files that match now, by path. */
  reconcile(matches: ReadonlyMap<string, Found>): void {
    if (this.#life === null || this.#life.stop.aborted) return;
    this.#waiting = false;
    const byAge = [...matches.values()].sort((a, b) => a.mtimeMs - b.mtimeMs);
    const newest = byAge.at(-1);
    for (const path of this.skipped.keys()) if (!matches.has(path)) this.skipped.delete(path);
    for (const found of byAge) {
      const live = this.#byInode(found.device, found.inode);
      if (live !== null) { this.#nameIs(live, found); continue; }
      const namesake = this.#byPath(found.path);
      if (namesake !== null) { this.#c.wake.nudge(namesake); continue; }
      this.#adopt(found, this.entry.follow === 'all' || found === newest);
    }
    if (this.#firstScan) this.#hasBegun();
  }

  /** Remembers the first scan, even if it found nothing. */
  #hasBegun(): void {
    this.#firstScan = false;
    const { key, pattern } = this.entry;
    this.#c.store.track({ entry: BEGUN + key, path: pattern, id: { device: 0, inode: 0, headHash: '', headLength: 0 }, offset: 0, windowCrc: 0, windowLength: 0, split: null, ended: false, updatedAt: Date.now() });
  }

  #byInode(device: number, inode: number): Generation | null {
    const g = this.#inodes.get(`${device}:${inode}`);
    return g === undefined || g.truncated || g.unpacked ? null : g;
  }

  #byPath(path: string): Generation | null {
    const g = this.#paths.get(path);
    return g === undefined || g.attachment !== 'attached' || g.truncated || g.path !== path ? null : g;
  }

  /** The same file under another name that matches: a rotation within the pattern, or a second link. */
  #nameIs(g: Generation, found: Found): void {
    if (g.path === found.path) { if (g.attachment === 'renamed') g.attachment = 'attached'; return; }
    if (inodeAt(g.path) === g.id.inode) return;
    this.#discoverLater(g.path, g);
    this.#move(g, found.path);
    g.attachment = 'attached';
  }

  /** A file that is not followed yet: new, known from earlier, or a copy of one that is. */
  #adopt(found: { readonly path: string; readonly inode?: number }, allowed: boolean, after?: Generation | null, told: TrackedCheckpoint | null = null): Generation | null {
    const { path } = found;
    if (after === undefined && this.#searches.has(path)) { this.#waiting = true; return null; }
    const opened = openFile(path);
    if ('error' in opened) {
      if (opened.error !== 'ENOENT') this.#waiting = true;
      if (opened.error !== 'ENOENT') this.#skip(path, `cannot be opened (${opened.error}); it is tried again at each scan`);
      return null;
    }
    let kept = false;
    try {
      // The name went on to another file since it was listed.
      if (after !== undefined && found.inode !== undefined && found.inode !== opened.inode) return null;
      const known = this.#byInode(opened.device, opened.inode);
      if (known !== null) return known;
      const reason = this.#c.relatives.skipReason(opened.fd);
      if (reason !== null) { this.#skip(path, reason); return null; }
      const identity = readIdentity(opened.fd);
      if (identity.kind === 'error') { this.#skip(path, `cannot be read (${identity.code}); it is tried again at each scan`); return null; }
      const { id } = identity;
      const prior = told ?? this.#prior(path, opened.fd);
      if (prior === 'copy') { this.#skip(path, 'a copy of a file that is followed'); return null; }
      if (prior === 'wait') { this.#waiting = true; return null; }
      // Judging it may have taken up this very file as an earlier life of its name.
      const taken = this.#byInode(opened.device, opened.inode);
      if (taken !== null) return taken;
      if (prior === null && !allowed) { this.#skip(path, 'an older match (follow: newest reads the newest file only; follow: all reads every one)'); return null; }
      this.skipped.delete(path);
      const mark = prior === null ? this.#firstMark(opened.fd, identity.size) : markOf(prior);
      const handle = prior !== null && prior.id.inode === id.inode ? prior
        : this.#c.store.track({ entry: this.entry.key, path, id, offset: mark.offset, windowCrc: mark.windowCrc, windowLength: mark.windowLength, split: mark.split, ended: false, updatedAt: Date.now() });
      if (handle === prior) { handle.identify(id); handle.rename(path); }
      else if (prior !== null) prior.forget();
      // Judging the file may have found earlier lives of it that come first.
      kept = true;
      if (this.#c.relatives.isMounted(path)) this.#c.report.note(`${path}: is a single file mounted there; its rotation by rename cannot be seen here: mount its directory instead, or rotate with copytruncate`);
      return this.#start({ path, id, mark, handle, base: 0, unpacked: false, fd: opened.fd }, after === undefined ? this.#tailOf(path) : after);
    } finally {
      if (!kept) closeSync(opened.fd);
    }
  }

  #move(g: Generation, path: string): void {
    if (this.#paths.get(g.path) === g) this.#paths.delete(g.path);
    g.path = path;
    this.#paths.set(path, g);
    g.handle.rename(path);
    this.#enter(this.#known(), g.handle as TrackedCheckpoint);
  }

  /** The last of the earlier lives of the name that are still being read, with those that came and went since it was taken up. */
  #tailOf(path: string): Generation | null {
    const tail = this.#tails.get(path);
    if (tail === undefined) return null;
    return this.#livesAfter(tail, path, tail, tail.seenAt - CLOCK_SLACK_MS, (one) => { one.attachment = 'renamed'; this.#detachedAt.set(one, this.#c.now()); });
  }

  /** What an earlier run, or a live generation, knows of this content. */
  #prior(path: string, fd: number): TrackedCheckpoint | 'copy' | 'wait' | null {
    const stats = fstatSync(fd);
    let stale: TrackedCheckpoint | null = null;
    const moved: TrackedCheckpoint[] = [];
    for (const checkpoint of this.#candidates(path, stats.ino)) {
      const live = this.#liveOf(checkpoint);
      // The safe offset lags behind; what was read is the better measure of a live file.
      const kinship = sameGeneration(live === null ? checkpoint : { ...plain(checkpoint), ...live.mark, id: live.id }, fd, stats);
      switch (kinship) {
        case 'same':
          if (live === null) return checkpoint;
          break;
        case 'copy':
          if (live !== null && !this.#c.relatives.isRotation(live.path, path)) break;
          if (live !== null) return 'copy';
          if (checkpoint.ended || path === checkpoint.path || this.#c.relatives.isRotation(checkpoint.path, path)) return checkpoint;
          break;
        case 'truncated': case 'replaced':
          if (live === null && checkpoint.id.inode === stats.ino && checkpoint.id.device === stats.dev) stale = checkpoint;
          else if (live === null && !checkpoint.ended && checkpoint.path === path && this.#nameFor(path) === path) moved.push(checkpoint);
          // While its follower has yet to see a truncation, nobody can tell what is a copy of it.
          else if (live !== null && this.#c.relatives.isRotation(live.path, path) && (this.#c.relatives.isPrefixOf(live, fd, stats.size) || (!live.truncated && this.#c.relatives.isTruncated(live)))) return 'wait';
          break;
        case 'unknown': break;
        default: kinship satisfies never;
      }
    }
    // Its file stood here when the agent started, and was rotated away before it could be opened.
    const unjudged = moved.filter((checkpoint) => !this.#judged.has(checkpoint));
    if (unjudged.length > 0) {
      this.#takeUp(this.#nameFor(path), unjudged);
      if (this.#searches.has(this.#nameFor(path))) return 'wait';
    }
    if (stale !== null) {
      this.#c.report.note(`${path}: holds other bytes than the ${stale.offset} already read; taken as truncated and read from its start`);
      const name = this.#nameFor(path);
      // A copy made before the truncation may hold what was not read of it.
      if (this.#liveOf(stale) === null && !stale.ended && !this.#judged.has(stale)) this.#takeUp(name, [stale]);
      if (this.#searches.has(name)) return 'wait';
      if (this.#liveOf(stale) === null && !this.#searched.has(stale)) this.#moveToCopy(stale);
    }
    return null;
  }

  /** The file of a checkpoint was truncated: its copy, if there is one, must still be known for what was delivered. */
  #moveToCopy(stale: TrackedCheckpoint): void {
    const copy = stale.forgotten ? null : this.#c.relatives.copyHolding(stale);
    if (copy === null || this.#inodes.has(`${copy.id.device}:${copy.id.inode}`)) { stale.forget(); return; }
    stale.identify(copy.id);
    stale.rename(copy.path);
    stale.end();
    this.#enter(this.#known(), stale);
  }

  /** Checkpoints that may speak of a file: of its inode, its path, or a name rotation may have made its path of. */
  #candidates(path: string, inode: number): Set<TrackedCheckpoint> {
    const known = this.#known();
    const names = [path, ...originalsOf(path)];
    return new Set([...(known.inodes.get(inode) ?? []), ...names.flatMap((name) => known.paths.get(name) ?? [])].filter((c) => !c.forgotten));
  }

  /** Index of the store's checkpoints, made again when one came or moved. */
  #known(): { readonly inodes: Map<number, TrackedCheckpoint[]>; readonly paths: Map<string, TrackedCheckpoint[]> } {
    if (this.#index === null) {
      const inodes = new Map<number, TrackedCheckpoint[]>();
      const paths = new Map<string, TrackedCheckpoint[]>();
      for (const checkpoint of this.#c.store.entry(this.entry.key)) this.#enter({ inodes, paths }, checkpoint);
      this.#index = { inodes, paths };
    }
    return this.#index;
  }

  #enter({ inodes, paths }: { readonly inodes: Map<number, TrackedCheckpoint[]>; readonly paths: Map<string, TrackedCheckpoint[]> }, checkpoint: TrackedCheckpoint): void {
    const add = <K>(map: Map<K, TrackedCheckpoint[]>, key: K): void => { const list = map.get(key); if (list === undefined) map.set(key, [checkpoint]); else if (!list.includes(checkpoint)) list.push(checkpoint); };
    add(inodes, checkpoint.id.inode);
    add(paths, checkpoint.path);
  }

  #index: { readonly inodes: Map<number, TrackedCheckpoint[]>; readonly paths: Map<string, TrackedCheckpoint[]> } | null = null;

  #liveOf(checkpoint: TrackedCheckpoint): Generation | null { return this.#byHandle.get(checkpoint) ?? null; }

  /** Where a file that nobody knows begins: at its start, unless the entry asks for the end of what was there before the agent. */
  #firstMark(fd: number, size: number): Mark {
    if (!this.#firstScan || size === 0) return START;
    return this.#c.relatives.markAt(fd, size) ?? START;
  }

  /**
   * Follows a generation, once `after` is read to its end. One that goes on with the bytes of another (`from`) begins when
   * all that was read of that is acknowledged: its position must not pass them.
   */
  #start(start: Omit<GenerationStart, 'lane'>, after: Generation | null, name = this.#nameFor(start.path), from: Generation | null = null): Generation {
    const { id, handle } = start;
    const g = new Generation({ ...start, lane: this.#c.laneFor(destinationOf(this.entry.naming, name)) }, this.#stages);
    if (g.unpacked) g.attachment = 'deleted';
    this.#live.add(g);
    if (!g.unpacked) this.#inodes.set(`${id.device}:${id.inode}`, g);
    this.#paths.set(start.path, g);
    this.#byHandle.set(handle as TrackedCheckpoint, g);
    this.#enter(this.#known(), handle as TrackedCheckpoint);
    const last = after === null ? null : this.#lastBehind(after);
    if (last !== null) this.#next.set(last, g);
    if (last !== null && this.#live.has(last) && !this.#over.has(last)) {
      // It may have been read to its end before; but only what was read after this file began is known to be its end.
      g.predecessor = last;
      this.#unread.add(last);
      const waiting = this.#successors.get(last);
      if (waiting === undefined) this.#successors.set(last, [g]); else waiting.push(g);
      this.#c.wake.nudge(last);
    } else if (from !== null && !from.settled) this.#continued.set(from, g);
    else this.#follow(g);
    return g;
  }

  /** A directory listed twice gives the lives behind `g` once only: whoever comes now comes after all of them. */
  #lastBehind(g: Generation): Generation {
    let last = g;
    for (let next = this.#next.get(last); next !== undefined; next = this.#next.get(last)) last = next;
    return last;
  }

  #follow(g: Generation): void {
    const life = this.#life!;
    const { entry } = this;
    const task = follow(g, {
      wake: this.#c.wake,
      multilineMs: entry.framing.multilineTimeoutMs,
      partialMs: entry.framing.partialLineTimeoutMs,
      now: this.#c.now,
      hurry: this.#c.hurry,
      deadline: (one) => one.attachment === 'attached' ? null : this.#lingerUntil(one),
      look: (one) => this.#look(one),
      truncated: (one) => this.#truncated(one),
      unreadable: (one) => this.#unreadable(one),
    }, life).then(() => {
      this.#following.delete(task);
      // After a stop only what nobody can read again was finished.
      if (!life.stop.aborted || (g.isLastChance && !life.abandon.aborted)) this.#isOver(g);
    });
    this.#following.add(task);
  }

  /** The name that decides the stream: a rotated file goes on into the stream of the name it had. */
  #nameFor(path: string): string {
    if (this.#c.matches(path)) return path;
    return originalsOf(path).find((name) => this.#c.matches(name)) ?? path;
  }

  #look(g: Generation): 'follow' | 'again' | 'end' {
    this.#growHead(g);
    g.looked = true;
    if (g.attachment === 'attached') {
      const at = lookAt(g.path);
      if (at === 'unknown') {
        this.#c.report.trouble(`file ${g.path}`, `${g.path}: cannot be looked at now; its position is kept and it is tried again`);
        return 'follow';
      }
      if (at !== null && at.ino === g.id.inode && !g.unpacked) {
        g.seenAt = this.#stages.wallNow();
        if (this.entry.autoRemoval) this.#removeIfDone(g);
        if (!this.#successors.has(g)) return 'follow';
        // It moved on to another name that matches: what came after it waits all the same.
        if (this.#unread.delete(g)) return 'again';
        this.#drain(g);
        return 'follow';
      }
      this.#detach(g, at !== null);
    }
    if (this.#unread.delete(g)) return 'again';
    const over = this.#c.hurry() || g.unpacked || this.#c.now() >= this.#lingerUntil(g);
    // A message of whole lines may go on in the next file; anything else is sent before that begins.
    if (!over || g.holdsLines) this.#drain(g);
    return over ? 'end' : 'follow';
  }

  /** Its name is gone or belongs to another file: read on by descriptor, and make way for what has the name now. */
  #detach(g: Generation, replaced: boolean): void {
    const { path } = g;
    const newName = this.#c.relatives.renamed(g);
    const fd = g.descriptor();
    g.attachment = newName === null ? 'deleted' : 'renamed';
    if (newName !== null) this.#move(g, newName);
    else if (fd === null) this.#c.report.trouble(`file ${path}`, `${path}: gone before it was read to its end`);
    this.#detachedAt.set(g, this.#c.now());
    const before = this.#livesAfter(g, path, g, g.seenAt - CLOCK_SLACK_MS, (one) => {
      if (one.attachment === 'attached') { one.attachment = 'renamed'; this.#detachedAt.set(one, this.#c.now()); }
    });
    if (replaced) this.#adopt({ path }, true, before);
    if (!replaced && before !== null) this.#tails.set(path, before);
    this.#limitLingering();
  }

  /** Follows the lives of `path` that came after `g` and were rotated away before anyone looked, behind `before`; gives the last. */
  #livesAfter(g: Generation, path: string, before: Generation | null, since: number, each: (one: Generation) => void): Generation | null {
    let last = before;
    for (let attempt = 0; attempt < MAX_RELISTS; attempt++) {
      let shifted = false;
      for (const life of this.#c.relatives.after(g, path, since, [...this.#c.store.entry(this.entry.key)])) {
        const one: Generation | null = this.#adopt(life, true, last);
        // A rotation between the listing and the opening gives the names to other files: list again, oldest first.
        if (one === null && inodeAt(life.path) !== life.inode) { shifted = true; break; }
        if (one === null || one === last) continue;
        each(one);
        last = one;
      }
      if (!shifted) break;
    }
    return last;
  }

  /** The name was taken over while its generation moved on to another name that matches too. */
  #discoverLater(path: string, after: Generation): void {
    if (lookAt(path) !== null) this.#adopt({ path }, true, after);
  }

  /** Read to its end since it lost its name: what came after it may start. */
  #drain(g: Generation): void {
    if (this.#vanished.has(g)) return;
    this.#drained.add(g);
    const waiting = this.#successors.get(g);
    if (waiting === undefined) return;
    this.#successors.delete(g);
    for (const next of waiting) this.#follow(next);
  }

  #lingerUntil(g: Generation): number {
    return Math.max(g.grewAt, this.#detachedAt.get(g) ?? 0) + LINGER_MS;
  }

  #limitLingering(): void {
    const lingering = [...this.#live].filter((g) => g.attachment !== 'attached' && this.#drained.has(g) && !this.#over.has(g));
    if (lingering.length <= MAX_LINGERING) return;
    lingering.sort((a, b) => a.grewAt - b.grewAt);
    for (const g of lingering.slice(0, lingering.length - MAX_LINGERING)) { this.#detachedAt.set(g, -LINGER_MS); g.grewAt = -LINGER_MS; this.#c.wake.nudge(g); }
  }

  #truncated(g: Generation): void {
    const { path } = g;
    const unread = Math.max(0, g.size - g.offset);
    g.truncated = true;
    const copy = this.#c.relatives.copyOf(g);
    let before: Generation | null = null;
    if (copy !== null) {
      const { mark, safe } = g;
      const handle = this.#c.store.track({ entry: this.entry.key, path: copy.path, id: copy.id, offset: safe.offset, windowCrc: safe.windowCrc, windowLength: safe.windowLength, split: safe.split, ended: false, updatedAt: Date.now() });
      before = this.#start({ path: copy.path, id: copy.id, mark, handle, base: 0, unpacked: false, fd: null }, null, this.#nameFor(path), g);
      this.#isCopy(before);
      const beyond = g.size - copy.size;
      if (beyond > 0) this.#c.report.dropped('truncated-unread', 0, beyond, path);
    } else {
      this.#knowCutCopy(g);
      if (unread > 0) this.#c.report.dropped('truncated-unread', 0, unread, path);
      this.#c.report.note(`${path}: truncated; ${unread > 0 ? `${unread} bytes were gone before they could be read, ` : ''}read again from its start`);
    }
    before = this.#livesAfter(g, path, before, g.seenAt - CLOCK_SLACK_MS, (one) => this.#isCopy(one));
    g.handle.forget();
    this.#isOver(g);
    this.#adopt({ path }, true, this.#movedAfterTruncation(g, before));
  }

  /** The truncated file was rotated by rename too before anyone looked: its new life is under another name, and comes first. */
  #movedAfterTruncation(g: Generation, before: Generation | null): Generation | null {
    if (inodeAt(g.path) === g.id.inode) return before;
    const newName = this.#c.relatives.renamed(g);
    const life = newName === null ? null : this.#adopt({ path: newName }, true, before);
    if (life === null) return before;
    life.attachment = 'renamed';
    this.#detachedAt.set(life, this.#c.now());
    return life;
  }

  /** A copy may end before what was read: its bytes are delivered, and it must be known for that when the pattern matches it too. */
  #knowCutCopy(g: Generation): void {
    const cut = this.#c.relatives.cutCopyOf(g, [...this.#c.store.entry(this.entry.key)].filter((checkpoint) => checkpoint !== g.handle));
    if (cut === null) return;
    const { path, id, mark } = cut;
    const { offset, windowCrc, windowLength, split } = g.safe.offset < mark.offset ? g.safe : mark;
    const handle = this.#c.store.track({ entry: this.entry.key, path, id, offset, windowCrc, windowLength, split, ended: false, updatedAt: Date.now() });
    this.#isCopy(this.#start({ path, id, mark, handle, base: 0, unpacked: false, fd: null }, null, this.#nameFor(g.path), g));
  }

  /** Nobody writes to a copy: it is over when it is read to its end. */
  #isCopy(g: Generation): void {
    g.attachment = 'renamed';
    this.#detachedAt.set(g, -LINGER_MS);
    this.skipped.delete(g.path);
  }

  #unreadable(g: Generation): 'follow' | 'end' {
    const gone = g.lastError === 'ENOENT' || g.lastError === 'ESTALE' || g.lastError === 'ENOTDIR';
    if (!gone) {
      this.#c.report.trouble(`file ${g.path}`, `${g.path}: cannot be read (${g.lastError}); its position is kept and it is tried again`);
      return 'follow';
    }
    if (!g.pinned && this.#c.relatives.renamed(g) !== null) { this.#detach(g, lookAt(g.path) !== null); return 'follow'; }
    const name = g.path;
    this.#continueInArchive(g.handle as TrackedCheckpoint, this.#nameFor(name), Math.max(0, g.size - g.offset), g);
    g.truncated = true;
    const last = this.#livesAfter(g, name, g, g.seenAt - CLOCK_SLACK_MS, () => undefined);
    if (lookAt(name) !== null) this.#adopt({ path: name }, true, last);
    return 'end';
  }

  /**
   * The plain file of a generation is gone. If an archive beside it holds it, what follows the offset is read from there;
   * else `unread` bytes (null: nobody knows how many) are lost, and that is said. What comes after `gone` waits for it.
   */
  #continueInArchive(handle: TrackedCheckpoint, name: string, unread: number | null, gone: Generation | null): void {
    const life = this.#life!;
    if (unread === 0 && gone?.settled === true) return;
    if (this.#searched.has(handle)) return;
    this.#searched.add(handle);
    this.#searches.set(name, (this.#searches.get(name) ?? 0) + 1);
    if (gone !== null) this.#vanished.add(gone);
    // What is in flight moves the safe offset on during the search: the search needs one position, how far was read.
    const from: Checkpoint = { ...plain(handle), id: handle.id, ...(gone === null ? markOf(handle) : gone.mark) };
    const task = this.#c.relatives.archived(from, name, life.stop).then((archived) => {
      if (life.stop.aborted) {
        if (archived !== null && archived !== 'incomplete') closeSync(archived.fd);
        return;
      }
      const rest = this.#unpacked(archived, handle, from, name, unread, gone);
      const left = this.#searches.get(name)! - 1;
      if (left === 0) this.#searches.delete(name); else this.#searches.set(name, left);
      this.#waiting = true;
      if (rest !== null) this.#tails.set(name, rest);
      if (gone !== null) this.#replacedBy(gone, rest);
    }).finally(() => { this.#following.delete(task); });
    this.#following.add(task);
  }

  /** What became of a search in archives: the generation that reads the rest, or null. */
  #unpacked(archived: Archived | 'incomplete' | null, handle: TrackedCheckpoint, from: Mark, name: string, unread: number | null, gone: Generation | null): Generation | null {
    const { stop } = this.#life!;
    if (archived === 'incomplete') {
      // Its writer may be dead: what came after it must not wait for that.
      setTimeout(() => {
        this.#searched.delete(handle);
        if (!stop.aborted) this.#continueInArchive(handle, name, unread, gone);
      }, ARCHIVE_RETRY_MS).unref();
      return null;
    }
    this.#searched.delete(handle);
    if (archived === null) {
      if (unread !== null && unread > 0) this.#c.report.dropped('vanished-unread', 0, unread, name);
      this.#c.report.note(`${name}: the file read up to byte ${from.offset} is gone${unread === null ? '' : ` with ${unread} bytes unread`}; anything beyond is lost`);
      return this.#nothingLeft(handle, gone);
    }
    const mark = markOf(from);
    if (archived.size <= mark.offset) { closeSync(archived.fd); return this.#nothingLeft(handle, gone); }
    this.#c.report.note(`${name}: was compressed before it was read to its end; going on inside ${archived.path}`);
    return this.#start({ path: archived.path, id: handle.id, mark, handle, base: archived.base, unpacked: true, fd: archived.fd }, null, name, gone);
  }

  /** No more bytes of a vanished generation are to be had; what was read of it may still be unacknowledged. */
  #nothingLeft(handle: TrackedCheckpoint, gone: Generation | null): null {
    if (gone === null || gone.settled) handle.end();
    return null;
  }

  /** What waited for `gone` waits for the rest of it, or for nothing any more. */
  #replacedBy(gone: Generation, rest: Generation | null): void {
    this.#vanished.delete(gone);
    this.#settled(gone);
    const waiting = this.#successors.get(gone);
    if (rest === null || waiting === undefined) { this.#drain(gone); return; }
    this.#successors.delete(gone);
    for (const next of waiting) next.predecessor = rest;
    this.#successors.set(rest, waiting);
    const behind = this.#next.get(gone);
    if (behind !== undefined) this.#next.set(rest, behind);
  }

  /** Nothing more will be read of it; it stays until everything held is acknowledged. */
  #isOver(g: Generation): void {
    if (!this.#live.has(g)) return;
    this.#over.add(g);
    this.#drain(g);
    this.#c.wake.forget(g);
    this.#settled(g);
  }

  #settled(g: Generation): void {
    // A busy file may be behind for hours before it is looked at in peace.
    if (g.id.headLength === 0) this.#growHead(g);
    if (!this.#over.has(g)) return;
    if (g.settled) {
      if (!g.truncated && g.offset < g.size && g.lastError === null && !this.#life!.stop.aborted) { this.#readAgain(g); return; }
      this.#over.delete(g);
      this.#drop(g);
      g.close();
      const rest = this.#continued.get(g);
      this.#continued.delete(g);
      if (rest !== undefined) {
        // All before it is acknowledged now, and nothing may follow that would say so.
        const { offset, windowCrc, windowLength, split } = rest.mark;
        rest.handle.update(offset, windowCrc, windowLength, split);
        this.#follow(rest);
      }
      // Whatever else reads on under the same checkpoint ends it.
      else if (!this.#searched.has(g.handle as TrackedCheckpoint) && this.#liveOf(g.handle as TrackedCheckpoint) === null) g.handle.end();
    }
  }

  #drop(g: Generation): void {
    this.#live.delete(g);
    const key = `${g.id.device}:${g.id.inode}`;
    if (this.#inodes.get(key) === g) this.#inodes.delete(key);
    if (this.#paths.get(g.path) === g) this.#paths.delete(g.path);
    for (const [name, tail] of this.#tails) if (tail === g) this.#tails.delete(name);
    if (this.#byHandle.get(g.handle as TrackedCheckpoint) === g) this.#byHandle.delete(g.handle as TrackedCheckpoint);
  }

  /** A failing lane gave back what it held of a file that was read to its end already. */
  #readAgain(g: Generation): void {
    this.#over.delete(g);
    this.#drained.delete(g);
    this.#follow(g);
  }

  #growHead(g: Generation): void {
    if (g.id.headLength >= HEAD_BYTES || g.offset <= g.id.headLength || g.unpacked) return;
    const fd = g.descriptor();
    if (fd === null) return;
    // Not beyond what was handed on: a copy made meanwhile may have no more than that.
    const identity = readIdentity(fd, g.offset);
    if (identity.kind === 'error') return;
    g.id = identity.id;
    g.handle.identify(identity.id);
  }

  /** auto_removal: a newer file matches, and every byte of this one is acknowledged. */
  #removeIfDone(g: Generation): void {
    if (!g.settled || g.pending > 0 || g.offset < g.size) return;
    let newer = false;
    for (const other of this.#live) if (other !== g && other.attachment === 'attached' && other.mtimeMs > g.mtimeMs) newer = true;
    if (!newer || inodeAt(g.path) !== g.id.inode) return;
    try {
      unlinkSync(g.path);
      this.#c.report.note(`${g.path}: removed (auto_removal): every byte is acknowledged and a newer file matches`);
    } catch (error) {
      this.#c.report.trouble(`file ${g.path}`, `${g.path}: auto_removal cannot delete it (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    }
  }

  /** Unfinished files of earlier runs that are not where they were, oldest first: under another name, copied, or compressed. */
  #resume(): void {
    const byName = new Map<string, TrackedCheckpoint[]>();
    const ended = new Map<string, TrackedCheckpoint>();
    const alive = new Set<string>();
    for (const checkpoint of this.#c.store.entry(this.entry.key)) {
      if (checkpoint.ended) {
        const latest = ended.get(checkpoint.path);
        if (latest === undefined || latest.updatedAt < checkpoint.updatedAt) ended.set(checkpoint.path, checkpoint);
        continue;
      }
      alive.add(this.#nameFor(checkpoint.path));
      const at = lookAt(checkpoint.path);
      if (at === 'unknown') continue;
      const name = this.#nameFor(checkpoint.path);
      if (name === checkpoint.path && at !== null && at.ino === checkpoint.id.inode && at.size >= checkpoint.offset) continue;
      const list = byName.get(name);
      if (list === undefined) byName.set(name, [checkpoint]); else list.push(checkpoint);
    }
    for (const [name, checkpoints] of byName) this.#takeUp(name, checkpoints);
    // The last file of this name was done with, and another came while no agent ran: there may have been more of them.
    for (const [path, checkpoint] of ended) {
      if (alive.has(path) || !this.#c.matches(path)) continue;
      const inode = inodeAt(path);
      if (inode !== null && !this.#known().inodes.has(inode)) this.#takeUp(path, [checkpoint]);
    }
  }

  /** Follows what is left of earlier generations of the file called `name`; the last of them must end before the present one begins. */
  #takeUp(name: string, checkpoints: readonly TrackedCheckpoint[]): void {
    // Judging one of the files found must not begin this again.
    const fresh = checkpoints.filter((checkpoint) => !this.#judged.has(checkpoint));
    for (const checkpoint of fresh) this.#judged.add(checkpoint);
    try {
      // Rotated again while it was looked for: the names belong to other files now. What was taken up is found again.
      for (let attempt = 0; attempt < MAX_RELISTS && !this.#takeUpFiles(name, checkpoints); attempt++);
    } finally {
      for (const checkpoint of fresh) this.#judged.delete(checkpoint);
    }
  }

  /** False when a name went on to another file between the listing and the opening. */
  #takeUpFiles(name: string, checkpoints: readonly TrackedCheckpoint[]): boolean {
    const known = [...this.#c.store.entry(this.entry.key)].filter((c) => checkpoints.includes(c) || c.ended || this.#nameFor(c.path) === name);
    const { pending, missing } = this.#c.relatives.pending(name, checkpoints, known);
    const vanished = (missing as readonly TrackedCheckpoint[]).filter((checkpoint) => this.#liveOf(checkpoint) === null);
    let after: Generation | null = null;
    for (const { candidate, checkpoint } of pending) {
      const started = this.#adopt(candidate, true, after, checkpoint as TrackedCheckpoint | null);
      if (started === null && inodeAt(candidate.path) !== candidate.inode) return false;
      if (started === null) continue;
      started.attachment = started.path === name ? 'attached' : this.#c.matches(started.path) ? 'attached' : 'renamed';
      if (started.attachment === 'renamed') this.#detachedAt.set(started, this.#c.now());
      after = started;
    }
    if (after !== null) this.#tails.set(name, after);
    for (const checkpoint of vanished) this.#continueInArchive(checkpoint, name, null, null);
    return true;
  }

  /** Deleted files held open: the bytes of them that are unread, oldest first. */
  deleted(): { readonly generation: Generation; readonly unread: number; readonly sinceMs: number }[] {
    const now = this.#c.now();
    return [...this.#live].filter((g) => g.attachment === 'deleted' && !this.#over.has(g))
      .map((generation) => ({ generation, unread: Math.max(0, generation.currentSize() - generation.safe.offset), sinceMs: now - (this.#detachedAt.get(generation) ?? now) }));
  }

  /** Lets a deleted file go although not all of it was read; returns the bytes lost. */
  release(g: Generation): number {
    const lost = Math.max(0, g.currentSize() - g.offset);
    g.truncated = true;
    g.released = true;
    this.#c.report.dropped('released-deleted', 0, lost, g.path);
    this.#c.wake.nudge(g);
    g.close();
    return lost;
  }

  #skip(path: string, reason: string): void {
    if (this.skipped.get(path) === reason) return;
    if (this.skipped.size < MAX_SKIPPED) this.skipped.set(path, reason);
  }
}

/** An archive that is still being written is looked at again after this time. */
const ARCHIVE_RETRY_MS = 2_000;
/** Listings of a directory in which the names change under the listing. */
const MAX_RELISTS = 5;
/** Skipped files remembered for `status`. */
const MAX_SKIPPED = 10_000;

function lookAt(path: string): { readonly ino: number; readonly size: number } | null | 'unknown' {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : 'unknown';
  }
}

function inodeAt(path: string): number | null {
  const at = lookAt(path);
  return at === null || at === 'unknown' ? null : at.ino;
}

function markOf({ offset, windowCrc, windowLength, split }: Mark): Mark {
  return { offset, windowCrc, windowLength, split };
}

function plain(c: TrackedCheckpoint): { entry: string; path: string; ended: boolean; updatedAt: number } {
  return { entry: c.entry, path: c.path, ended: c.ended, updatedAt: c.updatedAt };
}

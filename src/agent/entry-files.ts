import { closeSync } from 'node:fs';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { Found } from '../files/finder.ts';
import { look } from '../files/look.ts';
import type { FileEntryPlan } from '../plan.ts';
import { Adoption } from './adoption.ts';
import { ArchivedRests } from './archived-rests.ts';
import { removeDone } from './auto-removal.ts';
import { CheckpointIndex } from './checkpoint-index.ts';
import { Fate } from './fate.ts';
import { Followers } from './followers.ts';
import { Generation } from './generation.ts';
import type { GenerationContext, GenerationStart } from './generation.ts';
import { handOver } from './handing-over.ts';
import type { HandedOver } from './handing-over.ts';
import { inodeAt } from './inode-at.ts';
import { LifeOrder } from './life-order.ts';
import { Lingering } from './lingering.ts';
import { Lives } from './lives.ts';
import { OlderLives } from './older-lives.ts';
import { Outlets } from './outlets.ts';
import { START, markOf } from './pipeline-parts.ts';
import type { PipelineContext, PipelineParts } from './pipeline-parts.ts';
import { originalsOf } from './rotation-names.ts';
import { FileSequence } from './spool/file-sequence.ts';
import { SPOOL_KEY } from './spool/spool-entry.ts';
import type { OwedStage } from './stage-watch.ts';
import { Unpacking } from './unpacking.ts';

/** Begins the name under which the store remembers that an entry has had its first scan: no key begins so, for keys are paths. */
const BEGUN = 'begun ';
/** Skipped files remembered for `status`. */
const MAX_SKIPPED = 10_000;

/** The files of an entry: which of them are followed, and when one of them is over. */
export class EntryFiles {
  #entry: FileEntryPlan;
  readonly lingering: Lingering;
  /** Files of this entry that are not followed, and why. */
  readonly skipped = new Map<string, string>();
  /** Those of them that are to be followed, and cannot be read. */
  readonly unread = new Set<string>();
  readonly #p: PipelineParts;
  readonly #generationContext: GenerationContext;
  readonly #lives: Lives;
  readonly #outlets: Outlets;
  readonly #order = new LifeOrder<Generation>();
  readonly #archives: ArchivedRests;
  readonly #unpacking: Unpacking;
  readonly #older: OlderLives;
  readonly #adoption: Adoption;
  readonly #followers: Followers;
  /** Null: files under different names have nothing to do with each other. */
  readonly #sequence: FileSequence | null;
  #waiting = false;
  /** The entry starts at the end of what is there now; what comes later, even while no agent runs, is read from its start. */
  #firstScan = false;

  constructor(context: PipelineContext) {
    const { entry, store, matches, trail } = context;
    this.#entry = entry;
    this.#generationContext = { ...context.stages, trail, settled: (g) => this.#settled(g), rewound: (g) => this.#rewound(g) };
    this.#outlets = new Outlets(entry, { ...context, ...context.stages });
    const index = new CheckpointIndex(store.entry(entry.key));
    this.#lives = new Lives(index);
    this.#sequence = entry.key === SPOOL_KEY ? new FileSequence() : null;
    this.lingering = new Lingering({ ...context, lives: this.#lives, order: this.#order });
    this.#p = {
      ...context, index, lives: this.#lives, order: this.#order, lingering: this.lingering,
      checkpoints: () => [...store.entry(entry.key)],
      nameFor: (path) => matches(path) ? path : originalsOf(path).find((name) => matches(name)) ?? path,
      faultOf: (name) => this.#outlets.faultOf(name),
      track: (path, id, mark) => store.track({ entry: entry.key, path, id, ...markOf(mark), ended: false, updatedAt: Date.now() }),
      adopt: (file, after, told = null) => this.#adoption.adopt(file, after, true, told),
      start: (start, after, name, from) => this.#start(start, after, name, from),
      begin: (generations) => { for (const g of generations) this.#followers.follow(g); },
      over: (g) => this.#isOver(g),
    };
    this.#archives = new ArchivedRests(this.#p, { began: (task) => this.#followers.await(task), ended: (gone, rest) => this.#goesOn(gone, rest) });
    this.#unpacking = new Unpacking(this.#p, (task) => this.#followers.await(task));
    this.#older = new OlderLives(this.#p, this.#archives, this.#unpacking);
    this.#adoption = new Adoption({
      ...this.#p, older: this.#older, archives: this.#archives,
      isFirstScan: () => this.#firstScan, later: () => { this.#waiting = true; }, skip: (path, reason) => this.#skip(path, reason), unread: (path, reason) => this.#skip(path, reason, true),
    });
    const fate = new Fate(this.#p, this.#older, this.#archives, this.#unpacking);
    const { wake, now, hurry } = context;
    this.#followers = new Followers({
      wake, now, hurry,
      multilineMs: entry.framing.multilineTimeoutMs,
      partialMs: entry.framing.partialLineTimeoutMs,
      deadline: (g) => this.lingering.until(g),
      look: (g) => fate.look(g),
      truncated: (g) => fate.truncated(g),
      unreadable: (g) => fate.unreadable(g),
    }, context.life, (g) => { this.#isOver(g); });
  }

  get entry(): FileEntryPlan { return this.#entry; }
  get generations(): Iterable<Generation> { return this.#lives; }
  /** A match could not be judged or opened yet: `reconcile` is to be called again. */
  get wantsReconcile(): boolean { return this.#waiting || this.#older.hasPassedOver; }

  /** Everything found is read and acknowledged to its end. */
  get caughtUp(): boolean {
    if (this.#order.anyWaits || this.#archives.isSearching || this.#unpacking.isUnderWay) return false;
    for (const g of this.#lives) {
      if (!g.settled) return false;
      if (g.file.fault === null && this.#order.isRead(g) && (g.pending > 0 || g.unread > 0 || !g.looked)) return false;
    }
    return true;
  }

  /** Something is being looked for in archives; what is found begins with the next `reconcile`. */
  get isSearching(): boolean { return this.#archives.isSearching; }
  /** The rest of what this checkpoint speaks of is being looked for in archives. */
  searchesFor(handle: TrackedCheckpoint): boolean { return this.#archives.mayContinue(handle); }

  /** The same entry at another place of the config. */
  set entry(same: FileEntryPlan) { this.#entry = same; }

  /**
   * Takes up what the pipeline before it handed over, and what earlier runs left unfinished. From then on it follows what
   * `reconcile` is told of, until the lifetime ends.
   */
  begin(handedOver: readonly HandedOver[]): void {
    const { key, startAt } = this.entry;
    this.#firstScan = startAt === 'end' && [key, BEGUN + key].every((name) => [...this.#p.store.entry(name)].length === 0);
    // All of them are known before one is read: whoever looks for a file that came and went must not find another of them.
    const entered = handedOver.flatMap((one) => this.#enterOpen(one) ?? []);
    // Chosen beforehand: one that is read to its end at once begins the one behind it, which has no predecessor any more then.
    for (const g of entered.filter(({ predecessor }) => predecessor === null)) this.#followers.follow(g);
    this.#older.resume();
  }

  /** A file without its name, as the pipeline before had it open; null if this entry has no name for it. */
  #enterOpen({ file, attachment, since }: HandedOver): Generation | null {
    const name = this.#p.nameFor(file.path);
    const fault = this.#outlets.faultOf(name);
    if (fault !== null) {
      closeSync(file.fd);
      this.#p.report.note(`${name}: is not read on by its changed entry, and what is unread of it stays so: ${fault}`);
      return null;
    }
    const g = this.#enter(file, this.#order.tail(name), name, null);
    this.lingering.lost(g, attachment, since);
    this.#order.setTail(name, g);
    return g;
  }

  /** Wakes its followers, because its lifetime has ended. */
  wakeAll(): void { for (const g of this.#lives) this.#p.wake.nudge(g.file); }

  /** Ends it for good, once its followers have ended and nothing it read is unacknowledged: see handOver. */
  handOver(): readonly HandedOver[] { return handOver(this.#lives, this.#p); }

  /** To be called about each second. */
  keepHouse(): void {
    this.#outlets.forgetUnused(this.#lives);
    const { autoRemoval, follow } = this.#entry;
    if (autoRemoval) removeDone({ lives: this.#lives, follow, report: this.#p.report, now: this.#p.now });
  }

  /** Followers that owe a turn. */
  owed(): Iterable<OwedStage> { return this.#followers.owed(this.#lives); }

  /** Resolves when every follower has ended. */
  ended(): Promise<void> { return this.#followers.ended(); }

  /** The files that match now, by path. */
  reconcile(matches: ReadonlyMap<string, Found>): void {
    if (this.#p.life.stop.aborted) return;
    this.#waiting = false;
    this.#older.resumePassedOver();
    const byAge = [...matches.values()].sort((a, b) => a.mtimeMs - b.mtimeMs || (a.path < b.path ? -1 : 1));
    const newest = byAge.at(-1);
    for (const path of this.skipped.keys()) if (!matches.has(path)) this.#unskip(path);
    for (const found of byAge) {
      const live = this.#lives.inFile(found);
      if (this.#p.stages.reach.isOut(found.path) || live?.file.isOutOfReach === true) { this.#waiting = true; continue; }
      if (live !== null) { this.#nameIs(live, found); continue; }
      const namesake = this.#lives.named(found.path);
      if (namesake !== null) { this.#p.wake.nudge(namesake.file); continue; }
      if (this.#archives.searchesFor(found.path)) { this.#waiting = true; continue; }
      const g = this.#adoption.adopt({ path: found.path }, this.#sequence?.before(found.path) ?? 'tail', this.entry.follow === 'all' || found === newest, null);
      if (g !== null) this.#sequence?.begins(g);
    }
    // What is there now and cannot be seen is there before it began, too.
    if (this.#firstScan && !this.#p.isOutOfReach()) this.#hasBegun();
  }

  /** Remembers the first scan, even if it found nothing. */
  #hasBegun(): void {
    this.#firstScan = false;
    const { key, pattern } = this.entry;
    this.#p.store.track({ entry: BEGUN + key, path: pattern, id: { device: 0, inode: 0, headHash: '', headLength: 0 }, ...START, ended: false, updatedAt: Date.now() });
  }

  /** The same file under another name that matches: a rotation within the pattern, or a second link. */
  #nameIs(g: Generation, found: Found): void {
    const { path } = g;
    if (path === found.path) { if (g.file.attachment === 'renamed') g.file.attach(); return; }
    if (inodeAt(path) === g.id.inode) return;
    // The name was taken over by a file that comes after it.
    if (look(path).kind !== 'gone') this.#adoption.adopt({ path }, g, true, null);
    this.#lives.move(g, found.path);
    g.file.attach();
  }

  #start(start: Omit<GenerationStart, 'outlet'>, after: Generation | null, name: string, from: Generation | null): Generation {
    const g = this.#enter(start, after, name, from);
    if (from !== null) from.continuedBy = g;
    if (g.predecessor !== null) this.#p.wake.nudge(g.predecessor.file);
    else if (from !== null && !from.settled) this.#order.continueWith(from, g);
    else this.#followers.follow(g);
    return g;
  }

  /** Knows it and its place in the order; it is not read yet. */
  #enter(start: Omit<GenerationStart, 'outlet'>, after: Generation | null, name: string, from: Generation | null): Generation {
    // A file that goes on under a name by which it would go nowhere goes on where it went.
    const outlet = this.#outlets.of(name) ?? from?.outlet;
    if (outlet === undefined) throw new Error(`${name}: ${this.#outlets.faultOf(name)}`);
    const g = new Generation({ ...start, outlet }, this.#generationContext);
    if (!start.unpacked) this.#unskip(g.path);
    this.#p.report.debug(() => `${g.path}: followed from byte ${g.offset}, inode ${g.id.inode}${after === null ? '' : `, behind ${after.path} (inode ${after.id.inode})`}`);
    this.#lives.add(g);
    this.lingering.begins(g);
    g.predecessor = this.#order.enter(g, after);
    return g;
  }

  /** A search in archives is over: what waited for `gone` waits for the rest of it, or for nothing any more. */
  #goesOn(gone: Generation | null, rest: Generation | null): void {
    this.#waiting = true;
    if (gone === null) return;
    this.#settled(gone);
    this.#p.begin(this.#order.found(gone, rest));
    if (rest !== null) for (const next of this.#order.waitingFor(rest)) next.predecessor = rest;
  }

  /** Nothing more will be read of it; it stays until everything held is acknowledged. */
  #isOver(g: Generation): void {
    if (!this.#lives.has(g)) return;
    this.#p.begin(this.#order.end(g));
    this.#p.wake.forget(g.file);
    this.#settled(g);
  }

  /** A lane gave back what was read of it: it is read again, and whatever comes after it waits for that. */
  #rewound(g: Generation): void {
    this.#p.report.debug(() => `${g.path}: given back, to be read again from byte ${g.offset}`);
    this.#p.wake.nudge(g.file);
    let before = g;
    for (let next = this.#order.behind(g); next !== null; next = this.#order.behind(next)) {
      if (!this.#lives.has(next)) continue;
      next.predecessor = before;
      before = next;
    }
  }

  /** What was read of it is acknowledged, a part or all. */
  #settled(g: Generation): void {
    // A busy file may be behind for hours before it is looked at in peace.
    if (g.id.headLength === 0) g.growHead();
    if (!g.settled || !this.#lives.has(g) || this.#order.isRead(g)) return;
    if (!g.truncated && g.unread > 0 && g.file.lastError === null) {
      // A failing lane gave back what it held of a file that was read to its end already. After a stop the next start reads it.
      if (this.#p.life.stop.aborted) return;
      this.#order.reopen(g);
      this.#followers.follow(g);
      return;
    }
    this.#p.report.debug(() => `${g.path}: inode ${g.id.inode} is acknowledged up to byte ${g.safe.offset} and over`);
    this.#lives.drop(g);
    this.#order.forget(g);
    this.#sequence?.ends(g);
    g.close();
    const rest = this.#order.takeRest(g);
    if (rest !== null) {
      // All before it is acknowledged now, and nothing may follow that would say so.
      const { offset, windowCrc, windowLength, split } = rest.mark;
      rest.handle.update(offset, windowCrc, windowLength, split, rest.file.seenAt);
      this.#followers.follow(rest);
    }
    // Whatever else reads on under the same checkpoint ends it.
    else if (!this.#archives.mayContinue(g.handle) && this.#lives.of(g.handle) === null) g.handle.end();
  }

  #skip(path: string, reason: string, isUnread = false): null {
    if (this.skipped.get(path) !== reason && this.skipped.size < MAX_SKIPPED) this.skipped.set(path, reason);
    if (isUnread && this.skipped.has(path)) this.unread.add(path);
    else this.unread.delete(path);
    return null;
  }

  #unskip(path: string): void {
    this.skipped.delete(path);
    this.unread.delete(path);
  }
}

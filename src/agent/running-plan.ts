import { hash } from 'node:crypto';
import type { Environment } from '../aws/connection.ts';
import type { Network } from '../aws/network.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import type { Budget } from '../delivery/budget.ts';
import type { Lane } from '../delivery/lane.ts';
import type { Quarantine } from '../delivery/quarantine.ts';
import { Descriptors, descriptorLimit } from '../files/descriptors.ts';
import { Finder } from '../files/finder.ts';
import { compileGlob } from '../files/glob.ts';
import type { Glob } from '../files/glob.ts';
import { Wake } from '../files/wake.ts';
import { LifetimeControl } from '../lifecycle/lifetime.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { ChangeCounts, FileEntryPlan, Plan } from '../plan.ts';
import type { Zone } from '../records/zone.ts';
import type { AgentReport } from '../report/agent-report.ts';
import { finderReport } from './finder-report.ts';
import { releaseBeyond } from './lingering.ts';
import type { JournalPipeline } from './journald/journal-pipeline.ts';
import { RunningJournals } from './journald/running-journals.ts';
import { LogPipeline } from './log-pipeline.ts';
import { MountWatch } from './mount-watch.ts';
import { Outbounds, undeliveredTo } from './outbounds.ts';
import type { NumberedOutbound } from './outbounds.ts';
import { Post } from './post.ts';
import type { Version } from './post.ts';
import { Relatives } from './relatives.ts';
import { SharedParts } from './shared-parts.ts';
import { removeDelivered } from './spool/spool-removal.ts';
import { SPOOL_KEY, fillsSpool, withSpool } from './spool/spool-entry.ts';
import type { Spool } from './spool/spool.ts';
import type { OwedStage } from './stage-watch.ts';
import { buildStages } from './stages.ts';
import type { Trail } from './trail.ts';

export interface RunningPlanOptions {
  readonly stateDir: string;
  readonly spool: Spool;
  readonly store: CheckpointStore;
  readonly trail: Trail;
  readonly quarantine: Quarantine;
  readonly report: AgentReport;
  readonly env: Environment;
  readonly network: Network;
  readonly localZone: string;
  readonly life: Lifetime;
  /** Everything that exists is to be sent now: nothing is waited for. */
  readonly hurry: boolean;
}

/** A finder under way, and what it was made for. */
interface Finding { readonly finder: Finder; readonly life: LifetimeControl; readonly signature: string; ended: Promise<void> }

/**
 * The plan as it runs. A new one is applied as a difference: an entry that stays the same keeps its pipeline with its open
 * files and positions; the others make way (see Post).
 */
export class RunningPlan {
  readonly #o: RunningPlanOptions;
  readonly #posts = new Map<string, Post<LogPipeline>>();
  readonly #journals: RunningJournals;
  readonly #outbounds: Outbounds;
  readonly #wake: Wake;
  readonly #descriptors: Descriptors;
  readonly #mounts: MountWatch;
  readonly #zones = new Map<string, Zone>();
  #plan: Plan | null = null;
  /** As it came, without the spool. */
  #given: Plan | null = null;
  /** All of them, as one stage. */
  readonly #finders = {};
  #finding: Finding | null = null;
  #look: Promise<void> = Promise.resolve();
  #nextLook: Promise<void> | null = null;
  #applying: Promise<unknown> = Promise.resolve();
  #hurry: boolean;

  constructor(options: RunningPlanOptions) {
    this.#o = options;
    this.#hurry = options.hurry;
    const { env, network, report, quarantine, life, hurry } = options;
    this.#outbounds = new Outbounds({ env, network, report, quarantine, life, now, hurry });
    this.#descriptors = new Descriptors(descriptorLimit(), report);
    this.#wake = new Wake(report, now, life.stop);
    this.#mounts = new MountWatch({ report, now, patternsBelow: (mountPoint) => this.#patternsBelow(mountPoint), onAnswer: () => { void this.look(); } });
    this.#journals = new RunningJournals({ store: options.store, report, now, hurry: () => this.#hurry, uses: (pipeline, outbound) => this.#outbounds.uses(pipeline, outbound) });
    life.stop.addEventListener('abort', () => { for (const post of this.#posts.values()) post.stop(); this.#journals.stop(); this.#finding?.life.requestStop(); }, { once: true });
    life.abandon.addEventListener('abort', () => { for (const post of this.#posts.values()) post.abandon(); this.#journals.abandon(); }, { once: true });
  }

  get pipelines(): readonly LogPipeline[] { return [...this.#posts.values()].flatMap((post) => post.pipeline ?? []); }
  get journals(): readonly JournalPipeline[] { return this.#journals.pipelines; }
  get lanes(): readonly Lane[] { return this.#outbounds.lanes; }
  get budget(): Budget | null { return this.#outbounds.budget; }
  /** Mounts of log files that may hang. */
  get mounts(): MountWatch { return this.#mounts; }
  get openFiles(): number { return this.#descriptors.count; }
  /** Entries whose latest version does not run yet, because what was read for the one before is not acknowledged. */
  get changing(): number { return [...this.#posts.values()].filter((post) => post.isChanging).length + this.#journals.changing; }

  /** Destinations that something is read for or held for, and that take nothing at present. */
  get failing(): number {
    const used = this.#usedLanes();
    return this.lanes.filter((lane) => lane.isFailing && (used.has(lane) || !lane.empty)).length;
  }

  /**
   * Makes `plan` the one that runs. Resolves when every entry that stays or is new runs by it; changed ones follow as soon
   * as what was read of them is acknowledged (`changed`). One plan is applied after the other.
   */
  apply(plan: Plan): Promise<ChangeCounts> {
    const applied = this.#applying.then(() => this.#apply(plan));
    this.#applying = applied.catch(() => undefined);
    return applied;
  }

  /** Resolves when every entry runs by the latest plan. */
  async changed(): Promise<void> { await Promise.all([this.#journals.changed(), ...[...this.#posts.values()].map((post) => post.changed())]); }

  async #apply(given: Plan): Promise<ChangeCounts> {
    const { life, spool } = this.#o;
    // What an earlier plan or run left in it is delivered too.
    const plan = fillsSpool(given) || spool.files > 0 ? withSpool(given, spool.directory) : given;
    spool.maxBytes = plan.spool.maxBytes;
    const outbound = this.#outbounds.of(plan);
    const globs = new Map(plan.entries.map((entry) => [entry.key, globOf(entry)]));
    const before = this.#finding;
    const finding = await this.#findingFor(plan, globs);
    if (life.stop.aborted) return { kept: 0, changed: 0, added: 0, removed: 0 };
    this.#plan = plan;
    this.#given = given;
    this.#finding = finding;
    const parts = new SharedParts(this.#o.localZone, this.#zones);
    const versions = new Map(plan.entries.map((entry) => [entry.key, this.#version(entry, globs.get(entry.key)!, plan, outbound, parts)]));
    const difference = { ...this.#journals.apply(plan, outbound, parts, undeliveredTo(this.#o.quarantine, plan)) };
    for (const [key, post] of this.#posts) {
      if (versions.has(key) || post.isUnwanted) continue;
      post.want(null);
      if (key !== SPOOL_KEY) difference.removed++;
    }
    for (const [key, version] of versions) {
      const post = this.#posts.get(key) ?? new Post<LogPipeline>(key);
      this.#posts.set(key, post);
      const change = post.want(version);
      // No entry of the config.
      if (key !== SPOOL_KEY) difference[change]++;
    }
    if (finding !== before) {
      this.#reconcileAll();
      finding.ended = finding.finder.run(finding.life);
      before?.life.requestStop();
      await before?.ended;
    }
    return difference;
  }

  #version(entry: FileEntryPlan, glob: Glob, plan: Plan, { outbound, number }: NumberedOutbound, parts: SharedParts): Version<LogPipeline> {
    const { store, trail, stateDir, report, quarantine } = this.#o;
    return {
      entry,
      signature: hash('sha256', JSON.stringify([number, { ...entry, pointer: '' }, plan.reading.maxDeletedBytes]), 'base64'),
      look: () => this.#lookAnew(),
      start: (life, handedOver) => {
        const pipeline = new LogPipeline(entry, () => {
          const { undeliverable } = plan.delivery;
          const undelivered = undeliveredTo(quarantine, plan);
          const { arena, kernel, budget } = outbound;
          const stages = buildStages(entry, { arena, kernel, descriptors: this.#descriptors, reach: this.#mounts, report, now, parts, undeliverable, undelivered });
          const relatives = new Relatives({ stateDir, encoding: entry.framing.encoding, maxArchiveBytes: plan.reading.maxDeletedBytes, mounts: this.#mounts });
          return {
            entry, stages, store, trail, wake: this.#wake, relatives, report, life, now, budget,
            laneFor: (destination) => outbound.laneFor(destination), hurry: () => this.#hurry, matches: (path) => glob.matches(path),
            isOutOfReach: () => glob.roots.some(({ directory }) => this.#mounts.isOut(directory)),
          };
        });
        this.#outbounds.uses(pipeline, outbound);
        pipeline.begin(handedOver, store.knows(entry.key));
        this.#reconcile(pipeline);
        return pipeline;
      },
    };
  }

  /** The present one, if it finds what the plan asks for; else one that has looked once. */
  async #findingFor(plan: Plan, globs: ReadonlyMap<string, Glob>): Promise<Finding> {
    const { stateDir, report, life } = this.#o;
    const signature = JSON.stringify([plan.ownLogs, plan.entries.map(({ key, pattern, exclude }) => [key, pattern, exclude])]);
    if (this.#finding?.signature === signature) return this.#finding;
    const finder = new Finder({
      patterns: plan.entries.map(({ key, exclude }) => ({ key, glob: globs.get(key)!, exclude, inState: key === SPOOL_KEY })),
      own: { logs: plan.ownLogs, stateDirectory: stateDir },
      report: finderReport(report),
      reach: this.#mounts,
      onChange: ({ key }) => {
        const post = this.#posts.get(key);
        if (this.#finding?.finder === finder && post?.isChanging === false && post.pipeline !== null) this.#reconcile(post.pipeline);
      },
    });
    await finder.scan();
    const finderLife = new LifetimeControl();
    if (life.stop.aborted) finderLife.requestStop();
    return { finder, life: finderLife, signature, ended: Promise.resolve() };
  }

  /** A look at all folders that begins from now on: one for all that ask before it begins. */
  #lookAnew(): Promise<void> {
    return this.#nextLook ??= this.#look.then(() => {
      this.#nextLook = null;
      this.#look = this.#finding!.finder.scan();
      return this.#look;
    });
  }

  /** Looks at all folders now, takes up what is new there, and has what is followed looked at. */
  async look(): Promise<void> {
    await this.#applying;
    if (this.#finding === null) return;
    await this.#lookAnew();
    this.#reconcileAll();
    for (const pipeline of this.pipelines) for (const g of pipeline.generations) this.#wake.nudge(g.file);
  }

  #reconcile(pipeline: LogPipeline): void {
    const { key } = pipeline.entry;
    const { finder } = this.#finding!;
    pipeline.skippedByName = finder.skipped(key);
    pipeline.reconcile(finder.matches(key));
  }

  /** Stages that owe a turn. */
  *owed(): Iterable<OwedStage> {
    const finding = this.#finding;
    if (finding !== null && !finding.life.stop.aborted) yield { key: this.#finders, name: 'the search for files', turns: finding.finder.turns, isVital: true, beginAnew: () => { this.#findAnew(finding); } };
    if (this.#wake.isNeeded) yield { key: this.#wake, name: 'the watch over files', turns: this.#wake.slices, isVital: true, beginAnew: () => { this.#wake.beginAnew(); } };
    for (const { pipeline } of this.#posts.values()) if (pipeline !== null) yield* pipeline.owed();
  }

  /** Another finder, for the same plan. */
  #findAnew(stuck: Finding): void {
    if (this.#given === null) return;
    stuck.life.requestStop();
    this.#finding = { ...stuck, signature: '', ended: Promise.resolve() };
    this.#look = Promise.resolve();
    this.#nextLook = null;
    void this.apply(this.#given);
  }

  /** What is to be done about each second. */
  keepHouse(): void {
    this.#mounts.keepHouse();
    this.#descriptors.closeLate();
    const lingering = [];
    for (const [key, post] of this.#posts) {
      const { pipeline } = post;
      if (pipeline === null) { if (!post.isChanging && post.isUnwanted) this.#posts.delete(key); continue; }
      if (!post.isChanging) {
        pipeline.skippedByName = this.#finding!.finder.skipped(key);
        if (pipeline.wantsReconcile) this.#reconcile(pipeline);
        pipeline.keepHouse();
      }
      if (pipeline.lingering !== null) lingering.push(pipeline.lingering);
    }
    this.#journals.keepHouse();
    this.#clearSpool();
    if (this.#plan !== null) releaseBeyond(this.#plan.reading, lingering);
    this.#outbounds.keepHouse([...this.pipelines, ...this.journals], this.changing > 0, () => this.#usedLanes());
  }

  /** Gives back memory kept for the next burst. */
  rest(): void { this.#outbounds.rest(); }

  /** Everything that exists is read and acknowledged, but for what lies below mounts that hang. */
  get caughtUp(): boolean { return !this.#mounts.isInDoubt && this.changing === 0 && this.pipelines.every((pipeline) => pipeline.caughtUp) && this.#journals.caughtUp && this.holdsNothing; }
  get holdsNothing(): boolean { return this.lanes.every((lane) => lane.empty); }

  /** After the stop: resolves when everything held is acknowledged, or at the abandon. */
  async drain(): Promise<void> {
    await this.#applying;
    await this.#finding?.ended;
    await Promise.all([this.#journals.ended(), ...this.pipelines.map((pipeline) => pipeline.ended())]);
    this.#hurry = true;
    for (const lane of this.lanes) lane.drain();
    // A change under way may hand over files without a name, which its next version finishes.
    await this.changed();
    await Promise.all(this.pipelines.map((pipeline) => pipeline.ended()));
    await this.#outbounds.drain();
    this.#o.spool.seal();
    this.#clearSpool();
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    await this.changed();
    this.#wake.close();
    for (const pipeline of this.pipelines) for (const g of pipeline.generations) g.close();
    this.#mounts[Symbol.dispose]();
    this.#outbounds.close();
  }

  /** Of the entries that look for files below it. */
  #patternsBelow(mountPoint: string): readonly string[] {
    const keys = new Set(this.#finding?.finder.keysAt(mountPoint));
    const entries = this.#plan?.entries ?? [];
    return entries.filter((entry) => keys.has(entry.key) || globOf(entry).roots.some(({ directory }) => this.#mounts.leadsTo(mountPoint, directory))).map(({ pattern }) => pattern);
  }

  #clearSpool(): void {
    const pipeline = this.#posts.get(SPOOL_KEY)?.pipeline;
    if (pipeline != null) removeDelivered(pipeline, this.#o.spool, this.#o.report);
  }

  #usedLanes(): ReadonlySet<Lane> {
    const used = new Set<Lane>(this.#journals.lanes);
    for (const pipeline of this.pipelines) for (const g of pipeline.generations) for (const lane of g.outlet.lanes) used.add(lane);
    return used;
  }

  #reconcileAll(): void { for (const post of this.#posts.values()) if (!post.isChanging && post.pipeline !== null) this.#reconcile(post.pipeline); }
}

const now = (): number => performance.now();

function globOf(entry: FileEntryPlan): Glob {
  const glob = compileGlob(entry.pattern);
  // The compiler of the plan has tried the same; a pattern that fails here is a defect.
  if ('problem' in glob) throw new Error(`${entry.pointer}: ${glob.problem}`);
  return glob;
}

import { hash } from 'node:crypto';
import type { CheckpointStore } from '../checkpoint/store.ts';
import { Descriptors, descriptorLimit } from '../files/descriptors.ts';
import { Finder } from '../files/finder.ts';
import { compileGlob } from '../files/glob.ts';
import type { Glob } from '../files/glob.ts';
import { Wake } from '../files/wake.ts';
import type { Lane, Undelivered } from '../delivery/lane.ts';
import { LifetimeControl } from '../lifecycle/lifetime.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { ChangeCounts, FileEntryPlan, Plan, ReadingPlan } from '../plan.ts';
import type { AgentReport } from '../report/agent-report.ts';
import { finderReport } from './finder-report.ts';
import { releaseBeyond } from './lingering.ts';
import { LogPipeline } from './log-pipeline.ts';
import { MountWatch } from './mount-watch.ts';
import type { NumberedOutbound } from './outbounds.ts';
import { Post } from './post.ts';
import type { Version } from './post.ts';
import { Relatives } from './relatives.ts';
import type { SharedParts } from './shared-parts.ts';
import { SPOOL_KEY } from './spool/spool-entry.ts';
import type { OwedStage } from './stage-watch.ts';
import { buildStages } from './stages.ts';
import type { Trail } from './trail.ts';

export interface RunningFilesOptions {
  readonly stateDir: string;
  readonly store: CheckpointStore;
  readonly trail: Trail;
  readonly report: AgentReport;
  readonly life: Lifetime;
  readonly now: () => number;
  readonly hurry: () => boolean;
  /** The pipeline delivers by this way, to its end. */
  readonly uses: (pipeline: LogPipeline, outbound: NumberedOutbound['outbound']) => void;
  /** The plan that runs is to be applied once more, because its finder stands still. */
  readonly applyAgain: () => void;
  /** All is to be looked at: a mount that was passed over answers. */
  readonly lookAgain: () => void;
}

/** A finder under way, and what it was made for. */
interface Finding { readonly finder: Finder; readonly life: LifetimeControl; readonly signature: string; ended: Promise<void> }

/** What a plan finds on the disk, before it runs. */
export interface Looked { readonly plan: Plan; readonly globs: ReadonlyMap<string, Glob>; readonly finding: Finding }

/** What versions of entries are made with. */
interface Surroundings { readonly way: NumberedOutbound; readonly parts: SharedParts; readonly undelivered: Undelivered }

/** The entries of the plan that follow files as they run, what finds and watches files for them, and the difference to those of the next plan. */
export class RunningFiles {
  readonly #o: RunningFilesOptions;
  readonly #posts = new Map<string, Post<LogPipeline>>();
  readonly #wake: Wake;
  readonly #descriptors: Descriptors;
  /** Those that may hang, and that files are looked for on. */
  readonly mounts: MountWatch;
  /** All of them, as one stage. */
  readonly #finders = {};
  #finding: Finding | null = null;
  #look: Promise<void> = Promise.resolve();
  #nextLook: Promise<void> | null = null;

  constructor(options: RunningFilesOptions) {
    const { report, life, now } = options;
    this.#o = options;
    this.#descriptors = new Descriptors(descriptorLimit(), report);
    this.#wake = new Wake(report, now, life.stop);
    this.mounts = new MountWatch({ report, now, patternsBelow: (mountPoint) => this.#patternsBelow(mountPoint), onAnswer: options.lookAgain });
  }

  get pipelines(): readonly LogPipeline[] { return [...this.#posts.values()].flatMap((post) => post.pipeline ?? []); }
  get changing(): number { return [...this.#posts.values()].filter((post) => post.isChanging).length; }
  /** But for what lies below mounts that hang. */
  get caughtUp(): boolean { return !this.mounts.isInDoubt && this.pipelines.every((pipeline) => pipeline.caughtUp); }
  get openFiles(): number { return this.#descriptors.count; }
  /** Those that something is read for; one may come more than once. */
  *lanes(): Iterable<Lane> { for (const pipeline of this.pipelines) for (const g of pipeline.generations) yield* g.outlet.lanes; }
  pipelineOf(key: string): LogPipeline | null { return this.#posts.get(key)?.pipeline ?? null; }

  /** What the plan is to begin with: the finder that runs, if it finds what the plan asks for; else one that has looked once. */
  async lookFor(plan: Plan): Promise<Looked> {
    const globs = new Map(plan.entries.map((entry) => [entry.key, globOf(entry)]));
    return { plan, globs, finding: await this.#findingFor(plan, globs) };
  }

  /** Resolves when every entry that stays or is new runs by the plan. */
  async apply({ plan, globs, finding }: Looked, around: Surroundings): Promise<ChangeCounts> {
    const difference = { kept: 0, changed: 0, added: 0, removed: 0 };
    const before = this.#finding;
    this.#finding = finding;
    const versions = new Map(plan.entries.map((entry) => [entry.key, this.#version(entry, globs.get(entry.key)!, plan, around)]));
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

  stop(): void {
    for (const post of this.#posts.values()) post.stop();
    this.#finding?.life.requestStop();
  }
  abandon(): void { for (const post of this.#posts.values()) post.abandon(); }
  async changed(): Promise<void> { await Promise.all([...this.#posts.values()].map((post) => post.changed())); }
  /** Resolves when nothing is looked for any more. */
  async searchEnded(): Promise<void> { await this.#finding?.ended; }
  async ended(): Promise<void> { await Promise.all(this.pipelines.map((pipeline) => pipeline.ended())); }

  #version(entry: FileEntryPlan, glob: Glob, plan: Plan, { way: { outbound, number }, parts, undelivered }: Surroundings): Version<LogPipeline> {
    const { store, trail, stateDir, report, now, hurry, uses } = this.#o;
    return {
      entry,
      signature: hash('sha256', JSON.stringify([number, { ...entry, pointer: '' }, plan.reading.maxDeletedBytes]), 'base64'),
      look: () => this.#lookAnew(),
      start: (life, handedOver) => {
        const pipeline = new LogPipeline(entry, () => {
          const { undeliverable } = plan.delivery;
          const { arena, kernel, budget } = outbound;
          const stages = buildStages(entry, { arena, kernel, descriptors: this.#descriptors, reach: this.mounts, report, now, parts, undeliverable, undelivered });
          const relatives = new Relatives({ stateDir, encoding: entry.framing.encoding, maxArchiveBytes: plan.reading.maxDeletedBytes, mounts: this.mounts });
          return {
            entry, stages, store, trail, wake: this.#wake, relatives, report, life, now, budget,
            laneFor: (destination) => outbound.laneFor(destination), hurry, matches: (path) => glob.matches(path),
            isOutOfReach: () => glob.roots.some(({ directory }) => this.mounts.isOut(directory)),
          };
        });
        uses(pipeline, outbound);
        pipeline.begin(handedOver, store.knows(entry.key));
        this.#reconcile(pipeline);
        return pipeline;
      },
    };
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
    stuck.life.requestStop();
    this.#finding = { ...stuck, signature: '', ended: Promise.resolve() };
    this.#look = Promise.resolve();
    this.#nextLook = null;
    this.#o.applyAgain();
  }

  /** To be called about each second, once a plan runs. */
  keepHouse(reading: ReadingPlan): void {
    this.mounts.keepHouse();
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
    releaseBeyond(reading, lingering);
  }

  /** Lets go of everything. */
  close(): void {
    this.#wake.close();
    for (const pipeline of this.pipelines) for (const g of pipeline.generations) g.close();
    this.mounts[Symbol.dispose]();
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
      reach: this.mounts,
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

  /** Of the entries that look for files below it. */
  #patternsBelow(mountPoint: string): readonly string[] {
    const keys = new Set(this.#finding?.finder.keysAt(mountPoint));
    const entries = this.pipelines.map(({ entry }) => entry);
    return entries.filter((entry) => keys.has(entry.key) || globOf(entry).roots.some(({ directory }) => this.mounts.leadsTo(mountPoint, directory))).map(({ pattern }) => pattern);
  }

  #reconcileAll(): void { for (const post of this.#posts.values()) if (!post.isChanging && post.pipeline !== null) this.#reconcile(post.pipeline); }
}

function globOf(entry: FileEntryPlan): Glob {
  const glob = compileGlob(entry.pattern);
  // The compiler of the plan has tried the same; a pattern that fails here is a defect.
  if ('problem' in glob) throw new Error(`${entry.pointer}: ${glob.problem}`);
  return glob;
}

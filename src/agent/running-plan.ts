import type { Environment } from '../aws/connection.ts';
import type { Network } from '../aws/network.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import type { Budget } from '../delivery/budget.ts';
import type { Lane } from '../delivery/lane.ts';
import type { Quarantine } from '../delivery/quarantine.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { ChangeCounts, Plan } from '../plan.ts';
import type { Zone } from '../records/zone.ts';
import type { AgentReport } from '../report/agent-report.ts';
import type { JournalPipeline } from './journald/journal-pipeline.ts';
import { RunningJournals } from './journald/running-journals.ts';
import type { LogPipeline } from './log-pipeline.ts';
import type { MountWatch } from './mount-watch.ts';
import { Outbounds, undeliveredTo } from './outbounds.ts';
import { RunningFiles } from './running-files.ts';
import { SharedParts } from './shared-parts.ts';
import { removeDelivered } from './spool/spool-removal.ts';
import { SPOOL_KEY, fillsSpool, withSpool } from './spool/spool-entry.ts';
import type { Spool } from './spool/spool.ts';
import type { OwedStage } from './stage-watch.ts';
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

/**
 * The plan as it runs. A new one is applied as a difference: an entry that stays the same keeps its pipeline with its open
 * files and positions; the others make way (see Post).
 */
export class RunningPlan {
  readonly #o: RunningPlanOptions;
  readonly #files: RunningFiles;
  readonly #journals: RunningJournals;
  readonly #outbounds: Outbounds;
  readonly #zones = new Map<string, Zone>();
  #plan: Plan | null = null;
  /** As it came, without the spool. */
  #given: Plan | null = null;
  #applying: Promise<unknown> = Promise.resolve();
  #hurry: boolean;

  constructor(options: RunningPlanOptions) {
    this.#o = options;
    this.#hurry = options.hurry;
    const { env, network, report, store, trail, stateDir, quarantine, life, hurry } = options;
    this.#outbounds = new Outbounds({ env, network, report, quarantine, life, now, hurry });
    const shared = { store, trail, report, now, hurry: () => this.#hurry };
    this.#files = new RunningFiles({
      ...shared, stateDir, life,
      uses: (pipeline, outbound) => this.#outbounds.uses(pipeline, outbound),
      lookAgain: () => { void this.look(); },
      applyAgain: () => { if (this.#given !== null) void this.apply(this.#given); },
    });
    this.#journals = new RunningJournals({ ...shared, uses: (pipeline, outbound) => this.#outbounds.uses(pipeline, outbound) });
    life.stop.addEventListener('abort', () => { this.#files.stop(); this.#journals.stop(); }, { once: true });
    life.abandon.addEventListener('abort', () => { this.#files.abandon(); this.#journals.abandon(); }, { once: true });
  }

  get pipelines(): readonly LogPipeline[] { return this.#files.pipelines; }
  get journals(): readonly JournalPipeline[] { return this.#journals.pipelines; }
  get lanes(): readonly Lane[] { return this.#outbounds.lanes; }
  get budget(): Budget | null { return this.#outbounds.budget; }
  get openFiles(): number { return this.#files.openFiles; }
  /** Mounts that log files are looked for on, and that may hang. */
  get mounts(): MountWatch { return this.#files.mounts; }
  /** Entries whose latest version does not run yet, because what was read for the one before is not acknowledged. */
  get changing(): number { return this.#files.changing + this.#journals.changing; }

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
  async changed(): Promise<void> { await Promise.all([this.#journals.changed(), this.#files.changed()]); }

  async #apply(given: Plan): Promise<ChangeCounts> {
    const { life, spool, quarantine, localZone } = this.#o;
    // What an earlier plan or run left in it is delivered too.
    const plan = fillsSpool(given) || spool.files > 0 ? withSpool(given, spool.directory) : given;
    spool.maxBytes = plan.spool.maxBytes;
    const way = this.#outbounds.of(plan);
    const looked = await this.#files.lookFor(plan);
    if (life.stop.aborted) return { kept: 0, changed: 0, added: 0, removed: 0 };
    this.#plan = plan;
    this.#given = given;
    const around = { way, parts: new SharedParts(localZone, this.#zones), undelivered: undeliveredTo(quarantine, plan) };
    const journals = this.#journals.apply(plan, around);
    const files = await this.#files.apply(looked, around);
    return { kept: files.kept + journals.kept, changed: files.changed + journals.changed, added: files.added + journals.added, removed: files.removed + journals.removed };
  }

  /** Looks at all folders now, takes up what is new there, and has what is followed looked at. */
  async look(): Promise<void> {
    await this.#applying;
    await this.#files.look();
  }

  /** Stages that owe a turn. */
  *owed(): Iterable<OwedStage> {
    yield* this.#files.owed();
    yield* this.#journals.owed();
  }

  /** What is to be done about each second. */
  keepHouse(): void {
    if (this.#plan !== null) this.#files.keepHouse(this.#plan.reading);
    this.#journals.keepHouse();
    this.#clearSpool();
    this.#outbounds.keepHouse([...this.pipelines, ...this.journals], this.changing > 0);
  }

  /** Log streams that nothing writes to any more. It asks every file, so every few seconds is enough. */
  forgetUnused(): void { this.#outbounds.forgetUnused(() => this.#usedLanes()); }

  /** Gives back memory kept for the next burst. */
  rest(): void { this.#outbounds.rest(); }

  /** Everything that exists is read and acknowledged. */
  get caughtUp(): boolean { return this.changing === 0 && this.#files.caughtUp && this.#journals.caughtUp && this.holdsNothing; }
  get holdsNothing(): boolean { return this.lanes.every((lane) => lane.empty); }

  /** After the stop: resolves when everything held is acknowledged, or at the abandon. */
  async drain(): Promise<void> {
    await this.#applying;
    await this.#files.searchEnded();
    await Promise.all([this.#journals.ended(), this.#files.ended()]);
    this.#hurry = true;
    for (const lane of this.lanes) lane.drain();
    // A change under way may hand over files without a name, which its next version finishes.
    await this.changed();
    await this.#files.ended();
    await this.#outbounds.drain();
    this.#o.spool.seal();
    this.#clearSpool();
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    await this.changed();
    this.#files.close();
    this.#outbounds.close();
  }

  #clearSpool(): void {
    const pipeline = this.#files.pipelineOf(SPOOL_KEY);
    if (pipeline !== null) removeDelivered(pipeline, this.#o.spool, this.#o.report);
  }

  #usedLanes(): ReadonlySet<Lane> { return new Set([...this.#journals.lanes, ...this.#files.lanes()]); }
}

const now = (): number => performance.now();

import type { Environment } from '../aws/connection.ts';
import { networkOf } from '../aws/network.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import type { DrainReceipt } from '../control/drain-receipt.ts';
import type { ReplayReceipt, ReplayRequest } from '../control/replay-document.ts';
import type { Budget } from '../delivery/budget.ts';
import type { Lane } from '../delivery/lane.ts';
import { Quarantine } from '../delivery/quarantine.ts';
import { LifetimeControl, aborted } from '../lifecycle/lifetime.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { Sampler } from '../metrics/sampler.ts';
import type { Plan, PlanDifference } from '../plan.ts';
import type { AgentReport } from '../report/agent-report.ts';
import type { DropReason } from '../report/report.ts';
import { keepTrail } from './audit-trail.ts';
import type { KeptTrail } from './audit-trail.ts';
import { collectorDifference } from './collector-difference.ts';
import { drain } from './drain.ts';
import type { AskMetadata } from './ec2-questions.ts';
import type { EmfInput } from './emf-input.ts';
import type { JournalPipeline } from './journald/journal-pipeline.ts';
import type { LogPipeline } from './log-pipeline.ts';
import { Rest } from './rest.ts';
import { RunningMetrics } from './running-metrics.ts';
import { RunningPlan } from './running-plan.ts';
import { selfCounts } from './self-counts.ts';
import type { ConfigCounts } from './self-counts.ts';
import { createSelfSampler } from './self-sampler.ts';
import { spoolDirectory } from './spool/spool-entry.ts';
import { Spool } from './spool/spool.ts';
import { StageWatch } from './stage-watch.ts';
import type { OwedStage } from './stage-watch.ts';
import { openStore } from './state-directory.ts';
import { Trail } from './trail.ts';
import { unfinishedOf } from './unfinished.ts';
import type { Unfinished } from './unfinished.ts';
import { UnsentWatch } from './unsent-watch.ts';

const HOUSEKEEPING_MS = 1_000;
const CAUGHT_UP_POLL_MS = 50;
const NO_CONFIGS: ConfigCounts = { refusals: 0, rollbacks: 0 };
/** Reasons for drops that a wrong config can be behind. */
const UNDELIVERED: readonly DropReason[] = ['too-old', 'too-new', 'expired', 'refused'];

export interface AgentOptions {
  readonly plan: Plan;
  readonly stateDir: string;
  readonly report: AgentReport;
  readonly env: Environment;
  /** Name of the host's time zone, for timestamps in `Local` time. */
  readonly localZone: string;
  /** Called once after each burst, when the agent has become quiet. */
  readonly releaseMemory?: () => void;
  /** A stage that owes a turn for this long stands still, milliseconds. */
  readonly standsMs?: number;
  /** Deliver what exists, then end. */
  readonly untilCaughtUp?: boolean;
  /** Configs that were not taken, and taken back, since the start. */
  readonly configCounts?: () => ConfigCounts;
  /** See RunningMetrics. */
  readonly instance?: AskMetadata;
  /** Called once the state directory is this agent's; what it gives is disposed before the directory is let go of. */
  readonly alongside?: (agent: Agent) => Promise<AsyncDisposable>;
}

/** The composition root: every stage of the plan, from the files to the endpoint. */
export class Agent {
  readonly #o: AgentOptions;
  readonly report: AgentReport;
  #plan: Plan;
  #running: RunningPlan | null = null;
  #metrics: RunningMetrics | null = null;
  #self: Sampler | null = null;
  #emf: EmfInput | null = null;
  /** Null: EMF events are not listened for in this run. */
  #openEmf: (() => Promise<EmfInput>) | null = null;
  #store: CheckpointStore | null = null;
  #quarantine: Quarantine | null = null;
  readonly #trail = new Trail();
  /** Null: not wanted, or the state directory is not open. */
  #audit: KeptTrail | null = null;
  readonly #stopping = new AbortController();
  readonly #following = Promise.withResolvers<void>();
  #isFollowing = false;
  #unfinished: Unfinished | null = null;
  readonly startedAt = Date.now();
  readonly #watch: StageWatch;
  readonly #unsent: UnsentWatch;

  constructor(options: AgentOptions) {
    this.#o = options;
    this.report = options.report;
    this.#plan = options.plan;
    this.#watch = new StageWatch(options.report, options.standsMs);
    this.#unsent = new UnsentWatch(options.report);
  }

  /** The one that was applied last. */
  get plan(): Plan { return this.#plan; }
  get lanes(): readonly Lane[] { return this.#running?.lanes ?? []; }
  get pipelines(): readonly LogPipeline[] { return this.#running?.pipelines ?? []; }
  get journals(): readonly JournalPipeline[] { return this.#running?.journals ?? []; }
  get budget(): Budget | null { return this.#running?.budget ?? null; }
  /** How delivery goes, as far as a config can spoil it. */
  get health(): { readonly failing: number; readonly undelivered: number } {
    const undelivered = UNDELIVERED.reduce((sum, reason) => sum + (this.report.drops.get(reason)?.events ?? 0), 0);
    return { failing: (this.#running?.failing ?? 0) + (this.#metrics?.isFailing === true ? 1 : 0), undelivered };
  }
  /** Entries whose latest version does not run yet. */
  get changing(): number { return this.#running?.changing ?? 0; }
  get store(): CheckpointStore | null { return this.#store; }
  get metrics(): RunningMetrics | null { return this.#metrics; }
  get quarantine(): Quarantine | null { return this.#quarantine; }
  get stateDirectory(): string { return this.#o.stateDir; }
  /** Null while no EMF events are listened for. */
  get emf(): EmfInput | null { return this.plan.emf === null ? null : this.#emf; }
  /** Known once `run` has ended; before, as it is now. */
  get unfinished(): Unfinished { return this.#unfinished ?? this.#leftUnfinished(); }
  /** The agent in numbers, for whoever asks. */
  get self(): Sampler { return (this.#self ??= this.#newSelfSampler()); }
  /** Stages that stand still, and that beginning anew did not help. */
  get standing(): readonly OwedStage[] { return this.#watch.standing; }
  /** Whatever stands still or waits although nothing fails, for people. */
  get stalls(): readonly string[] { return [...this.standing.map(({ name }) => `${name} stands still, and beginning it anew did not help`), ...this.#unsent.alarms]; }
  /** Whatever delivers logs turns: where it does not, only a start of the agent helps. */
  get isAlive(): boolean { return !this.standing.some(({ isVital }) => isVital); }
  /** Threads that the kernel holds in a call now: the process cannot end by itself (src/cli/leave.ts). */
  get hangingThreads(): number { return (this.#running?.mounts.hangingThreads ?? 0) + (this.#metrics?.hangingThreads ?? 0); }
  get openFiles(): number { return this.#running?.openFiles ?? 0; }

  /**
   * Runs until `life.stop`, then drains until everything held is acknowledged or `life.abandon`; with `untilCaughtUp`
   * until everything that exists is acknowledged. Throws StateDirectoryError when the state directory cannot be used, and
   * NetworkError when proxies or certificates cannot (see networkFault).
   */
  async run(life: Lifetime): Promise<void> {
    const { report, stateDir } = this.#o;
    const trouble = {
      checkpointTrouble: (m: string) => report.trouble('checkpoints', m), checkpointRecovered: (m: string) => report.recovered('checkpoints', m),
      quarantineTrouble: (m: string) => report.trouble('quarantine', m), quarantineRecovered: (m: string) => report.recovered('quarantine', m),
    };
    const store = (this.#store = await openStore(stateDir, trouble));
    const quarantine = (this.#quarantine = Quarantine.open(stateDir, { report: trouble }));
    this.#keepTrail(this.#plan);
    const storeLife = new LifetimeControl();
    const storing = store.run(storeLife);
    // Ending early (caught up) is this run's own affair: the owner's lifetime is not ours to end.
    const inner = new LifetimeControl();
    const onStop = (): void => { this.#stopping.abort(); inner.requestStop(); };
    const onAbandon = (): void => inner.requestAbandon();
    life.stop.addEventListener('abort', onStop);
    life.abandon.addEventListener('abort', onAbandon);
    if (life.stop.aborted) onStop();
    if (life.abandon.aborted) onAbandon();
    try {
      await using _ = await this.#o.alongside?.(this);
      await this.#follow(inner, store, quarantine);
    } finally {
      storeLife.requestStop();
      await storing;
      quarantine.flush();
      this.#audit?.[Symbol.dispose]();
      this.#audit = null;
      await store.close();
      life.stop.removeEventListener('abort', onStop);
      life.abandon.removeEventListener('abort', onAbandon);
    }
  }

  /** Makes another plan the one that runs, without a stop: see RunningPlan. Only while `run` is under way. */
  async apply(plan: Plan): Promise<PlanDifference> {
    if (this.#running === null) throw new Error('a plan was applied before the agent ran');
    const before = this.#plan;
    const entries = await this.#running.apply(plan);
    await this.#listenFor(plan.emf);
    this.#plan = plan;
    this.#keepTrail(plan);
    void this.#metrics?.apply(plan);
    const collectors = collectorDifference(before, plan);
    return collectors === undefined ? entries : { ...entries, collectors };
  }

  /** Resolves when the plan it was given runs, with true; with false when it ends before that. */
  async follows(life: Lifetime): Promise<boolean> {
    const ended = aborted(life.stop).then(() => false);
    return Promise.race([this.#following.promise.then(() => true), ended]);
  }

  /**
   * Delivers what was written before now, and says what became of it: see drain. Null: it does not follow yet, or not any more.
   */
  async drain(deadlineMs: number, gone: AbortSignal): Promise<DrainReceipt | null> {
    const running = this.#running;
    if (running === null || this.#stopping.signal.aborted) return null;
    const receipt = await drain({ following: () => this.#isFollowing, pipelines: () => running.pipelines, look: () => running.look(), journals: () => running.journals, metrics: () => this.#metrics?.delivery ?? null, trail: this.#trail, stop: this.#stopping.signal }, deadlineMs, gone);
    // Whoever asks next what became of it finds it.
    this.#audit?.write();
    return receipt;
  }

  /** Sends what lies in quarantine again: see replayQuarantine. Null: it does not follow yet, or not any more. */
  async replay(request: ReplayRequest, gone: AbortSignal): Promise<ReplayReceipt | null> {
    const { env, report } = this.#o;
    if (this.#quarantine === null || this.#running === null || this.#stopping.signal.aborted) return null;
    const destinations = this.lanes.map((lane) => lane.destination);
    const { replayQuarantine } = await import('./replay-quarantine.ts');
    return replayQuarantine({ plan: this.plan, destinations, quarantine: this.#quarantine, env, network: networkOf(env), report, abandon: AbortSignal.any([gone, this.#stopping.signal]) }, request);
  }

  /** Resolves when every entry runs by the plan applied last. */
  async changed(): Promise<void> { await this.#running?.changed(); }

  async #follow(life: LifetimeControl, store: CheckpointStore, quarantine: Quarantine): Promise<void> {
    const { report, localZone, stateDir, env, untilCaughtUp } = this.#o;
    const network = networkOf(env);
    using spool = new Spool({ directory: spoolDirectory(stateDir), maxBytes: this.#plan.spool.maxBytes, report, now, wallNow: Date.now });
    // Nobody would wait for the events that still come in.
    if (untilCaughtUp !== true) this.#openEmf = async () => (await import('./emf-opening.ts')).openEmf({ spool, report, localZone });
    const running = (this.#running = new RunningPlan({ stateDir, spool, store, trail: this.#trail, quarantine, report, env, network, localZone, life, hurry: untilCaughtUp === true }));
    const metrics = (this.#metrics = new RunningMetrics({
      env, network, report, stateDir, spool, life,
      self: () => this.#newSelfSampler(),
      instance: this.#o.instance ?? (() => Promise.resolve(null)),
    }));
    const rest = new Rest();
    const watching = setInterval(() => {
      this.#watch.judge(now(), [...running.owed(), ...metrics.owed()]);
      this.#unsent.judge(now(), running.lanes, this.#plan.delivery.flushMs);
      running.forgetUnused();
    }, this.#watch.everyMs);
    const housekeeping = setInterval(() => {
      running.keepHouse();
      this.#audit?.write();
      spool.keepHouse();
      this.#emf?.keepHouse();
      if (!rest.isReached(report.deliveredMessageBytes, () => running.holdsNothing)) return;
      running.rest();
      this.#o.releaseMemory?.();
    }, HOUSEKEEPING_MS);
    try {
      await running.apply(this.#plan);
      await this.#listenFor(this.#plan.emf);
      // What exists is to be delivered, then the run ends: no time for metrics.
      if (untilCaughtUp !== true) void metrics.apply(this.#plan);
      this.#isFollowing = true;
      this.#following.resolve();
      if (untilCaughtUp === true) await this.#untilCaughtUp(life, running);
      await aborted(life.stop);
      await this.#emf?.apply(null);
      await Promise.all([running.drain(), metrics.drain()]);
    } finally {
      clearInterval(watching);
      clearInterval(housekeeping);
      await this.#emf?.[Symbol.asyncDispose]();
      // A lane that gave its events back still waits for its next try.
      life.requestAbandon();
      this.#unfinished = this.#leftUnfinished();
      await running.close();
    }
  }

  #keepTrail({ audit }: Plan): void {
    if (audit) { this.#audit ??= keepTrail(this.#trail, this.#o.stateDir, this.report); return; }
    this.#audit?.[Symbol.dispose]();
    this.#audit = null;
  }

  /** What listens is loaded, and made, for the first plan that asks for it. */
  async #listenFor(plan: Plan['emf']): Promise<void> {
    if (plan !== null) this.#emf ??= await this.#openEmf?.() ?? null;
    await this.#emf?.apply(plan);
  }

  #newSelfSampler(): Sampler { return createSelfSampler(() => selfCounts(this, this.#o.configCounts?.() ?? NO_CONFIGS)); }

  #leftUnfinished(): Unfinished { return unfinishedOf(this, this.#running?.mounts.hanging ?? []); }

  async #untilCaughtUp(life: LifetimeControl, running: RunningPlan): Promise<void> {
    while (!life.stop.aborted) {
      if (running.caughtUp) { life.requestStop(); return; }
      await new Promise((resolve) => { setTimeout(resolve, CAUGHT_UP_POLL_MS); });
    }
  }
}

const now = (): number => performance.now();

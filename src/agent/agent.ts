import { createLogsClient } from '../aws/clients.ts';
import type { Environment } from '../aws/connection.ts';
import { LogsEndpoint } from '../aws/logs-endpoint.ts';
import { BufferPool } from '../batching/log-batch.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import { Budget } from '../delivery/budget.ts';
import type { Lane } from '../delivery/lane.ts';
import { Quarantine } from '../delivery/quarantine.ts';
import type { QuarantinedRecord } from '../delivery/quarantine.ts';
import { Recovery } from '../delivery/recovery.ts';
import { Slots } from '../delivery/slots.ts';
import { Descriptors, descriptorLimit } from '../files/descriptors.ts';
import { Finder } from '../files/finder.ts';
import { compileGlob } from '../files/glob.ts';
import type { Glob } from '../files/glob.ts';
import { MountPoints } from '../files/mount-points.ts';
import { Wake } from '../files/wake.ts';
import { Arena } from '../kernel/arena.ts';
import { createKernel } from '../kernel/kernel.ts';
import { LifetimeControl } from '../lifecycle/lifetime.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { FileEntryPlan, Plan } from '../plan.ts';
import type { Zone } from '../records/zone.ts';
import type { AgentReport } from '../report/agent-report.ts';
import { finderReport } from './finder-report.ts';
import { Lanes } from './lanes.ts';
import { releaseBeyond } from './lingering.ts';
import { LogPipeline } from './log-pipeline.ts';
import { Relatives } from './relatives.ts';
import { Rest } from './rest.ts';
import { CHUNK_BYTES, buildStages } from './stages.ts';
import { openStore } from './state-directory.ts';

/** A read beyond the largest event: its marks and the line after it. */
const READ_MARGIN = 65_536;
/** Smallest arena input: the usual chunk and its window. */
const LEAST_INPUT = CHUNK_BYTES + READ_MARGIN;
/** Delivered bodies kept for reuse, bytes: a few full batches, or the many small ones of quiet streams. */
const POOLED_BYTES = 8_388_608;
/** And for each further request of a lane's window, because their answers may come all at once: a full body. */
const POOLED_PER_REQUEST = 1_179_648;
const HOUSEKEEPING_MS = 1_000;
const CAUGHT_UP_POLL_MS = 50;

export interface AgentOptions {
  readonly plan: Plan;
  readonly stateDir: string;
  readonly report: AgentReport;
  readonly env: Environment;
  /** Name of the host's time zone, for timestamps in `Local` time. */
  readonly localZone: string;
  /** Called once after each burst, when the agent has become quiet. */
  readonly releaseMemory?: () => void;
  /** Deliver what exists, then end. */
  readonly untilCaughtUp?: boolean;
  /** Called once the state directory is this agent's; what it gives is disposed before the directory is let go of. */
  readonly alongside?: (agent: Agent) => Promise<AsyncDisposable>;
}

/** What an agent that has ended leaves to the next: bytes of followed files that are not acknowledged. */
export interface Unfinished { readonly files: number; readonly bytes: number }

/** The composition root: every stage of the plan, from the files to the endpoint. */
export class Agent {
  readonly #o: AgentOptions;
  readonly report: AgentReport;
  readonly plan: Plan;
  readonly #pipelines: LogPipeline[] = [];
  #lanes: Lanes | null = null;
  #budget: Budget | null = null;
  #store: CheckpointStore | null = null;
  #quarantine: Quarantine | null = null;
  #descriptors: Descriptors | null = null;
  #hurry = false;
  #unfinished: Unfinished = { files: 0, bytes: 0 };
  readonly startedAt = Date.now();

  constructor(options: AgentOptions) {
    this.#o = options;
    this.report = options.report;
    this.plan = options.plan;
  }

  get lanes(): Iterable<Lane> { return this.#lanes ?? []; }
  get pipelines(): readonly LogPipeline[] { return this.#pipelines; }
  get budget(): Budget | null { return this.#budget; }
  get store(): CheckpointStore | null { return this.#store; }
  get quarantine(): Quarantine | null { return this.#quarantine; }
  get stateDirectory(): string { return this.#o.stateDir; }
  /** Known once `run` has ended. */
  get unfinished(): Unfinished { return this.#unfinished; }
  get openFiles(): number { return this.#descriptors?.count ?? 0; }

  /**
   * Runs until `life.stop`, then drains until everything held is acknowledged or `life.abandon`; with `untilCaughtUp`
   * until everything that exists is acknowledged. Throws StateDirectoryError when the state directory cannot be used.
   */
  async run(life: Lifetime): Promise<void> {
    const { plan, report, stateDir, env } = this.#o;
    const trouble = {
      checkpointTrouble: (m: string) => report.trouble('checkpoints', m), checkpointRecovered: (m: string) => report.recovered('checkpoints', m),
      quarantineTrouble: (m: string) => report.trouble('quarantine', m), quarantineRecovered: (m: string) => report.recovered('quarantine', m),
    };
    const store = (this.#store = await openStore(stateDir, trouble));
    const quarantine = (this.#quarantine = Quarantine.open(stateDir, { report: trouble }));
    const storeLife = new LifetimeControl();
    const storing = store.run(storeLife);
    // Ending early (caught up) is this run's own affair: the owner's lifetime is not ours to end.
    const inner = new LifetimeControl();
    const client = createLogsClient(plan.service, plan.delivery, env, inner.abandon);
    const onStop = (): void => inner.requestStop();
    const onAbandon = (): void => inner.requestAbandon();
    life.stop.addEventListener('abort', onStop);
    life.abandon.addEventListener('abort', onAbandon);
    if (life.stop.aborted) onStop();
    if (life.abandon.aborted) onAbandon();
    try {
      await using _ = await this.#o.alongside?.(this);
      await this.#follow(inner, store, quarantine, client);
    } finally {
      storeLife.requestStop();
      await storing;
      quarantine.flush();
      await store.close();
      client.destroy();
      life.stop.removeEventListener('abort', onStop);
      life.abandon.removeEventListener('abort', onAbandon);
    }
  }

  async #follow(life: LifetimeControl, store: CheckpointStore, quarantine: Quarantine, client: ReturnType<typeof createLogsClient>): Promise<void> {
    const { plan, report, localZone, stateDir } = this.#o;
    const now = (): number => performance.now();
    const largest = Math.max(LEAST_INPUT, ...plan.entries.map((entry) => entry.framing.maxEventBytes + READ_MARGIN));
    const arena = new Arena(largest);
    const kernel = createKernel(arena);
    const budget = (this.#budget = new Budget(plan.delivery.budgetBytes));
    const descriptors = (this.#descriptors = new Descriptors(descriptorLimit()));
    const wake = new Wake(report, now, life.stop);
    const { undeliverable } = plan.delivery;
    const undelivered = { add: (event: Omit<QuarantinedRecord, 'time'>): void => {
      if (undeliverable !== 'drop') quarantine.add({ time: Date.now(), ...event });
    } };
    const pool = new BufferPool(POOLED_BYTES + Math.min((plan.delivery.window - 1) * POOLED_PER_REQUEST, plan.delivery.budgetBytes));
    this.#hurry = this.#o.untilCaughtUp === true;
    const lanes = (this.#lanes = new Lanes({
      arena, kernel, budget, report, now, undelivered, pool,
      slots: new Slots(plan.delivery.maxRequests),
      recovery: new Recovery(Math.random),
      endpoint: new LogsEndpoint({ client, compression: plan.delivery.compression, url: plan.service.endpoint, report, abandon: life.abandon }),
      flushMs: plan.delivery.flushMs,
      window: plan.delivery.window,
      maxBatchBytes: plan.delivery.maxBatchBytes,
      random: Math.random,
      abandon: life.abandon,
    }, this.#hurry));
    const mounts = new MountPoints(now);
    const zones = new Map<string, Zone>();
    const globs = new Map<string, Glob>();
    const byKey = new Map<string, LogPipeline>();
    for (const entry of plan.entries) {
      const glob = globOf(entry);
      globs.set(entry.key, glob);
      const stages = buildStages(entry, { arena, kernel, descriptors, report, now, localZone, zones, undeliverable, undelivered });
      const relatives = new Relatives({ stateDir, encoding: entry.framing.encoding, maxArchiveBytes: plan.reading.maxDeletedBytes, mounts });
      const pipeline = new LogPipeline({ entry, stages, store, wake, relatives, report, life, budget, laneFor: (destination) => lanes.of(destination), now, hurry: () => this.#hurry, matches: (path) => glob.matches(path) });
      this.#pipelines.push(pipeline);
      byKey.set(entry.key, pipeline);
    }
    const finder = new Finder({
      patterns: plan.entries.map((entry) => ({ key: entry.key, glob: globs.get(entry.key)!, exclude: entry.exclude })),
      own: { logs: plan.ownLogs, stateDirectory: stateDir },
      report: finderReport(report),
      onChange: ({ key }) => byKey.get(key)!.reconcile(finder.matches(key)),
    });
    for (const pipeline of this.#pipelines) pipeline.begin();
    const finding = finder.run(life);
    const rest = new Rest();
    const housekeeping = setInterval(() => {
      for (const pipeline of this.#pipelines) {
        pipeline.skippedByName = finder.skipped(pipeline.entry.key);
        if (pipeline.wantsReconcile) pipeline.reconcile(finder.matches(pipeline.entry.key));
        pipeline.keepHouse();
      }
      releaseBeyond(plan.reading, this.#pipelines.map(({ lingering }) => lingering));
      lanes.forgetUnused(() => this.#usedLanes());
      if (rest.isReached(report.deliveredMessageBytes, () => lanes.empty)) {
        pool.clear();
        this.#o.releaseMemory?.();
      }
    }, HOUSEKEEPING_MS);
    try {
      await finder.scan();
      for (const pipeline of this.#pipelines) { pipeline.reconcile(finder.matches(pipeline.entry.key)); pipeline.skippedByName = finder.skipped(pipeline.entry.key); }
      if (this.#hurry) await this.#untilCaughtUp(life, lanes);
      await aborted(life.stop);
      await finding;
      await Promise.all(this.#pipelines.map((pipeline) => pipeline.ended()));
      this.#hurry = true;
      await lanes.drain(life.abandon);
    } finally {
      clearInterval(housekeeping);
      // A lane that gave its events back still waits for its next try.
      life.requestAbandon();
      wake.close();
      this.#unfinished = this.#leftUnfinished();
      for (const pipeline of this.#pipelines) for (const g of pipeline.generations) g.close();
    }
  }

  #leftUnfinished(): Unfinished {
    let [files, bytes] = [0, 0];
    for (const pipeline of this.#pipelines) for (const g of pipeline.generations) {
      const left = g.unacknowledged;
      if (left === 0) continue;
      files++;
      bytes += left;
    }
    return { files, bytes };
  }

  async #untilCaughtUp(life: LifetimeControl, lanes: Lanes): Promise<void> {
    while (!life.stop.aborted) {
      if (this.#pipelines.every((pipeline) => pipeline.caughtUp) && lanes.empty) { life.requestStop(); return; }
      await new Promise((resolve) => { setTimeout(resolve, CAUGHT_UP_POLL_MS); });
    }
  }

  #usedLanes(): ReadonlySet<Lane> {
    const used = new Set<Lane>();
    for (const pipeline of this.#pipelines) for (const g of pipeline.generations) for (const lane of g.outlet.lanes) used.add(lane);
    return used;
  }
}

function globOf(entry: FileEntryPlan): Glob {
  const glob = compileGlob(entry.pattern);
  // The compiler of the plan has tried the same; a pattern that fails here is a defect.
  if ('problem' in glob) throw new Error(`${entry.pointer}: ${glob.problem}`);
  return glob;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
}

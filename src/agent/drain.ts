import { setTimeout as pause } from 'node:timers/promises';
import type { DrainReceipt, DrainedMetrics } from '../control/drain-receipt.ts';
import { joinLosses } from '../report/losses.ts';
import { DrainJournal } from './drain-journal.ts';
import { DrainTarget } from './drain-target.ts';
import type { Generation } from './generation.ts';
import type { JournalPipeline } from './journald/journal-pipeline.ts';
import type { LogPipeline } from './log-pipeline.ts';
import type { MetricDelivery } from './metric-delivery.ts';
import type { Trail } from './trail.ts';

/** What is waited for is looked at this often, and less often the more it is: a look at a file takes some microseconds. */
const LOOK_MS = 20;
const MS_PER_FILE = 0.05;
/** Files of the receipt. */
const MOST_LISTED = 1_000;

export interface DrainContext {
  /** The agent follows: before that, nothing is known of any file. */
  readonly following: () => boolean;
  readonly pipelines: () => readonly LogPipeline[];
  /** Looks for new files now, and at those that are followed. */
  readonly look: () => Promise<void>;
  readonly journals: () => readonly JournalPipeline[];
  readonly metrics: () => MetricDelivery | null;
  readonly trail: Trail;
  /** The agent stops. */
  readonly stop: AbortSignal;
}

/**
 * Delivers everything that was written before now, without waiting for flush intervals, and says what became of it; the
 * agent goes on. Resolves when all of it is settled, after `deadlineMs`, when the agent stops, or when `gone` is aborted:
 * then nobody waits for it. Several may run at once.
 */
export async function drain(c: DrainContext, deadlineMs: number, gone: AbortSignal): Promise<DrainReceipt> {
  const startedAt = Date.now();
  const until = performance.now() + deadlineMs;
  const targets = new Map<number, DrainTarget>();
  const isOver = (): boolean => gone.aborted || c.stop.aborted || performance.now() >= until;
  using _ = c.trail.listen((file, range) => { targets.get(file.number)?.note(range); });
  const metrics = new MetricTarget(c.metrics);
  let waiting: readonly DrainTarget[] = [];
  const wanted: DrainTarget[] = [];
  const take = (): void => {
    const fresh = aim(c, targets).filter(({ left }) => left > 0);
    wanted.push(...fresh);
    waiting = [...waiting, ...fresh];
  };
  take();
  while (!c.following() && !isOver()) await pause(LOOK_MS);
  // What was written before, in files that nobody had seen.
  let hasLooked = await within(c.look(), isOver);
  take();
  const journals = c.journals().map((pipeline) => new DrainJournal(pipeline, c.journals, performance.now()));
  let searching = isSearching(c);
  const live = (): Iterable<readonly [Generation, LogPipeline]> => followed(c);
  const areRead = (): boolean => journals.filter((journal) => !journal.isDone(performance.now())).length === 0;
  const isDone = (): boolean => areRead() && c.following() && hasLooked && !searching && waiting.length === 0 && metrics.left === 0;
  for (;;) {
    waiting = waiting.filter((target) => !target.isDone(live));
    for (const target of waiting) targets.set(target.handle.number, target);
    if (isDone() || isOver()) break;
    await pause(Math.min(LOOK_MS + waiting.length * MS_PER_FILE, Math.max(1, until - performance.now())));
    if (!searching || isSearching(c)) continue;
    // What was found in an archive, or waited for that, begins now.
    searching = false;
    hasLooked = await within(c.look(), isOver);
    take();
  }
  c.trail.tellAll();
  const complete = isDone();
  return {
    complete, ended: complete ? 'complete' : c.stop.aborted ? 'stopping' : 'deadline', startedAt, endedAt: Date.now(),
    bytes: wanted.reduce((sum, { bytes }) => sum + bytes, 0),
    leftBytes: wanted.reduce((sum, { left }) => sum + left, 0),
    deliveredEvents: wanted.reduce((sum, { deliveredEvents }) => sum + deliveredEvents, 0),
    dropped: wanted.reduce((all, { dropped }) => joinLosses(all, dropped), [] as DrainReceipt['dropped']),
    files: { total: wanted.length, list: wanted.toSorted((a, b) => b.left - a.left).slice(0, MOST_LISTED).map(({ receipt }) => receipt) },
    searched: hasLooked, journals: journals.map(({ receipt }) => receipt), settledFiles: new Set(targets.values()).size - wanted.length, metrics: metrics.receipt,
  };
}

/** False when it is over before the work is done: a search that stood still is begun anew, and who waited for it waits for ever. */
async function within(work: Promise<void>, isOver: () => boolean): Promise<boolean> {
  const done = work.then(() => true);
  for (;;) {
    if (await Promise.race([done, pause(LOOK_MS, false)])) return true;
    if (isOver()) return false;
  }
}

/** Takes the end of each file that has none yet for the one to reach; gives those. */
function aim(c: DrainContext, targets: Map<number, DrainTarget>): readonly DrainTarget[] {
  const fresh: DrainTarget[] = [];
  for (const [g, pipeline] of followed(c)) {
    if (targets.has(g.handle.number)) continue;
    const target = new DrainTarget(g, pipeline);
    targets.set(g.handle.number, target);
    fresh.push(target);
  }
  return fresh;
}

const isSearching = (c: DrainContext): boolean => c.pipelines().some((pipeline) => pipeline.isSearching);

function* followed(c: DrainContext): Generator<readonly [Generation, LogPipeline]> {
  for (const pipeline of c.pipelines()) for (const g of pipeline.generations) yield [g, pipeline];
}

/** The metrics that are held when it is made: the oldest are sent first, so what is taken later does not count. */
class MetricTarget {
  readonly #delivery: () => MetricDelivery | null;
  readonly #datums: number;
  #aim: { readonly delivery: MetricDelivery; readonly until: number } | null;

  constructor(delivery: () => MetricDelivery | null) {
    this.#delivery = delivery;
    this.#datums = delivery()?.status.held.datums ?? 0;
    this.#aim = aimed(delivery());
  }

  get left(): number {
    // Under another plan, it goes on with what the one before has left.
    if (this.#delivery() !== (this.#aim?.delivery ?? null)) this.#aim = aimed(this.#delivery());
    return this.#aim === null ? 0 : Math.max(0, this.#aim.until - settledDatums(this.#aim.delivery));
  }

  get receipt(): DrainedMetrics | null {
    const { left } = this;
    return this.#aim === null ? null : { datums: Math.max(this.#datums, left), left, why: left === 0 ? null : this.#aim.delivery.status.lastError ?? 'the service has not acknowledged them yet' };
  }
}

function aimed(delivery: MetricDelivery | null): { readonly delivery: MetricDelivery; readonly until: number } | null {
  if (delivery === null) return null;
  delivery.flush();
  return { delivery, until: delivery.counters.taken };
}

/** Datums that need no more work. */
function settledDatums({ counters: { delivered, dropped } }: MetricDelivery): number {
  return dropped.values().reduce((sum, { datums }) => sum + datums, delivered);
}

import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { LifetimeControl } from '../lifecycle/lifetime.ts';
import type { HandedOver } from './handing-over.ts';
import type { Outlet } from './outlet.ts';

/** What was read and is not acknowledged is asked after this often while a pipeline ends. */
const ASK_MS = 20;
/** An entry that left the config finishes what it holds for this long, as at a stop; then its position is kept as it is. */
const DRAIN_MS = 60_000;

/** What a pipeline reads, as far as its end goes: see Generation. */
interface Followed {
  readonly outlet: Pick<Outlet, 'lanes'>;
  readonly settled: boolean;
  readonly isLastChance: boolean;
  readonly truncated: boolean;
  mayRepeat: boolean;
}

/** What runs for an entry: LogPipeline says what each of these is. */
export interface Pipeline {
  entry: object;
  readonly generations: Iterable<Followed>;
  wakeAll(): void;
  ended(): Promise<void>;
  handOver(): readonly HandedOver[];
}

/** One version of an entry. */
export interface Version<P extends Pipeline> {
  readonly entry: P['entry'];
  /** Equal for versions between which a running pipeline need not change. */
  readonly signature: string;
  /** Looks at the disk: what was listed before the pipeline that makes way ended may have been renamed since, twice. */
  readonly look: () => Promise<void>;
  /** Makes the pipeline and begins it. */
  readonly start: (life: LifetimeControl, handedOver: readonly HandedOver[]) => P;
}

interface Running<P> {
  readonly pipeline: P;
  readonly life: LifetimeControl;
  readonly signature: string;
}

/**
 * One key of the config over all its versions. At most one pipeline of it runs at a time, because a position has one owner:
 * the next begins when nothing the one before has read is unacknowledged, so nothing is read twice and nothing is passed over.
 *
 *     want(v1) ─► v1 runs ─want(v2)─► followers end ─► acknowledged, or given back ─► handed over ─► v2 runs
 *                         ─want(null)─► finishes what it holds ─► gone
 */
export class Post<P extends Pipeline> {
  readonly key: string;
  #wanted: Version<P> | null = null;
  #running: Running<P> | null = null;
  #changing: Promise<void> | null = null;
  /** As the agent's lifetime, without its signals: nobody waits for them. */
  #stopped = false;
  #abandoned = false;

  constructor(key: string) { this.key = key; }

  /** The pipeline that runs, even while it makes way for another. */
  get pipeline(): P | null { return this.#running?.pipeline ?? null; }
  /** The wanted version does not run yet, or an unwanted one still does. */
  get isChanging(): boolean { return this.#changing !== null; }
  /** No version of it is in the config any more. */
  get isUnwanted(): boolean { return this.#wanted === null; }

  /** Makes `version` the one that runs, or none, and says what that changes. A change under way ends in the latest wish. */
  want(version: Version<P>): 'kept' | 'changed' | 'added';
  want(version: null): void;
  want(version: Version<P> | null): 'kept' | 'changed' | 'added' {
    const fresh = this.#wanted === null;
    this.#wanted = version;
    if (this.#changing === null && this.#running !== null && this.#running.signature === version?.signature) {
      this.#running.pipeline.entry = version.entry;
      return 'kept';
    }
    if (this.#changing === null && this.#running === null && version !== null) this.#begin(version, []);
    else this.#changing ??= this.#change();
    return fresh ? 'added' : 'changed';
  }

  /** Resolves when the version that is wanted runs. Rejects if it cannot be made: a defect. */
  async changed(): Promise<void> { await this.#changing; }

  /** The agent stops: the pipeline takes nothing new, and nothing new begins. */
  stop(): void {
    this.#stopped = true;
    this.#running?.life.requestStop();
    this.#running?.pipeline.wakeAll();
  }

  /** The agent lets go of everything now. */
  abandon(): void {
    this.#stopped = this.#abandoned = true;
    this.#running?.life.requestAbandon();
  }

  async #change(): Promise<void> {
    try {
      while (this.#running !== null && this.#running.signature !== this.#wanted?.signature) {
        await this.#retire(this.#running);
        await this.#wanted?.look();
        // At a stop the next start goes on; but what has no name is finished first, by the version that is wanted.
        if (this.#abandoned || (this.#stopped && (this.#wanted === null || ![...this.#running.pipeline.generations].some((g) => g.isLastChance)))) return;
        const handedOver = this.#running.pipeline.handOver();
        this.#running = null;
        // It may have been wished otherwise in the meantime.
        if (this.#wanted !== null) this.#begin(this.#wanted, handedOver);
        else for (const { file } of handedOver) closeSync(file.fd);
      }
    } finally {
      // At once, not a turn later: a wish in between would be nobody's.
      this.#changing = null;
    }
  }

  #begin(version: Version<P>, handedOver: readonly HandedOver[]): void {
    const life = new LifetimeControl();
    if (this.#stopped) life.requestStop();
    this.#running = { pipeline: version.start(life, handedOver), life, signature: version.signature };
  }

  /** Ends the followers, and waits until nothing they read is held any more. */
  async #retire({ pipeline, life }: Running<P>): Promise<void> {
    // One that is changed is read on by the next; one that is gone finishes what nobody could read later.
    const until = performance.now() + DRAIN_MS;
    life.requestStop();
    pipeline.wakeAll();
    const ended = pipeline.ended();
    let over = false;
    void ended.then(() => { over = true; });
    for (;;) {
      if (this.#abandoned) return;
      const drains = this.#wanted === null && performance.now() < until;
      if (!drains && !life.abandon.aborted) {
        life.requestAbandon();
        pipeline.wakeAll();
      }
      const held = [...pipeline.generations].filter((g) => !g.settled);
      if (over && held.length === 0) break;
      const lanes = new Set(held.flatMap((g) => [...g.outlet.lanes]));
      // A destination that fails keeps nothing back from the pipeline that comes next, even if some of it may come twice.
      if (!drains && lanes.values().every((lane) => lane.isFailing || lane.empty)) for (const g of held) g.mayRepeat = true;
      for (const lane of lanes) if (!drains || !lane.isFailing) lane.letGo();
      if (over && !drains && isStuck(held)) break;
      await Promise.race(over ? [pause(ASK_MS)] : [pause(ASK_MS), ended]);
    }
  }
}

/** All that is left is held by lanes that fail, and cannot give it back because it is in its file no more: it stays there until they take it. */
function isStuck(held: readonly Followed[]): boolean {
  const keeping = new Set(held.filter((g) => g.truncated && !g.settled).flatMap((g) => [...g.outlet.lanes]));
  return keeping.values().every((lane) => lane.isFailing || lane.empty) && held.every((g) => g.settled || [...g.outlet.lanes].some((lane) => keeping.has(lane)));
}

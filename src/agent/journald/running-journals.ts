import { hash } from 'node:crypto';
import type { CheckpointStore } from '../../checkpoint/store.ts';
import type { Lane, Undelivered } from '../../delivery/lane.ts';
import type { ChangeCounts, JournalEntryPlan, Plan, UndeliverablePolicy } from '../../plan.ts';
import type { Report } from '../../report/report.ts';
import type { NumberedOutbound } from '../outbounds.ts';
import { Outlets } from '../outlets.ts';
import { Post } from '../post.ts';
import type { Version } from '../post.ts';
import type { SharedParts } from '../shared-parts.ts';
import type { OwedStage } from '../stage-watch.ts';
import type { Trail } from '../trail.ts';
import { machineId, userName } from './journal-check.ts';
import { JournalPipeline } from './journal-pipeline.ts';
import { buildJournalStages, journalDateZone } from './journal-stages.ts';

export interface RunningJournalsOptions {
  readonly store: CheckpointStore;
  readonly trail: Trail;
  readonly report: Report;
  readonly now: () => number;
  readonly hurry: () => boolean;
  /** The pipeline delivers by this way, to its end. */
  readonly uses: (pipeline: JournalPipeline, outbound: NumberedOutbound['outbound']) => void;
}

/** What versions of entries are made with. */
interface Surroundings {
  readonly way: NumberedOutbound;
  readonly parts: SharedParts;
  readonly undelivered: Undelivered;
}

/** The journald entries of the plan as they run, and the difference to those of the next one. */
export class RunningJournals {
  readonly #o: RunningJournalsOptions;
  readonly #posts = new Map<string, Post<JournalPipeline>>();

  constructor(options: RunningJournalsOptions) { this.#o = options; }

  get pipelines(): readonly JournalPipeline[] { return [...this.#posts.values()].flatMap((post) => post.pipeline ?? []); }
  get changing(): number { return [...this.#posts.values()].filter((post) => post.isChanging).length; }
  get lanes(): Iterable<Lane> { return this.pipelines.flatMap(({ source }) => [...source.outlet.lanes]); }
  /** Followers that owe a turn. */
  *owed(): Iterable<OwedStage> { for (const pipeline of this.pipelines) yield* pipeline.owed(); }
  get caughtUp(): boolean { return this.pipelines.every((pipeline) => pipeline.caughtUp); }

  apply(plan: Plan, around: Surroundings): ChangeCounts {
    const difference = { kept: 0, changed: 0, added: 0, removed: 0 };
    const wanted = new Set(plan.journald.map(({ key }) => key));
    for (const [key, post] of this.#posts) {
      if (wanted.has(key) || post.isUnwanted) continue;
      post.want(null);
      difference.removed++;
    }
    for (const entry of plan.journald) {
      const post = this.#posts.get(entry.key) ?? new Post<JournalPipeline>(entry.key);
      this.#posts.set(entry.key, post);
      difference[post.want(this.#version(entry, plan, around))]++;
    }
    return difference;
  }

  stop(): void { for (const post of this.#posts.values()) post.stop(); }
  abandon(): void { for (const post of this.#posts.values()) post.abandon(); }
  async changed(): Promise<void> { await Promise.all([...this.#posts.values()].map((post) => post.changed())); }
  async ended(): Promise<void> { await Promise.all(this.pipelines.map((pipeline) => pipeline.ended())); }

  /** To be called about each second. */
  keepHouse(): void {
    for (const [key, post] of this.#posts) if (post.pipeline === null && !post.isChanging && post.isUnwanted) this.#posts.delete(key);
  }

  #version(entry: JournalEntryPlan, { delivery: { undeliverable } }: Plan, around: Surroundings): Version<JournalPipeline> {
    return {
      entry,
      signature: hash('sha256', JSON.stringify([around.way.number, { ...entry, pointer: '' }]), 'base64'),
      look: () => Promise.resolve(),
      start: (life) => {
        const pipeline = this.#pipeline(entry, undeliverable, around);
        this.#o.uses(pipeline, around.way.outbound);
        pipeline.begin(life);
        return pipeline;
      },
    };
  }

  #pipeline(entry: JournalEntryPlan, undeliverable: UndeliverablePolicy, { way: { outbound }, parts, undelivered }: Surroundings): JournalPipeline {
    const { store, trail, report, now, hurry } = this.#o;
    const { key } = entry;
    const { arena, budget } = outbound;
    const outlet = new Outlets(entry, { arena, budget, dateZone: journalDateZone(entry, parts), laneFor: (destination) => outbound.laneFor(destination) }).of('');
    // Its names are made of nothing that a file would have to say.
    if (outlet === null) throw new Error(`${entry.pointer}: it names no group and stream`);
    const [handle = null] = store.entry(key);
    return new JournalPipeline(entry, {
      source: {
        name: key, outlet, handle, trail,
        track: (cursor) => store.track({ entry: key, path: key, id: { device: 0, inode: 0, headHash: '', headLength: 0 }, offset: 0, windowCrc: 0, windowLength: 0, split: null, ended: false, updatedAt: Date.now(), cursor }),
      },
      stages: buildJournalStages(entry, { arena, parts, report, now, undeliverable, undelivered }),
      follower: { report, now, hurry, machineId: machineId(), user: userName() },
    });
  }
}

import type { Lifetime } from '../../lifecycle/lifetime.ts';
import type { JournalEntryPlan } from '../../plan.ts';
import { JournalFollower } from './journal-follower.ts';
import type { FollowerContext } from './journal-follower.ts';
import type { OwedStage } from '../stage-watch.ts';
import { JournalSource } from './journal-source.ts';
import type { JournalSourceSpec } from './journal-source.ts';
import type { JournalStages } from './journal-stages.ts';

export interface JournalPipelineContext {
  readonly source: Omit<JournalSourceSpec, 'rewound'>;
  readonly stages: JournalStages;
  readonly follower: Omit<FollowerContext, 'source' | 'entry'>;
}

/** One journald entry of the plan, running. */
export class JournalPipeline {
  /** The same entry may come to stand at another place of the config. */
  entry: JournalEntryPlan;
  readonly source: JournalSource;
  readonly follower: JournalFollower;
  readonly generations: readonly [JournalSource];
  #life: Lifetime | null = null;
  /** Ends the wait for the follower. */
  #followed = Promise.withResolvers<void>();

  constructor(entry: JournalEntryPlan, { source, stages, follower }: JournalPipelineContext) {
    this.entry = entry;
    this.source = new JournalSource({ ...source, rewound: () => this.follower.rewound() }, stages);
    this.follower = new JournalFollower({ ...follower, entry, source: this.source });
    this.generations = [this.source];
  }

  begin(life: Lifetime): void {
    this.#life = life;
    this.#follow(life);
  }

  /** Its follower, while that owes a turn. */
  *owed(): Iterable<OwedStage> {
    const life = this.#life;
    const { turns, isVital, owesTurn } = this.follower;
    if (life !== null && owesTurn) yield { key: this, name: `the follower of ${this.entry.key}`, turns, isVital, beginAnew: () => { this.#follow(life); } };
  }

  /** Everything that can be read is read and acknowledged. */
  get caughtUp(): boolean { return this.follower.caughtUp || (this.follower.isGivenUp && this.source.settled); }
  /** Why it cannot be read, or not as a whole; null: it can. */
  get unread(): string | null { return this.follower.lastError ?? this.follower.partError; }
  /** Its lifetime is all it waits for. */
  wakeAll(): void { /* The signal wakes it. */ }
  /** The journal keeps everything: the position is all that the next one needs. */
  handOver(): readonly [] {
    this.source.detach();
    return [];
  }
  /** Resolves when it reads no more. */
  async ended(): Promise<void> {
    for (let followed = null; followed !== this.#followed;) {
      followed = this.#followed;
      await followed.promise;
    }
  }

  #follow(life: Lifetime): void {
    // One that stands still is waited for no longer.
    this.#followed.resolve();
    const { resolve, reject } = (this.#followed = Promise.withResolvers<void>());
    this.follower.run(life).then(resolve, reject);
  }
}

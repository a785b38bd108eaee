import type { Lifetime } from '../../lifecycle/lifetime.ts';
import type { JournalEntryPlan } from '../../plan.ts';
import { JournalFollower } from './journal-follower.ts';
import type { FollowerContext } from './journal-follower.ts';
import { JournalSource } from './journal-source.ts';
import type { JournalSourceSpec, JournalStages } from './journal-source.ts';

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
  #task: Promise<void> = Promise.resolve();

  constructor(entry: JournalEntryPlan, { source, stages, follower }: JournalPipelineContext) {
    this.entry = entry;
    this.source = new JournalSource({ ...source, rewound: () => this.follower.rewound() }, stages);
    this.follower = new JournalFollower({ ...follower, entry, source: this.source });
    this.generations = [this.source];
  }

  begin(life: Lifetime): void { this.#task = this.follower.run(life); }

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
  async ended(): Promise<void> { await this.#task; }
}

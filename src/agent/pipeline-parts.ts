import type { Mark } from '../checkpoint/ledger.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { Budget } from '../delivery/budget.ts';
import type { Lane } from '../delivery/lane.ts';
import type { Wake } from '../files/wake.ts';
import type { Destination, FileId } from '../flow.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { FileEntryPlan } from '../plan.ts';
import type { Report } from '../report/report.ts';
import type { CheckpointIndex } from './checkpoint-index.ts';
import type { Generation, GenerationStart } from './generation.ts';
import type { LifeOrder } from './life-order.ts';
import type { Lingering } from './lingering.ts';
import type { Lives } from './lives.ts';
import type { Relatives } from './relatives.ts';
import type { Stages } from './stages.ts';
import type { Trail } from './trail.ts';

/** What a pipeline is given. */
export interface PipelineContext {
  readonly entry: FileEntryPlan;
  readonly stages: Stages;
  readonly store: CheckpointStore;
  readonly wake: Wake;
  readonly relatives: Relatives;
  readonly report: Report;
  readonly life: Lifetime;
  readonly budget: Budget;
  readonly trail: Trail;
  readonly laneFor: (destination: Destination) => Lane;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Everything that exists is to be sent now. */
  readonly hurry: () => boolean;
  /** Does the entry's pattern match this path, whether or not it exists? */
  readonly matches: (path: string) => boolean;
  /** The folders where the entry's files are looked for are out of reach, or one of them is. */
  readonly isOutOfReach: () => boolean;
}

/** A file to be followed; with an inode only if it is still that one. */
export interface FileAt { readonly path: string; readonly inode?: number }

/** The pipeline as its parts see it: what they share, and the one thing they all ask for, that one more file is followed. */
export interface PipelineParts extends PipelineContext {
  readonly index: CheckpointIndex;
  readonly lives: Lives;
  readonly order: LifeOrder<Generation>;
  readonly lingering: Lingering;
  /** All that is known of the entry's files, ended ones too. */
  readonly checkpoints: () => readonly TrackedCheckpoint[];
  /** The name that decides the stream: a rotated file goes on into the stream of the name it had. */
  readonly nameFor: (path: string) => string;
  /** Why a file of this name can go nowhere, or null. */
  readonly faultOf: (name: string) => string | null;
  /** A checkpoint of a generation that none speaks of yet. */
  readonly track: (path: string, id: FileId, mark: Mark) => TrackedCheckpoint;
  /**
   * Follows a file that may be known already, behind `after`; gives its generation, or null if it is not to be followed
   * (now). @param told the checkpoint it goes on at, if that is found out already
   */
  readonly adopt: (file: FileAt, after: Generation | null, told?: TrackedCheckpoint | null) => Generation | null;
  /**
   * Follows a generation, once `after` is read to its end. One that goes on with the bytes of another (`from`) begins when
   * all that was read of that is acknowledged: its position must not pass them.
   */
  readonly start: (start: Omit<GenerationStart, 'outlet'>, after: Generation | null, name: string, from: Generation | null) => Generation;
  /** What they waited for is done. */
  readonly begin: (generations: readonly Generation[]) => void;
  /** Nothing more will be read of it; it stays until everything held is acknowledged. */
  readonly over: (generation: Generation) => void;
}

/** Where a file begins. */
export const START: Mark = { offset: 0, windowCrc: 0, windowLength: 0, split: null };

export function markOf({ offset, windowCrc, windowLength, split }: Mark): Mark {
  return { offset, windowCrc, windowLength, split };
}

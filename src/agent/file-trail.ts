import type { CursorSpan, SettledRange } from '../checkpoint/settled-range.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { Settlement } from '../delivery/lane.ts';
import { joinLosses } from '../report/losses.ts';
import type { Loss } from '../report/report.ts';
import type { Trail } from './trail.ts';

/** Where bytes lie; of a journal also between which entries. */
type Stretch = Pick<SettledRange, 'from' | 'to' | 'cursors'>;

/** Bytes that nothing was sent of. */
interface Passed { stretch: Stretch; losses: readonly Loss[] }

/**
 * Tells the trail what became of the bytes of one generation: a range for each batch, and one for each run of bytes of which
 * nothing was sent. What was left out while a chunk was read belongs to the first batch that took something of the chunk.
 */
export class FileTrail {
  readonly #trail: Trail;
  readonly #file: TrackedCheckpoint;
  /** Of the chunk that is being read. */
  #losses: readonly Loss[] = [];
  #passed: Passed | null = null;
  /** By batch, where something was left out between its events. */
  #travelling: Map<object, readonly Loss[]> | null = null;

  constructor(trail: Trail, file: TrackedCheckpoint) {
    this.#trail = trail;
    this.#file = file;
  }

  lost(loss: Loss): void { this.#losses = joinLosses(this.#losses, [loss]); }

  /** Bytes since the previous mark travel with a batch. @param further so do bytes before them */
  held(batch: object, further: boolean): void {
    if (this.#losses.length === 0 && this.#passed === null) return;
    let losses = this.#losses;
    // What lies between the bytes of a batch is in its range.
    if (further && this.#passed !== null) losses = joinLosses(this.#passed.losses, losses);
    else this.tell();
    this.#passed = null;
    this.#losses = [];
    if (losses.length > 0) (this.#travelling ??= new Map()).set(batch, joinLosses(this.#travelling.get(batch) ?? [], losses));
  }

  /** Nothing was sent of these bytes. */
  passed(from: number, to: number, cursors?: CursorSpan): void {
    if (from === to && this.#losses.length === 0) return;
    if (this.#passed !== null && this.#passed.stretch.to !== from) this.tell();
    const stretch = { from, to, ...(cursors !== undefined && { cursors }) };
    if (this.#passed === null) this.#passed = { stretch, losses: this.#losses };
    else {
      this.#passed.stretch = joined(this.#passed.stretch, stretch);
      this.#passed.losses = joinLosses(this.#passed.losses, this.#losses);
    }
    this.#losses = [];
    this.#trail.later(this);
  }

  settled({ from, to, cursors }: Stretch, batch: object, { destination: { group, stream, service }, sentAt, requestId, events, losses }: Settlement): void {
    const left = this.#travelling?.get(batch);
    this.#travelling?.delete(batch);
    const sent = sentAt === null ? null : { group, stream, service: service.label, at: sentAt, requestId, events };
    this.#trail.tell(this.#file, { from, to, at: Date.now(), sent, losses: left === undefined ? losses : joinLosses(left, losses), ...(cursors !== undefined && { cursors }) });
  }

  /** What a batch held exists nowhere any more. */
  givenUp({ from, to }: { readonly from: number; readonly to: number }, losses: readonly Loss[]): void {
    this.#trail.tell(this.#file, { from, to, at: Date.now(), sent: null, losses });
  }

  /** Bytes that nobody can read any more. */
  gone(from: number, to: number, reason: Loss['reason']): void {
    this.tell();
    this.#trail.tell(this.#file, { from, to, at: Date.now(), sent: null, losses: [{ reason, events: 0, bytes: to - from }] });
  }

  /** Everything from `offset` on is read again. */
  rewound(offset: number): void {
    this.#losses = [];
    if (this.#passed !== null && this.#passed.stretch.to <= offset) this.tell();
    this.#passed = null;
    this.#travelling = null;
  }

  /** Tells of the bytes that were passed over until now. */
  tell(): void {
    if (this.#passed === null) return;
    const { stretch, losses } = this.#passed;
    this.#passed = null;
    this.#trail.tell(this.#file, { ...stretch, at: Date.now(), sent: null, losses });
  }
}

function joined(before: Stretch, after: Stretch): Stretch {
  return { from: before.from, to: after.to, ...(before.cursors !== undefined && after.cursors !== undefined && { cursors: { behind: before.cursors.behind, upTo: after.cursors.upTo } }) };
}

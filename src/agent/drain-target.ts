import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { SettledRange } from '../checkpoint/settled-range.ts';
import type { DrainedFile } from '../control/drain-receipt.ts';
import { destinationText } from '../report/destination-name.ts';
import { joinLosses } from '../report/losses.ts';
import type { Loss } from '../report/report.ts';
import type { Generation } from './generation.ts';
import type { LogPipeline } from './log-pipeline.ts';

/** The bytes of one generation that a drain waits for, wherever they are read on: renamed, copied, archived, under a changed entry. */
export class DrainTarget {
  readonly #from: number;
  readonly #to: number;
  readonly #path: string;
  #g: Generation;
  #pipeline: LogPipeline;
  /** The last position that was settled; it stays when nobody can settle more. */
  #settledTo: number;
  #deliveredEvents = 0;
  #dropped: readonly Loss[] = [];
  /** Nobody follows it any more. */
  #isLetGo = false;

  constructor(g: Generation, pipeline: LogPipeline) {
    this.#g = g;
    this.#pipeline = pipeline;
    this.#path = g.path;
    this.#from = this.#settledTo = g.safe.offset;
    this.#to = Math.max(g.offset, g.contentEnd(g.file.sizeNow()));
  }

  get bytes(): number { return this.#to - this.#from; }
  get left(): number { return this.#to - this.#settledTo; }
  get deliveredEvents(): number { return this.#deliveredEvents; }
  get dropped(): readonly Loss[] { return this.#dropped; }
  get handle(): TrackedCheckpoint { return this.#g.handle; }

  /** A range of it was settled. */
  note({ from, sent, losses }: SettledRange): void {
    if (from >= this.#to) return;
    this.#deliveredEvents += sent?.events ?? 0;
    this.#dropped = joinLosses(this.#dropped, losses);
  }

  /**
   * True when nothing more is to be waited for. What is read and not sent yet is sent.
   * @param live all that is followed now; asked for only if need be
   */
  isDone(live: () => Iterable<readonly [Generation, LogPipeline]>): boolean {
    this.#goOn(live);
    const g = this.#g;
    this.#settledTo = Math.max(this.#settledTo, Math.min(this.#to, g.safe.offset));
    if (this.left === 0) return true;
    const isOver = g.truncated && g.settled && !g.detached && g.continuedBy === null && !this.#pipeline.searchesFor(g.handle);
    if (isOver) {
      // What could not be read is dropped, and counted by its reason.
      this.#settledTo = this.#to;
      return true;
    }
    if (g.settled && g.file.sizeOnDisk() === g.offset) {
      // Cut to what was read of it: its follower sees nothing of that.
      this.#dropped = joinLosses(this.#dropped, [{ reason: 'truncated-unread', events: 0, bytes: this.left }]);
      this.#settledTo = this.#to;
      return true;
    }
    if (g.offset >= this.#to || g.truncated) for (const lane of g.outlet.lanes) lane.flush();
    return false;
  }

  /** To the generation that has its bytes now. */
  #goOn(live: () => Iterable<readonly [Generation, LogPipeline]>): void {
    while (this.#g.settled && this.#g.continuedBy !== null) this.#g = this.#g.continuedBy;
    if (!this.#g.detached) return;
    this.#isLetGo = true;
    for (const [g, pipeline] of live()) {
      if (g.handle !== this.#g.handle || g.detached) continue;
      this.#g = g;
      this.#pipeline = pipeline;
      this.#isLetGo = false;
    }
  }

  get receipt(): DrainedFile {
    return {
      path: this.#path, entry: this.#g.handle.entry, inode: this.#g.id.inode, from: this.#from, to: this.#to, settledTo: this.#settledTo,
      deliveredEvents: this.#deliveredEvents, dropped: this.#dropped, why: this.left === 0 ? null : this.#why(),
    };
  }

  #why(): string {
    const g = this.#g;
    if (this.#isLetGo) return 'no entry of the config follows it any more';
    if (g.file.fault !== null) return `it cannot be read (${g.file.fault})`;
    for (const { destination, state, lastError } of g.outlet.lanes) {
      if (lastError !== null && (state === 'retrying' || state === 'paused')) return `${destinationText(destination)}: not accepted (${lastError})`;
    }
    if (this.#pipeline.searchesFor(g.handle)) return 'the archive it went into is not finished yet';
    if (g.offset < this.#to && g.pending > 0) return 'its last message has no end yet';
    return g.offset < this.#to ? 'it is still being read' : 'it is read, and the service has not acknowledged it yet';
  }
}

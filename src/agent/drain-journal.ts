import type { DrainedJournal } from '../control/drain-receipt.ts';
import type { JournalPipeline } from './journald/journal-pipeline.ts';

/** The journal has no size to be reached: what was written before now has come from journalctl after this time, once its end was reached. */
const ARRIVES_MS = 500;

/** What an entry of the journal's had to deliver when a drain was asked for. */
export class DrainJournal {
  readonly #key: string;
  readonly #since: number;
  readonly #pipeline: () => JournalPipeline | undefined;
  /** How far was read when all that was written before had arrived; null: not yet. */
  #to: number | null = null;
  #isDone = false;

  /** @param pipelines those that run at present: a changed entry has another */
  constructor({ entry: { key } }: JournalPipeline, pipelines: () => readonly JournalPipeline[], now: number) {
    this.#key = key;
    this.#since = now;
    this.#pipeline = () => pipelines().find(({ entry }) => entry.key === key);
  }

  /** Nothing more is to be waited for. What is read and not sent yet is sent. @param now monotonic milliseconds */
  isDone(now: number): boolean {
    const pipeline = this.#pipeline();
    if (this.#isDone || pipeline === undefined) return (this.#isDone = true);
    const { source, follower } = pipeline;
    if (now - this.#since >= ARRIVES_MS && follower.isAtEnd) this.#to ??= source.mark.offset;
    for (const lane of source.outlet.lanes) lane.flush();
    return (this.#isDone = this.#to !== null && source.safe.offset >= this.#to);
  }

  get receipt(): DrainedJournal {
    const pipeline = this.#pipeline();
    const lanes = [...(pipeline?.source.outlet.lanes ?? [])];
    const why = pipeline?.follower.lastError ?? lanes.find((lane) => lane.isFailing)?.lastError ?? 'it is still being read or sent';
    return { entry: this.#key, settled: this.#isDone, why: this.#isDone ? null : why };
  }
}

// Which of the numbered lines of many files have arrived, in memory that does not grow with their number.
import type { StoreObserver } from '../../src/local-endpoint/logs/store.ts';
import type { Block } from '../../src/local-endpoint/logs/stream.ts';
import { lineOf } from './growing-files.ts';

export interface SequenceVerdict {
  readonly lost: number;
  /** Surplus copies; `unexplained` of them were not in a batch whose answer the outage may have cut off. */
  readonly doubled: number;
  readonly unexplained: number;
  readonly outOfOrder: number;
  readonly foreign: number;
}

/** Observes the stores of the endpoint's lives, one after the other. */
export class SequenceReceipt implements StoreObserver {
  readonly #next: Int32Array;
  readonly #missing: Set<number>[];
  /** The last batch of each stream: its answer may not have reached the agent. */
  readonly #lastBatch = new Map<string, readonly string[]>();
  readonly #ambiguous = new Set<string>();
  #doubled = 0;
  #unexplained = 0;
  #outOfOrder = 0;
  #foreign = 0;
  arrived = 0;
  batches = 0;
  onBatch: (() => void) | null = null;

  constructor(files: number) {
    this.#next = new Int32Array(files);
    this.#missing = Array.from({ length: files }, () => new Set<number>());
  }

  groupChanged(): void { /* Only events are counted. */ }
  groupDeleted(): void { /* As above. */ }
  streamCreated(): void { /* As above. */ }
  streamDeleted(): void { /* As above. */ }

  stored({ stream, messages }: Block): void {
    this.batches++;
    this.#lastBatch.set(stream.name, messages);
    for (const message of messages) this.#take(message);
    this.onBatch?.();
  }

  /** The endpoint is gone: the latest batch of each stream may have been stored without the agent's knowing. */
  cut(): void {
    for (const messages of this.#lastBatch.values()) for (const message of messages) this.#ambiguous.add(message);
    this.#lastBatch.clear();
  }

  verdict(written: Int32Array): SequenceVerdict {
    let lost = 0;
    for (const [file, count] of written.entries()) lost += this.#missing[file]!.size + (count - this.#next[file]!);
    return { lost, doubled: this.#doubled, unexplained: this.#unexplained, outOfOrder: this.#outOfOrder, foreign: this.#foreign };
  }

  #take(message: string): void {
    const [file, line] = [Number(message.slice(0, 4)), Number(message.slice(5, 13))];
    const next = this.#next[file];
    if (next === undefined || message !== lineOf(file, line)) { this.#foreign++; return; }
    if (line === next) { this.#next[file]!++; this.arrived++; return; }
    const missing = this.#missing[file]!;
    if (line > next) {
      for (let n = next; n < line; n++) missing.add(n);
      this.#next[file] = line + 1;
      this.arrived++;
    } else if (missing.delete(line)) { this.#outOfOrder++; this.arrived++; } else {
      this.#doubled++;
      if (!this.#ambiguous.has(message)) this.#unexplained++;
    }
  }
}

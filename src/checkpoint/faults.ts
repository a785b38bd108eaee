/** What the store has to say; each is called when it begins or ends, not per try. */
export interface StoreReport {
  /** Something is wrong that a person should see. */
  checkpointTrouble(message: string): void;
  /** What was wrong is over. */
  checkpointRecovered(message: string): void;
}

/** What can fail on its own, and what a person is told of it. */
export type Fault = 'write' | 'sync' | 'snapshot';
const TEXTS: Readonly<Record<Fault, string>> = {
  write: 'cannot be written. Delivery goes on and offsets are kept in memory; a crash before this is over repeats what is delivered meanwhile',
  sync: 'cannot be synced to the disk. They survive a crash of the agent; a power cut before this is over repeats what is delivered meanwhile',
  snapshot: 'cannot be condensed into a new snapshot. The one before and its journal are kept and grow',
};
const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 5000;

/** One fault: reported when it begins and when it ends, tried again at doubling intervals up to 5 s. */
class FaultState {
  message: string | null = null;
  /** performance.now() before which it is not tried again. */
  retryAt = 0;
  #wait = 0;

  failed(message: string): void {
    this.message = message;
    this.#wait = Math.min(Math.max(RETRY_FIRST_MS, this.#wait * 2), RETRY_MOST_MS);
    this.retryAt = performance.now() + this.#wait;
  }

  passed(): void {
    this.message = null;
    this.retryAt = this.#wait = 0;
  }
}

export class Faults {
  readonly #directory: string;
  readonly #report: StoreReport;
  readonly #states: Readonly<Record<Fault, FaultState>> = { write: new FaultState(), sync: new FaultState(), snapshot: new FaultState() };

  constructor(directory: string, report: StoreReport) {
    this.#directory = directory;
    this.#report = report;
  }

  /** Message of what fails at present, the gravest first, or null. */
  get current(): string | null { return this.#states.write.message ?? this.#states.sync.message ?? this.#states.snapshot.message; }

  /** performance.now() before which this is not to be tried again. */
  retryAt(fault: Fault): number { return this.#states[fault].retryAt; }

  failed(fault: Fault, error: unknown): void {
    const state = this.#states[fault];
    const known = state.message !== null;
    const message = error instanceof Error ? error.message : String(error);
    state.failed(message);
    if (!known) this.#report.checkpointTrouble(`checkpoints in ${this.#directory} ${TEXTS[fault]}: ${message}. Check the free space and the disk`);
  }

  passed(fault: Fault): void {
    const state = this.#states[fault];
    const known = state.message !== null;
    state.passed();
    if (known) this.#report.checkpointRecovered(`checkpoints in ${this.#directory} are written again (${fault})`);
  }
}

import type { LogBatch } from '../batching/log-batch.ts';
import type { Destination, Outcome } from '../flow.ts';
import { destinationName, destinationText } from '../report/destination-name.ts';
import type { Report } from '../report/report.ts';
import { backoffMs } from './backoff.ts';
import type { Pace } from './backoff.ts';
import type { EncodedBody, Endpoint } from './endpoint.ts';
import type { Recovery } from './recovery.ts';
import type { Share } from './share.ts';
import type { ServiceSlots } from './slots.ts';

export interface SenderContext {
  readonly slots: ServiceSlots;
  readonly recovery: Recovery;
  readonly endpoint: Endpoint;
  readonly report: Pick<Report, 'retrying' | 'paused' | 'recovered' | 'debug'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** Let go now: requests under way are abandoned, what is held stays unsettled. */
  readonly abandon: AbortSignal;
}

/** Who holds the batches. */
export interface SenderOwner {
  /**
   * Gives everything held back to its sources and takes nothing new until `reopen`. False: something is in no file any
   * more, or a batch is under way that is not among the `waiting`, so its body is being read.
   */
  giveBack(waiting: ReadonlySet<LogBatch>): boolean;
  reopen(): void;
  /** False once the batch was given back. */
  holds(batch: LogBatch): boolean;
}

/** `retrying`: it failed, and may pass by itself. `paused`: only a person can change it. */
export type LaneState = 'idle' | 'sending' | 'retrying' | 'paused';

/** What became of a body; `aborted`: its batch was given back, or the agent lets go of everything. */
export type Sent = Extract<Outcome, { kind: 'accepted' | 'split' | 'aborted' }>;
type Retry = Extract<Outcome, { kind: 'retry' }>;

const ABORTED = { kind: 'aborted' } as const;
/** A body that is still without its stream after it was created this often waits like any other failure. */
const MAX_CREATIONS = 3;

const retry = (reason: string, pace: Pace): Retry => ({ kind: 'retry', reason, pace, afterMs: null, ambiguous: false });
const refusedAsAWhole = (reason: string): Retry => retry(`refused as a whole: ${reason}`, 'slow');

/** The attempts at one destination, and the waits between them. */
export class Sender {
  readonly #destination: Destination;
  readonly #share: Share;
  readonly #c: SenderContext;
  readonly #owner: SenderOwner;
  /** Batches between two attempts. No other is given back, so who does not wait need not ask whether its batch is held. */
  readonly #waiting = new Set<LogBatch>();
  /** Failed attempts of what was given back: the next batch goes on with the backoff, it does not begin again. */
  #failedBefore = 0;
  /** Failed attempts of the batch that failed last. */
  #failed = 0;
  /** What waited was given back, by whom it is read again: nothing is taken until the wait is over. */
  #closedUntilNext = false;
  state: LaneState = 'idle';
  lastError: string | null = null;
  requests = 0;

  constructor(destination: Destination, share: Share, context: SenderContext, owner: SenderOwner) {
    this.#destination = destination;
    this.#share = share;
    this.#c = context;
    this.#owner = owner;
  }

  /** Sends one body, the batch's or a part's, until it is accepted, found guilty, or let go. */
  async send(batch: LogBatch, body: EncodedBody): Promise<Sent> {
    const { slots, endpoint, abandon, now, report } = this.#c;
    let failed = this.#failedBefore;
    let creations = 0;
    for (;;) {
      this.requests++;
      if (failed === 0) this.state = this.#share.failing ? 'retrying' : 'sending';
      let since = now();
      let sentAt = 0;
      const outcome = await slots.run(this.#share.failing, () => {
        since = now();
        sentAt = Date.now();
        return abandon.aborted ? Promise.resolve(ABORTED) : endpoint.put(this.#destination, body);
      });
      report.debug(() => this.#attempt(batch, body, outcome, now() - since));
      let failure: Retry;
      switch (outcome.kind) {
        case 'accepted':
          batch.sentAt = sentAt;
          batch.requestId = outcome.requestId ?? null;
          this.#succeeded(failed);
          return outcome;
        case 'split':
        case 'aborted': return outcome;
        case 'missing': {
          const created = await slots.run(this.#share.failing, () => endpoint.create(this.#destination));
          if (created.kind === 'aborted') return created;
          if (created.kind === 'accepted' && creations++ < MAX_CREATIONS) continue;
          failure = notCreated(created, outcome.reason);
          break;
        }
        case 'refused': failure = refusedAsAWhole(outcome.reason); break;
        case 'retry': failure = outcome; break;
        default: return outcome satisfies never;
      }
      if (!(await this.#backOff(batch, failure, ++failed, false))) return ABORTED;
    }
  }

  /** Waits as long as for what only a person can change; false when the batch was let go meanwhile. */
  pause(batch: LogBatch, reason: string): Promise<boolean> {
    return this.#backOff(batch, retry(reason, 'slow'), 1, false);
  }

  /**
   * Pauses for a destination that takes nothing at all: what is held goes back to its files, where more may join it. False
   * when the batch was let go, which it is unless it is in no file any more.
   */
  refused(batch: LogBatch, reason: string): Promise<boolean> {
    return this.#backOff(batch, refusedAsAWhole(reason), this.#failedBefore + 1, true);
  }

  /** Gives back what waits between two attempts, if that is all there is and it can be read again. */
  giveBack(): void {
    if (this.#waiting.size === 0 || !this.#owner.giveBack(this.#waiting)) return;
    this.#failedBefore = this.#failed;
    this.#closedUntilNext = true;
  }

  #attempt(batch: LogBatch, { bytes, encoding }: EncodedBody, outcome: Outcome, ms: number): string {
    return `${destinationText(this.#destination)}: request of ${bytes.length} bytes${encoding === null ? '' : ` (${encoding})`}, batch of ${batch.count} events: ${outcome.kind}${'reason' in outcome ? ` (${outcome.reason})` : ''} after ${Math.round(ms)} ms`;
  }

  #succeeded(failed: number): void {
    const hadFailed = this.#share.failing;
    this.#share.setFailing(false);
    this.#failedBefore = 0;
    this.#c.recovery.succeeded();
    if (hadFailed) this.#c.report.recovered(`destination ${destinationName(this.#destination)}`, `log stream ${destinationName(this.#destination)}: accepted again${failed > 0 ? ` after ${failed} failed attempts` : ''}`);
    this.state = 'idle';
    this.lastError = null;
  }

  /** Waits between attempts; false when the batch was let go meanwhile. */
  async #backOff(batch: LogBatch, failure: Retry, failed: number, giveBack: boolean): Promise<boolean> {
    const { report, abandon, random } = this.#c;
    this.lastError = failure.reason;
    this.state = failure.pace === 'slow' ? 'paused' : 'retrying';
    const ms = backoffMs(failure.pace, failed, random(), failure.afterMs);
    if (this.state === 'paused') report.paused(this.#destination, failure.reason);
    else report.retrying(this.#destination, failure.reason, failed, failure.ambiguous, ms);
    report.debug(() => `${destinationText(this.#destination)}: attempt ${failed} failed, the next one is ${Math.round(ms)} ms away`);
    this.#share.setFailing(true);
    this.#waiting.add(batch);
    this.#failed = failed;
    if (giveBack || this.#share.mustGiveBack) this.giveBack();
    await this.#wait(failure, ms);
    this.#waiting.delete(batch);
    if (this.#closedUntilNext && !this.#owner.holds(batch)) {
      this.#closedUntilNext = false;
      this.#owner.reopen();
    }
    return !abandon.aborted && this.#owner.holds(batch);
  }

  async #wait({ pace, afterMs }: Retry, ms: number): Promise<void> {
    const { recovery, abandon } = this.#c;
    // Nobody knocks before the time the service asked for. And what only a person can change is not probed at all: another
    // lane's success says nothing about it.
    const unprobed = pace === 'slow' ? ms : afterMs ?? 0;
    if (unprobed > 0) await pause(unprobed, abandon);
    if (pace !== 'slow') await recovery.wait(Math.max(0, ms - unprobed), abandon);
  }
}

/** Why the stream cannot be written to, although its creation was tried. */
function notCreated(created: Exclude<Outcome, { kind: 'aborted' }>, missing: string): Retry {
  switch (created.kind) {
    case 'retry': return created;
    case 'accepted': return retry(`created, but still missing: ${missing}`, 'short');
    case 'refused': return retry(created.reason, 'slow');
    case 'missing':
    case 'split': return retry(created.reason, 'short');
    default: return created satisfies never;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => { clearTimeout(timer); signal.removeEventListener('abort', finish); resolve(); };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}

import { joinEvents, sliceEvents } from '../batching/events.ts';
import type { EventSlice } from '../batching/events.ts';
import type { LogBatch } from '../batching/log-batch.ts';
import type { Destination, RejectedRanges } from '../flow.ts';
import type { Report } from '../report/report.ts';
import { Bisection } from './bisection.ts';
import type { Part } from './bisection.ts';
import type { EncodedBody, Endpoint } from './endpoint.ts';
import type { Sender } from './sender.ts';
import { giveUp, rejectedOf } from './undeliverable.ts';
import type { GivenUp, Undelivered } from './undeliverable.ts';

export interface BatchDeliveryContext {
  readonly endpoint: Endpoint;
  readonly undelivered: Undelivered;
  readonly report: Pick<Report, 'dropped'>;
}

type Attempts = Pick<Sender, 'send' | 'pause' | 'refused'>;

/** Calls one batch may be bisected with before the lane pauses: 28 find one bad event among 10,000. */
const MAX_BISECT_CALLS = 32;
const CLOSING = Buffer.from(']}');

/** Brings a batch to its end: each of its events is accepted or given up. */
export class BatchDelivery {
  readonly #destination: Destination;
  readonly #header: Buffer;
  readonly #sender: Attempts;
  readonly #c: BatchDeliveryContext;
  /** Bodies that were made ready before their batch's turn. */
  readonly #ready = new WeakMap<LogBatch, EncodedBody>();
  /** The service took an event of this destination since the last one was given up. */
  #takes = false;

  constructor(destination: Destination, header: Buffer, sender: Attempts, context: BatchDeliveryContext) {
    this.#destination = destination;
    this.#header = header;
    this.#sender = sender;
    this.#c = context;
  }

  /** Makes the body ready while the one before it is under way: compressed and hashed. */
  prepare(batch: LogBatch, backlog: number): void { this.#ready.set(batch, this.#c.endpoint.encode(batch.body(), backlog)); }

  /** False when the batch was let go before its end. @param backlog batches that wait behind it. */
  async deliver(batch: LogBatch, backlog: number): Promise<boolean> {
    const body = this.#ready.get(batch) ?? this.#c.endpoint.encode(batch.body(), backlog);
    for (;;) {
      const sent = await this.#sender.send(batch, body);
      switch (sent.kind) {
        case 'accepted':
          this.#accepted(batch, () => sliceEvents(batch.events()), sent.rejected);
          return true;
        case 'aborted': return false;
        case 'split': {
          const ended = await this.#deliverParts(batch, sent.reason);
          if (ended !== null) return ended;
          if (!(await this.#sender.refused(batch, sent.reason))) return false;
          break;
        }
        default: sent satisfies never;
      }
    }
  }

  /**
   * Delivers all events of a refused batch but those that spoil it; false when it was let go. Null: the service took none of
   * them, so it is not known that an event is to blame. One alone is, where others were taken just before.
   */
  async #deliverParts(batch: LogBatch, refusal: string): Promise<boolean | null> {
    const events = sliceEvents(batch.events());
    const bisection = new Bisection();
    const guilty: GivenUp[] = [];
    const refused = (part: Part, reason: string): void => {
      if (!bisection.refused(part)) guilty.push({ events: events.slice(part.from, part.to), why: 'refused', reason });
    };
    refused({ from: 0, to: events.length }, refusal);
    let accepted = false;
    let calls = 0;
    for (let part = bisection.next(); part !== null; part = bisection.next()) {
      if (calls === MAX_BISECT_CALLS) {
        if (!accepted) return null;
        calls = 0;
        if (!(await this.#sender.pause(batch, `too many events refused: ${refusal}`))) return false;
      }
      calls++;
      const slices = events.slice(part.from, part.to);
      const sent = await this.#sender.send(batch, this.#bodyOf(batch, slices));
      switch (sent.kind) {
        case 'accepted':
          accepted = true;
          this.#accepted(batch, () => slices, sent.rejected);
          break;
        case 'split': refused(part, sent.reason); break;
        case 'aborted': return false;
        default: sent satisfies never;
      }
    }
    if (!accepted && !(events.length === 1 && this.#takes)) return null;
    this.#takes = accepted;
    this.#giveUp(batch, guilty);
    return true;
  }

  /** @param sent asked for only when some were rejected: cutting a batch into its events costs as much as sending it */
  #accepted(batch: LogBatch, sent: () => readonly EventSlice[], rejected: RejectedRanges | null): void {
    this.#takes = true;
    if (rejected !== null) this.#giveUp(batch, rejectedOf(sent(), rejected));
  }

  #bodyOf(batch: LogBatch, slices: readonly EventSlice[]): EncodedBody {
    return { bytes: Buffer.concat([this.#header, joinEvents(batch.events(), slices), CLOSING]), encoding: null };
  }

  #giveUp(batch: LogBatch, parts: readonly GivenUp[]): void { giveUp(batch, parts, this.#destination, this.#c); }
}

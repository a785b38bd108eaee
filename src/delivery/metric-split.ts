import { bodyOf } from '../batching/metric-batch.ts';
import type { SentDatums } from '../batching/metric-batch.ts';
import type { Outcome } from '../flow.ts';
import { Bisection } from './bisection.ts';
import type { Part } from './bisection.ts';

/** What became of a refused request. */
export interface Split {
  /** Datums that the service took. */
  readonly accepted: number;
  readonly guilty: readonly { readonly name: string; readonly reason: string }[];
  /** What is still to be sent; null: nothing. */
  readonly rest: { readonly body: Buffer; readonly datums: number } | null;
  /** What ended the search early. */
  readonly failure: Extract<Outcome, { kind: 'retry' | 'aborted' }> | null;
}

/** Calls that may all be refused before it is the request that is at fault, and not a datum of it: 20 find one bad among 1,000. */
const MAX_REFUSED = 32;

/** Finds the datums that spoil a request by sending its halves: what is innocent is delivered on the way. */
export async function withoutGuilty({ frame, datums }: SentDatums, refusal: string, put: (body: Buffer) => Promise<Outcome>): Promise<Split> {
  const bisection = new Bisection();
  const guilty: { readonly index: number; readonly reason: string }[] = [];
  const taken: Part[] = [];
  let calls = 0;
  const refused = (part: Part, reason: string): void => { if (!bisection.refused(part)) guilty.push({ index: part.from, reason }); };
  const end = (failure: Split['failure']): Split => {
    const accepted = taken.reduce((sum, { from, to }) => sum + to - from, 0);
    // Where none was taken the guilty may be innocent.
    const settled = new Set(accepted === 0 ? [] : guilty.map(({ index }) => index));
    for (const { from, to } of taken) for (let i = from; i < to; i++) settled.add(i);
    const rest = failure === null ? [] : datums.filter((_, i) => !settled.has(i));
    return {
      accepted, failure,
      guilty: accepted === 0 && failure !== null ? [] : guilty.map(({ index, reason }) => ({ name: datums[index]!.MetricName, reason })),
      rest: rest.length === 0 ? null : { body: bodyOf(frame, rest), datums: rest.length },
    };
  };
  refused({ from: 0, to: datums.length }, refusal);
  for (let part = bisection.next(); part !== null && (taken.length > 0 || calls < MAX_REFUSED); part = bisection.next()) {
    calls++;
    const outcome = await put(bodyOf(frame, datums.slice(part.from, part.to)));
    switch (outcome.kind) {
      case 'accepted': taken.push(part); break;
      case 'split': refused(part, outcome.reason); break;
      case 'retry':
      case 'aborted': return end(outcome);
      case 'missing':
      case 'refused': return end({ kind: 'retry', reason: outcome.reason, pace: 'slow', afterMs: null, ambiguous: false });
      default: outcome satisfies never;
    }
  }
  return end(null);
}

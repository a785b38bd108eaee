import { bodyHeader } from '../batching/log-batch.ts';
import { MAX_AGE_MS, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_SPAN_MS } from '../batching/limits.ts';
import type { Destination, Outcome, RejectedRanges } from '../flow.ts';
import { EVENT_OVERHEAD_BYTES } from '../plan.ts';
import { backoffMs } from './backoff.ts';
import { Bisection } from './bisection.ts';
import type { Endpoint } from './endpoint.ts';
import type { QuarantinedLine } from './quarantined.ts';
import type { QuarantinedRecord } from './quarantine.ts';

/** A line with its record, to be sent again. */
export type Replayed = QuarantinedLine & { readonly record: QuarantinedRecord };

/** What became of a line: null, the service has it; else why not. */
export type Verdict = (line: Replayed, refusal: string | null) => void;

export interface ReplayContext {
  readonly endpoint: Pick<Endpoint, 'encode' | 'put' | 'create'>;
  /** Events get the nearest time the service takes. */
  readonly clamp: boolean;
  /** Resolves after a wait between attempts, with false when nothing more is to be tried. */
  readonly pause: (ms: number) => Promise<boolean>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
}

/** A clamped event must still be young enough when it arrives. */
const CLAMP_MARGIN_MS = 600_000;
const CLOSING = Buffer.from(']}');
/** A body that is still without its stream after it was created this often is not sent. */
const MAX_CREATIONS = 3;

interface Timed { readonly line: Replayed; readonly time: number }

/** Sends lines of one destination again, each until it is accepted, refused, or nothing more is to be tried. */
export async function replayTo(destination: Destination, lines: readonly Replayed[], context: ReplayContext, verdict: Verdict): Promise<void> {
  for (const chunk of chunksOf(timed(lines, context))) await sendChunk(destination, chunk, context, verdict);
}

function timed(lines: readonly Replayed[], { clamp, now }: ReplayContext): readonly Timed[] {
  const at = now();
  const time = ({ record: { timestamp } }: Replayed): number => (clamp ? Math.min(at, Math.max(timestamp, at - MAX_AGE_MS + CLAMP_MARGIN_MS)) : timestamp);
  return lines.map((line) => ({ line, time: time(line) })).sort((a, b) => a.time - b.time);
}

/** Within the limits of one request. */
function* chunksOf(events: readonly Timed[]): Generator<readonly Timed[]> {
  let chunk: Timed[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.line.record.message) + EVENT_OVERHEAD_BYTES;
    if (chunk.length > 0 && (chunk.length === MAX_BATCH_EVENTS || bytes + size > MAX_BATCH_BYTES || event.time - chunk[0]!.time > MAX_SPAN_MS)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(event);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** What is refused is halved, so that each event has its own answer. */
async function sendChunk(destination: Destination, events: readonly Timed[], context: ReplayContext, verdict: Verdict): Promise<void> {
  const bisection = new Bisection();
  let part: { readonly from: number; readonly to: number } | null = { from: 0, to: events.length };
  for (; part !== null; part = bisection.next()) {
    const some = events.slice(part.from, part.to);
    const outcome = await attempts(destination, some, context);
    switch (outcome.kind) {
      case 'accepted':
        for (const [i, { line }] of some.entries()) verdict(line, rejection(outcome.rejected, i));
        break;
      case 'split':
        if (!bisection.refused(part)) verdict(some[0]!.line, outcome.reason);
        break;
      case 'left':
        for (const { line } of some) verdict(line, outcome.reason);
        break;
      default: outcome satisfies never;
    }
  }
}

type Ended = Extract<Outcome, { kind: 'accepted' | 'split' }> | { readonly kind: 'left'; readonly reason: string };

async function attempts(destination: Destination, events: readonly Timed[], { endpoint, pause, random }: ReplayContext): Promise<Ended> {
  const texts = events.map(({ line, time }) => JSON.stringify({ timestamp: time, message: line.record.message }));
  const body = endpoint.encode(Buffer.concat([bodyHeader(destination), Buffer.from(texts.join(',')), CLOSING]), 0);
  let creations = 0;
  for (let failed = 1; ; failed++) {
    let outcome = await endpoint.put(destination, body);
    if (outcome.kind === 'missing' && creations++ < MAX_CREATIONS) {
      const created = await endpoint.create(destination);
      if (created.kind === 'accepted') { failed--; continue; }
      outcome = created;
    }
    switch (outcome.kind) {
      case 'accepted':
      case 'split': return outcome;
      case 'refused':
      case 'missing': return { kind: 'left', reason: outcome.reason };
      case 'aborted': return { kind: 'left', reason: 'the agent was stopped' };
      case 'retry':
        // What only a person can change is not waited for.
        if (outcome.pace === 'slow' || !(await pause(backoffMs(outcome.pace, failed, random(), outcome.afterMs)))) return { kind: 'left', reason: outcome.reason };
        break;
      default: outcome satisfies never;
    }
  }
}

function rejection(rejected: RejectedRanges | null, index: number): string | null {
  if (rejected === null) return null;
  if (index < rejected.tooOldEnd) return 'older than 14 days when it arrived';
  if (index < rejected.expiredEnd) return "older than the log group's retention";
  return index >= rejected.tooNewStart ? 'more than two hours in the future when it arrived' : null;
}

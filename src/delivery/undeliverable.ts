import { messageOf } from '../batching/events.ts';
import type { EventSlice } from '../batching/events.ts';
import type { LogBatch } from '../batching/log-batch.ts';
import type { Destination, RejectedRanges } from '../flow.ts';
import { joinLosses } from '../report/losses.ts';
import type { DropReason, Report } from '../report/report.ts';
import { sourceOf } from './source.ts';

/** Keeps events that can never be delivered. */
export interface Undelivered {
  add(event: { readonly group: string; readonly stream: string; readonly service?: string; readonly file: string; readonly reason: string; readonly timestamp: number; readonly message: string }): void;
}

export interface GivenUp { readonly events: readonly EventSlice[]; readonly why: DropReason; readonly reason: string }

/** Of the events of a call that succeeded, those that were stored nowhere: each once, by the first reason that holds. */
export function rejectedOf(sent: readonly EventSlice[], rejected: RejectedRanges): readonly GivenUp[] {
  const { tooOldEnd, expiredEnd, tooNewStart } = rejected;
  return [
    { events: sent.slice(0, tooOldEnd), why: 'too-old', reason: 'older than 14 days when it arrived' },
    { events: sent.slice(tooOldEnd, expiredEnd), why: 'expired', reason: "older than the log group's retention" },
    { events: sent.slice(Math.max(tooNewStart, tooOldEnd, expiredEnd)), why: 'too-new', reason: 'more than two hours in the future when it arrived' },
  ];
}

/** Counts events of the batch as dropped, and keeps them. */
export function giveUp(batch: LogBatch, parts: readonly GivenUp[], { group, stream, service }: Destination, { undelivered, report }: { readonly undelivered: Undelivered; readonly report: Pick<Report, 'dropped'> }): void {
  const encoded = batch.events();
  for (const { events, why, reason } of parts) {
    if (events.length === 0) continue;
    let bytes = 0;
    for (const event of events) {
      const message = messageOf(encoded, event);
      const length = Buffer.byteLength(message);
      bytes += length;
      const source = sourceOf(batch, event.index);
      batch.losses.set(source, joinLosses(batch.losses.get(source) ?? [], [{ reason: why, events: 1, bytes: length }]));
      undelivered.add({ group, stream, ...(service.label === null ? {} : { service: service.label }), file: source.path, reason, timestamp: event.time, message });
    }
    batch.givenUp += events.length;
    batch.givenUpBytes += bytes;
    report.dropped(why, events.length, bytes, null);
  }
}

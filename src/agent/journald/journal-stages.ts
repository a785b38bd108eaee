import type { Undelivered } from '../../delivery/lane.ts';
import type { Arena } from '../../kernel/arena.ts';
import { isDated } from '../../naming/template.ts';
import { EVENT_OVERHEAD_BYTES } from '../../plan.ts';
import type { JournalEntryPlan, UndeliverablePolicy } from '../../plan.ts';
import type { ChunkText } from '../../records/chunk-text.ts';
import { Redaction } from '../../records/redact/redaction.ts';
import type { TimestampReader } from '../../records/timestamp.ts';
import type { Zone } from '../../records/zone.ts';
import type { Report } from '../../report/report.ts';
import type { SharedParts } from '../shared-parts.ts';
import { Stamper } from '../stamper.ts';
import { MessageFilter } from './message-filter.ts';

/** Leaves the column of the times as it is: the entries' own are in it already. */
export class EntryTimes implements TimestampReader {
  previous = Number.NaN;
  fork(): EntryTimes { return new EntryTimes(); }
  parseAll(): void { /* Nothing is left to read. */ }
}

/** What stands between the journal and a lane, for one entry of the plan. */
export interface JournalStages {
  readonly arena: Arena;
  readonly text: ChunkText;
  /** Null: every entry is kept. */
  readonly filter: MessageFilter | null;
  readonly stamper: Stamper;
  readonly maxEventBytes: number;
  readonly report: Report;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface JournalStageContext {
  readonly arena: Arena;
  readonly parts: SharedParts;
  readonly report: Report;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly undeliverable: UndeliverablePolicy;
  readonly undelivered: Undelivered;
}

/** The stages between the journal and a lane, for one entry. */
export function buildJournalStages({ filters, redact, maxEventBytes }: JournalEntryPlan, { arena, parts: { text, searchOf }, report, now, undeliverable, undelivered }: JournalStageContext): JournalStages {
  const stamper = new Stamper({
    arena, text, report, undeliverable, undelivered,
    timestamp: { parser: new EntryTimes(), trim: false },
    filters: null,
    redaction: redact.length === 0 ? null : new Redaction(redact, maxEventBytes - EVENT_OVERHEAD_BYTES, now, searchOf),
    textFramed: false,
    wallNow: Date.now,
    wide: false,
  });
  return { arena, text, stamper, maxEventBytes, report, now, filter: filters.length === 0 ? null : new MessageFilter(filters, now, searchOf) };
}

/** Whose dates name the streams of an entry; null where none does. Throws for an entry that the compiler of the plan would not have passed. */
export function journalDateZone({ naming, pointer }: JournalEntryPlan, parts: SharedParts): Zone | null {
  if (!isDated(naming.stream)) return null;
  const zone = parts.zoneOf(naming.dateZone);
  if ('problem' in zone) throw new Error(`${pointer}: ${zone.problem}`);
  return zone;
}

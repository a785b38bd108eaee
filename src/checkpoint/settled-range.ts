import type { Loss } from '../report/report.ts';

/** Where a batch went that was accepted. */
export interface SentBatch {
  readonly group: string;
  readonly stream: string;
  /** As ServicePlan.label. */
  readonly service: string | null;
  /** When the request began, epoch milliseconds. */
  readonly at: number;
  readonly requestId: string | null;
  /** Events of the range that the service took. */
  readonly events: number;
}

/** Entries of a journal: those behind one cursor (empty: from the first there was), up to and with the other. Where both are the same: none. */
export interface CursorSpan { readonly behind: string; readonly upTo: string }

/**
 * What became of bytes [from, to) of a generation. The bytes of a batch lie between its first and its last; where dates or
 * filters part them, ranges may lie within each other.
 */
export interface SettledRange {
  readonly from: number;
  readonly to: number;
  /** When they needed no more work, epoch milliseconds. */
  readonly at: number;
  /** Null: there was nothing to be sent, or it was lost. */
  readonly sent: SentBatch | null;
  readonly losses: readonly Loss[];
  /** Of a journal, whose bytes are those that journalctl printed. */
  readonly cursors?: CursorSpan;
}

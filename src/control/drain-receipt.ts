// The answer of `POST /drain`, and what `agent drain` prints. Types only. Times are epoch milliseconds, sizes and offsets bytes.
import type { Loss } from '../report/report.ts';

export interface DrainedFile {
  readonly path: string;
  /** Key of its entry. */
  readonly entry: string;
  readonly inode: number;
  /** Before it everything was settled when the drain was asked for. */
  readonly from: number;
  /** Its size when the drain was asked for. */
  readonly to: number;
  /** Before it everything is settled now; at most `to`. */
  readonly settledTo: number;
  /** Events the service took since. A batch that begins before `to` is counted whole. */
  readonly deliveredEvents: number;
  /** What was not sent, since: by the filters of the config, or because it cannot be. */
  readonly dropped: readonly Loss[];
  /** Why something is left, or null. */
  readonly why: string | null;
}

export interface DrainedJournal {
  /** Key of its entry. */
  readonly entry: string;
  readonly settled: boolean;
  /** Why something is left, or null. */
  readonly why: string | null;
}

export interface DrainedMetrics {
  /** Held when the drain was asked for. */
  readonly datums: number;
  readonly left: number;
  readonly why: string | null;
}

export interface DrainReceipt {
  readonly complete: boolean;
  /** `stopping`: the agent was stopped meanwhile; it delivers what it holds by itself. */
  readonly ended: 'complete' | 'deadline' | 'stopping';
  readonly startedAt: number;
  readonly endedAt: number;
  readonly bytes: number;
  readonly leftBytes: number;
  readonly deliveredEvents: number;
  readonly dropped: readonly Loss[];
  /** Files that had something unsettled, what has something left first; the list is bounded, and `total` counts all. */
  readonly files: { readonly total: number; readonly list: readonly DrainedFile[] };
  /** False: the look for files that nobody had seen did not end. */
  readonly searched: boolean;
  /** Entries that read the systemd journal. */
  readonly journals: readonly DrainedJournal[];
  /** Files that are followed and had nothing unsettled. */
  readonly settledFiles: number;
  /** Null: none are published by PutMetricData. */
  readonly metrics: DrainedMetrics | null;
}

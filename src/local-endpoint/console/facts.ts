// What the page is told. Types only: the page's own code, which runs in a browser, imports this and nothing else of the endpoint.
// Times are epoch milliseconds, sizes bytes.
import type { FaultState } from '../faults.ts';
import type { FaultEffect, MemberType } from '../fault-spec.ts';
import type { Bucket } from '../metrics/aggregate.ts';
import type { Dimensions } from '../metrics/store.ts';
import type { OperationCounts, RequestEntry } from '../request-log.ts';

export type { Bucket, Dimensions, FaultState, MemberType, RequestEntry };

export interface ShownGroup {
  readonly name: string;
  readonly streams: number;
  /** Held now. */
  readonly events: number;
  /** Ever stored. */
  readonly storedBytes: number;
  readonly lastEvent: number | null;
  readonly retentionDays: number | null;
}

export interface ShownGroups {
  readonly region: string;
  /** Events dropped from memory to stay within its bound. */
  readonly evicted: { readonly events: number; readonly bytes: number };
  readonly groups: readonly ShownGroup[];
}

export interface ShownStream { readonly name: string; readonly events: number; readonly lastEvent: number | null; readonly lastArrival: number | null }

/** `place` orders events of one millisecond and tells them apart. */
export interface ShownEvent { readonly group: string; readonly stream: string; readonly at: number; readonly arrivedAt: number; readonly place: number; readonly message: string }

/** Newest first. `before` is what to ask on with for older ones, null at the beginning; `scanned` events were looked at. */
export interface ShownEvents { readonly events: readonly ShownEvent[]; readonly before: string | null; readonly scanned: number }

/** One flush of a live tail. `skipped`: matching events that are not in it, because more came than can be shown. */
export interface TailFlush { readonly events: readonly ShownEvent[]; readonly skipped: number }

export interface ShownMetric { readonly namespace: string; readonly name: string; readonly dimensions: Dimensions; readonly datums: number; readonly last: number | null }
export interface ShownMetrics { readonly total: number; readonly metrics: readonly ShownMetric[] }
export interface ShownSeries { readonly points: readonly Bucket[] }

export interface ShownRequests {
  readonly operations: Readonly<Record<string, OperationCounts>>;
  readonly inFlight: number;
  readonly events: number;
  readonly wireBytes: number;
  /** Oldest first. */
  readonly recent: readonly RequestEntry[];
}

type Members = Readonly<Record<string, MemberType>>;
export interface FaultKinds {
  readonly kinds: Readonly<Record<FaultEffect['kind'], { readonly required?: Members; readonly optional?: Members }>>;
  readonly scope: Members;
}

export interface ShownParameter { readonly name: string; readonly type: string; readonly value: string; readonly version: number; readonly modifiedAt: number; readonly labels: readonly string[] }
export interface ShownParameters { readonly total: number; readonly parameters: readonly ShownParameter[] }

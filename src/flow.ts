// The types that travel between the stages. Types only: anyone may import this file.
import type { ServicePlan } from './plan.ts';

/**
 * Lines or frames of one chunk, column by column: entry i is `bytes[from[i], to[i])`. A struct of arrays rather than an
 * object per record, so that nothing is allocated per record and a whole chunk passes each stage in one call.
 * Lent: valid until the next chunk is read into the same arena.
 */
export interface Frames {
  /** One linear memory; `from` and `to` index it. */
  readonly bytes: Buffer;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Source bytes from the chunk's start to just after the frame (newline included). */
  readonly end: Int32Array;
  /** Event time, epoch milliseconds. */
  readonly time: Float64Array;
  count: number;
}

/** Index ranges of a request's events that the service stored nothing of (its answer was 200 all the same). */
export interface RejectedRanges {
  /** Events [0, tooOldEnd) are older than 14 days. */
  readonly tooOldEnd: number;
  /** Events [0, expiredEnd) are past the group's retention. */
  readonly expiredEnd: number;
  /** Events [tooNewStart, n) lie more than two hours ahead; Infinity if none. */
  readonly tooNewStart: number;
}

/** What one attempt at the API meant. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly rejected: RejectedRanges | null; readonly requestId?: string | undefined }
  | { readonly kind: 'retry'; readonly reason: string; readonly pace: 'short' | 'long' | 'slow'; readonly afterMs: number | null; readonly ambiguous: boolean }
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'split'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'aborted' };

/** Where events go. */
export interface Destination {
  readonly service: ServicePlan;
  readonly group: string;
  readonly stream: string;
  readonly groupClass: 'STANDARD' | 'INFREQUENT_ACCESS' | null;
  readonly retentionDays: number | null;
  /** What the group is given if it is created; see NamingPlan. */
  readonly kmsKeyId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** See NamingPlan. */
  readonly emf?: true;
  readonly entity: { readonly keyAttributes: Readonly<Record<string, string>>; readonly attributes: Readonly<Record<string, string>> } | null;
}

/** Identity of one life of a file's bytes. */
export interface FileId {
  readonly device: number;
  readonly inode: number;
  /** Hash of the first `headLength` bytes (hex); the length is stored, so a 1-byte file has an identity too. */
  readonly headHash: string;
  readonly headLength: number;
}

/** A safe offset, as it stands on disk. */
export interface Checkpoint {
  /** FileEntryPlan.key of the pipeline. */
  readonly entry: string;
  /** Path at which the generation was last seen. */
  readonly path: string;
  readonly id: FileId;
  /** Every byte before it is settled. */
  readonly offset: number;
  /** crc32 of the `windowLength` bytes that end at `offset`. */
  readonly windowCrc: number;
  readonly windowLength: number;
  /** Set when `offset` lies inside a message that was cut into pieces: the pieces before it, and the time they carry. */
  readonly split: { readonly piece: number; readonly time: number } | null;
  /** The generation was read to its end and is gone or closed for good. */
  readonly ended: boolean;
  /** When its file was last seen to go on from the offset, or was over, epoch ms; what is old and gone is forgotten. */
  readonly updatedAt: number;
  /** Of a journal, which has no offsets to read from: its cursor at `offset`; empty before its first entry. A file has none. */
  readonly cursor?: string | undefined;
}

import type { RedactHit } from '../records/redact/redact-text.ts';

/**
 * Where an event's time comes from: found in its `text`; the time of `reading`; that of the event `before`; that of the
 * `piece` before, of the same message; or `clamped` into what the service takes.
 */
export type TimeSource = 'text' | 'reading' | 'before' | 'piece' | 'clamped';

/** What becomes of an event. `filter` counts from 0. */
export type Verdict =
  | { readonly kind: 'sent' | 'too-old' | 'too-new' }
  | { readonly kind: 'filtered'; readonly filter: number };

/** One event as `run` would make it of the file. */
export interface PreviewedEvent {
  /** Where it goes, or would go if it were sent. */
  readonly group: string;
  readonly stream: string;
  /** Offset in the file of its first byte. */
  readonly offset: number;
  /** Line of the file it begins at, from 1; null where lines were not counted. */
  readonly line: number | null;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly timeFrom: TimeSource;
  /** No time was found in it, though the entry says how to find one. */
  readonly isUntimed: boolean;
  /** Where the timestamp stands in `original`, in characters; null where none was found, or it was a field's value. */
  readonly span: { readonly from: number; readonly to: number } | null;
  /** What of `original` is made unreadable, in characters, in their order. */
  readonly redacted: readonly RedactHit[];
  /** As it was framed, and as it is sent: the same unless a timestamp was cut out or something was redacted. At most 4,096 bytes of each. */
  readonly original: string;
  readonly message: string;
  /** As the service counts it: the message and 26 bytes. */
  readonly bytes: number;
  /** Which piece of a message above the limit it is, from 1; 0 for a whole message. */
  readonly piece: number;
  readonly verdict: Verdict;
  /** What it would have waited for: nothing, a pause of its writer (`lines`), or longer, for its newline (`partial`). */
  readonly waits: 'none' | 'lines' | 'partial';
}

/** Bytes of an event's text that are kept to be shown. */
export const SHOWN_BYTES = 4096;

/** So much of the text. */
export function shownText(bytes: Buffer): string {
  if (bytes.length <= SHOWN_BYTES) return bytes.toString();
  // The last code point may be cut in two.
  return bytes.toString('utf8', 0, SHOWN_BYTES).replace(/\uFFFD+$/, '');
}

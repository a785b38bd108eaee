import type { Destination } from '../flow.ts';
import type { RedactKind } from '../plan.ts';

/** Why bytes or events were dropped on purpose; each has a counter. */
export type DropReason = 'filtered' | 'too-old' | 'too-new' | 'expired' | 'refused' | 'hole' | 'blank' | 'truncated-unread' | 'released-deleted' | 'vanished-unread' | 'gone-at-stop' | 'too-long' | 'unfinished' | 'spool-full' | 'kernel-full' | 'no-metric' | 'journal-gap' | 'journal-cut';

/** What was dropped on purpose, of a range or a batch. Bytes are of messages; of the file where whole ranges are concerned. */
export interface Loss { readonly reason: DropReason; readonly events: number; readonly bytes: number }

/** What the agent says about itself: one method per fact. Leaves may import it; nobody branches on it. */
export interface Report {
  /** A step, for whoever looks for a fault. @param message asked for only when steps are said. */
  debug(message: () => string): void;
  /** Something a person may want to know, once. */
  note(message: string): void;
  /** Something that went wrong in the world; the same message is not repeated while it lasts. */
  trouble(subject: string, message: string): void;
  /** What `trouble` said of the subject is over. */
  recovered(subject: string, message: string): void;
  delivered(destination: Destination, events: number, messageBytes: number): void;
  /** An attempt failed; the next one is `waitMs` away. `ambiguous`: the events may have been stored. */
  retrying(destination: Destination, reason: string, attempt: number, ambiguous: boolean, waitMs: number): void;
  /** The destination takes nothing until a person changes something. */
  paused(destination: Destination, reason: string): void;
  dropped(reason: DropReason, events: number, bytes: number, path: string | null): void;
  /** Events in which no time of the entry's timestamp_format was found: they carry the time of the event before. @param sentTo of events in the spool, whose file nobody knows; null for a file of a person's */
  untimed(events: number, path: string, sentTo: Destination | null): void;
  /** Events that got the nearest time the service takes, because theirs was too old or too far ahead. */
  clamped(events: number, path: string): void;
  /** Stretches of events that were made unreadable, by the entry's `redact`. */
  redacted(kind: RedactKind, replacements: number): void;
  /** Source bytes handed on; negative when they are given back to be read again. */
  read(bytes: number): void;
  /** Source bytes that need no more work. */
  settled(bytes: number): void;
}

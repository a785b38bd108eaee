/** How far another agent says it has sent a file. */
export interface ForeignPosition {
  /** What says so, for messages: a state file, or a section of a config. */
  readonly source: string;
  /** Absolute. */
  readonly path: string;
  /** Every byte before it was sent. */
  readonly offset: number;
  /** Stretches behind the offset that were sent too, or may have been: they are sent again. */
  readonly again: readonly { readonly from: number; readonly to: number }[];
  /** When it was written, epoch milliseconds. */
  readonly savedAt: number;
  /** Key of the entry it belongs to; null: every entry that matches the path. */
  readonly entry: string | null;
}

/** A piece of another agent's state that gives no position, and why. */
export interface NoPosition { readonly source: string; readonly reason: string }

/** How collectd counts a value; all are published as they come. */
export type ValueKind = 'counter' | 'gauge' | 'derive' | 'absolute';

/** @property value whole numbers beyond 2^53 are the nearest double, as CloudWatch keeps them */
export interface CollectedValue { readonly kind: ValueKind; readonly value: number }

/** What collectd sends of one thing at one moment. A text that was not sent is empty. */
export interface ValueList {
  readonly host: string;
  readonly plugin: string;
  readonly pluginInstance: string;
  readonly type: string;
  readonly typeInstance: string;
  /** Epoch milliseconds; null: not sent. */
  readonly time: number | null;
  /** How far apart its values are, in milliseconds; null: not sent. */
  readonly intervalMs: number | null;
  readonly values: readonly CollectedValue[];
}

/** What a packet has said so far: it stays said until the packet ends, so that each list names only what differs from the one before. */
export type ListState = { -readonly [Key in Exclude<keyof ValueList, 'values'>]: ValueList[Key] };

export const freshState = (): ListState => ({ host: '', plugin: '', pluginInstance: '', type: '', typeInstance: '', time: null, intervalMs: null });

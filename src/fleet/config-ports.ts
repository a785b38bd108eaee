// What the keeper of the config asks of the rest of the agent, and what it answers.
import type { Plan } from '../plan.ts';
import type { Health } from './health.ts';
import type { ConfigCopy, RemoteVersion } from './last-good.ts';

/** What reading all sources gave. */
export type ReadConfig =
  | { readonly kind: 'read'; readonly copy: ConfigCopy }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A config that was held against the schema and compiled. */
export interface Compiled {
  /** Null when nothing of it can run. */
  readonly plan: Plan | null;
  /** Its errors in short, or null: a config with any is not taken while another runs. */
  readonly errors: string | null;
}

/** What a plan changes, in entries. */
export interface Difference { readonly kept: number; readonly changed: number; readonly added: number; readonly removed: number }

/** What the keeper asks of the rest of the agent. */
export interface ConfigPorts {
  readonly read: () => Promise<ReadConfig>;
  /** The versions that are there now, or why they cannot be asked. */
  readonly look: () => Promise<readonly RemoteVersion[] | { readonly unreachable: string }>;
  readonly compile: (copy: ConfigCopy) => Promise<Compiled>;
  readonly apply: (plan: Plan) => Promise<Difference>;
  readonly health: () => Health;
}

/** A config as it runs. */
export interface Current { readonly copy: ConfigCopy; readonly plan: Plan }

/** How the agent starts; with none because of `errors` when entries of it could run, and no earlier config can. */
export type Start = ({ readonly kind: 'current' } & Current) | { readonly kind: 'none'; readonly errors: string | null };

export type ReloadAnswer =
  | { readonly outcome: 'applied'; readonly version: string; readonly difference: Difference }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unreadable'; readonly reason: string };

/** What is said of the config in `status`. Times are epoch milliseconds. */
export interface ConfigState {
  /** Of remote documents; empty when there are none. */
  readonly version: string;
  readonly appliedAt: number;
  /** Until then delivery is watched, to go back if it got worse; null: it is not. */
  readonly watchedUntil: number | null;
  /** A newer version that this host takes later. */
  readonly waiting: { readonly version: string; readonly until: number } | null;
  /** The newest version that was not taken, or was taken back. */
  readonly refused: { readonly version: string; readonly reason: string; readonly at: number } | null;
  /** Versions not taken since the start, and those taken back. */
  readonly refusals: number;
  readonly rollbacks: number;
  readonly lookedAt: number | null;
  readonly unreachable: string | null;
}

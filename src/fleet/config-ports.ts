// What the keeper of the config asks of the rest of the agent, and how the agent starts.
import type { Plan, PlanDifference } from '../plan.ts';
import type { ConfigCopy, RemoteVersion } from './config-copy.ts';
import type { Health } from './health.ts';

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

/** What the keeper asks of the rest of the agent. */
export interface ConfigPorts {
  readonly read: () => Promise<ReadConfig>;
  /** The versions that are there now, or why they cannot be asked. */
  readonly look: () => Promise<readonly RemoteVersion[] | { readonly unreachable: string }>;
  readonly compile: (copy: ConfigCopy) => Promise<Compiled>;
  readonly apply: (plan: Plan) => Promise<PlanDifference>;
  readonly health: () => Health;
}

/** A config as it runs. */
export interface Current { readonly copy: ConfigCopy; readonly plan: Plan }

/** A config that this host takes later. Epoch milliseconds. */
export interface Waiting extends Current { readonly until: number }

/** How the agent starts; with none because of `errors` when entries of it could run, and no earlier config can. */
export type Start = ({ readonly kind: 'current' } & Current) | { readonly kind: 'none'; readonly errors: string | null };

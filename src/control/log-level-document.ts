// The answer of `GET` and `POST /log-level`. Types only.
import type { LogPlan } from '../plan.ts';

export interface LogLevelDocument {
  /** What counts now. */
  readonly level: LogPlan['level'];
  /** What config, environment and command line say. */
  readonly configured: LogPlan['level'];
  /** When it goes back to what is configured, epoch milliseconds; null: it is not asked for, or until the agent ends. */
  readonly until: number | null;
}

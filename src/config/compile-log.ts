import type { LogPlan } from '../plan.ts';
import type { Agent } from './generated/document.generated.ts';
import type { Environment } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

/** What the CloudWatch agent's `set-log-level` writes into its environment. */
export const LEVEL_VARIABLE = 'CWAGENT_LOG_LEVEL';
const LEVELS: Readonly<Record<string, LogPlan['level']>> = { DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error', OFF: 'off' };

/** What the agent says of itself: the environment is for the moment, so it wins over `log_level`, and that over `quiet` and `debug`. */
export function compileLog(agent: Agent, env: Environment, report: Reporter): LogPlan {
  return { level: environmentLevel(env, report) ?? agent.log_level ?? (agent.quiet === true ? 'error' : agent.debug === true ? 'debug' : 'info'), format: agent.log_format ?? 'text' };
}

function environmentLevel(env: Environment, report: Reporter): LogPlan['level'] | null {
  const name = env[LEVEL_VARIABLE];
  if (name === undefined || name === '') return null;
  const level = levelNamed(name);
  if (level === null) report.warning('', `the environment variable ${LEVEL_VARIABLE} names no level (${JSON.stringify(name.slice(0, 40))}), ignored`, { expected: Object.keys(LEVELS).join(', ') });
  return level;
}

/** A level by its name, in capitals or not; null: there is none of that name. */
export function levelNamed(name: string): LogPlan['level'] | null { return LEVELS[name.toUpperCase()] ?? null; }

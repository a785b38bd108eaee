import type { LogPlan } from '../plan.ts';

/** How grave a line is, the least first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'off'] as const satisfies readonly LogPlan['level'][];
export type LogLevel = Exclude<LogPlan['level'], 'off'>;

/** Where the agent's own log lines go. */
export type LogLine = (level: LogLevel, message: string) => void;

/**
 * The agent's own log: one line for each message that is grave enough, as text or as a JSON object. Both may change while
 * it runs.
 */
export class OwnLog {
  readonly #out: (line: string) => void;
  readonly #now: () => number;
  readonly #least: LogLevel;
  #plan: LogPlan;

  /** @param now epoch milliseconds. @param least nothing less grave is said, whatever the plan says. */
  constructor(plan: LogPlan, out: (line: string) => void, now: () => number, least: LogLevel = 'debug') {
    this.#plan = plan;
    this.#out = out;
    this.#now = now;
    this.#least = least;
  }

  get format(): LogPlan['format'] { return this.#plan.format; }

  /** From now on as another plan says. */
  follow(plan: LogPlan): void { this.#plan = plan; }

  says(level: LogLevel): boolean {
    const rank = LOG_LEVELS.indexOf(level);
    return rank >= LOG_LEVELS.indexOf(this.#plan.level) && rank >= LOG_LEVELS.indexOf(this.#least);
  }

  /** A function of its own, to be handed on. */
  readonly line: LogLine = (level, message) => {
    if (!this.says(level)) return;
    const time = new Date(this.#now()).toISOString();
    this.#out(this.#plan.format === 'json' ? json(time, level, message) : `${time} ${level.padEnd(5)} ${message}\n`);
  };

  /** Why the agent cannot run: said at any level. */
  fatal(message: string): void {
    this.#out(this.#plan.format === 'json' ? json(new Date(this.#now()).toISOString(), 'error', message) : `agent: ${message}\n`);
  }
}

function json(time: string, level: LogLevel, message: string): string {
  return `${JSON.stringify({ time, level, message })}\n`;
}

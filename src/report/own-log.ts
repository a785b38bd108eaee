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
  #asked: LogPlan['level'] | null = null;
  #outside: LogPlan['level'] | null = null;

  /** @param now epoch milliseconds. @param least nothing less grave is said, whatever the plan says. */
  constructor(plan: LogPlan, out: (line: string) => void, now: () => number, least: LogLevel = 'debug') {
    this.#plan = plan;
    this.#out = out;
    this.#now = now;
    this.#least = least;
  }

  get format(): LogPlan['format'] { return this.#plan.format; }
  /** Without what a person asks for at the moment. */
  get configured(): LogPlan['level'] {
    const level = this.#outside ?? this.#plan.level;
    return LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.#least) ? level : this.#least;
  }
  /** What counts now. */
  get level(): LogPlan['level'] { return this.#asked ?? this.configured; }

  /** From now on as another plan says. */
  follow(plan: LogPlan): void { this.#plan = plan; }

  /** A person wants this level for the moment, whatever plan and command line say; null: not any more. */
  ask(level: LogPlan['level'] | null): void { this.#asked = level; }

  /** The environment of the running agent was changed to this level, in place of the plan's; null: it names none. */
  outside(level: LogPlan['level'] | null): void { this.#outside = level; }

  says(level: LogLevel): boolean { return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.level); }

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

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
  readonly #isJournal: boolean;
  #plan: LogPlan;
  #asked: LogPlan['level'] | null = null;
  #outside: LogPlan['level'] | null = null;

  /**
   * @param now epoch milliseconds
   * @param least nothing less grave is said, whatever the plan says
   * @param isJournal the lines go to systemd's journal, which has times and priorities of its own
   */
  constructor(plan: LogPlan, out: (line: string) => void, now: () => number, { least = 'debug', isJournal = false }: { readonly least?: LogLevel; readonly isJournal?: boolean } = {}) {
    this.#isJournal = isJournal;
    this.#plan = plan;
    this.#out = out;
    this.#now = now;
    this.#least = least;
  }

  /** Without what a person asks for at the moment. */
  get configured(): LogPlan['level'] {
    const level = this.#outside ?? this.#plan.level;
    return LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.#least) ? level : this.#least;
  }
  /** What counts now. */
  get level(): LogPlan['level'] { return this.#asked ?? this.configured; }
  /** Whoever reads it takes each line for itself: a message is to have one. */
  get isByLine(): boolean { return this.#isJournal || this.#plan.format === 'json'; }

  /** From now on as another plan says. */
  follow(plan: LogPlan): void { this.#plan = plan; }

  /** A person wants this level for the moment, whatever plan and command line say; null: not any more. */
  ask(level: LogPlan['level'] | null): void { this.#asked = level; }

  /** The environment of the running agent was changed to this level, in place of the plan's; null: it names none. */
  outside(level: LogPlan['level'] | null): void { this.#outside = level; }

  says(level: LogLevel): boolean { return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.level); }

  /** A function of its own, to be handed on. */
  readonly line: LogLine = (level, message) => {
    if (this.says(level)) this.#write(level, message, (time) => `${time} ${level.padEnd(5)} ${message}`);
  };

  /** Why the agent cannot run: said at any level. */
  fatal(message: string): void { this.#write('error', message, () => `agent: ${message}`); }

  /** @param text the line where nobody else gives it a time */
  #write(level: LogLevel, message: string, text: (time: string) => string): void {
    const time = new Date(this.#now()).toISOString();
    if (this.#isJournal) this.#out(journalLines(level, this.#plan.format === 'json' ? json(time, level, message) : message));
    else this.#out(`${this.#plan.format === 'json' ? json(time, level, message) : text(time)}\n`);
  }
}

/** sd-daemon(3): a line without its priority would have that of the unit. */
const PRIORITY: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

function journalLines(level: LogLevel, text: string): string {
  return text.split('\n').map((line) => `<${PRIORITY[level]}>${line}\n`).join('');
}

const json = (time: string, level: LogLevel, message: string): string => JSON.stringify({ time, level, message });

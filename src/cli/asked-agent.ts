import type { StatusDocument } from '../control/status-document.ts';
import { problemsOf } from './status-text.ts';

export interface AskedAgentOptions {
  /** Rejects with an error whose message says why the agent cannot be asked, and what to do. */
  readonly ask: () => Promise<StatusDocument>;
  /** Whoever started the command is told, once each time that it changes. */
  readonly say: (line: string) => void;
  /** Between two looks while no page asks; false: it is over. */
  readonly pause: () => Promise<boolean>;
}

/** The agent as `agent ui` asks it: for its page, and for the terminal that the command runs in. */
export class AskedAgent {
  readonly #o: AskedAgentOptions;
  #trouble: string | null = null;

  constructor(options: AskedAgentOptions) { this.#o = options; }

  /** What the page shows, as JSON: the agent's status with its problems in words, or why it cannot be asked. Never rejects. */
  readonly facts = async (): Promise<string> => {
    try {
      const status = await this.#o.ask();
      const text = JSON.stringify({ status, problems: problemsOf(status) });
      this.#note(null);
      return text;
    } catch (error) {
      this.#note((error as Error).message);
      return JSON.stringify({ noAgent: (error as Error).message });
    }
  };

  /** Asks now, and while nobody else does for as long as the agent could not be asked: one that answers is left alone. */
  async watch(): Promise<void> {
    await this.facts();
    while (await this.#o.pause()) if (this.#trouble !== null) await this.facts();
  }

  #note(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#o.say(trouble === null ? 'the agent answers now' : `${trouble}. The page says so too, and shows the agent as soon as it can be asked`);
    this.#trouble = trouble;
  }
}

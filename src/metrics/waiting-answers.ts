import type { NoAnswer } from './path-thread.ts';
import type { PathThreads } from './path-threads.ts';
import type { Troubles } from './samplers/troubles.ts';

/** After so long a thing is said to be in trouble. What is well answers in milliseconds. */
const DEADLINE_MS = 5000;

/** What is asked, by the path that leads to it. */
export interface Asked {
  /** Tells it from another thing at the same path. */
  readonly key: string;
  readonly path: string;
  /** Its name for a person, by which its troubles are known. */
  readonly subject: string;
  /** Whom it waits for: things of one server hang together. */
  readonly server: string;
}

/** What is said of things that do not answer. */
export interface WaitingWords<T> {
  /** `other` is of the same server, and owes an answer. */
  owing(asked: T, other: string): string;
  /** No thread is left: `hanging` other things hang. */
  crowded(asked: T, hanging: number): string;
  late(asked: T, seconds: number): string;
  failed(asked: T, code: string): string;
  again(asked: T): string;
}

interface Question<A> {
  readonly subject: string;
  readonly server: string;
  readonly askedAt: number;
  answer: A | NoAnswer | null;
  answeredAt: number;
}

export interface WaitingAnswersOptions<T, A extends object> {
  /** Why an answer is none after all; null: it is one. */
  readonly fault?: (asked: T, answer: A) => string | null;
  readonly threads: PathThreads<A>;
  readonly troubles: Troubles;
  readonly words: WaitingWords<T>;
  /** The interval of the samples. */
  readonly intervalMs: number;
}

/**
 * Answers of things that may never give any. There is one question a thing at a time, and none to a server that owes an answer
 * beyond its time: neither the sample nor the others wait for those.
 */
export class WaitingAnswers<T extends Asked, A extends object> implements Disposable {
  readonly #o: WaitingAnswersOptions<T, A>;
  readonly #questions = new Map<string, Question<A>>();
  /** Called at each answer. */
  #answered: () => void = () => {};

  constructor(options: WaitingAnswersOptions<T, A>) { this.#o = options; }

  /**
   * What is known after half an interval, 5 s at most, or as soon as all have answered. An answer that comes
   * later is taken by the next sample. What cannot be read is missing, and said.
   */
  async of(asked: readonly T[]): Promise<ReadonlyMap<T, A>> {
    this.#forget(new Set(asked.map(({ key }) => key)));
    for (const each of asked) this.#ask(each);
    const isOpen = ({ key }: Asked): boolean => {
      const question = this.#questions.get(key);
      return question?.answer === null && performance.now() - question.askedAt < DEADLINE_MS;
    };
    const until = performance.now() + Math.min(DEADLINE_MS, this.#o.intervalMs / 2);
    while (performance.now() < until && asked.some(isOpen)) await this.#nextAnswer(until - performance.now());
    return new Map(asked.flatMap((each) => {
      const answer = this.#take(each);
      return answer === null ? [] : [[each, answer]];
    }));
  }

  /** Answers of things that are gone. What has none yet is known by it until it has. */
  #forget(here: ReadonlySet<string>): void {
    for (const [key, { answer }] of this.#questions) if (answer !== null && !here.has(key)) this.#questions.delete(key);
  }

  #ask(asked: T): void {
    const { threads, troubles, words, fault = () => null } = this.#o;
    const { key, path, subject, server } = asked;
    const known = this.#questions.get(key);
    if (known !== undefined && (known.answer === null || performance.now() - known.answeredAt < DEADLINE_MS)) return;
    const owing = [...this.#questions.values()].find((question) => question.server === server && this.#isOverdue(question));
    if (owing !== undefined) {
      troubles.begin(subject, words.owing(asked, owing.subject));
      return;
    }
    if (!threads.canAsk) {
      troubles.begin(subject, words.crowded(asked, threads.hanging));
      return;
    }
    const question: Question<A> = { subject, server, askedAt: performance.now(), answer: null, answeredAt: 0 };
    this.#questions.set(key, question);
    threads.ask(this, { key, path }, (answer) => {
      const code = 'code' in answer ? answer.code : fault(asked, answer);
      question.answer = code === null ? answer : { code };
      question.answeredAt = performance.now();
      if (code === null) troubles.end(subject, words.again(asked));
      this.#answered();
    });
  }

  #take(asked: T): A | null {
    const { key, subject } = asked;
    const question = this.#questions.get(key);
    if (question === undefined) return null;
    const { troubles, words } = this.#o;
    if (question.answer === null) {
      if (this.#isOverdue(question)) troubles.begin(subject, words.late(asked, DEADLINE_MS / 1000));
      return null;
    }
    this.#questions.delete(key);
    if (!('code' in question.answer)) return question.answer;
    troubles.begin(subject, words.failed(asked, question.answer.code));
    return null;
  }

  #isOverdue({ answer, askedAt }: Question<A>): boolean {
    return answer === null && performance.now() - askedAt >= DEADLINE_MS;
  }

  [Symbol.dispose](): void { this.#o.threads.withdraw(this); }

  #nextAnswer(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(ms));
      this.#answered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

import { serverOf } from './local-file-systems.ts';
import type { Mount } from './mount-table.ts';
import type { Troubles } from './samplers/troubles.ts';
import type { Statfs } from './space.ts';
import type { StatfsAnswer } from './statfs-thread.ts';
import type { StatfsThreads } from './statfs-threads.ts';

/** After so long a mount is said to be in trouble. A file server that is well answers in milliseconds. */
const DEADLINE_MS = 5000;

interface Question {
  readonly mountPoint: string;
  readonly server: string;
  readonly askedAt: number;
  answer: StatfsAnswer | null;
  answeredAt: number;
}

export interface WaitingSpaceOptions {
  readonly threads: StatfsThreads;
  readonly troubles: Troubles;
  /** The interval of the samples. */
  readonly intervalMs: number;
}

/** A mount, and the path by which it is asked. */
export interface Asked { readonly mount: Mount; readonly path: string }

/** Another mount at the same place is another one: the one below it may still hang. */
const keyOf = ({ mount, path }: Asked): string => `${mount.number} ${path}`;

/**
 * Space of mounts that may never answer. There is one question a mount at a time, and none to a server that owes an answer
 * beyond its time: neither the sample nor the other mounts wait for those.
 */
export class WaitingSpace implements Disposable {
  readonly #options: WaitingSpaceOptions;
  /** By what is mounted, and where. */
  readonly #questions = new Map<string, Question>();
  /** Called at each answer. */
  #answered: () => void = () => {};

  constructor(options: WaitingSpaceOptions) { this.#options = options; }

  /**
   * What is known of the mounts after half an interval, 5 s at most, or as soon as all have answered. An answer that comes
   * later is taken by the next sample. What cannot be read is missing, and said.
   */
  async of(asked: readonly Asked[]): Promise<ReadonlyMap<Mount, Statfs>> {
    const { intervalMs } = this.#options;
    this.#forget(new Set(asked.map(keyOf)));
    for (const each of asked) this.#ask(each);
    const isOpen = (each: Asked): boolean => {
      const question = this.#questions.get(keyOf(each));
      return question?.answer === null && performance.now() - question.askedAt < DEADLINE_MS;
    };
    const until = performance.now() + Math.min(DEADLINE_MS, intervalMs / 2);
    while (performance.now() < until && asked.some(isOpen)) await this.#nextAnswer(until - performance.now());
    return new Map(asked.flatMap((each) => {
      const statfs = this.#take(each);
      return statfs === null ? [] : [[each.mount, statfs]];
    }));
  }

  /** Answers of mounts that are gone. What has none yet is known by it until it has. */
  #forget(here: ReadonlySet<string>): void {
    for (const [key, { answer }] of this.#questions) if (answer !== null && !here.has(key)) this.#questions.delete(key);
  }

  #ask(asked: Asked): void {
    const { threads, troubles } = this.#options;
    const { mount, path } = asked;
    const { mountPoint } = mount;
    const key = keyOf(asked);
    const known = this.#questions.get(key);
    if (known !== undefined && (known.answer === null || performance.now() - known.answeredAt < DEADLINE_MS)) return;
    const server = serverOf(mount);
    const owing = [...this.#questions.values()].find((question) => question.server === server && this.#isOverdue(question));
    if (owing !== undefined) {
      troubles.begin(mountPoint, `the space of ${mountPoint} (${mount.type}) is not asked for while ${owing.mountPoint}, which is of the same server, gives no answer: it has no disk metrics until then`);
      return;
    }
    if (!threads.canAsk) {
      troubles.begin(mountPoint, `the space of ${mountPoint} (${mount.type}) is not asked for while ${threads.hanging} other mounts hang: it has no disk metrics until one of them answers, or is unmounted`);
      return;
    }
    const question: Question = { mountPoint, server, askedAt: performance.now(), answer: null, answeredAt: 0 };
    this.#questions.set(key, question);
    threads.ask(this, { key, path }, (answer) => {
      question.answer = answer;
      question.answeredAt = performance.now();
      if ('statfs' in answer) troubles.end(mountPoint, `${mountPoint} (${mount.type}) answers again`);
      this.#answered();
    });
  }

  #take(asked: Asked): Statfs | null {
    const { mountPoint, type } = asked.mount;
    const key = keyOf(asked);
    const question = this.#questions.get(key);
    if (question === undefined) return null;
    const { troubles } = this.#options;
    if (question.answer === null) {
      if (this.#isOverdue(question)) troubles.begin(mountPoint, `${mountPoint} (${type}) has given no answer for ${DEADLINE_MS / 1000} s: its server or its process hangs; it has no disk metrics until it answers, or is unmounted`);
      return null;
    }
    this.#questions.delete(key);
    if ('statfs' in question.answer) return question.answer.statfs;
    troubles.begin(mountPoint, `the space of ${mountPoint} (${type}) cannot be read (${question.answer.code}): it has no disk metrics until it can be`);
    return null;
  }

  #isOverdue({ answer, askedAt }: Question): boolean {
    return answer === null && performance.now() - askedAt >= DEADLINE_MS;
  }

  [Symbol.dispose](): void { this.#options.threads.withdraw(this); }

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

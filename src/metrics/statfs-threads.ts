import type { StatfsAnswer, StatfsThread } from './statfs-thread.ts';

/** A thread that has not answered for so long is left to its question, and another one takes the next. */
const BUSY_MS = 1000;
/** Each takes 9 MB, and one that hangs cannot be taken back. */
const MAX_THREADS = 3;

interface Question { readonly path: string; readonly answered: (answer: StatfsAnswer) => void }

/** Asks statfs of paths that may never answer: one after the other, and in further threads only while others hang. */
export class StatfsThreads implements Disposable {
  readonly #open: () => StatfsThread;
  readonly #idle: StatfsThread[] = [];
  readonly #busy = new Set<StatfsThread>();
  #waiting: Question[] = [];
  /** Of the busy ones those that are given up on, for now. */
  readonly #hanging = new Set<StatfsThread>();
  #closed = false;

  constructor(open: () => StatfsThread) { this.#open = open; }

  /** Threads that the kernel holds in a call now. The process cannot end by itself while there is one. */
  get hanging(): number { return this.#hanging.size; }

  /** False: every thread hangs, and nothing is asked. */
  get canAsk(): boolean { return this.#hanging.size < MAX_THREADS; }

  ask(path: string, answered: (answer: StatfsAnswer) => void): void {
    this.#waiting.push({ path, answered });
    this.#next();
  }

  #next(): void {
    if (this.#closed || this.#busy.size - this.#hanging.size > 0 || !this.canAsk) return;
    const question = this.#waiting.shift();
    if (question === undefined) return;
    const idle = this.#idle.pop();
    const thread = idle === undefined || idle.ended ? this.#open() : idle;
    this.#busy.add(thread);
    const timer = setTimeout(() => {
      this.#hanging.add(thread);
      this.#next();
    }, BUSY_MS);
    timer.unref();
    thread.ask(question.path, (answer) => {
      clearTimeout(timer);
      this.#busy.delete(thread);
      this.#hanging.delete(thread);
      this.#settle(thread);
      if (!this.#closed) question.answered(answer);
      this.#next();
    });
  }

  /** Those that were opened beside one that hung are not needed any more. */
  #settle(thread: StatfsThread): void {
    if (this.#closed || this.#idle.length > 0) thread.end();
    else if (!thread.ended) this.#idle.push(thread);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#waiting = [];
    for (const thread of [...this.#idle, ...this.#busy]) thread.end();
  }
}

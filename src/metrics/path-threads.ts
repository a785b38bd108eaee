import type { NoAnswer, PathThread } from './path-thread.ts';

/** A thread that has not answered for so long is left to its question, and another one takes the next. */
const BUSY_MS = 1000;
/** Each takes 9 MB, and one that hangs cannot be taken back. */
const MAX_THREADS = 3;

type Answered<A> = (answer: A | NoAnswer) => void;

/** What is asked: `key` tells it from another thing at the same path. */
export interface Target { readonly key: string; readonly path: string }

/** Asked by one or several; by none any more when all have withdrawn. */
interface Question<A> extends Target { readonly askers: Map<object, Answered<A>> }

/**
 * Asks one thing (statfs, a page of a device) of paths that may never answer: one after the other, and in further threads only while
 * others hang. All samplers of a run share it: a thread that hangs outlives the config that its question was for.
 */
export class PathThreads<A extends object> {
  readonly #open: () => PathThread<A>;
  readonly #busyMs: number;
  readonly #most: number;
  readonly #idle: PathThread<A>[] = [];
  readonly #busy = new Map<PathThread<A>, Question<A>>();
  /** Of the busy ones those that are given up on, for now. */
  readonly #hanging = new Set<PathThread<A>>();
  #waiting: Question<A>[] = [];

  /** @param bounds instead of the usual ones: when a thread is left to its question, and how many may hang. */
  constructor(open: () => PathThread<A>, { busyMs = BUSY_MS, most = MAX_THREADS }: { readonly busyMs?: number; readonly most?: number } = {}) {
    this.#open = open;
    this.#busyMs = busyMs;
    this.#most = most;
  }

  /** Threads that are in a call of the kernel now. The process cannot end by itself while there is one (src/cli/leave.ts). */
  get busy(): number { return this.#busy.size; }

  /** Those of them that are given up on, for now. */
  get hanging(): number { return this.#hanging.size; }

  /** False: every thread hangs, and nothing is asked. */
  get canAsk(): boolean { return this.#hanging.size < this.#most; }

  /** Whoever asks what is being asked already is told the same answer. */
  ask(asker: object, { key, path }: Target, answered: Answered<A>): void {
    const same = [...this.#busy.values(), ...this.#waiting].find((question) => question.key === key);
    if (same !== undefined) {
      same.askers.set(asker, answered);
      return;
    }
    this.#waiting.push({ key, path, askers: new Map([[asker, answered]]) });
    this.#next();
  }

  /** The asker wants no answer any more. Threads that nobody needs are ended. */
  withdraw(asker: object): void {
    for (const { askers } of [...this.#busy.values(), ...this.#waiting]) askers.delete(asker);
    this.#waiting = this.#waiting.filter(({ askers }) => askers.size > 0);
    for (const thread of this.#idle.splice(0)) thread.end();
  }

  #next(): void {
    if (this.#busy.size > this.#hanging.size || !this.canAsk) return;
    const question = this.#waiting.shift();
    if (question === undefined) return;
    const idle = this.#idle.pop();
    const thread = idle === undefined || idle.ended ? this.#open() : idle;
    this.#busy.set(thread, question);
    const timer = setTimeout(() => {
      this.#hanging.add(thread);
      this.#next();
    }, this.#busyMs);
    timer.unref();
    thread.ask(question.path, (answer) => {
      clearTimeout(timer);
      this.#busy.delete(thread);
      this.#hanging.delete(thread);
      this.#rest(thread, question);
      for (const answered of question.askers.values()) answered(answer);
      this.#next();
    });
  }

  /** Those that were opened beside one that hung, or for someone who has withdrawn, are not needed any more. */
  #rest(thread: PathThread<A>, { askers }: Question<A>): void {
    if (this.#idle.length > 0 || askers.size === 0) thread.end();
    else if (!thread.ended) this.#idle.push(thread);
  }
}

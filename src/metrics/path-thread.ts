import { Worker } from 'node:worker_threads';

/** Why there was no answer: the error's code (`ESTALE`). */
export interface NoAnswer { readonly code: string }

/** Someone who answers one question about a path at a time, and may never do so. */
export interface PathThread<A extends object> {
  /** It has ended by itself, and answers no more. */
  readonly ended: boolean;
  ask(path: string, answered: (answer: A | NoAnswer) => void): void;
  end(): void;
}

/** Its own heap is small: 9 MB of memory in all. With 4 MB of old space the runtime does not start. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };
/** What a thread uses of the runtime that is experimental was chosen with open eyes: nobody who runs the agent needs to hear of it. */
const FLAGS = ['--disable-warning=ExperimentalWarning'];

/**
 * A thread of its own: a system call that hangs in it takes none of the pool, which names and compression need.
 * @param answer JavaScript that defines `answer(path)`, which returns the answer or throws an error with a code. It is text, because
 *   the program is one file, and this is all that the thread needs of it.
 */
export function openPathThread<A extends object>(answer: string): PathThread<A> {
  const program = `${answer}
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (path) => {
  try {
    parentPort.postMessage(answer(path));
  } catch (error) {
    parentPort.postMessage({ code: error.code ?? 'unknown error' });
  }
});`;
  const worker = new Worker(program, { eval: true, env: {}, execArgv: FLAGS, resourceLimits: LIMITS });
  let ended = false;
  let waiting: ((answer: A | NoAnswer) => void) | null = null;
  const give = (given: A | NoAnswer): void => {
    const answered = waiting;
    waiting = null;
    answered?.(given);
  };
  const end = (code: string): void => {
    ended = true;
    give({ code });
  };
  worker.on('message', give);
  worker.on('error', (error) => { end(`its thread has ended: ${String(error)}`); });
  worker.on('exit', () => { end('its thread has ended'); });
  // Listening has made it one that the process waits for.
  worker.unref();
  return {
    get ended() { return ended; },
    ask: (path, answered) => {
      waiting = answered;
      worker.postMessage(path, []);
    },
    // One that is in a system call goes only with the process.
    end: () => { void worker.terminate(); },
  };
}

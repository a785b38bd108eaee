import { Worker } from 'node:worker_threads';
import type { Statfs } from './space.ts';

/** What came of one question: the error's code (`ESTALE`) where there was no answer. */
export type StatfsAnswer = { readonly statfs: Statfs } | { readonly code: string };

/** Someone who answers one question at a time, and may never do so. */
export interface StatfsThread {
  /** It has ended by itself, and answers no more. */
  readonly ended: boolean;
  ask(path: string, answered: (answer: StatfsAnswer) => void): void;
  end(): void;
}

/** Runs in the thread; text, because the program is one file, and this is all that it needs of it. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { statfsSync } = require('node:fs');
parentPort.on('message', (path) => {
  try {
    const { bsize, frsize, blocks, bfree, bavail, files, ffree } = statfsSync(path);
    parentPort.postMessage({ statfs: { bsize, frsize, blocks, bfree, bavail, files, ffree } });
  } catch (error) {
    parentPort.postMessage({ code: error.code ?? 'unknown error' });
  }
});`;

/** Its own heap is small: 9 MB of memory in all. With 4 MB of old space the runtime does not start. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };

/** A thread of its own: a statfs that hangs in it takes none of the pool, which names and compression need. */
export function openStatfsThread(): StatfsThread {
  const worker = new Worker(PROGRAM, { eval: true, env: {}, execArgv: [], resourceLimits: LIMITS });
  worker.unref();
  let ended = false;
  let waiting: ((answer: StatfsAnswer) => void) | null = null;
  const answer = (given: StatfsAnswer): void => {
    const answered = waiting;
    waiting = null;
    answered?.(given);
  };
  const end = (code: string): void => {
    ended = true;
    answer({ code });
  };
  worker.on('message', answer);
  worker.on('error', (error) => { end(`its thread has ended: ${String(error)}`); });
  worker.on('exit', () => { end('its thread has ended'); });
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

// What can be set only while a process starts: `run` starts itself once more in its own place, process id and all.

/**
 * The C library's allocator (mallopt(3)): one arena instead of one for each thread, and blocks from 128 KiB on (its own first
 * value) given back when they are free, where it would learn from the first 1 MiB body to keep such blocks. 7 MiB of 92 with
 * 1,000 quiet files, at the same speed in catch-up.
 */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' } as const;

/**
 * Of the runtime and its engine, for `run`. Why each: docs/decisions/runtime-flags.md. None with which it refuses the
 * compiled form of the runtime's own modules, 30 ms of each start: engine-settings.ts makes those later.
 */
export const FLAGS = [
  // What the agent allocates for a request dies at once: a space for young objects that grows takes memory and gives no speed.
  '--max-semi-space-size=2', '--semi-space-growth-factor=1',
  // The agent collects its garbage when it comes to rest (runtime.ts): once more, half a minute later, would find nothing.
  '--no-memory-reducer',
  // node:ffi says at its first use that it may change; the runtime is pinned, and nobody who reads the agent's log can do anything about it.
  '--disable-warning=ExperimentalWarning',
] as const;

/** The command and its words, without the options. @param args what follows the program's name. */
export const wordsOf = (args: readonly string[]): readonly string[] => args.filter((word) => !word.startsWith('-'));

/** True in the process that was started with the settings. */
export const isStarted = (): boolean => FLAGS.every((flag) => process.execArgv.includes(flag));

/** The command line asks for the daemon. */
export const isDaemon = (): boolean => wordsOf(process.argv.slice(2))[0] === 'run';

/** Settings of the allocator that whoever starts the agent has made are left alone. */
export function startAgain(): void {
  if (!isDaemon() || isStarted()) return;
  // The agent goes through proxies where that is right; the runtime's own way would send the questions to the metadata of the instance there, and its credentials back.
  const straight = process.env['NODE_USE_ENV_PROXY'] === undefined ? {} : { NODE_USE_ENV_PROXY: '0' };
  process.execve?.(process.execPath, [process.execPath, ...FLAGS, ...process.execArgv, ...process.argv.slice(1)], { ...ENVIRONMENT, ...process.env, ...straight });
}

import { setFlagsFromString } from 'node:v8';

/** Switches of the engine and what takes each back. Why each: docs/decisions/runtime-flags.md. */
const OF_DAEMON = [
  // Without the middle compiler a catch-up peaks 20 MiB lower and steady load costs a tenth less: the few loops that matter
  // reach the optimizing compiler all the same.
  ['--no-maglev', '--maglev'],
  // The old generation is collected when it has grown by this much, instead of by its own size.
  ['--heap-growing-percent=40', '--heap-growing-percent=0'],
] as const;
const OF_ALL = [
  // A search that goes back too often is finished by the linear engine.
  ['--enable-experimental-regexp-engine-on-excessive-backtracks', '--no-enable-experimental-regexp-engine-on-excessive-backtracks'],
] as const;

/**
 * To be called when everything is loaded: what is compiled the engine takes from a cache only with the switches the cache was
 * made with, and the runtime's modules come with one, the program has its own. And before the first pattern of a person is
 * made: those of the modules are made already, and have no linear engine to fall back to.
 */
export function settleEngine({ daemon }: { readonly daemon: boolean }): void {
  for (const [set] of daemon ? [...OF_DAEMON, ...OF_ALL] : OF_ALL) setFlagsFromString(set);
}

/** The engine as it was at the start. */
export function unsettleEngine(): void { for (const [, unset] of [...OF_DAEMON, ...OF_ALL]) setFlagsFromString(unset); }

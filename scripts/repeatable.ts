/** Switches of the engine with which the same run leaves the same code cache, and what takes each back: docs/decisions/packages.md. */
export const REPEATABLE = [
  // One thread, and no chance in what it hashes with.
  ['--predictable', '--no-predictable'],
  // Which functions were compiled a second time, because they ran often, is noted in each.
  ['--no-sparkplug', '--sparkplug'],
  // What was not needed for a while would be thrown away, by the clock.
  ['--no-flush-bytecode', '--flush-bytecode'],
] as const satisfies readonly (readonly [string, string])[];

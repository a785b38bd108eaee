import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** The bundle of main.ts, as a function of what a CommonJS module is given. */
export const PROGRAM = 'program.js';
/** What the engine has made of the program in a first run (scripts/code-cache.ts). */
export const CODE_CACHE = 'program.cache';

type Program = (exports: object, require: NodeJS.Require, module: object, filename: string, dirname: string) => void;

/**
 * The program of a build. With its code cache it starts in 60 % of the time: compiling it is then most of the way done. A
 * cache of another version or with other flags of the engine is refused by the engine, and the program compiled as without.
 * @param folder where the build was written. @param cache true where the flags are those the cache was made with (FLAGS).
 */
export function programOf(folder: string, cache: boolean): Script {
  const filename = join(folder, PROGRAM);
  const cachedData = cache ? readIfThere(join(folder, CODE_CACHE)) : undefined;
  return new Script(readFileSync(filename, 'latin1'), { filename, ...(cachedData === undefined ? {} : { cachedData }) });
}

export function runProgram(folder: string, script: Script): void {
  const filename = join(folder, PROGRAM);
  const module = { exports: {} };
  (script.runInThisContext() as Program)(module.exports, createRequire(filename), module, filename, folder);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

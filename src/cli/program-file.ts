import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** The bundles of main.ts (every command) and daemon.ts (`run` alone), as functions of what a CommonJS module is given. */
export const PROGRAM = 'program.js';
export const DAEMON_PROGRAM = 'daemon.js';
/** SHA-256 of the daemon's program, and what the engine has made of it in a first run (scripts/code-cache.ts). */
export const CODE_CACHE = 'daemon.cache';

type Program = (exports: object, require: NodeJS.Require, module: object, filename: string, dirname: string) => void;

/** What a code cache begins with, to tell whose it is. */
export function digestOf(program: Buffer): Buffer { return hash('sha256', program, 'buffer'); }

/**
 * A program of a build. With its code cache it starts in 60 % of the time: compiling it is then most of the way done. A
 * cache of another program, version or flags of the engine is not used, and the program compiled as without.
 * @param folder where the build was written. @param name PROGRAM or DAEMON_PROGRAM. @param cache true for the daemon's
 * program, where the flags are those the cache was made with (FLAGS). @param installed the folder that stack traces are to name.
 */
export function programOf(folder: string, name: string, cache: boolean, installed = folder): Script {
  const filename = join(installed, name);
  const program = readFileSync(join(folder, name));
  const cachedData = cache ? cacheFor(program, join(folder, CODE_CACHE)) : null;
  return new Script(program.toString('latin1'), { filename, ...(cachedData === null ? {} : { cachedData }) });
}

/** Runs a program as the CommonJS module of its file; what it throws comes through. */
export function runProgram(folder: string, name: string, script: Script): void {
  const filename = join(folder, name);
  const module = { exports: {} };
  (script.runInThisContext() as Program)(module.exports, createRequire(filename), module, filename, folder);
}

/** The engine itself knows its source by the length alone. */
function cacheFor(program: Buffer, path: string): Buffer | null {
  try {
    const cache = readFileSync(path);
    const digest = digestOf(program);
    return cache.subarray(0, digest.length).equals(digest) ? cache.subarray(digest.length) : null;
  } catch {
    return null;
  }
}

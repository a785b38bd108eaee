// Calls of node:fs that fail or answer otherwise, for the whole process.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/** Replaces a function of node:fs for all modules, until the test ends. */
export function replaceInFs<Name extends 'watch' | 'statSync' | 'lstatSync' | 'readSync' | 'openSync' | 'readlinkSync'>(t: TestContext, name: Name, make: (real: (typeof fs)[Name]) => unknown): void {
  const mocked = t.mock.method(fs, name, make(fs[name]) as never);
  syncBuiltinESMExports();
  atEnd(t, () => { mocked.mock.restore(); syncBuiltinESMExports(); });
}

export const failure = (code: string): Error => Object.assign(new Error(`${code}: made by the test`), { code });

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './release.ts';

/** What the lock file says of one installed package. */
export interface LockedPackage { readonly version: string; readonly integrity?: string; readonly license?: string }

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, LockedPackage>> };

/** @param folder its place below the project, `node_modules/ajv`. Throws for one that the lock file does not have. */
export function locked(folder: string): LockedPackage {
  const found = packages[folder];
  if (found === undefined) throw new Error(`package-lock.json has no ${folder}: run \`npm ci\`, what is installed is not what is locked`);
  return found;
}

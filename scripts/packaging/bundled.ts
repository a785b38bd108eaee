import type { Metafile } from 'esbuild';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { locked } from './lock.ts';
import { root } from './release.ts';

/** A package of which something is in the bundles. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package declares it. */
  readonly license: string;
  /** `sha512-…` of what the registry delivered. */
  readonly integrity: string;
  /** Below the project: `node_modules/ajv`. */
  readonly folder: string;
}

/** Every package that gave a byte to a bundle, by name. @param metafiles what the bundler says of each bundle. */
export function bundledPackages(metafiles: readonly Metafile[]): readonly BundledPackage[] {
  const folders = new Set<string>();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
        if (bytesInOutput > 0 && folder !== undefined) folders.add(folder);
      }
    }
  }
  return [...folders].map((folder) => {
    const { version, integrity, license } = locked(folder);
    if (integrity === undefined || license === undefined) throw new Error(`package-lock.json says no ${integrity === undefined ? 'integrity' : 'license'} of ${folder}: the bill of materials needs both`);
    return { name: folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length), version, license, integrity, folder };
  }).toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
}

const LICENSE_FILE = /^(?:licen[cs]e|notice|copying)(?:[-.].*)?$/i;

/** The texts that go with a package: its licence, and what the licence says must be passed on. */
export function licenseTexts({ folder }: BundledPackage): readonly string[] {
  return readdirSync(join(root, folder)).filter((name) => LICENSE_FILE.test(name)).toSorted().map((name) => readFileSync(join(root, folder, name), 'utf8').trim());
}

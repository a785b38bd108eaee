// npm run package [-- --format deb …] [--arch x64 …] [--revision N] [--output DIR] [--fast]: packages of the working tree, for every
// architecture from one machine. Two builds of one commit with the same tools are the same bytes. docs/packages.md
import { hash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ARCHITECTURES } from './packaging/architecture.ts';
import type { Architecture } from './packaging/architecture.ts';
import { buildDeb } from './packaging/deb.ts';
import { buildRpm } from './packaging/rpm.ts';
import { architectureParts, commonParts } from './packaging/parts.ts';
import type { ArchitectureParts, CommonParts } from './packaging/parts.ts';
import { releaseOf, root } from './packaging/release.ts';
import type { Release } from './packaging/release.ts';
import { buildSourceMaps } from './packaging/source-maps.ts';
import { buildTarball } from './packaging/tarball.ts';

type Build = (common: CommonParts, parts: ArchitectureParts, release: Release, places: { readonly folder: string; readonly scratch: string }) => string;

/** Each format: what builds the package of one architecture, and gives the name of its file. */
const FORMATS = { deb: buildDeb, rpm: buildRpm, tarball: buildTarball } as const satisfies Readonly<Record<string, Build>>;
type Format = keyof typeof FORMATS;

/** What makes a container image out of the Debian packages beside it. */
const CONTAINER_FILES = ['Containerfile', 'container-root.sh'] as const;

export interface PackageOptions {
  readonly formats?: readonly Format[];
  readonly architectures?: readonly Architecture[];
  /** Counts the packagings of one version, from 1 on. */
  readonly revision?: string;
  readonly output?: string;
  /** Larger packages in less time, for tests. */
  readonly fast?: boolean;
  readonly say?: (line: string) => void;
}

/** Builds the packages, and what goes with them, into the output folder; gives the names of the files, SHA256SUMS apart. */
export async function buildPackages({ formats = Object.keys(FORMATS) as Format[], architectures = ARCHITECTURES, revision = '1', output = join(root, 'dist/packages'), fast = false, say = console.log }: PackageOptions = {}): Promise<readonly string[]> {
  const release = releaseOf(revision, fast ? 'fast' : 'best');
  const scratch = mkdtempSync(join(tmpdir(), 'agent-package-'));
  mkdirSync(output, { recursive: true });
  try {
    const common = await commonParts(release, scratch);
    const names: string[] = [];
    const written = (name: string): void => {
      names.push(name);
      say(`${(statSync(join(output, name)).size / 1e6).toFixed(1).padStart(6)} MB  ${name}`);
    };
    for (const architecture of architectures) {
      const parts = await architectureParts(common, release, architecture, scratch, say);
      const bill = `unified-agent-${release.version}-linux-${architecture}.cdx.json`;
      writeFileSync(join(output, bill), parts.sbom);
      written(bill);
      for (const format of formats) written(FORMATS[format](common, parts, release, { folder: output, scratch }));
    }
    written(buildSourceMaps(common, release, { folder: output, scratch }));
    if (formats.includes('deb')) {
      for (const name of CONTAINER_FILES) {
        copyFileSync(join(root, 'packaging/container', name), join(output, name));
        written(name);
      }
    }
    writeFileSync(join(output, 'SHA256SUMS'), names.map((name) => `${hash('sha256', readFileSync(join(output, name)))}  ${name}\n`).join(''));
    return names;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Those of `known` that were asked for; throws for any other word. */
function chosen<T extends string>(option: string, words: readonly string[] | undefined, known: readonly T[]): readonly T[] {
  return words === undefined ? known : words.map((word) => {
    const found = known.find((name) => name === word);
    if (found === undefined) throw new Error(`--${option} ${word}: one of ${known.join(', ')} is expected`);
    return found;
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      format: { type: 'string', multiple: true }, arch: { type: 'string', multiple: true }, revision: { type: 'string' }, output: { type: 'string' }, fast: { type: 'boolean' },
    },
  });
  await buildPackages({
    formats: chosen('format', values.format, Object.keys(FORMATS) as Format[]), architectures: chosen('arch', values.arch, ARCHITECTURES),
    ...(values.revision === undefined ? {} : { revision: values.revision }), ...(values.output === undefined ? {} : { output: values.output }), fast: values.fast === true,
  });
}

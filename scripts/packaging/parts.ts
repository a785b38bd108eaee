import { hash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleAgent, writeCodeCache } from '../build.ts';
import { CODE_CACHE, DAEMON_PROGRAM, PROGRAM } from '../../src/cli/program-file.ts';
import type { Architecture } from './architecture.ts';
import { bundledPackages } from './bundled.ts';
import type { BundledPackage } from './bundled.ts';
import { commandsOf, completion, manual } from './manual.ts';
import { notices } from './notices.ts';
import { NAME } from './release.ts';
import type { Release } from './release.ts';
import { commandOf, stripRuntime } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import { sbom } from './sbom.ts';

/** What is the same for each architecture, in files and as text. */
export interface CommonParts {
  /** Folder of the bundles. */
  readonly dist: string;
  readonly packages: readonly BundledPackage[];
  readonly manual: string;
  readonly completion: string;
}

/** What one architecture adds. */
export interface ArchitectureParts {
  readonly architecture: Architecture;
  /** Folder of what goes to /usr/lib/unified-agent. */
  readonly library: string;
  readonly runtime: Runtime;
  readonly sbom: string;
  readonly notices: string;
}

/** Where it is installed: the command names it. */
export const LIBRARY = `/usr/lib/${NAME}`;

/** So many code caches are the same when one is taken: nine of ten are. */
const ALIKE = 3;

/** Builds the bundles into a folder below `scratch`. */
export async function commonParts(release: Release, scratch: string): Promise<CommonParts> {
  const dist = join(scratch, 'dist');
  const metafiles = await bundleAgent(dist);
  const commands = await commandsOf(join(dist, 'agent.js'));
  return { dist, packages: bundledPackages(metafiles), manual: manual(commands, release), completion: completion(commands) };
}

/**
 * Puts together /usr/lib/unified-agent of one architecture below `scratch`: the runtime under the name that `ps` is to show,
 * and the programs. `say` is told what is wrong with the code cache.
 */
export async function architectureParts({ dist, packages }: CommonParts, release: Release, architecture: Architecture, scratch: string, say: (line: string) => void): Promise<ArchitectureParts> {
  const library = join(scratch, `library-${architecture}`);
  rmSync(library, { recursive: true, force: true });
  mkdirSync(library, { recursive: true });
  const binary = join(library, NAME);
  const runtime = stripRuntime(architecture, binary);
  for (const name of [PROGRAM, DAEMON_PROGRAM, 'package.json']) copyFileSync(join(dist, name), join(library, name));
  // The command has the line that names the runtime.
  writeFileSync(join(library, 'agent.js'), readFileSync(join(dist, 'agent.js'), 'utf8').replace(/^#!.*\n/, ''));
  const command = commandOf(architecture, binary);
  if (command === null) say(`${architecture}: without ${CODE_CACHE}, so a start takes longer: its runtime does not run here (Debian: qemu-user-static, libc6-arm64-cross, libstdc++6-arm64-cross, libatomic1-arm64-cross)`);
  else {
    const emulated = architecture !== process.arch;
    // What an emulated run needs differs each time.
    const settled = await writeCodeCache(library, { runtime: command, installed: LIBRARY, alike: release.compression === 'best' && !emulated ? ALIKE : 1 });
    if (!settled) say(`${architecture}: ${CODE_CACHE} came out differently each time, as on a busy machine: another build of this commit may differ in it`);
  }
  return {
    architecture, library, runtime,
    sbom: sbom({ release, architecture, packages, runtime, runtimeSha256: hash('sha256', readFileSync(binary)) }),
    notices: notices(packages, runtime),
  };
}

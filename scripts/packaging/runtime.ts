import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES } from './architecture.ts';
import type { Architecture } from './architecture.ts';
import { isInstalled, need, output, succeeds } from './command.ts';
import { locked } from './lock.ts';
import { root } from './release.ts';

/** What the registry delivered for another architecture; each use compares it with the lock file. */
const KEPT = join(root, 'node_modules/.cache/unified-agent');

/** The runtime of one architecture; paths of the program and of its licences, those of all it is made of included. */
export interface Runtime { readonly version: string; readonly binary: string; readonly license: string }

/** Writes the pinned runtime without its symbols to `file`: 116 of 150 MB. */
export function stripRuntime(architecture: Architecture, file: string): Runtime {
  const runtime = installedRuntime(architecture) ?? fetchedRuntime(architecture);
  const { gnu } = NAMES[architecture];
  const tool = isInstalled(`${gnu}-strip`) || architecture !== process.arch ? `${gnu}-strip` : 'strip';
  need(tool, architecture === process.arch ? 'binutils' : `binutils-${gnu}`, `takes the symbols from the runtime for ${architecture}`);
  output(tool, ['--strip-all', '--remove-section=.comment', '--remove-section=.note', '-o', file, runtime.binary]);
  return runtime;
}

/** npm installs that of this machine, and has compared it with the lock file. */
function installedRuntime(architecture: Architecture): Runtime | null {
  const folder = `node_modules/node-linux-${architecture}`;
  const binary = join(root, folder, 'bin/node');
  return existsSync(binary) ? { version: locked(folder).version, binary, license: join(root, folder, 'LICENSE') } : null;
}

function fetchedRuntime(architecture: Architecture): Runtime {
  const name = `node-linux-${architecture}`;
  const { version, integrity } = locked(`node_modules/${name}`);
  const archive = join(KEPT, `${name}-${version}.tgz`);
  mkdirSync(KEPT, { recursive: true });
  if (!existsSync(archive) || integrityOf(archive) !== integrity) {
    // Under another name until it is known to be the right one.
    const scratch = mkdtempSync(join(KEPT, 'fetch-'));
    try {
      output('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--pack-destination', scratch], { cwd: root });
      const fetched = join(scratch, `${name}-${version}.tgz`);
      const found = integrityOf(fetched);
      if (found !== integrity) throw new Error(`${name}@${version} from the registry is not the one of package-lock.json: ${found} instead of ${integrity}; nothing is built with it`);
      renameSync(fetched, archive);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  const folder = join(KEPT, `${name}-${version}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  output('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', 'package/bin/node', 'package/LICENSE']);
  return { version, binary: join(folder, 'bin/node'), license: join(folder, 'LICENSE') };
}

const integrityOf = (file: string): string => `sha512-${hash('sha512', readFileSync(file), 'base64')}`;

/**
 * The command that runs a runtime on this machine: itself, or with qemu's user emulation. Null where that is missing, or the C
 * library of that architecture (Debian: libc6, libstdc++6 and libatomic1 with `-arm64-cross`).
 */
export function commandOf(architecture: Architecture, binary: string): readonly [string, ...string[]] | null {
  if (architecture === process.arch) return [binary];
  const { qemu, gnu } = NAMES[architecture];
  const emulated = [qemu, '-L', `/usr/${gnu}`, binary] as const;
  return isInstalled(qemu) && succeeds(emulated[0], [...emulated.slice(1), '--version']) ? emulated : null;
}

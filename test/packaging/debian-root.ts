// A Debian with systemd in a folder, made from the mirror once and kept: what a proof changes in it lies in an overlay.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SUITE = 'bookworm';
/** What a small server has, and python3 for the writers. libatomic1 is what the package depends on. */
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'udev', 'logrotate', 'procps', 'iproute2', 'ca-certificates', 'libatomic1', 'python3-minimal'];

/**
 * The root of such a Debian below `folder`, made if it is not there (a minute, 310 MB).
 * @param mirror of Debian's packages. Rejects with what debootstrap said.
 */
export async function debianRoot(folder: string, mirror: string): Promise<string> {
  const key = createHash('sha256').update([SUITE, ...PACKAGES].join()).digest('hex').slice(0, 12);
  const root = join(folder, `${SUITE}-${key}`);
  if (existsSync(root)) return root;
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await promisify(execFile)('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join()}`, SUITE, unfinished, mirror], { maxBuffer: 16 * 1024 * 1024 });
  renameSync(unfinished, root);
  return root;
}

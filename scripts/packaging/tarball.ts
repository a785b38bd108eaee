import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { need, output } from './command.ts';
import type { ArchitectureParts, CommonParts } from './parts.ts';
import { NAME } from './release.ts';
import type { Release } from './release.ts';
import { Tree, fillProgram, unitFiles } from './tree.ts';

/** Builds the archive with install.sh in `folder` and gives its name. */
export function buildTarball(common: CommonParts, parts: ArchitectureParts, release: Release, { folder, scratch }: { readonly folder: string; readonly scratch: string }): string {
  need('xz', 'xz-utils', 'compresses the archive');
  const top = `${NAME}-${release.version}-linux-${parts.architecture}`;
  const tree = new Tree(join(scratch, 'tarball', top));
  fillProgram(tree, '', common, parts);
  for (const unit of unitFiles()) tree.copy(`systemd/${unit}`, unit);
  tree.copy('packaging/files/environment', 'environment');
  tree.copy('packaging/tarball/install.sh', 'install.sh', 0o755);
  tree.copy('LICENSE', 'LICENSE');
  tree.copy('CHANGELOG.md', `share/doc/${NAME}/CHANGELOG.md`);
  tree.settle(release.epoch);
  const archive = join(folder, `${top}.tar`);
  output('tar', ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu', '-C', join(scratch, 'tarball'), '-cf', archive, top]);
  output('xz', ['--force', '--threads=1', release.compression === 'best' ? '-9' : '-0', archive]);
  rmSync(tree.folder, { recursive: true });
  return `${top}.tar.xz`;
}

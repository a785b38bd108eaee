import { dirname, join } from 'node:path';
import { need, output } from './command.ts';
import type { ArchitectureParts, CommonParts } from './parts.ts';
import { NAME } from './release.ts';
import type { Release } from './release.ts';
import { Tree, fillProgram, unitFiles } from './tree.ts';

/** Builds the archive with install.sh in `folder` and gives its name. */
export function buildTarball(common: CommonParts, parts: ArchitectureParts, release: Release, { folder, scratch }: { readonly folder: string; readonly scratch: string }): string {
  const top = `${NAME}-${release.version}-linux-${parts.architecture}`;
  const tree = new Tree(join(scratch, 'tarball', top));
  fillProgram(tree, '', common, parts);
  for (const unit of unitFiles()) tree.copy(`systemd/${unit}`, unit);
  tree.copy('packaging/files/environment', 'environment');
  tree.copy('packaging/tarball/install.sh', 'install.sh', 0o755);
  tree.copy('LICENSE', 'LICENSE');
  tree.copy('CHANGELOG.md', `share/doc/${NAME}/CHANGELOG.md`);
  return packTar(tree, top, release, folder);
}

/** Packs a tree under the name `top` into an archive in `folder`, whose name it gives. */
export function packTar(tree: Tree, top: string, release: Release, folder: string): string {
  need('xz', 'xz-utils', 'compresses the archive');
  tree.settle(release.epoch);
  const archive = join(folder, `${top}.tar`);
  output('tar', ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu', '-C', dirname(tree.folder), '-cf', archive, top]);
  output('xz', ['--force', '--threads=1', release.compression === 'best' ? '-9' : '-0', archive]);
  return `${top}.tar.xz`;
}

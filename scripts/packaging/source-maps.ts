import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { DAEMON_PROGRAM, PROGRAM } from '../../src/cli/program-file.ts';
import { packTar } from './tarball.ts';
import type { CommonParts } from './parts.ts';
import { NAME, root } from './release.ts';
import type { Release } from './release.ts';
import { Tree } from './tree.ts';

/**
 * Packs what turns line and column of a stack trace into those of the sources; not part of a package, 15 MB that a host never
 * reads. Gives the name of the archive.
 */
export function buildSourceMaps({ dist }: CommonParts, release: Release, { folder, scratch }: { readonly folder: string; readonly scratch: string }): string {
  const top = `${NAME}-${release.version}-source-maps`;
  const tree = new Tree(join(scratch, 'source-maps', top));
  for (const program of [PROGRAM, DAEMON_PROGRAM]) {
    const map = JSON.parse(readFileSync(join(dist, `${program}.map`), 'utf8')) as { sources: readonly string[] };
    // The sources by their places in the project, wherever it was built.
    map.sources = map.sources.map((path) => relative(root, resolve(dist, path)));
    tree.write(`${program}.map`, JSON.stringify(map));
  }
  return packTar(tree, top, release, folder);
}

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES } from './architecture.ts';
import { need, output } from './command.ts';
import type { ArchitectureParts, CommonParts } from './parts.ts';
import { MAINTAINER, NAME, SUMMARY, root } from './release.ts';
import type { Release } from './release.ts';
import { DOC, Tree, fillTree } from './tree.ts';

/**
 * What the runtime is linked with; glibc's version is that of its newest symbol. libatomic1 is the one that a minimal system
 * lacks. passwd has useradd.
 */
const DEPENDS = 'libatomic1, libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 9), passwd';
const SCRIPTS = ['postinst', 'prerm', 'postrm'] as const;

/** Builds the Debian package in `folder` and gives its name. */
export function buildDeb(common: CommonParts, parts: ArchitectureParts, release: Release, { folder, scratch }: { readonly folder: string; readonly scratch: string }): string {
  need('dpkg-deb', 'dpkg', 'builds the .deb');
  const { deb } = NAMES[parts.architecture];
  const tree = new Tree(join(scratch, `deb-${parts.architecture}`));
  fillTree(tree, common, parts);
  // Only root reads it: people put keys there.
  tree.copy('packaging/files/environment', `etc/default/${NAME}`, 0o640);
  tree.copy('packaging/deb/copyright', `${DOC}/copyright`);
  tree.copy('packaging/deb/lintian-overrides', `usr/share/lintian/overrides/${NAME}`);
  tree.writeGzipped(`${DOC}/changelog`, readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  tree.writeGzipped(`${DOC}/changelog.Debian`, changelog(release));
  const files = tree.paths().filter(({ kind }) => kind === 'file').map(({ path }) => path);
  const md5sums = files.filter((path) => !path.startsWith('etc/')).map((path) => `${hash('md5', readFileSync(join(tree.folder, path)))}  ${path}\n`).join('');
  const kilobytes = tree.kilobytes();
  tree.write('DEBIAN/control', control(release, deb, kilobytes));
  tree.write('DEBIAN/md5sums', md5sums);
  tree.write('DEBIAN/conffiles', files.filter((path) => path.startsWith('etc/')).map((path) => `/${path}\n`).join(''));
  for (const script of SCRIPTS) tree.copy(`packaging/deb/${script}`, `DEBIAN/${script}`, 0o755);
  tree.settle(release.epoch);
  const name = `${NAME}_${release.version}-${release.revision}_${deb}.deb`;
  output('dpkg-deb', ['--root-owner-group', ...(release.compression === 'best' ? ['-Zxz', '-z9'] : ['-Zgzip', '-z1']), '--build', tree.folder, join(folder, name)], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch) },
  });
  return name;
}

function control({ version, revision }: Release, architecture: string, kilobytes: number): string {
  return [
    `Package: ${NAME}`, `Version: ${version}-${revision}`, `Architecture: ${architecture}`, `Maintainer: ${MAINTAINER}`, `Installed-Size: ${kilobytes}`,
    `Depends: ${DEPENDS}`, 'Section: admin', 'Priority: optional', `Description: ${SUMMARY}`,
    ' Follows log files and delivers them to Amazon CloudWatch Logs: in order,',
    ' through rotation, crashes and outages. Collects metrics of the host and of',
    ' its programs, and publishes them to CloudWatch. It reads the config of the',
    ' CloudWatch agent.',
    ' .',
    ' Its runtime is inside. The service starts when there is a config, not before.',
    '',
  ].join('\n');
}

function changelog({ version, revision, epoch }: Release): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `${NAME} (${version}-${revision}) unstable; urgency=medium\n\n  * Version ${version}: see changelog.gz beside this file.\n\n -- ${MAINTAINER}  ${date}\n`;
}

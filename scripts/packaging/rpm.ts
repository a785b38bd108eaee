import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES } from './architecture.ts';
import { need, output } from './command.ts';
import type { ArchitectureParts, CommonParts } from './parts.ts';
import { MAINTAINER, NAME, root } from './release.ts';
import type { Release } from './release.ts';
import { DOC, Tree, fillTree } from './tree.ts';

const LICENSES = `usr/share/licenses/${NAME}`;

/** Builds the RPM package in `folder` and gives its name. */
export function buildRpm(common: CommonParts, parts: ArchitectureParts, release: Release, { folder, scratch }: { readonly folder: string; readonly scratch: string }): string {
  need('rpmbuild', 'rpm', 'builds the .rpm');
  const { rpm } = NAMES[parts.architecture];
  const tree = new Tree(join(scratch, `rpm-${parts.architecture}`));
  fillTree(tree, common, parts);
  tree.copy('packaging/files/environment', `etc/sysconfig/${NAME}`, 0o640);
  tree.copy('CHANGELOG.md', `${DOC}/CHANGELOG.md`);
  tree.copy('LICENSE', `${LICENSES}/LICENSE`);
  tree.settle(release.epoch);
  const top = join(scratch, `rpmbuild-${parts.architecture}`);
  mkdirSync(top, { recursive: true });
  const spec = join(top, `${NAME}.spec`);
  writeFileSync(spec, specOf(common, release, tree.folder));
  output('rpmbuild', ['-bb', '--target', `${rpm}-linux`, ...defines({ ...MACROS, _topdir: top, _binary_payload: PAYLOAD[release.compression] }), spec], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch) },
  });
  const name = `${NAME}-${release.version}-${release.revision}.${rpm}.rpm`;
  copyFileSync(join(top, 'RPMS', rpm, name), join(folder, name));
  return name;
}

/** For two builds that are the same bytes. */
const MACROS = { _buildhost: 'localhost', use_source_date_epoch_as_buildtime: '1', clamp_mtime_to_source_date_epoch: '1', source_date_epoch_from_changelog: '0' } as const;
/** Not zstd, which rpm of older systems cannot read. */
const PAYLOAD = { best: 'w9.xzdio', fast: 'w1.gzdio' } as const satisfies Readonly<Record<Release['compression'], string>>;

/** packaging/rpm/unified-agent.spec with what this build is. @param tree what it packs. */
function specOf({ packages }: CommonParts, { version, revision, epoch }: Release, tree: string): string {
  const [weekday = '', day = '', month = '', year = ''] = new Date(epoch * 1000).toUTCString().split(/,? /);
  const values: Readonly<Record<string, string>> = {
    TREE: tree, VERSION: version, REVISION: revision, MAINTAINER, DATE: `${weekday} ${month} ${day} ${year}`,
    LICENSE: [...new Set(['Apache-2.0', 'MIT', ...packages.map(({ license }) => license)])].toSorted().join(' AND '),
  };
  return readFileSync(join(root, 'packaging/rpm/unified-agent.spec'), 'utf8').replaceAll(/@([A-Z]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`packaging/rpm/unified-agent.spec has @${name}@, which scripts/packaging/rpm.ts does not know`);
    return value;
  });
}

const defines = (macros: Readonly<Record<string, string>>): readonly string[] => Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);

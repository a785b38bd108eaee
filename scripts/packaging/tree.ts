import { chmodSync, cpSync, lutimesSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LIBRARY } from './parts.ts';
import type { ArchitectureParts, CommonParts } from './parts.ts';
import { NAME, root } from './release.ts';

export const DOC = `usr/share/doc/${NAME}`;
const SYSTEM_UNITS = 'usr/lib/systemd/system';
/**
 * The command: its own runtime, whatever PATH has. A file and no link into the library, for it is by the type of what systemd starts, `bin_t` in
 * bin/, that SELinux gives a service a domain; in systemd's own the engine may not compile. It is a module of either kind, whatever the
 * package.json of a root says.
 */
const COMMAND = `#!${LIBRARY}/${NAME}\nprocess.getBuiltinModule('node:module').createRequire('${LIBRARY}/')('./agent.js');\n`;

/** A folder that becomes the root of a package's files; paths are relative to it. */
export class Tree {
  readonly folder: string;

  /** Begins an empty one. */
  constructor(folder: string) {
    this.folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  write(path: string, content: string | Buffer, mode = 0o644): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }

  /** Compressed as documentation is. Node's gzip writes no time and no name, so the bytes depend on the content alone. */
  writeGzipped(path: string, content: string): void { this.write(`${path}.gz`, gzipSync(content, { level: 9 })); }

  /** A file of the project. */
  copy(from: string, path: string, mode = 0o644): void { this.write(path, readFileSync(join(root, from)), mode); }

  link(path: string, target: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    symlinkSync(target, join(this.folder, path));
  }

  makeFolder(path: string): void { mkdirSync(join(this.folder, path), { recursive: true }); }

  /** Every path below, folders before what is in them, in an order that is always the same. */
  paths(): readonly { readonly path: string; readonly kind: 'folder' | 'file' | 'link' }[] {
    return readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .map((entry) => ({
        path: join(entry.parentPath, entry.name).slice(this.folder.length + 1),
        kind: entry.isDirectory() ? 'folder' as const : entry.isSymbolicLink() ? 'link' as const : 'file' as const,
      }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Kilobytes on a disk, as packages state it: each file rounded up. */
  kilobytes(): number {
    return this.paths().reduce((sum, { path, kind }) => sum + (kind === 'file' ? Math.ceil(statSync(join(this.folder, path)).size / 1024) : 1), 0);
  }

  /** Gives everything the time of the release, and folders the mode that packages have; to be called last. */
  settle(epoch: number): void {
    const paths = this.paths();
    for (const { path, kind } of paths) if (kind === 'folder') chmodSync(join(this.folder, path), 0o755);
    chmodSync(this.folder, 0o755);
    // Inner ones first: what is written into a folder changes its time.
    for (const { path, kind } of paths.toReversed()) (kind === 'link' ? lutimesSync : utimesSync)(join(this.folder, path), epoch, epoch);
    utimesSync(this.folder, epoch, epoch);
  }
}

/** Program, commands, manual and documentation below `prefix`: `usr/`, or nothing where an installer chooses it. */
export function fillProgram(tree: Tree, prefix: 'usr/' | '', common: CommonParts, parts: ArchitectureParts): void {
  const library = `${prefix}lib/${NAME}`;
  const doc = `${prefix}share/doc/${NAME}`;
  cpSync(parts.library, join(tree.folder, library), { recursive: true });
  chmodSync(join(tree.folder, library, NAME), 0o755);
  tree.write(`${prefix}bin/${NAME}`, COMMAND, 0o755);
  tree.link(`${prefix}bin/agent`, NAME);
  tree.writeGzipped(`${prefix}share/man/man1/${NAME}.1`, common.manual);
  tree.link(`${prefix}share/man/man1/agent.1.gz`, `${NAME}.1.gz`);
  tree.write(`${prefix}share/bash-completion/completions/${NAME}`, common.completion);
  tree.link(`${prefix}share/bash-completion/completions/agent`, NAME);
  tree.writeGzipped(`${doc}/THIRD-PARTY-NOTICES`, parts.notices);
  tree.write(`${doc}/sbom.cdx.json`, parts.sbom);
  for (const page of ['configuration', 'console', 'control', 'guarantees', 'takeover']) tree.copy(`docs/${page}.md`, `${doc}/${page}.md`);
  tree.copy('config-schema/agent.schema.json', `${doc}/agent.schema.json`);
  tree.copy('packaging/files/agent.json', `${doc}/examples/agent.json`);
  for (const name of readdirSync(join(root, 'systemd/examples'))) tree.copy(`systemd/examples/${name}`, `${doc}/examples/${name}`);
}

/** What the formats of distributions have in common: the program, its units and the folders of the config. */
export function fillTree(tree: Tree, common: CommonParts, parts: ArchitectureParts): void {
  fillProgram(tree, 'usr/', common, parts);
  for (const unit of unitFiles()) tree.copy(`systemd/${unit}`, `${SYSTEM_UNITS}/${unit}`);
  tree.makeFolder(`etc/${NAME}/agent.d`);
}

/** The units of systemd/, all of them installed; what an administrator may add to them lies in its folder `examples`. */
export function unitFiles(): readonly string[] {
  const names = readdirSync(join(root, 'systemd')).filter((name) => name !== 'examples').toSorted();
  const other = names.filter((name) => !/\.(?:service|socket|timer|path|slice|target)$/.test(name));
  if (other.length > 0) throw new Error(`systemd/${other[0]} is no unit: scripts/packaging/tree.ts does not know where it is installed`);
  return names;
}

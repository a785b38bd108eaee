// Targets that stand in files (file_sd_configs), which other programs write while the agent runs.
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SamplerReport } from '../sampler.ts';
import { readGroup } from './scrape-config.ts';
import type { TargetGroup } from './scrape-config.ts';
import { ConfigFault, MAX_YAML_BYTES, parseYaml } from './yaml-section.ts';

interface Known { readonly stamp: string; readonly groups: readonly TargetGroup[] }

/** Files of one pattern. */
const MAX_FILES = 1_000;

/** The groups of files, read again when a file has changed. A file that cannot be read any more keeps what it said last. */
export class TargetFiles {
  readonly #report: SamplerReport;
  readonly #known = new Map<string, Known>();

  constructor(report: SamplerReport) { this.#report = report; }

  /** What all files that match the patterns say now, and forgets the others. */
  async groups(patterns: readonly string[]): Promise<ReadonlyMap<string, readonly TargetGroup[]>> {
    const found = new Map<string, readonly TargetGroup[]>();
    const present = new Set<string>();
    for (const pattern of new Set(patterns)) {
      const groups: TargetGroup[] = [];
      for (const path of await this.#matches(pattern)) {
        present.add(path);
        groups.push(...await this.#read(path));
      }
      found.set(pattern, groups);
    }
    for (const path of this.#known.keys()) if (!present.has(path)) this.#known.delete(path);
    return found;
  }

  async #matches(pattern: string): Promise<readonly string[]> {
    const [folder, last] = [dirname(pattern), basename(pattern)];
    const star = last.indexOf('*');
    if (star === -1) return [pattern];
    const subject = `prometheus targets ${pattern}`;
    try {
      const names = (await readdir(folder)).filter((name) => name.length >= last.length - 1 && name.startsWith(last.slice(0, star)) && name.endsWith(last.slice(star + 1))).sort();
      if (names.length > MAX_FILES) this.#report.trouble(subject, `${pattern} matches ${names.length} files; the first ${MAX_FILES} are read for Prometheus targets`);
      else this.#report.recovered(subject, `${folder} can be read again for Prometheus targets`);
      return names.slice(0, MAX_FILES).map((name) => join(folder, name));
    } catch (error) {
      this.#report.trouble(subject, `${folder} cannot be read for Prometheus targets (${codeOf(error)}); those known so far go on`);
      return [...this.#known.keys()].filter((path) => dirname(path) === folder);
    }
  }

  async #read(path: string): Promise<readonly TargetGroup[]> {
    const known = this.#known.get(path);
    const subject = `prometheus targets ${path}`;
    try {
      const { mtimeMs, size, ino } = await stat(path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (known?.stamp === stamp) return known.groups;
      if (size > MAX_YAML_BYTES) throw new ConfigFault(null, `larger than ${MAX_YAML_BYTES} bytes`);
      const groups = (await parseYaml(await readFile(path, 'utf8'))).sections('').map((section) => {
        const { targets, labels } = readGroup(section);
        return { targets, labels: new Map(labels).set('__meta_filepath', path) };
      });
      this.#known.set(path, { stamp, groups });
      this.#report.recovered(subject, `${path}, a file of Prometheus targets, is read again`);
      return groups;
    } catch (error) {
      const cause = error instanceof ConfigFault ? error.message : `cannot be read: ${codeOf(error)}`;
      this.#report.trouble(subject, `${path}, a file of Prometheus targets: ${cause}. ${known === undefined ? 'It adds no targets until it can be read' : 'Its former targets go on until it can be read'}`);
      return known?.groups ?? [];
    }
  }
}

/** The system's code of an error, which names nothing of the host. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error';
}

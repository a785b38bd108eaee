import type { Destination } from '../flow.ts';
import { groupFault } from '../naming/legal-name.ts';
import { nameOf, ofFile } from '../naming/template.ts';
import type { FileEntryPlan, NameTemplate } from '../plan.ts';

/** Where the events of one file go: all but their date is known. */
export interface FileDestination extends Omit<Destination, 'stream'> { readonly stream: NameTemplate }

/** The destinations of an entry's files. */
export class Destinations {
  readonly #entry: Pick<FileEntryPlan, 'naming' | 'service'>;
  readonly #pattern: RegExp | null;

  constructor(entry: Pick<FileEntryPlan, 'naming' | 'service'>) {
    const { pathPattern } = entry.naming;
    this.#entry = entry;
    this.#pattern = pathPattern === null ? null : new RegExp(pathPattern.js, pathPattern.flags);
  }

  /** Of the file called `path`; or why there is none, as text. */
  of(path: string): FileDestination | string {
    const { naming, service } = this.#entry;
    const { groupClass, retentionDays, kmsKeyId, tags, entity, emf } = naming;
    const found = this.#pattern?.exec(path) ?? null;
    const group = ofFile(naming.group, 'group', path, found);
    const stream = ofFile(naming.stream, 'stream', path, found);
    if (group === null || stream === null) {
      if (naming.pathPattern === null) return 'its path names no group and stream: it is none of the files the agent keeps here';
      return `path_pattern ${naming.pathPattern?.source} finds nothing in the path to name its ${group === null ? 'group' : 'stream'} by; change the pattern, or give the placeholder a fallback as in {path:NAME|other}`;
    }
    const name = nameOf(group, null);
    const fault = groupFault(name);
    return fault === null ? { service, group: name, stream, groupClass, retentionDays, kmsKeyId, tags, entity, ...(emf === true ? { emf } : {}) } : `its group would be ${JSON.stringify(name)}: ${fault}`;
  }
}

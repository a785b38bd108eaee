import type { Destination } from '../flow.ts';
import { groupFault } from '../naming/legal-name.ts';
import { nameOf, ofFile } from '../naming/template.ts';
import type { NameTemplate, NamingPlan } from '../plan.ts';

/** Where the events of one file go: all but their date is known. */
export interface FileDestination extends Omit<Destination, 'stream'> { readonly stream: NameTemplate }

/** The destinations of an entry's files. */
export class Destinations {
  readonly #naming: NamingPlan;
  readonly #pattern: RegExp | null;

  constructor(naming: NamingPlan) {
    this.#naming = naming;
    this.#pattern = naming.pathPattern === null ? null : new RegExp(naming.pathPattern.js, naming.pathPattern.flags);
  }

  /** Of the file called `path`; or why there is none, as text. */
  of(path: string): FileDestination | string {
    const { groupClass, retentionDays, entity, pathPattern } = this.#naming;
    const found = this.#pattern?.exec(path) ?? null;
    const group = ofFile(this.#naming.group, 'group', path, found);
    const stream = ofFile(this.#naming.stream, 'stream', path, found);
    if (group === null || stream === null) {
      return `path_pattern ${pathPattern?.source} finds nothing in the path to name its ${group === null ? 'group' : 'stream'} by; change the pattern, or give the placeholder a fallback as in {path:NAME|other}`;
    }
    const name = nameOf(group, null);
    const fault = groupFault(name);
    return fault === null ? { group: name, stream, groupClass, retentionDays, entity } : `its group would be ${JSON.stringify(name)}: ${fault}`;
  }
}

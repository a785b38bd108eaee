import { isPerFile, shown } from '../naming/template.ts';
import type { FileEntryPlan, LogGroupClass, NameTemplate } from '../plan.ts';
import { fixedName } from './compile-name.ts';
import type { Reporter } from './reporter.ts';

interface GroupClaims {
  retention: { readonly days: number; readonly pointer: string } | null;
  groupClass: { readonly name: LogGroupClass; readonly pointer: string } | null;
}

/**
 * Holds each entry against those before it: one group (letter case aside) has one retention and one class, and two
 * entries that write one stream are pointed out.
 */
export class ConflictCheck {
  readonly #report: Reporter;
  readonly #groups = new Map<string, GroupClaims>();
  readonly #streams = new Map<string, string>();

  constructor(report: Reporter) {
    this.#report = report;
  }

  /** True when the entry contradicts an earlier one (and that is reported). */
  contradicts({ naming, pointer }: FileEntryPlan): boolean {
    const group = fixedName(naming.group);
    if (group === null) return false;
    const name = group.toLowerCase();
    const claims = this.#groups.get(name) ?? { retention: null, groupClass: null };
    this.#groups.set(name, claims);
    let wrong = false;
    if (naming.retentionDays !== null) {
      claims.retention ??= { days: naming.retentionDays, pointer };
      if (claims.retention.days !== naming.retentionDays) {
        wrong = true;
        this.#report.error(`${pointer}/retention_in_days`, `the log group ${group} is given ${claims.retention.days} days by ${claims.retention.pointer}, and ${naming.retentionDays} here`, { expected: 'one retention for one group' });
      }
    }
    if (naming.groupClass !== null) {
      claims.groupClass ??= { name: naming.groupClass, pointer };
      if (claims.groupClass.name !== naming.groupClass) {
        wrong = true;
        this.#report.error(`${pointer}/log_group_class`, `the log group ${group} is given the class ${claims.groupClass.name} by ${claims.groupClass.pointer}, and ${naming.groupClass} here`, { expected: 'one class for one group' });
      }
    }
    if (!wrong) this.#shared(group, naming.stream, pointer);
    return wrong;
  }

  #shared(group: string, template: NameTemplate, pointer: string): void {
    if (isPerFile(template)) return;
    const stream = shown(template);
    const key = JSON.stringify([group, stream]);
    const first = this.#streams.get(key);
    if (first === undefined) this.#streams.set(key, pointer);
    else this.#report.note(pointer, `writes the same stream as ${first} (group ${group}, stream ${stream}): their events are interleaved`);
  }
}

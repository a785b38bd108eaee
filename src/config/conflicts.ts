import type { FileEntryPlan, LogGroupClass } from '../plan.ts';
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
    if (naming.group === null) return false;
    const name = naming.group.toLowerCase();
    const claims = this.#groups.get(name) ?? { retention: null, groupClass: null };
    this.#groups.set(name, claims);
    let wrong = false;
    if (naming.retentionDays !== null) {
      claims.retention ??= { days: naming.retentionDays, pointer };
      if (claims.retention.days !== naming.retentionDays) {
        wrong = true;
        this.#report.error(`${pointer}/retention_in_days`, `the log group ${naming.group} is given ${claims.retention.days} days by ${claims.retention.pointer}, and ${naming.retentionDays} here`, { expected: 'one retention for one group' });
      }
    }
    if (naming.groupClass !== null) {
      claims.groupClass ??= { name: naming.groupClass, pointer };
      if (claims.groupClass.name !== naming.groupClass) {
        wrong = true;
        this.#report.error(`${pointer}/log_group_class`, `the log group ${naming.group} is given the class ${claims.groupClass.name} by ${claims.groupClass.pointer}, and ${naming.groupClass} here`, { expected: 'one class for one group' });
      }
    }
    if (!wrong) this.#shared(naming.group, naming.stream, naming.streamPerFile, pointer);
    return wrong;
  }

  #shared(group: string, stream: string, perFile: boolean, pointer: string): void {
    if (perFile) return;
    const key = JSON.stringify([group, stream]);
    const first = this.#streams.get(key);
    if (first === undefined) this.#streams.set(key, pointer);
    else this.#report.note(pointer, `writes the same stream as ${first} (group ${group}, stream ${stream}): their events are interleaved`);
  }
}

import { isPerFile, shown } from '../naming/template.ts';
import type { FileEntryPlan, JournalEntryPlan, NameTemplate, NamingPlan, ServicePlan } from '../plan.ts';
import { withDefaults, type GroupSettings } from './compile-group.ts';
import { fixedName } from './compile-name.ts';
import { canonicalJson } from './merge.ts';
import type { Reporter } from './reporter.ts';

/** What a log group has one of, and how two entries that disagree are told so. */
interface Rule {
  readonly key: string;
  readonly what: string;
  /** What the entry says of it in words that differ when it does, or null where it says nothing. */
  readonly saidBy: (naming: NamingPlan) => string | null;
}

const RULES: readonly Rule[] = [
  { key: 'retention_in_days', what: 'retention', saidBy: ({ retentionDays }) => (retentionDays === null ? null : `${retentionDays} days`) },
  { key: 'log_group_class', what: 'class', saidBy: ({ groupClass }) => (groupClass === null ? null : `the class ${groupClass}`) },
  { key: 'kms_key_id', what: 'key', saidBy: ({ kmsKeyId }) => (kmsKeyId === null ? null : `the key ${kmsKeyId}`) },
  { key: 'tags', what: 'set of tags', saidBy: ({ tags }) => (Object.keys(tags).length === 0 ? null : `the tags ${canonicalJson(tags)}`) },
];

interface Claim { readonly said: string; readonly pointer: string; readonly naming: NamingPlan }

/**
 * Holds each entry against those before it: one group (letter case aside) of one service has one retention, class, key and
 * set of tags, and two entries that write one stream are pointed out.
 */
export class ConflictCheck {
  readonly #report: Reporter;
  /** By service and group, then by the key of the rule: the first entry that says something. */
  readonly #groups = new Map<ServicePlan, Map<string, Map<string, Claim>>>();
  readonly #streams = new Map<ServicePlan, Map<string, string>>();

  constructor(report: Reporter) {
    this.#report = report;
  }

  /** True when the entry contradicts an earlier one (and that is reported). */
  contradicts({ naming, service, pointer }: FileEntryPlan | JournalEntryPlan): boolean {
    const group = fixedName(naming.group);
    if (group === null) return false;
    const claims = this.#claimsOf(service, group);
    let wrong = false;
    for (const { key, what, saidBy } of RULES) {
      const said = saidBy(naming);
      if (said === null) continue;
      const claim = claims.get(key);
      if (claim === undefined) claims.set(key, { said, pointer, naming });
      else if (claim.said !== said) {
        wrong = true;
        this.#report.error(`${pointer}/${key}`, `the log group ${group} is given ${claim.said} by ${claim.pointer}, and ${said} here`, { expected: `one ${what} for one group` });
      }
    }
    if (!wrong) this.#shared(service, group, naming.stream, pointer);
    return wrong;
  }

  /**
   * The entry with what others say of its group, and `defaults` for what nobody does: whichever entry comes to create the
   * group, it is the same group. Asked for when all entries were seen.
   */
  agreed<E extends FileEntryPlan | JournalEntryPlan>(entry: E, defaults: GroupSettings): E {
    const { naming, service } = entry;
    const group = fixedName(naming.group);
    const claims = group === null ? null : this.#claimsOf(service, group);
    const of = (key: string): NamingPlan => claims?.get(key)?.naming ?? naming;
    const own = { kmsKeyId: of('kms_key_id').kmsKeyId, tags: of('tags').tags };
    return { ...entry, naming: { ...naming, groupClass: of('log_group_class').groupClass, ...withDefaults(own, defaults) } };
  }

  #claimsOf(service: ServicePlan, group: string): Map<string, Claim> {
    return entryOf(entryOf(this.#groups, service), group.toLowerCase());
  }

  #shared(service: ServicePlan, group: string, template: NameTemplate, pointer: string): void {
    if (isPerFile(template)) return;
    const stream = shown(template);
    const streams = entryOf<ServicePlan, string, string>(this.#streams, service);
    const key = JSON.stringify([group, stream]);
    const first = streams.get(key);
    if (first === undefined) streams.set(key, pointer);
    else this.#report.note(pointer, `writes the same stream as ${first} (group ${group}, stream ${stream}): their events are interleaved`);
  }
}

/** The map at a key, made when it is first asked for. */
function entryOf<K, A, B>(maps: Map<K, Map<A, B>>, key: K): Map<A, B> {
  const known = maps.get(key) ?? new Map<A, B>();
  maps.set(key, known);
  return known;
}

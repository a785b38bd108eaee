import { isPerFile } from '../naming/template.ts';
import type { JournalEntryPlan } from '../plan.ts';
import { PatternCompiler, compileFilters, maxEventBytesOf } from './compile-framing.ts';
import type { SharedSettings } from './compile-logs.ts';
import { compileNaming, type NamingContext } from './compile-naming.ts';
import { compileRedact } from './compile-redact.ts';
import { expanded } from './compile-service.ts';
import type { JournaldEntry } from './generated/document.generated.ts';

/** JSON pointer of the list of journald entries. */
export const JOURNAL_ENTRIES = '/logs/logs_collected/journald/collect_list';

/** The names of syslog, by their number. */
export const PRIORITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
const DEFAULT_PRIORITY = 'info';
/** What the journal takes for the name of a field. */
const FIELD = /^[A-Z_][A-Z0-9_]{0,63}$/;

/** Compiles one journald entry after the other. What is wrong is reported; the caller leaves out entries with errors. */
export class JournalCompiler {
  readonly #context: NamingContext;
  readonly #shared: Pick<SharedSettings, 'delivery' | 'services' | 'redact'>;

  constructor(context: Omit<NamingContext, 'patterns'>, shared: Pick<SharedSettings, 'delivery' | 'services' | 'redact'>) {
    this.#context = { ...context, patterns: new PatternCompiler(context.report) };
    this.#shared = shared;
  }

  compile(entry: JournaldEntry, pointer: string, key: string): JournalEntryPlan {
    const { report, patterns } = this.#context;
    const { delivery, services, redact } = this.#shared;
    const { log_group_name: group, log_stream_name: stream, log_group_class: groupClass, retention_in_days: days } = entry;
    const named = {
      file_path: '', log_group_name: group,
      ...(stream !== undefined && { log_stream_name: stream }), ...(groupClass !== undefined && { log_group_class: groupClass }), ...(days !== undefined && { retention_in_days: days }),
    };
    const naming = compileNaming(named, '', pointer, this.#context);
    for (const [place, template] of [['log_group_name', naming.group], ['log_stream_name', naming.stream]] as const) {
      if (isPerFile(template)) report.error(`${pointer}/${place}`, 'it is named by files, and the entries of a journal come from none', { expected: 'a name without {path…}' });
    }
    if (entry.mode !== undefined) report.note(`${pointer}/mode`, 'changes nothing here: the journal is read through journalctl');
    return {
      key,
      pointer,
      directory: this.#directoryOf(entry, pointer),
      units: this.#unitsOf(entry, pointer),
      priority: priorityOf(entry),
      matches: this.#matchesOf(entry, pointer),
      startAt: entry.initial_position ?? 'end',
      service: services.of({ file_path: '' }, pointer),
      naming: { ...naming, kmsKeyId: null, tags: {} },
      filters: compileFilters(entry, pointer, patterns),
      redact: entry.redact === undefined ? redact : compileRedact(entry.redact, `${pointer}/redact`, patterns, report),
      maxEventBytes: maxEventBytesOf(undefined, delivery),
    };
  }

  #directoryOf({ directory }: JournaldEntry, pointer: string): string | null {
    const { env, report } = this.#context;
    const place = `${pointer}/directory`;
    const path = directory === undefined ? null : expanded(directory, env, place, report);
    if (path !== null && (!path.startsWith('/') || path.includes('\0'))) {
      report.error(place, 'this is no absolute path of a folder', { expected: 'the folder of the journal\'s files, such as /var/log/journal/remote' });
    }
    return path;
  }

  #unitsOf({ units = [] }: JournaldEntry, pointer: string): readonly string[] {
    for (const [index, unit] of units.entries()) {
      if (/[\s\0]/.test(unit)) this.#context.report.error(`${pointer}/units/${index}`, `${JSON.stringify(unit)} is no name of a unit`, { expected: 'one name such as nginx.service' });
    }
    return units;
  }

  #matchesOf({ matches = [] }: JournaldEntry, pointer: string): readonly (readonly string[])[] {
    const { report } = this.#context;
    return matches.map((match, index) => {
      const place = `${pointer}/matches/${index}`;
      const fields = Object.entries(match);
      if (fields.length === 0) report.error(place, 'this names no field', { expected: '{ "_SYSTEMD_UNIT": "nginx.service" }' });
      for (const [name, value] of fields) {
        if (!FIELD.test(name)) report.error(place, `${JSON.stringify(name)} is no field of the journal`, { expected: 'capitals, digits and underscores, such as _UID', didYouMean: FIELD.test(name.toUpperCase()) ? name.toUpperCase() : null });
        if (value.includes('\0')) report.error(place, `the value of ${name} has a NUL character, which no entry is searched for by`, { expected: 'a text without it' });
      }
      return fields.map(([name, value]) => `${name}=${value}`);
    });
  }
}

function priorityOf({ priority = DEFAULT_PRIORITY }: JournaldEntry): number {
  const named = PRIORITIES.findIndex((name) => name === priority);
  return named < 0 ? Number(priority) : named;
}

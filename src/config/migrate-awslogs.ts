// The config of the legacy agent (awslogs.conf) in the words of this one's. What the old agent would have made of each key is
// kept; what has no counterpart is said, with its line.
import type { FileEntry } from './generated/document.generated.ts';
import type { IniSection, IniValue } from './ini.ts';
import { nearest } from './nearest.ts';
import type { Advice, Problem, Severity } from './problem.ts';
import { labelOfPython } from './python-encodings.ts';

/** Section of the settings of all. */
const GENERAL = 'general';
/** What the legacy agent takes for a shorter one: 5 s, also its default. */
const LEAST_BUFFER_MS = 5000;
/** Its largest batch and its default, and the least this agent's schema allows. */
const MOST_BATCH_BYTES = 1_048_576;
const LEAST_BATCH_BYTES = 65_536;
/** What it takes for every line that does not begin with white space: this agent's own rule without a pattern. */
const IMPLIED_START = new Set([String.raw`^[^\s]`, String.raw`^[\S]`, String.raw`^\S`]);

const GENERAL_KEYS = ['state_file', 'logging_config_file', 'use_gzip_http_content_encoding', 'queue_size'];
const SECTION_KEYS = [
  'file', 'log_group_name', 'log_stream_name', 'log_group_class', 'retention_in_days', 'datetime_format', 'time_zone', 'multi_line_start_pattern', 'encoding', 'initial_position',
  'buffer_duration', 'batch_size', 'batch_count', 'file_fingerprint_lines', 'queue_size',
];
/** Keys without a counterpart, and why nothing is missing. */
const NEEDLESS: Readonly<Record<string, string>> = {
  batch_count: 'is left out: a batch holds up to 10,000 events here, the most the service takes',
  queue_size: 'is left out: what waits is bounded by logs.memory_budget here, for all files together',
  logging_config_file: 'is left out: this agent speaks on standard error',
  file_fingerprint_lines: 'is left out: files are told apart by their first kilobyte and the bytes before the position',
};

type Entry = { -readonly [Key in keyof FileEntry]?: FileEntry[Key] };

/** One section as an entry of the new config. */
export interface MigratedSection { readonly section: IniSection; readonly entry: Entry }

export interface MigratedConfig {
  /** The config, ready to be written as JSON. */
  readonly document: unknown;
  /** In the order of its collect_list. */
  readonly sections: readonly MigratedSection[];
  readonly problems: readonly Problem[];
  /** `state_file`, where the positions are; null when it is not said. */
  readonly stateFile: string | null;
}

/** @param region for `agent.region`; null leaves it to the environment. */
export function migrateAwslogs(sections: readonly IniSection[], region: string | null): MigratedConfig {
  const migration = new Migration();
  const general = sections.find(({ name }) => name === GENERAL);
  const migrated = sections.filter(({ name }) => name !== GENERAL).map((section) => ({ section, entry: migration.entry(section) }));
  const settings = { ...migration.general(general), ...migration.ofAll(migrated.map(({ section }) => section)) };
  return {
    document: { ...(region === null ? {} : { agent: { region } }), logs: { ...settings, logs_collected: { files: { collect_list: migrated.map(({ entry }) => entry) } } } },
    sections: migrated, problems: migration.problems, stateFile: general?.values.get('state_file')?.text ?? null,
  };
}

class Migration {
  readonly problems: Problem[] = [];

  entry(section: IniSection): Entry {
    const { values } = section;
    const text = (key: string): string | undefined => values.get(key)?.text || undefined;
    this.#unknown(section, SECTION_KEYS);
    const file = text('file');
    if (file === undefined) this.#at(section, null, 'error', `[${section.name}] names no file`, { expected: 'file = /path/of/a.log' });
    const entry: Entry = { file_path: plainBraces(file ?? '') };
    if (text('log_group_name') !== undefined) entry.log_group_name = text('log_group_name')!;
    if (text('log_stream_name') !== undefined) entry.log_stream_name = text('log_stream_name')!;
    if (text('log_group_class') !== undefined) entry.log_group_class = text('log_group_class')!;
    this.#retention(section, entry);
    this.#times(section, entry);
    this.#encoding(section, entry);
    this.#position(section, entry);
    return entry;
  }

  general(section: IniSection | undefined): { readonly gzip?: 'off' } {
    if (section === undefined) return {};
    this.#unknown(section, GENERAL_KEYS);
    const gzip = section.values.get('use_gzip_http_content_encoding');
    return gzip !== undefined && /^(?:0|no|false|off)$/i.test(gzip.text) ? { gzip: 'off' } : {};
  }

  /** Settings that each section has there, and that are one for all here. */
  ofAll(sections: readonly IniSection[]): { readonly force_flush_interval?: number; readonly max_batch_size?: number } {
    const buffers = sections.map((section) => Math.max(LEAST_BUFFER_MS, this.#whole(section, 'buffer_duration', LEAST_BUFFER_MS)));
    const flush = Math.min(...buffers);
    const differing = sections.findIndex((_, i) => buffers[i] !== flush);
    if (differing !== -1) this.#at(sections[differing]!, 'buffer_duration', 'note', `is ${buffers[differing]! / 1000} s here; there is one force_flush_interval for all, the shortest counts: ${flush / 1000} s`);
    const batches = sections.map((section) => Math.min(MOST_BATCH_BYTES, this.#whole(section, 'batch_size', MOST_BATCH_BYTES)));
    const batch = Math.max(LEAST_BATCH_BYTES, ...batches);
    const smaller = sections.findIndex((_, i) => batches[i] !== batch);
    if (smaller !== -1) this.#at(sections[smaller]!, 'batch_size', 'note', `is ${batches[smaller]} here; there is one max_batch_size for all, the largest counts: ${batch}`);
    return { ...(flush === LEAST_BUFFER_MS || sections.length === 0 ? {} : { force_flush_interval: flush / 1000 }), ...(batch === MOST_BATCH_BYTES || sections.length === 0 ? {} : { max_batch_size: batch }) };
  }

  #retention(section: IniSection, entry: Entry): void {
    const given = section.values.get('retention_in_days');
    // What is no number of days the compiler of the config refuses, with those there are.
    if (given !== undefined) entry.retention_in_days = Number(given.text) as NonNullable<FileEntry['retention_in_days']>;
  }

  #times(section: IniSection, entry: Entry): void {
    const format = section.values.get('datetime_format')?.text ?? '';
    if (format !== '') entry.timestamp_format = format;
    const zone = section.values.get('time_zone')?.text ?? '';
    if (zone === 'UTC' && format !== '') entry.timezone = 'UTC';
    else if (zone !== '' && zone !== 'UTC' && zone !== 'LOCAL') this.#at(section, 'time_zone', 'warning', `${JSON.stringify(zone)} is none the old agent knows: it takes local time, and so does this entry`, { expected: 'LOCAL or UTC there; here an IANA name such as Europe/Berlin as well' });
    const start = section.values.get('multi_line_start_pattern')?.text ?? '';
    if (start === '{datetime_format}') {
      if (format === '') this.#at(section, 'multi_line_start_pattern', 'warning', '{datetime_format} without a datetime_format: the old agent begins an event at each line without leading white space, and so does this entry');
      else entry.multi_line_start_pattern = '{timestamp_format}';
    } else if (start !== '' && !IMPLIED_START.has(start)) entry.multi_line_start_pattern = start;
  }

  #encoding(section: IniSection, entry: Entry): void {
    const name = section.values.get('encoding')?.text ?? '';
    if (name === '') return;
    const label = labelOfPython(name);
    if (label === null) this.#at(section, 'encoding', 'warning', `${JSON.stringify(name)} is no encoding that can be read; the entry is read as UTF-8`);
    else if (label !== 'utf-8' && label !== 'ascii') entry.encoding = label;
  }

  #position(section: IniSection, entry: Entry): void {
    const position = section.values.get('initial_position')?.text ?? '';
    if (position === 'end_of_file') entry.initial_position = 'end';
    else if (position !== '' && position !== 'start_of_file') this.#at(section, 'initial_position', 'warning', `${JSON.stringify(position)} is none the old agent knows: it begins at the start, and so does this entry`, { expected: 'start_of_file or end_of_file' });
  }

  /** A key's whole number, or what the old agent takes without a valid one. */
  #whole(section: IniSection, key: string, otherwise: number): number {
    const given = section.values.get(key);
    if (given === undefined || given.text === '') return otherwise;
    if (/^\d{1,12}$/.test(given.text)) return Number(given.text);
    this.#at(section, key, 'warning', `${JSON.stringify(given.text)} is no whole number; as with the old agent ${otherwise} counts`);
    return otherwise;
  }

  #unknown(section: IniSection, keys: readonly string[]): void {
    for (const [key, { isDefault }] of section.values) {
      // [DEFAULT] speaks to all sections, whether or not it fits.
      if (isDefault && !keys.includes(key)) continue;
      const why = NEEDLESS[key];
      if (why !== undefined && keys.includes(key)) this.#at(section, key, 'note', why);
      else if (!keys.includes(key) && ![...GENERAL_KEYS, ...SECTION_KEYS].includes(key)) this.#at(section, key, 'warning', 'is a key the old agent does not know either; left out', { didYouMean: nearest(key, keys) });
      else if (!keys.includes(key)) this.#at(section, key, 'warning', `has no effect in [${section.name}]; left out`);
    }
  }

  #at(section: IniSection, key: string | null, severity: Severity, message: string, { expected = null, didYouMean = null }: Advice = {}): void {
    const value: IniValue | undefined = key === null ? undefined : section.values.get(key);
    this.problems.push({ severity, file: section.file, line: value?.line ?? section.line, column: 1, pointer: key ?? '', message, expected, didYouMean });
  }
}

/** Python's patterns know no braces: they stand for themselves. */
const plainBraces = (pattern: string): string => pattern.replaceAll(/[{}\\]/g, String.raw`\$&`);

// INI as Python's ConfigParser reads it (Python 2's RawConfigParser, which the legacy agent came with): no interpolation.
//
//   [section]            # and ; begin a comment line
//   key = value ; note   or key: value; keys in any case; a ; behind white space ends the value
//     more of it         a line that begins with white space goes on with the value
import type { Problem } from './problem.ts';

export interface IniValue {
  readonly text: string;
  /** It comes from `[DEFAULT]`. */
  readonly isDefault: boolean;
  /** 1-based. */
  readonly line: number;
}

export interface IniSection {
  readonly name: string;
  readonly file: string;
  /** Line of its header, 1-based. */
  readonly line: number;
  /** By key, in lower case. */
  readonly values: ReadonlyMap<string, IniValue>;
}

export interface IniDocument {
  /** In the order of the file, with what `[DEFAULT]` says of keys they lack. */
  readonly sections: readonly IniSection[];
  readonly problems: readonly Problem[];
}

const DEFAULTS = 'DEFAULT';
const HEADER = /^\[([^\]]+)\]/;
const OPTION = /^([^:=\s][^:=]*?)\s*[:=]\s*(.*)$/;

interface Filling { readonly name: string; readonly file: string; readonly line: number; readonly values: Map<string, IniValue> }

/** Reads a document. What is wrong is reported with its line, and the rest is read. */
export function parseIni(file: string, text: string): IniDocument {
  const problems: Problem[] = [];
  const sections = new Map<string, Filling>();
  let section: Filling | null = null;
  let key: string | null = null;
  const say = (severity: Problem['severity'], line: number, message: string, expected: string | null): void => {
    problems.push({ severity, file, line, column: 1, pointer: '', message, expected, didYouMean: null });
  };
  for (const [index, whole] of text.replace(/^\uFEFF/, '').split(/\r?\n/).entries()) {
    const line = index + 1;
    const content = whole.trim();
    if (content === '' || /^(?:[#;]|rem(?:\s|$))/i.test(content)) continue;
    if (/^\s/.test(whole) && section !== null && key !== null) {
      const value = section.values.get(key)!;
      section.values.set(key, { ...value, text: `${value.text}\n${content}` });
      continue;
    }
    key = null;
    const header = HEADER.exec(content);
    if (header !== null) {
      const name = header[1]!;
      const known = sections.get(name);
      if (known !== undefined && name !== DEFAULTS) say('warning', line, `[${name}] stands here for the second time (first in line ${known.line}); both are taken as one`, 'each section once');
      section = known ?? { name, file, line, values: new Map() };
      if (known === undefined) sections.set(name, section);
      continue;
    }
    const option = OPTION.exec(content);
    if (option === null) { say('error', line, 'this is no section, key or comment', 'key = value'); continue; }
    if (section === null) { say('error', line, 'this stands before any section', '[name] above it'); continue; }
    key = option[1]!.toLowerCase();
    const known = section.values.get(key);
    if (known !== undefined) say('warning', line, `${key} is given for the second time (first in line ${known.line}); this one counts`, null);
    section.values.set(key, { text: withoutNote(option[2]!), line, isDefault: section.name === DEFAULTS });
  }
  const defaults = sections.get(DEFAULTS)?.values ?? new Map<string, IniValue>();
  sections.delete(DEFAULTS);
  return { sections: [...sections.values()].map((one) => ({ ...one, values: new Map([...defaults, ...one.values]) })), problems };
}

/** Without a note behind the value; `""` is an empty value. */
function withoutNote(value: string): string {
  const note = /\s;/.exec(value);
  const text = (note === null ? value : value.slice(0, note.index)).trim();
  return text === '""' ? '' : text;
}

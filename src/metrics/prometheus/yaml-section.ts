// Reads YAML by name, and knows where everything stands and what has not been asked for. All scalars are texts: a label
// `port: 9100` is the text `9100`, as with Prometheus.
import type { Document, LineCounter, Node } from 'yaml';
import { durationOf } from './duration.ts';

/** What keeps an entry, or the whole file, from being taken. The message names the line. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault';
  /** Null: the file as a whole. */
  readonly line: number | null;
  /** The message without the line. */
  readonly what: string;

  constructor(line: number | null, what: string) {
    super(line === null ? what : `line ${line}: ${what}`);
    this.line = line;
    this.what = what;
  }
}

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i;
const YES = new Set(['true', 'yes', 'on']);
const NO = new Set(['false', 'no', 'off']);
/** A config of this size has tens of thousands of targets. */
export const MAX_YAML_BYTES = 4 * 1024 * 1024;

/** Parses YAML; throws ConfigFault. The library is loaded when there is something to parse. */
export async function parseYaml(text: string): Promise<Section> {
  const { LineCounter, isMap, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: 'failsafe', merge: true, prettyErrors: false, uniqueKeys: true });
  const error = document.errors[0];
  if (error !== undefined) throw new ConfigFault(lines.linePos(error.pos[0]).line, `no YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`);
  let value: unknown;
  try {
    // At most a hundred times the file may be repeated by aliases.
    value = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch {
    throw new ConfigFault(null, 'its aliases repeat too much');
  }
  if (value === null || value === '' || value === undefined) value = new Map();
  // A list at the top, as file_sd_configs read, is a section with one name.
  const root = isMap(document.contents) || value instanceof Map ? value : new Map([['', value]]);
  if (!(root instanceof Map)) throw new ConfigFault(1, 'there should be names and values');
  return new Section(root, [], new Places(document, lines));
}

class Places {
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /** Line of what stands at the path, or of the nearest thing around it. */
  line(path: readonly (string | number)[]): number {
    for (let length = path.length; length >= 0; length--) {
      const node = (length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true)) as Node | null | undefined;
      if (node?.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

/** A map of the YAML. What is asked for is read; `unread` is the rest. */
export class Section {
  readonly #values: ReadonlyMap<unknown, unknown>;
  readonly #path: readonly (string | number)[];
  readonly #places: Places;
  readonly #read = new Set<string>();

  constructor(values: ReadonlyMap<unknown, unknown>, path: readonly (string | number)[], places: Places) {
    this.#values = values;
    this.#path = path;
    this.#places = places;
  }

  line(name?: string): number { return this.#places.line(this.#pathOf(name)); }

  fault(name: string, what: string): ConfigFault { return new ConfigFault(this.line(name), `${name} ${what}`); }

  has(name: string): boolean { return this.#values.has(name); }

  /** Names that nobody has asked for. */
  unread(): readonly string[] { return [...this.#values.keys()].map(String).filter((name) => !this.#read.has(name)); }

  text(name: string): string | null {
    const value = this.#get(name);
    if (value === undefined || value === null) return null;
    if (typeof value !== 'string') throw this.fault(name, 'should be one text');
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const text = this.text(name)?.toLowerCase() ?? '';
    if (text === '') return otherwise;
    if (!YES.has(text) && !NO.has(text)) throw this.fault(name, 'should be true or false');
    return YES.has(text);
  }

  /** Not negative. */
  whole(name: string, otherwise: number): number {
    const text = this.text(name) ?? '';
    if (text === '') return otherwise;
    if (!/^\d{1,15}$/.test(text)) throw this.fault(name, 'should be a whole number, not below 0');
    return Number(text);
  }

  /** Milliseconds, above 0 and at most a day. */
  duration(name: string, otherwise: number): number {
    const text = this.text(name) ?? '';
    if (text === '') return otherwise;
    const ms = durationOf(text);
    if (ms === null) throw this.fault(name, 'should be a time such as 15s, 1m30s or 500ms, at most a day');
    return ms;
  }

  /** Bytes: `10MB` and `10MiB` are both 10 times 1,048,576, as with Prometheus; 0 for none. */
  size(name: string): number {
    const text = this.text(name) ?? '';
    if (text === '') return 0;
    const match = SIZE.exec(text);
    if (match === null) throw this.fault(name, 'should be a size such as 10MB');
    return Math.floor(Number(match[1]) * 1024 ** ' kmgt'.indexOf(match[2]!.toLowerCase() || ' '));
  }

  texts(name: string): readonly string[] {
    const list = this.#list(name);
    return list.map((value) => {
      if (typeof value !== 'string') throw this.fault(name, 'should be a list of texts');
      return value;
    });
  }

  section(name: string): Section | null {
    const value = this.#get(name);
    if (value === undefined || value === null || value === '') return null;
    if (!(value instanceof Map)) throw this.fault(name, 'should hold names and values');
    return new Section(value, this.#pathOf(name), this.#places);
  }

  sections(name: string): readonly Section[] {
    return this.#list(name).map((value, index) => {
      if (!(value instanceof Map)) throw new ConfigFault(this.#places.line([...this.#pathOf(name), index]), `${name || 'the list'} should hold names and values`);
      return new Section(value, [...this.#pathOf(name), index], this.#places);
    });
  }

  /** All names and their texts. */
  pairs(): ReadonlyMap<string, string> { return new Map([...this.#values.keys()].map((name) => [String(name), this.text(String(name)) ?? ''])); }

  /** All names and their lists of texts. */
  lists(): ReadonlyMap<string, readonly string[]> { return new Map([...this.#values.keys()].map((name) => [String(name), this.texts(String(name))])); }

  #get(name: string): unknown {
    this.#read.add(name);
    return this.#values.get(name);
  }

  #list(name: string): readonly unknown[] {
    const value = this.#get(name);
    if (value === undefined || value === null || value === '') return [];
    if (!Array.isArray(value)) throw this.fault(name, 'should be a list');
    return value as readonly unknown[];
  }

  #pathOf(name?: string): readonly (string | number)[] { return name === undefined || name === '' ? this.#path : [...this.#path, name]; }
}

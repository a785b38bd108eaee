// Reads what a Prometheus target answers: the text format 0.0.4 and OpenMetrics 1.0.
// https://github.com/prometheus/docs/blob/main/content/docs/instrumenting/exposition_formats.md
import { isUtf8 } from 'node:buffer';
import { familyOf } from './family.ts';
import type { FamilyKind, Sample } from './sample.ts';

export type ExpositionForm = 'text' | 'openmetrics';

/** What stands in an exposition where something else belongs. The message names the line, and nothing of what it holds. */
export class ExpositionFault extends Error {
  override readonly name = 'ExpositionFault';
}

const KINDS: Readonly<Record<string, FamilyKind>> = {
  counter: 'counter', gauge: 'gauge', summary: 'summary', histogram: 'histogram', gaugehistogram: 'gaugehistogram',
  info: 'info', stateset: 'stateset', untyped: 'untyped', unknown: 'untyped',
};
const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const WORD = /[^ \t]+/y;
const BLANKS = /[ \t]*/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
/** More labels than any exporter has; one sample may not fill the memory. */
const MAX_LABELS = 1_000;

/** The media type decides; anything but OpenMetrics is read as text, as Prometheus 2 does. */
export function formOf(contentType: string): ExpositionForm {
  return /^\s*application\/openmetrics-text\b/i.test(contentType) ? 'openmetrics' : 'text';
}

/** One after the other, so that a large body can be read a part at a time. Throws ExpositionFault at the first line that is wrong. */
export function* samplesOf(body: Uint8Array, form: ExpositionForm): Generator<Sample, void> {
  if (!isUtf8(body)) throw new ExpositionFault('the answer is not UTF-8');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  const kinds = new Map<string, FamilyKind>();
  let number = 0;
  let ended = false;
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from);
    const to = newline === -1 ? text.length : newline;
    number += 1;
    if (ended) throw new ExpositionFault(`line ${number}: it comes after # EOF`);
    const line = new Line(text.slice(from, to), number);
    from = to + 1;
    line.take(BLANKS);
    if (line.atEnd) continue;
    if (line.next !== '#') {
      yield readSample(line, form, kinds);
      continue;
    }
    const comment = /^#[ \t]*(?:TYPE[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]+([a-z]+)[ \t]*$|(EOF)$)/.exec(line.rest);
    if (comment?.[3] !== undefined) ended = form === 'openmetrics';
    if (comment?.[1] === undefined) continue;
    const kind = Object.hasOwn(KINDS, comment[2]!) ? KINDS[comment[2]!]! : null;
    if (kind === null) throw line.fault('a TYPE that does not exist');
    kinds.set(comment[1], kind);
  }
  if (form === 'openmetrics' && !ended) throw new ExpositionFault('the answer does not end with # EOF: it was cut short');
}

/** One line and how far it is read. */
class Line {
  readonly #text: string;
  readonly #number: number;
  #at = 0;

  constructor(text: string, number: number) {
    this.#text = text;
    this.#number = number;
  }

  get atEnd(): boolean { return this.#at === this.#text.length; }
  get next(): string { return this.#text[this.#at] ?? ''; }
  get rest(): string { return this.#text.slice(this.#at); }

  /** What matches here, and goes on behind it; null when nothing does. `pattern` is sticky. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    return found[0];
  }

  /** Whether the character is next; then it is read, with the blanks behind it. */
  skip(character: string): boolean {
    if (this.next !== character) return false;
    this.#at += 1;
    this.take(BLANKS);
    return true;
  }

  /** What stands between quotes here, as it is written; null when there is no such thing. Not a pattern: those run out of stack on long values. */
  quoted(): string | null {
    if (this.next !== '"') return null;
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      if (this.#text[at] === '\\') at += 1;
      else if (this.#text[at] === '"') {
        const inside = this.#text.slice(this.#at + 1, at);
        this.#at = at + 1;
        return inside;
      }
    }
    return null;
  }

  /** Of the next character, from 1. */
  get column(): number { return this.#at + 1; }

  fault(what: string, column: number = this.column): ExpositionFault { return new ExpositionFault(`line ${this.#number}, column ${column}: ${what}`); }
}

function readSample(line: Line, form: ExpositionForm, kinds: ReadonlyMap<string, FamilyKind>): Sample {
  const name = line.take(METRIC_NAME);
  if (name === null) throw line.fault('no metric name');
  line.take(BLANKS);
  const labels = line.skip('{') ? readLabels(line) : new Map<string, string>();
  const value = readNumber(line, 'no number as the value');
  let time: number | null = null;
  if (!line.atEnd && line.next !== '#') {
    const stamp = readNumber(line, 'no number as the timestamp');
    time = form === 'openmetrics' ? Math.round(stamp * 1_000) : stamp;
    if (!Number.isSafeInteger(time)) throw line.fault('a timestamp that is none');
  }
  if (form === 'openmetrics' && line.skip('#')) {
    if (!line.skip('{')) throw line.fault('an exemplar without labels');
    readLabels(line);
    readNumber(line, 'no number as the value of the exemplar');
    if (!line.atEnd) readNumber(line, 'no number as the timestamp of the exemplar');
  }
  if (!line.atEnd) throw line.fault('something behind the sample');
  return { name, labels, value, time, ...familyOf(name, kinds) };
}

/** Labels up to the closing brace, and the blanks behind it. */
function readLabels(line: Line): Map<string, string> {
  const labels = new Map<string, string>();
  while (!line.skip('}')) {
    const name = line.take(LABEL_NAME);
    if (name === null) throw line.fault('no label name');
    line.take(BLANKS);
    if (!line.skip('=')) throw line.fault('a label without =');
    const quoted = line.quoted();
    if (quoted === null) throw line.fault('a label value that is not in quotes, or has no end');
    if (labels.has(name)) throw line.fault('a label for the second time');
    if (labels.size === MAX_LABELS) throw line.fault(`more than ${MAX_LABELS} labels`);
    labels.set(name, quoted.replaceAll(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)));
    line.take(BLANKS);
    if (!line.skip(',') && line.next !== '}') throw line.fault('no comma between two labels');
  }
  return labels;
}

function readNumber(line: Line, what: string): number {
  const column = line.column;
  const word = line.take(WORD);
  if (word === null) throw line.fault(what);
  line.take(BLANKS);
  if (NUMBER.test(word)) return Number(word);
  if (word.toLowerCase() === 'nan') return NaN;
  const infinite = INFINITE.exec(word);
  if (infinite === null) throw line.fault(what, column);
  return infinite[1] === '-' ? -Infinity : Infinity;
}

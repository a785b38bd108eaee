import { isUtf8 } from 'node:buffer';
import { MESSAGE } from './export-entries.ts';
import type { JournalEntry, JournalField } from './export-entries.ts';

/** What the CloudWatch agent puts behind a message that it cut. */
export const CUT_MARK = '[Truncated...]';
/** The event's own timestamp says it. */
const TIME_FIELD = '__REALTIME_TIMESTAMP';
/** journalctl's own JSON gives a field longer than this as null. */
const LARGE_BYTES = 4096;
const NONE = 'null';
/** Cursor and time: short, and what tells the entry apart. */
const ADDRESSES = /^__/;

export interface EntryText {
  readonly text: string;
  /** Bytes of the entry that are not in it. */
  readonly cut: number;
}

/**
 * The entry as one line of JSON, as journalctl has it and the CloudWatch agent sends it: a field is a text, a list of bytes where
 * it is no UTF-8, or a list of these where it occurs more than once. What makes the line longer than `maxBytes` is left out:
 * first large fields, which become null, then the end of the message, then other fields.
 */
export function entryText({ fields }: JournalEntry, maxBytes: number): EntryText {
  const whole = wholeText(fields);
  if (whole !== null && (3 * whole.length <= maxBytes || Buffer.byteLength(whole) <= maxBytes)) return { text: whole, cut: 0 };
  const byName = Map.groupBy(fields.filter(({ name }) => name !== TIME_FIELD), ({ name }) => name);
  let cut = 0;
  const parts = new Map<string, string>();
  for (const [name, values] of byName) {
    const missing = sumOf(values, (field) => field.cut);
    cut += missing;
    parts.set(name, missing === 0 ? valuesText(values) : name === MESSAGE ? JSON.stringify(values[0]!.value.toString() + CUT_MARK) : NONE);
  }
  const isTooLong = (): boolean => Buffer.byteLength(joined(parts)) > maxBytes;
  if (isTooLong()) {
    const others = [...byName].filter(([name]) => name !== MESSAGE && !ADDRESSES.test(name)).map(([name, values]) => ({ name, bytes: sumOf(values, ({ value }) => value.length) })).toSorted((a, b) => b.bytes - a.bytes);
    const drop = (large: boolean): void => {
      for (const { name, bytes } of others) {
        if (!isTooLong()) return;
        if (parts.get(name) === NONE || bytes > LARGE_BYTES !== large) continue;
        parts.set(name, NONE);
        cut += bytes;
      }
    };
    drop(true);
    const message = byName.get(MESSAGE)?.[0];
    if (isTooLong() && message !== undefined) {
      parts.set(MESSAGE, '');
      const shortened = shortenedTo(message.value, maxBytes - Buffer.byteLength(joined(parts)));
      cut += shortened.cut;
      parts.set(MESSAGE, shortened.text);
    }
    drop(false);
  }
  return { text: joined(parts), cut };
}

/** The usual entry: each name occurs once, and nothing of it is missing; null for others. */
function wholeText(fields: readonly JournalField[]): string | null {
  const seen = new Set<string>();
  let text = '';
  for (const { name, value, cut } of fields) {
    if (cut > 0 || seen.has(name)) return null;
    seen.add(name);
    if (name !== TIME_FIELD) text += `${text === '' ? '{' : ','}${JSON.stringify(name)}:${valueText(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

const sumOf = (values: readonly JournalField[], sizeOf: (field: JournalField) => number): number => values.reduce((sum, field) => sum + sizeOf(field), 0);

const joined = (parts: ReadonlyMap<string, string>): string => `{${Array.from(parts, ([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;

function valuesText(values: readonly JournalField[]): string {
  const [first] = values;
  return values.length === 1 ? valueText(first!.value) : `[${values.map(({ value }) => valueText(value)).join(',')}]`;
}

function valueText(value: Buffer): string {
  return isUtf8(value) ? JSON.stringify(value.toString()) : `[${value.join(',')}]`;
}

/** The beginning of a message as a JSON text of at most `maxBytes`, marked as cut. */
function shortenedTo(message: Buffer, maxBytes: number): { readonly text: string; readonly cut: number } {
  const whole = message.toString();
  let kept = Math.max(0, Math.min(whole.length, maxBytes));
  for (;;) {
    const start = whole.slice(0, kept).replace(/[\uD800-\uDBFF]$/, '');
    const text = JSON.stringify(start + CUT_MARK);
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxBytes || kept === 0) return { text, cut: Math.max(0, message.length - Buffer.byteLength(start)) };
    kept = Math.max(0, Math.min(kept - 1, Math.floor((kept * maxBytes) / bytes)));
  }
}

// How a preview shows text: marks of a terminal, and what of a log must not steer it.
import { printable } from '../text-table.ts';

/** Marks of a terminal; the plain ones leave everything as it is. */
export interface Paint { readonly time: (text: string) => string; readonly redacted: (text: string) => string; readonly dropped: (text: string) => string; readonly loud: (text: string) => string; readonly faint: (text: string) => string }
const ESCAPES = (...codes: readonly number[]) => (text: string): string => text === '' ? '' : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
export const COLOUR: Paint = { time: ESCAPES(4, 36), redacted: ESCAPES(7, 31), dropped: ESCAPES(2, 9), loud: ESCAPES(1, 33), faint: ESCAPES(2) };
export const AS_IS = (text: string): string => text;
export const PLAIN: Paint = { time: AS_IS, redacted: AS_IS, dropped: AS_IS, loud: AS_IS, faint: AS_IS };

export interface Marked { readonly from: number; readonly to: number; readonly paint: (text: string) => string }

/** The text with some stretches painted in their own way; where two overlap the first counts. */
export function withMarks(text: string, marks: readonly Marked[], rest: (text: string) => string): string {
  let out = '';
  let at = 0;
  for (const { from, to, paint } of marks.toSorted((a, b) => a.from - b.from)) {
    if (from < at || from === to) continue;
    out += rest(text.slice(at, from)) + paint(text.slice(from, to));
    at = to;
  }
  return out + rest(text.slice(at));
}

/** Each line behind the same mark. */
export function quoted(text: string, mark: string): string {
  return text.split('\n').map((line) => `    ${mark}${line}\n`).join('');
}

/** Control characters of a log must not steer the terminal. As long as what it is made of. */
export function clean(text: string): string { return text.replaceAll(/[^\n\t]+/g, printable); }

/** Writes times in local time, and the same in UTC where that differs. */
export function clockOf(localZone: string): (time: number) => string {
  if (localZone === 'UTC') return (time) => new Date(time).toISOString();
  const local = new Intl.DateTimeFormat('sv-SE', { timeZone: localZone, dateStyle: 'short', timeStyle: 'medium' });
  return (time) => {
    const utc = new Date(time).toISOString();
    return `${local.format(time)}.${utc.slice(20, 23)} local (${utc})`;
  };
}
